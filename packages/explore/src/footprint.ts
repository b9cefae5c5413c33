/** What a piece of code looked at, as one number: code that is a function of memory does the same whenever that is the same. */
import { mix, type Memory } from '@shootdown/machine';

/** Hashes the words that are looked at between {@link Footprint.begin} and {@link Footprint.end}, with their values, in order. */
export class Footprint {
  readonly #memory: Memory;
  #a = 0;
  #b = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /**
   * Code begins to run.
   *
   * @param code - tells it from other code, and one thread from another
   */
  begin(code: number, thread: number): void {
    this.#a = mix(code);
    this.#b = mix(Math.imul(code, 0x2c1b3c6d) ^ (thread + 1));
    this.#memory.looked = this.#look;
  }

  /** It has ended: its footprint, of 53 bits. */
  end(): number {
    this.#memory.looked = undefined;
    return (this.#a >>> 0) + (this.#b & 0x1f_ffff) * 2 ** 32;
  }

  readonly #look = (address: number): void => {
    const value = this.#memory.words[address];
    this.#a = mix(this.#a ^ Math.imul(address + 1, 0x7feb352d) ^ Math.imul(value, 0x9e3779b1));
    this.#b = mix((this.#b + Math.imul(address + 1, 0x2c1b3c6d) + Math.imul(value, 0x846ca68b)) | 0);
  };
}
