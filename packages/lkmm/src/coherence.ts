/**
 * Coherence and atomicity, kept up step by step.
 *
 * For each location the accesses that must come in some order do so in one relation, {@link Coherence.order}: the
 * closure of po-loc, rf, co and fr as far as they are chosen, and of what those force. A choice that would make a cycle
 * is refused at once. When every read has its write and every two writes of a location are ordered, the relation holds
 * all of co (write to write) and fr (read to write).
 *
 * @source tools/memory-model/linux-kernel.cat coherence v6.18
 * @source tools/memory-model/linux-kernel.cat atomic v6.18
 */
import { INITIAL } from './event.js';
import type { Bits } from './relation.js';
import type { Skeleton } from './skeleton.js';

/** A read whose write is not chosen yet. */
export const UNCHOSEN = -2;

/** Which accesses of one location come before which. */
export class Coherence {
  readonly skeleton: Skeleton;
  /** Closed: from an access to the accesses of its location that must come after it. */
  readonly order: Bits;
  /** The write that each read reads from, {@link INITIAL}, or {@link UNCHOSEN}. */
  readonly readsFrom: Int32Array;
  /** The location of each event, or -1 where it has none or it is not known yet. */
  readonly location: Int32Array;
  readonly #words: number;
  /** The partner of each half of a read-modify-write, or -1. */
  readonly #writeOf: Int32Array;
  readonly #changed: number[] = [];

  constructor(skeleton: Skeleton) {
    const size = skeleton.events.length;
    this.skeleton = skeleton;
    this.#words = skeleton.space.words;
    this.order = skeleton.space.relation();
    this.readsFrom = new Int32Array(size).fill(UNCHOSEN);
    this.location = new Int32Array(size).fill(-1);
    this.#writeOf = new Int32Array(size).fill(-1);
    for (const [read, write] of skeleton.rmwPairs) this.#writeOf[read] = write;
  }

  /** Remembers everything, to be given back to {@link restore}. */
  save(into: Int32Array): void {
    into.set(this.order);
    into.set(this.readsFrom, this.order.length);
    into.set(this.location, this.order.length + this.readsFrom.length);
  }

  /** How long an array {@link save} fills. */
  get saved(): number {
    return this.order.length + this.readsFrom.length + this.location.length;
  }

  /** Goes back to what {@link save} remembered. */
  restore(from: Int32Array): void {
    this.order.set(from.subarray(0, this.order.length));
    this.readsFrom.set(from.subarray(this.order.length, this.order.length + this.readsFrom.length));
    this.location.set(from.subarray(this.order.length + this.readsFrom.length, this.saved));
  }

  /** Says where event `e` goes. @returns false if that breaks coherence */
  setLocation(e: number, location: number): boolean {
    const { skeleton } = this;
    const { space, po } = skeleton;
    this.location[e] = location;
    for (let other = 0; other < this.location.length; other++) {
      if (this.location[other] !== location || other === e) continue;
      if (space.has(po, other, e) && !this.#addEdge(other, e)) return false;
      if (space.has(po, e, other) && !this.#addEdge(e, other)) return false;
    }
    return this.#settle(location);
  }

  /** Makes `read` read from `write`, or from {@link INITIAL}. @returns false if that breaks coherence or atomicity */
  chooseReadsFrom(read: number, write: number): boolean {
    this.readsFrom[read] = write;
    if (write !== INITIAL && !this.#addEdge(write, read)) return false;
    return this.#settle(this.location[read]);
  }

  /** Puts write `first` before write `second` in coherence order. @returns false if that breaks coherence or atomicity */
  orderWrites(first: number, second: number): boolean {
    return this.#addEdge(first, second) && this.#settle(this.location[first]);
  }

  /** Whether `a` must come before `b`. */
  isBefore(a: number, b: number): boolean {
    return ((this.order[a * this.#words + (b >>> 5)] >>> (b & 31)) & 1) === 1;
  }

  /** @returns false if that makes a cycle */
  #addEdge(a: number, b: number): boolean {
    if (a === b || this.isBefore(b, a)) return false;
    if (this.isBefore(a, b)) return true;
    const words = this.#words;
    const { order, location } = this;
    const where = location[a];
    const word = a >>> 5;
    const bit = 1 << (a & 31);
    for (let x = 0; x < location.length; x++) {
      if (location[x] !== where || (x !== a && (order[x * words + word] & bit) === 0)) continue;
      for (let k = 0; k < words; k++) order[x * words + k] |= order[b * words + k];
      order[x * words + (b >>> 5)] |= 1 << (b & 31);
    }
    this.#changed.push(where);
    return true;
  }

  /** Draws what follows from what is chosen at `location`, until nothing more does. */
  #settle(location: number): boolean {
    do {
      this.#changed.length = 0;
      if (!this.#settleOnce(location)) return false;
    } while (this.#changed.length > 0);
    return true;
  }

  #settleOnce(where: number): boolean {
    const { skeleton, location, readsFrom } = this;
    const { space, writes, internal } = skeleton;
    const size = location.length;
    for (let read = 0; read < size; read++) {
      if (location[read] !== where || readsFrom[read] === UNCHOSEN) continue;
      const source = readsFrom[read];
      const partner = this.#writeOf[read];
      for (let other = 0; other < size; other++) {
        if (location[other] !== where || other === source || !space.includes(writes, other)) continue;
        const after = source === INITIAL || this.isBefore(source, other);
        if (after && !this.#addEdge(read, other)) return false;
        if (!after && this.isBefore(other, read) && !this.#addEdge(other, source)) return false;
        if (partner < 0 || other === partner || space.has(internal, read, other)) continue;
        if (after && !this.#addEdge(partner, other)) return false;
        if (!after && this.isBefore(other, partner) && !this.#addEdge(other, source)) return false;
      }
    }
    return true;
  }
}
