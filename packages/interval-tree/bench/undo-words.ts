/** Storage of the kind a model lends: words that only change through `set`, which logs what was there before. */
import type { WordStorage } from '../src/index.js';

/** Words with an undo log. */
export class UndoWords implements WordStorage {
  readonly #words: Int32Array;
  readonly #log: number[] = [];

  constructor(length: number) {
    this.#words = new Int32Array(length);
  }

  get length(): number {
    return this.#words.length;
  }

  /** Number of stores that can be taken back. */
  get depth(): number {
    return this.#log.length / 2;
  }

  /** Whether every word is 0. */
  get isZero(): boolean {
    return this.#words.every((word) => word === 0);
  }

  get(index: number): number {
    if (index < 0 || index >= this.#words.length)
      throw new Error(`expected a word of 0..${this.length - 1}, got ${index}`);
    return this.#words[index];
  }

  set(index: number, value: number): void {
    if (value !== (value | 0)) throw new Error(`expected a signed 32-bit value, got ${value}`);
    this.#log.push(index, this.get(index));
    this.#words[index] = value;
  }

  /** Takes back all stores since there were `depth` of them. */
  undo(depth = 0): void {
    while (this.depth > depth) {
      const value = this.#log.pop() ?? 0;
      this.#words[this.#log.pop() ?? 0] = value;
    }
  }

  /** A copy of the words. */
  snapshot(): Int32Array {
    return this.#words.slice();
  }
}
