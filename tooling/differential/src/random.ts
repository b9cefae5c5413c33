/** Numbers that look random and are the same for the same seed. */
export class Random {
  #state: number;

  /** @param seed - taken modulo 2^32 */
  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ seed;
  }

  /** 0 to `limit - 1`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  /** Whether something that happens `percent` times in a hundred happens. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** One of several. */
  oneOf<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  /** One of several, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [number, T])[]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      if (left < weight) return choice;
      left -= weight;
    }
    throw new RangeError('expected at least one weight above 0');
  }

  /** As many things as told. */
  many<T>(count: number, make: (i: number) => T): T[] {
    return Array.from({ length: count }, (_, i) => make(i));
  }
}
