/** The time at which a search, or what is told of it, is to stop, in the middle of whatever it does. */

/** The time in milliseconds. Taken here, for while code of a model runs the clock refuses to answer. */
export const now: () => number = performance.now.bind(performance);

/** Why there is no time left. */
export type OutOfTime = 'seconds' | 'interrupted';

/** Thrown where no time is left. */
export class Stopped extends Error {
  /** @param bound - what ended it */
  constructor(readonly bound: OutOfTime) {
    super(`stopped: ${bound}`);
  }
}

/** A moment in time, asked for wherever much time may pass. */
export class Deadline {
  readonly #at: number;
  readonly #stopAt: () => number;

  /**
   * @param at - by `performance.now()`, in milliseconds
   * @param stopAt - the moment at which somebody wanted it to stop, by the same clock; `Infinity` as long as nobody did
   */
  constructor(at: number, stopAt: () => number = () => Infinity) {
    this.#at = at;
    this.#stopAt = stopAt;
  }

  /** The moment, by `performance.now()`; it may come nearer while nobody looks. */
  get at(): number {
    return Math.min(this.#at, this.#stopAt());
  }

  /** Why there is no time left; `undefined` while there is some. */
  get over(): OutOfTime | undefined {
    const time = now();
    if (time >= this.#at) return 'seconds';
    return time >= this.#stopAt() ? 'interrupted' : undefined;
  }

  /**
   * Goes on while there is time.
   *
   * @throws {@link Stopped} when there is none
   */
  check(): void {
    const bound = this.over;
    if (bound !== undefined) throw new Stopped(bound);
  }

  /** The same, so many milliseconds later: for what is told of a search that has ended. */
  later(milliseconds: number): Deadline {
    return new Deadline(this.#at + milliseconds, () => this.#stopAt() + milliseconds);
  }
}
