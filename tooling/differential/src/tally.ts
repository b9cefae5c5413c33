/** What came of many programs. */
import type { Outcome } from './worker.js';

const EVERY = 500;

/** Adds up outcomes, and prints each disagreement as it comes. */
export class Tally {
  readonly #expected: number;
  readonly #started = performance.now();
  readonly #kinds = new Map<string, number>();
  readonly #sorts = new Map<string, number[]>();
  readonly #undecided: string[] = [];
  #programs = 0;
  #searches = 0;
  #holds = 0;
  #throws = 0;
  #disagreed = 0;

  /** @param expected - how many programs there will be */
  constructor(expected: number) {
    this.#expected = expected;
  }

  /** Whether some search disagreed. */
  get disagreed(): boolean {
    return this.#disagreed > 0;
  }

  /** Adds one program. */
  add(outcome: Outcome): void {
    const { number, kinds, throws, searches, undecided, disagreements } = outcome;
    this.#programs++;
    this.#searches += searches;
    for (const kind of kinds) this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
    if (throws) this.#throws++;
    if (undecided.length > 0) this.#undecided.push(`${number} (${undecided.join(', ')})`);
    else if (kinds.length === 0 && !throws) this.#holds++;
    if (disagreements.length > 0) this.#disagree(outcome);
    if (this.#programs % EVERY === 0) console.error(`${this.#programs} of ${this.#expected}, ${this.#seconds()} s`);
  }

  #disagree({ number, disagreements, smallest }: Outcome): void {
    this.#disagreed++;
    for (const sort of new Set(disagreements.map((one) => one.sort)))
      this.#sorts.set(sort, [...(this.#sorts.get(sort) ?? []), number]);
    console.log(`\nprogram ${number} disagrees:`);
    for (const { mode, sort, text } of disagreements) console.log(`  ${mode}: ${sort} (${text})`);
    if (smallest !== undefined) console.log(`smallest found:\n${smallest.text}\n  ${smallest.modes.join('\n  ')}`);
  }

  #seconds(): string {
    return ((performance.now() - this.#started) / 1000).toFixed(0);
  }

  /** The figures. */
  text(): string {
    const percent = ((100 * this.#holds) / Math.max(1, this.#programs)).toFixed(1);
    return [
      `\n${this.#programs} programs, ${this.#searches} searches, ${this.#seconds()} s`,
      `hold: ${this.#holds} (${percent} %)`,
      `broken: ${[...this.#kinds]
        .sort((a, b) => b[1] - a[1])
        .map(([kind, count]) => `${kind} ${count}`)
        .join(', ')}`,
      `throw: ${this.#throws}`,
      `undecided: ${this.#undecided.length}${this.#undecided.map((one) => `\n  ${one}`).join('')}`,
      `disagree: ${this.#disagreed}`,
      ...[...this.#sorts].map(([sort, numbers]) => `  ${sort}: ${numbers.join(' ')}`),
    ].join('\n');
  }
}
