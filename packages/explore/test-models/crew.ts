/** A team in one thread: orders are carried out as they are given, on copies, as if they had gone to another thread. */
import type { System } from '@shootdown/machine';
import { Assistant } from '../src/parallel/assistant.js';
import { Check } from '../src/api/check.js';
import type { Agency } from '../src/api/help.js';
import type { Helper, Order, Report } from '../src/parallel/team.js';
import type { SearchOptions } from '../src/base/options.js';
import type { SearchResult } from '../src/api/result.js';

class LocalHelper implements Helper {
  readonly #assistant: Assistant;
  #report: Report | undefined;

  constructor(system: System, options: SearchOptions) {
    this.#assistant = new Assistant(system, options);
  }

  post(order: Order): void {
    this.#report = structuredClone(this.#assistant.handle(structuredClone(order)));
  }

  receive(): Report | undefined {
    const report = this.#report;
    this.#report = undefined;
    return report;
  }
}

/** So many helpers, each with a system of its own. */
export function crew(build: () => System, options: SearchOptions, helpers: number, round: number): Agency {
  return {
    from: 0,
    round,
    hire: () => ({
      helpers: Array.from({ length: helpers }, () => new LocalHelper(build(), options)),
      isComplete: true,
      failure: undefined,
      wait: () => undefined,
    }),
  };
}

/** A whole search with that many helpers. */
export function checkWithCrew(
  build: () => System,
  options: SearchOptions,
  helpers: number,
  round: number,
): SearchResult {
  const check = new Check(build(), options, { agency: crew(build, options, helpers, round) });
  while (!check.advance());
  return check.result();
}
