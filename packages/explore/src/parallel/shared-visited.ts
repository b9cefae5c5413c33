/**
 * The visited table of several threads: slots in shared memory, claimed with compare-and-swap. Nobody enlarges it while
 * others add; each is given the number of fingerprints it may add until then.
 */
import { LOAD, assertRoom, maskOf, slotOf, type Visited } from '../strategies/visited.js';

/** Words of a slot; both are 0 in an empty one, and never in a taken one. */
const SLOT = 2;

/** One thread's view of a shared set of 64-bit fingerprints. */
export class SharedVisited implements Visited {
  /** Fingerprints that this thread added. */
  size = 0;
  readonly #slots: Int32Array;
  readonly #mask: number;
  #quota = 0;

  /** @param memory - a power of two of slots, 8 bytes each, all zero or filled by another view */
  constructor(memory: SharedArrayBuffer) {
    this.#slots = new Int32Array(memory);
    this.#mask = maskOf(this.#slots.length / SLOT);
  }

  /** Bytes of the table. */
  get bytes(): number {
    return this.#slots.byteLength;
  }

  get isFull(): boolean {
    return this.size >= this.#quota;
  }

  /** Fingerprints the table takes before it must be enlarged. */
  get limit(): number {
    return (this.#mask + 1) * LOAD;
  }

  /** This thread may add so many more. */
  allow(more: number): void {
    this.#quota = this.size + more;
  }

  add(h0: number, h1: number): boolean {
    const lo = h0 === 0 ? 1 : h0;
    const hi = h1 === 0 ? 1 : h1;
    const slots = this.#slots;
    const mask = this.#mask;
    for (let i = slotOf(lo, hi, mask); ; i = (i + 1) & mask) {
      let a = Atomics.load(slots, SLOT * i);
      if (a === 0) {
        a = Atomics.compareExchange(slots, SLOT * i, 0, lo);
        if (a === 0) {
          Atomics.store(slots, SLOT * i + 1, hi);
          this.size++;
          return true;
        }
      }
      if (a !== lo) continue;
      let b = Atomics.load(slots, SLOT * i + 1);
      while (b === 0) b = Atomics.load(slots, SLOT * i + 1); // whoever claimed the slot is about to fill it
      if (b === hi) return false;
    }
  }

  /** Calls `visit` for every fingerprint, while nobody adds any. */
  forEach(visit: (h0: number, h1: number) => void): void {
    const slots = this.#slots;
    for (let j = 0; j < slots.length; j += SLOT) if (slots[j] !== 0) visit(slots[j], slots[j + 1]);
  }
}

/**
 * Memory for a table that takes `size` fingerprints and `room` more.
 *
 * @param maxBytes - as for a table of one thread
 * @throws {@link TableFull} when that would take too much
 */
export function sharedSlots(size: number, room: number, maxBytes: number): SharedArrayBuffer {
  let bytes = 1 << 20;
  while ((bytes / (4 * SLOT)) * LOAD < size + room) bytes *= 2;
  assertRoom(bytes, maxBytes);
  maskOf(bytes / (4 * SLOT));
  return new SharedArrayBuffer(bytes);
}
