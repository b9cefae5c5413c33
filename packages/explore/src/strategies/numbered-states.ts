/** Numbers for states, in the order in which they are met: an open-addressing table from 64-bit fingerprints. */
import { ChunkedInts } from '../base/chunked-ints.js';
import { LOAD, slotOf } from './visited.js';
import { TableFull } from '../base/resources.js';

/** Gives each fingerprint a number, from 0 on. */
export class NumberedStates {
  readonly #h0 = new ChunkedInts();
  readonly #h1 = new ChunkedInts();
  readonly #maxBytes: number;
  /** Numbers plus one. */
  #slots: Int32Array;

  /** @param maxBytes - the table never takes more than this; needing more throws {@link TableFull} */
  constructor(maxBytes: number, initialBits = 12) {
    this.#maxBytes = maxBytes;
    this.#slots = new Int32Array(1 << initialBits);
  }

  /** Number of fingerprints. */
  get size(): number {
    return this.#h0.length;
  }

  /** Bytes taken. */
  get bytes(): number {
    return this.#slots.byteLength + this.#h0.bytes + this.#h1.bytes;
  }

  /** The number of a fingerprint; {@link size} as it was before, where that is new. */
  numberOf(h0: number, h1: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let i = slotOf(h0, h1, mask);
    for (; slots[i] !== 0; i = (i + 1) & mask) {
      const number = slots[i] - 1;
      if (this.#h0.at(number) === h0 && this.#h1.at(number) === h1) return number;
    }
    const number = this.size;
    slots[i] = number + 1;
    this.#h0.push(h0);
    this.#h1.push(h1);
    if (this.size > slots.length * LOAD) this.#grow();
    return number;
  }

  #grow(): void {
    const bytes = this.#slots.byteLength * 2;
    if (bytes * 1.5 + this.#h0.bytes + this.#h1.bytes > this.#maxBytes)
      throw new TableFull(`the table of numbered states needs ${bytes >> 20} MiB more`);
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.size; number++) {
      let i = slotOf(this.#h0.at(number), this.#h1.at(number), mask);
      while (slots[i] !== 0) i = (i + 1) & mask;
      slots[i] = number + 1;
    }
    this.#slots = slots;
  }
}
