/** What a piece of code looked at, as one number: code that is a function of memory does the same whenever that is the same. */
import { mix, type Memory } from '@shootdown/machine';

/** In place of an address: nothing. */
const END = -1;

/** Hashes the words that are looked at between {@link Footprint.begin} and {@link Footprint.end}, with their values, in order. */
export class Footprint {
  readonly #memory: Memory;
  readonly #paths: Map<number, number> | undefined;
  #a = 0;
  #b = 0;
  /** Whether code looked at something else than it did when it had looked at the same before. */
  hasStrayed = false;

  /** @param paths - by footprint so far: the address looked at next, {@link END} where that was all */
  constructor(memory: Memory, paths?: Map<number, number>) {
    this.#memory = memory;
    this.#paths = paths;
  }

  /**
   * Code begins to run.
   *
   * @param code - tells it from other code, and one thread from another
   */
  begin(code: number, thread: number): void {
    this.#a = mix(code);
    this.#b = mix(Math.imul(code, 0x2c1b3c6d) ^ (thread + 1));
    this.hasStrayed = false;
    this.#memory.looked = this.#look;
  }

  /** It has ended: its footprint, of 53 bits. */
  end(): number {
    this.#memory.looked = undefined;
    this.#follow(END);
    return this.#hash;
  }

  get #hash(): number {
    return (this.#a >>> 0) + (this.#b & 0x1f_ffff) * 2 ** 32;
  }

  #follow(address: number): void {
    if (this.#paths === undefined) return;
    const known = this.#paths.get(this.#hash);
    if (known === undefined) this.#paths.set(this.#hash, address);
    else if (known !== address) this.hasStrayed = true;
  }

  readonly #look = (address: number): void => {
    if (this.#paths !== undefined) this.#follow(address);
    const value = this.#memory.words[address];
    this.#a = mix(this.#a ^ Math.imul(address + 1, 0x7feb352d) ^ Math.imul(value, 0x9e3779b1));
    this.#b = mix((this.#b + Math.imul(address + 1, 0x2c1b3c6d) + Math.imul(value, 0x846ca68b)) | 0);
  };
}
