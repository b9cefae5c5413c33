/** The visited table: an open-addressing set of 64-bit fingerprints, 8 bytes a slot, that doubles when three quarters full. */

import { TableFull } from '../base/resources.js';

/** A set of fingerprints that a search adds to. */
export interface Visited {
  /** Number of fingerprints in the set. */
  readonly size: number;
  /** Bytes it takes. */
  readonly bytes: number;
  /** Whether nothing may be added until the set was enlarged. */
  readonly isFull: boolean;
  /** Adds a fingerprint; returns whether it was new. */
  add(h0: number, h1: number): boolean;
}

/** Part of the slots that may be taken. */
export const LOAD = 0.75;

/** Where the search for a fingerprint begins. */
export function slotOf(lo: number, hi: number, mask: number): number {
  return (lo ^ (hi >>> 7)) & mask;
}

/** Slots of the largest table: 16 GiB, beyond which a 32-bit mask does not reach. */
export const MOST_SLOTS = 2 ** 31;

/**
 * The mask that keeps numbers within a table.
 *
 * @param slots - a power of two
 * @throws {@link TableFull} when no 32-bit mask that is no negative number does it
 */
export function maskOf(slots: number): number {
  if (slots > MOST_SLOTS) throw new TableFull(`expected at most ${MOST_SLOTS} slots, got ${slots}`);
  return slots - 1;
}

/**
 * What a table must not outgrow, looked at before it grows.
 *
 * @param bytes - of the table to come; while it is filled the one before it, half as large, is still there
 * @throws {@link TableFull}
 */
export function assertRoom(bytes: number, maxBytes: number): void {
  if (bytes * 1.5 > maxBytes)
    throw new TableFull(`the visited table needs ${bytes / 2 ** 20} MiB, of ${maxBytes / 2 ** 20} MiB allowed`);
}

/** A set of 64-bit fingerprints given as two 32-bit halves. */
export class VisitedTable implements Visited {
  readonly #maxBytes: number;
  #slots: Int32Array;
  #mask: number;
  #limit: number;
  #size = 0;
  readonly isFull = false;

  /** @param maxBytes - the table never takes more than this; needing more throws {@link TableFull} */
  constructor(maxBytes: number, initialBits = 16) {
    this.#maxBytes = maxBytes;
    this.#slots = new Int32Array(2 * 2 ** initialBits);
    this.#mask = maskOf(2 ** initialBits);
    this.#limit = 2 ** initialBits * LOAD;
  }

  /** Number of fingerprints stored. */
  get size(): number {
    return this.#size;
  }

  /** Bytes the table takes. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  /** Calls `visit` for every fingerprint. */
  forEach(visit: (h0: number, h1: number) => void): void {
    const slots = this.#slots;
    for (let j = 0; j < slots.length; j += 2) if (slots[j] !== 0 || slots[j + 1] !== 0) visit(slots[j], slots[j + 1]);
  }

  /** Adds a fingerprint; returns whether it was new. */
  add(h0: number, h1: number): boolean {
    const lo = h0 === 0 && h1 === 0 ? 1 : h0;
    const slots = this.#slots;
    const mask = this.#mask;
    let i = slotOf(lo, h1, mask);
    for (;;) {
      const a = slots[2 * i];
      const b = slots[2 * i + 1];
      if (a === lo && b === h1) return false;
      if (a === 0 && b === 0) break;
      i = (i + 1) & mask;
    }
    slots[2 * i] = lo;
    slots[2 * i + 1] = h1;
    if (++this.#size > this.#limit) this.#grow();
    return true;
  }

  #grow(): void {
    const old = this.#slots;
    assertRoom(old.byteLength * 2, this.#maxBytes);
    const mask = maskOf(old.length);
    const slots = new Int32Array(old.length * 2);
    for (let j = 0; j < old.length; j += 2) {
      const a = old[j];
      const b = old[j + 1];
      if (a === 0 && b === 0) continue;
      let i = slotOf(a, b, mask);
      while (slots[2 * i] !== 0 || slots[2 * i + 1] !== 0) i = (i + 1) & mask;
      slots[2 * i] = a;
      slots[2 * i + 1] = b;
    }
    this.#slots = slots;
    this.#mask = mask;
    this.#limit = (mask + 1) * LOAD;
  }
}
