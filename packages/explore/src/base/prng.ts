/**
 * A seeded generator of pseudo-random numbers, the same on every machine: xoshiro128** of Blackman and Vigna, with 128 bits
 * of state.
 */
export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param words - the state to begin with, four 32-bit words that are not all 0 */
  constructor(words: readonly [number, number, number, number]) {
    if (words.every((word) => (word | 0) === 0)) throw new RangeError('expected a state with a bit set, got none');
    [this.#a, this.#b, this.#c, this.#d] = words.map((word) => word | 0) as [number, number, number, number];
  }

  /** @param seed - any integer; its low 32 bits count */
  static ofSeed(seed: number): Prng {
    return Prng.ofPair(seed, 0);
  }

  /** One of its own for each pair of 32-bit integers: no two pairs begin with the same state. */
  static ofPair(seed: number, stream: number): Prng {
    const [a, b] = [scrambled(seed), scrambled(stream ^ 0x5bd1e995)];
    return new Prng([a, b, scrambled(a ^ (b << 1)) | 1, scrambled(b ^ (a << 1))]);
  }

  /** The next 32 bits, as an unsigned integer. */
  next(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotated(this.#d, 11);
    return result >>> 0;
  }

  /** The next integer from 0 to `bound - 1`, which must not be more than 2^32. */
  below(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound);
  }
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** A 32-bit integer with its bits mixed; each comes from one alone (splitmix32). */
function scrambled(word: number): number {
  let mixed = (word + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
