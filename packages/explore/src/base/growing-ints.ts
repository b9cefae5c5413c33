/** A list of 32-bit integers in one flat array that doubles. */
export class GrowingInts {
  #items = new Int32Array(1 << 10);
  #length = 0;

  /** Number of integers. */
  get length(): number {
    return this.#length;
  }

  /** Bytes taken. */
  get bytes(): number {
    return this.#items.byteLength;
  }

  /** Appends one. */
  push(value: number): void {
    if (this.#length === this.#items.length) {
      const grown = new Int32Array(this.#items.length * 2);
      grown.set(this.#items);
      this.#items = grown;
    }
    this.#items[this.#length++] = value;
  }

  /** A copy of all. */
  toArray(): Int32Array {
    return this.#items.slice(0, this.#length);
  }

  /** Takes all out again. */
  clear(): void {
    this.#length = 0;
  }

  /** The integer at `index`, which must be in range. */
  at(index: number): number {
    return this.#items[index];
  }
}
