/** A search by several threads, all of them in this one: each worker does what it is told at once. */
import {
  SearchWorker,
  Check,
  type WorkerHandle,
  type Command,
  type Report,
  type SearchOptions,
  type SearchResult,
} from '@shootdown/explore';
import type { System } from '@shootdown/machine';

/** From how many states on there are workers, and how many a thread may add between two meetings: few, so that much is said. */
const SMALL = { from: 8, round: 12 };

/** As `checkSync`, with workers. */
export function checkWithWorkers(build: () => System, options: SearchOptions, count: number): SearchResult {
  const spawn = () => ({
    workers: Array.from({ length: count }, () => new LocalWorker(new SearchWorker(build(), options))),
    isComplete: true,
    wait: () => undefined,
    failure: undefined,
  });
  const check = new Check(build(), options, { workerSource: { ...SMALL, spawn } });
  while (!check.advance());
  return check.result();
}

class LocalWorker implements WorkerHandle {
  readonly #searchWorker: SearchWorker;
  #report: Report | undefined;

  constructor(searchWorker: SearchWorker) {
    this.#searchWorker = searchWorker;
  }

  post(command: Command): void {
    this.#report = this.#searchWorker.handle(command);
  }

  receive(): Report | undefined {
    const report = this.#report;
    this.#report = undefined;
    return report;
  }
}
