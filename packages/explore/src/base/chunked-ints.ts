/** A list of 32-bit integers that grows without being copied, in chunks of one size. */
const CHUNK_BITS = 14;
const CHUNK = 1 << CHUNK_BITS;

/** For lists so long that doubling them would take too much memory at once. */
export class ChunkedInts {
  readonly #chunks: Int32Array[] = [];
  #length = 0;

  /** Number of integers. */
  get length(): number {
    return this.#length;
  }

  /** Bytes taken. */
  get bytes(): number {
    return this.#chunks.length * CHUNK * 4;
  }

  /** Appends one. */
  push(value: number): void {
    const at = this.#length++;
    const place = at & (CHUNK - 1);
    if (place === 0) this.#chunks.push(new Int32Array(CHUNK));
    this.#chunks[at >>> CHUNK_BITS][place] = value;
  }

  /** The integer at `index`, which must be in range. */
  at(index: number): number {
    return this.#chunks[index >>> CHUNK_BITS][index & (CHUNK - 1)];
  }
}
