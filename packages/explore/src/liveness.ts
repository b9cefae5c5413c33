/**
 * Which answers are still of use, learnt by trying. At first no answer is: two histories of a function that asked for the
 * same things and now ask for the same are one local state, whatever they were answered. All histories of a state are run
 * on, and when two of them part, the answers in which they differ are live at the point where they were one.
 */

/** Live answers, and functions all of whose answers count as live. */
export interface LivenessKnown {
  readonly live: readonly string[];
  readonly exempt: readonly string[];
}

/** The answers known to be live, by (function, point, position of the answer). */
export class Liveness {
  readonly #live = new Set<string>();
  readonly #exempt = new Set<string>();

  /** Number of live pairs known. */
  get size(): number {
    return this.#live.size;
  }

  /** Takes all answers of the function of this identity for live from now on; answers whether that is new. */
  exempt(identity: string): boolean {
    if (this.#exempt.has(identity)) return false;
    this.#exempt.add(identity);
    return true;
  }

  /** Whether all answers of a function count as live. */
  isExempt(identity: string): boolean {
    return this.#exempt.has(identity);
  }

  /** Whether the answer at `position` matters at `point`. */
  isLive(point: string, position: number): boolean {
    return this.#live.has(`${point}/${position}`) || this.#live.has(`${point}/*`);
  }

  /** Takes all answers for live at a point; answers whether that is new. */
  addAll(point: string): boolean {
    if (this.#live.has(`${point}/*`)) return false;
    this.#live.add(`${point}/*`);
    return true;
  }

  /** Notes that it does. */
  add(point: string, position: number): void {
    this.#live.add(`${point}/${position}`);
  }

  /** What is known, for another search of the same model to take over. */
  get known(): LivenessKnown {
    return { live: [...this.#live], exempt: [...this.#exempt] };
  }

  /** Adds what another search knows; answers whether any of it is new. */
  adopt({ live, exempt }: LivenessKnown): boolean {
    const before = this.#live.size + this.#exempt.size;
    for (const pair of live) this.#live.add(pair);
    for (const identity of exempt) this.#exempt.add(identity);
    return this.#live.size + this.#exempt.size > before;
  }
}
