/**
 * Models stronger than the kernel's: sequential consistency, and the store buffers of x86.
 *
 * Both keep what RCU promises. Plain accesses are taken as they are written: no compiler stands between.
 */
import type { Coherence } from './coherence.js';
import { RcuOrder } from './rcu-order.js';
import { subtract, unite, type Bits } from './relation.js';
import { row, type Skeleton } from './skeleton.js';
import { srcuSections } from './srcu-sections.js';

/** `sc`: one access after the other. `tso`: stores wait in a buffer, and the own thread reads them there. */
export type StrongerModel = 'sc' | 'tso';

/** Checks executions of one {@link Skeleton} under a {@link StrongerModel}. */
export class StrongerChecker {
  readonly #skeleton: Skeleton;
  readonly #model: StrongerModel;
  /** What program order keeps. */
  readonly #preserved: Bits;
  readonly #before: Bits;
  readonly #rf: Bits;
  readonly #link: Bits;
  readonly #rcu: RcuOrder;

  constructor(skeleton: Skeleton, model: StrongerModel) {
    const { space } = skeleton;
    this.#skeleton = skeleton;
    this.#model = model;
    this.#preserved = model === 'sc' ? skeleton.po : bufferedOrder(skeleton);
    this.#before = space.relation();
    this.#rf = space.relation();
    this.#link = space.relation();
    this.#rcu = new RcuOrder(skeleton);
  }

  /** @returns what the choices of `coherence` so far break */
  check({ readsFrom, order, location }: Coherence): 'order' | 'rcu' | undefined {
    const skeleton = this.#skeleton;
    const { space, internal, writes, po } = skeleton;
    const before = this.#before;
    const rf = this.#rf;
    rf.fill(0);
    before.set(this.#preserved);
    for (let read = 0; read < readsFrom.length; read++) {
      const write = readsFrom[read];
      if (write < 0) continue;
      space.add(rf, write, read);
      // Under tso a thread may read its own store before others do.
      if (this.#model === 'sc' || !space.has(internal, write, read)) space.add(before, write, read);
    }
    // co and fr.
    for (let k = 0; k < order.length; k++) before[k] |= order[k] & writes[k % space.words];
    space.close(before);
    if (space.isReflexiveSomewhere(before)) return 'order';
    const srcu = skeleton.hasSrcu ? srcuSections(skeleton, rf, location) : [];
    if (!RcuOrder.isNeeded(skeleton, srcu)) return undefined;
    const reached = space.set();
    const step = space.set();
    this.#link.fill(0);
    for (const end of this.#rcu.ends(srcu)) {
      reached.set(row(space, po, end));
      space.include(reached, end);
      space.image(step, reached, before);
      unite(reached, step);
      space.image(step, reached, po);
      this.#link.set(step, end * space.words);
    }
    this.#rcu.derive(this.#link, srcu, location);
    space.compose(rf, this.#rcu.order, this.#link);
    return space.isReflexiveSomewhere(rf) ? 'rcu' : undefined;
  }
}

/** All of program order but from a store to a later load, where no fence and no atomic is between or is one of the two. */
function bufferedOrder(skeleton: Skeleton): Bits {
  const { space, po, reads, writes, events } = skeleton;
  const kept = po.slice();
  const delayed = space.relation();
  space.addProduct(delayed, writes, reads);
  for (let e = 0; e < events.length; e++) {
    const { rmw, kind } = events[e];
    if (rmw !== true && kind !== 'LKR' && kind !== 'LKW') continue;
    row(space, delayed, e).fill(0);
    for (let a = 0; a < events.length; a++) delayed[a * space.words + (e >>> 5)] &= ~(1 << (e & 31));
  }
  subtract(delayed, skeleton.fullFences);
  subtract(kept, delayed);
  return kept;
}
