/** Slabs: pools of equal objects, the model of kmalloc caches. A slab has all its slots from the start. */
import type { Cell, Fields, Struct, View } from './struct.js';

/** State of a slab slot, the value of its state word: never allocated. */
export const SLOT_FRESH = 0;
/** State of a slab slot: allocated. */
export const SLOT_LIVE = 1;
/** State of a slab slot: allocated and freed. */
export const SLOT_FREED = 2;

/** A pool of equal objects, allocated and freed at run time. {@link Layout.slab} makes one. */
export class Slab<F extends Fields = Fields> {
  /** As traces print it. */
  readonly name: string;
  /** What its objects are. */
  readonly struct: Struct<F>;
  /** How many objects may be live at once. */
  readonly capacity: number;
  /** State of each slot: {@link SLOT_FRESH}, {@link SLOT_LIVE} or {@link SLOT_FREED}. */
  readonly states: readonly Cell<number>[];
  /** The object of each slot. */
  readonly slots: readonly View<F>[];
  /** Whether objects may still be allocated where every thread has ended; else that is a leak. */
  outlives = false;

  /**
   * @param name - as traces print it
   * @param states - one state word for each slot
   * @param slots - as many objects
   */
  constructor(name: string, struct: Struct<F>, states: readonly Cell<number>[], slots: readonly View<F>[]) {
    this.name = name;
    this.struct = struct;
    this.capacity = slots.length;
    this.states = states;
    this.slots = slots;
  }
}
