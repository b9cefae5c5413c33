/** Where bitmaps live: a row of 32-bit words, owned or lent by the caller. */

/**
 * A row of 32-bit words that bitmaps read and write one at a time: a model's memory with an undo log, a shared buffer,
 * a register file. All-zero words are an empty bitmap.
 */
export interface WordStorage {
  /** Number of words, constant. {@link bitsToU32} tells how many a bitmap needs. */
  readonly length: number;
  /** The word at `index` (0 to `length - 1`), signed or unsigned as the storage likes. */
  get(index: number): number;
  /** Stores `value`, a signed 32-bit integer, at `index` (0 to `length - 1`). */
  set(index: number, value: number): void;
}

/** Storage that is a typed array. */
export class ArrayWords implements WordStorage {
  /** Number of words. */
  readonly length: number;
  readonly #words: Uint32Array | Int32Array;

  /** @param words - the words themselves, not a copy; or how many new ones to make */
  constructor(words: Uint32Array | Int32Array | number) {
    this.#words = typeof words === 'number' ? new Uint32Array(words) : words;
    this.length = this.#words.length;
  }

  /** The word at `index`. */
  get(index: number): number {
    return this.#words[index];
  }

  /** Stores `value`, modulo 2^32, at `index`. */
  set(index: number, value: number): void {
    this.#words[index] = value;
  }
}
