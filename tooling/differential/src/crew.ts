/** A search by several threads, all of them in this one: each helper does what it is told at once. */
import {
  Assistant,
  Check,
  type Helper,
  type Order,
  type Report,
  type SearchOptions,
  type SearchResult,
} from '@shootdown/explore';
import type { System } from '@shootdown/machine';

/** From how many states on there are helpers, and how many a thread may add between two meetings: few, so that much is said. */
const SMALL = { from: 8, round: 12 };

/** As `checkSync`, with helpers. */
export function checkWithHelpers(build: () => System, options: SearchOptions, count: number): SearchResult {
  const hire = () => ({
    helpers: Array.from({ length: count }, () => new ObedientHelper(new Assistant(build(), options))),
    isComplete: true,
    wait: () => undefined,
    failure: undefined,
  });
  const check = new Check(build(), options, { agency: { ...SMALL, hire } });
  while (!check.advance());
  return check.result();
}

class ObedientHelper implements Helper {
  readonly #assistant: Assistant;
  #report: Report | undefined;

  constructor(assistant: Assistant) {
    this.#assistant = assistant;
  }

  post(order: Order): void {
    this.#report = this.#assistant.handle(order);
  }

  receive(): Report | undefined {
    const report = this.#report;
    this.#report = undefined;
    return report;
  }
}
