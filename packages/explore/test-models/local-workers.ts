/** Workers in one thread: commands are carried out as they are given, on copies, as if they had gone to another thread. */
import type { System } from '@shootdown/machine';
import { SearchWorker } from '../src/parallel/search-worker.js';
import { Check } from '../src/api/check.js';
import type { WorkerSource } from '../src/api/parallel-help.js';
import type { WorkerHandle, Command, Report } from '../src/parallel/worker-pool.js';
import type { SearchOptions } from '../src/base/options.js';
import type { SearchResult } from '../src/api/result.js';

class LocalWorker implements WorkerHandle {
  readonly #searchWorker: SearchWorker;
  #report: Report | undefined;

  constructor(system: System, options: SearchOptions) {
    this.#searchWorker = new SearchWorker(system, options);
  }

  post(order: Command): void {
    this.#report = structuredClone(this.#searchWorker.handle(structuredClone(order)));
  }

  receive(): Report | undefined {
    const report = this.#report;
    this.#report = undefined;
    return report;
  }
}

/** So many workers, each with a system of its own. */
export function localWorkers(
  build: () => System,
  options: SearchOptions,
  workers: number,
  round: number,
): WorkerSource {
  return {
    from: 0,
    round,
    spawn: () => ({
      workers: Array.from({ length: workers }, () => new LocalWorker(build(), options)),
      isComplete: true,
      failure: undefined,
      wait: () => undefined,
    }),
  };
}

/** A whole search with that many workers. */
export function checkWithWorkers(
  build: () => System,
  options: SearchOptions,
  workers: number,
  round: number,
): SearchResult {
  const check = new Check(build(), options, { workerSource: localWorkers(build, options, workers, round) });
  while (!check.advance());
  return check.result();
}
