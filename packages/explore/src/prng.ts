/** A small seeded generator of pseudo-random numbers (mulberry32), the same on every machine. */
export class Prng {
  #state: number;

  /** @param seed - any integer; its low 32 bits count */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** One of its own for each pair of integers. */
  static ofPair(seed: number, stream: number): Prng {
    return new Prng(
      Math.imul(new Prng(seed).below(0x1_0000_0000) ^ stream, 0x9e3779b1) ^ new Prng(~stream).below(0x1_0000_0000),
    );
  }

  /** The next integer from 0 to `bound - 1`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * bound);
  }
}
