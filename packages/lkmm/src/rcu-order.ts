/**
 * Grace periods against read-side sections: an order holds along any chain that has as many of the one as of the other.
 *
 * @source tools/memory-model/linux-kernel.cat rcu-order v6.18
 */
import { unite, type Bits } from './relation.js';
import type { Skeleton } from './skeleton.js';

type Sections = readonly (readonly [number, number])[];

/** rcu-order of one {@link Skeleton}, worked out anew for each link between its ends. */
export class RcuOrder {
  /** From a grace period or an unlock to a grace period or a lock. */
  readonly order: Bits;
  readonly #skeleton: Skeleton;
  readonly #one: Bits;
  readonly #two: Bits;
  readonly #before: Bits;

  constructor(skeleton: Skeleton) {
    const { space } = skeleton;
    this.#skeleton = skeleton;
    this.order = space.relation();
    this.#one = space.relation();
    this.#two = space.relation();
    this.#before = space.relation();
  }

  /** Whether there is anything to order. Without sections a chain of grace periods is a chain of full fences. */
  static isNeeded({ synchronizeRcu, synchronizeSrcu, rcuSections, hasPlain }: Skeleton, srcu: Sections): boolean {
    if (synchronizeRcu.length + synchronizeSrcu.length === 0) return false;
    return hasPlain || rcuSections.length > 0 || srcu.length > 0;
  }

  /** The events that a link starts from. */
  ends(srcu: Sections): number[] {
    const { synchronizeRcu, synchronizeSrcu, rcuSections } = this.#skeleton;
    return [...new Set([...synchronizeRcu, ...synchronizeSrcu, ...rcuSections.flat(), ...srcu.flat()])];
  }

  /** Works out {@link order}. @param link - rcu-link @param location - of each event, for SRCU */
  derive(link: Bits, srcu: Sections, location: Int32Array): void {
    const { space, synchronizeRcu, synchronizeSrcu, rcuSections } = this.#skeleton;
    const { order } = this;
    const one = this.#one;
    const two = this.#two;
    order.fill(0);
    for (const g of [...synchronizeRcu, ...synchronizeSrcu]) space.add(order, g, g);
    do {
      this.#before.set(order);
      // one = rcu-link ; (rcu-order ; rcu-link)?
      space.compose(two, link, order);
      space.compose(one, two, link);
      unite(one, link);
      this.#balance(one, synchronizeRcu, rcuSections, undefined);
      this.#balance(one, synchronizeSrcu, srcu, location);
      space.compose(two, order, link);
      space.compose(one, two, order);
      unite(order, one);
    } while (order.some((word, k) => word !== this.#before[k]));
  }

  /** One grace period and one section, with `between` from one to the other. */
  #balance(between: Bits, periods: readonly number[], sections: Sections, location: Int32Array | undefined): void {
    const { space } = this.#skeleton;
    for (const g of periods)
      for (const [lock, unlock] of sections) {
        if (location !== undefined && location[g] !== location[lock]) continue;
        // A section acts backwards from its unlock, and forwards from its lock.
        if (space.has(between, g, unlock)) space.add(this.order, g, lock);
        if (space.has(between, lock, g)) space.add(this.order, unlock, g);
      }
  }
}
