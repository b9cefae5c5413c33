/**
 * The axioms of the kernel's memory model, on an execution whose coherence is already checked.
 *
 * Every relation here grows with rf and co, so a choice that is refused half-way is refused for every way to go on.
 */
import { Coherence } from './coherence.js';
import { PlainAccesses } from './plain-accesses.js';
import { RcuOrder } from './rcu-order.js';
import { intersect, isEmpty, unite, type Bits } from './relation.js';
import { row, type Skeleton } from './skeleton.js';
import { srcuSections } from './srcu-sections.js';

/** What an execution can break. `coherence` and `atomic` are checked by {@link Coherence}. */
export type Axiom = 'coherence' | 'atomic' | 'happens-before' | 'propagation' | 'rcu' | 'plain-coherence';

/** Checks executions of one {@link Skeleton}. The relations are those of the last check. */
export class Checker {
  readonly skeleton: Skeleton;
  readonly rf: Bits;
  readonly rfe: Bits;
  readonly rfi: Bits;
  /** co and fr, as far as they are known. */
  readonly overwrite: Bits;
  readonly overwriteExternal: Bits;
  readonly carriedAddr: Bits;
  readonly carriedData: Bits;
  readonly carriedCtrl: Bits;
  readonly unlockLock: Bits;
  readonly strong: Bits;
  readonly fence: Bits;
  readonly nonReadWriteFence: Bits;
  readonly ppo: Bits;
  /** Reflexive and closed. */
  readonly cumulFenceStar: Bits;
  readonly cumulFence: Bits;
  readonly rmwSequence: Bits;
  readonly prop: Bits;
  readonly hb: Bits;
  /** Closed, not reflexive. */
  readonly hbPlus: Bits;
  readonly pb: Bits;
  readonly pbPlus: Bits;
  readonly rcuFence: Bits;
  readonly rb: Bits;
  readonly #one: Bits;
  readonly #two: Bits;
  readonly #all: Bits;
  readonly #setOne: Bits;
  readonly #setTwo: Bits;
  readonly #hasCarry: boolean;
  readonly #hasAtomics: boolean;
  readonly #rcu: RcuOrder;
  readonly #plain: PlainAccesses | undefined;
  #srcu: readonly (readonly [number, number])[] = [];

  constructor(skeleton: Skeleton) {
    this.skeleton = skeleton;
    const { space } = skeleton;
    const relation = (): Bits => space.relation();
    this.rf = relation();
    this.rfe = relation();
    this.rfi = relation();
    this.overwrite = relation();
    this.overwriteExternal = relation();
    this.carriedAddr = relation();
    this.carriedData = relation();
    this.carriedCtrl = relation();
    this.unlockLock = relation();
    this.strong = relation();
    this.fence = relation();
    this.nonReadWriteFence = relation();
    this.ppo = relation();
    this.cumulFenceStar = relation();
    this.cumulFence = relation();
    this.rmwSequence = relation();
    this.prop = relation();
    this.hb = relation();
    this.hbPlus = relation();
    this.pb = relation();
    this.pbPlus = relation();
    this.#rcu = new RcuOrder(skeleton);
    this.rcuFence = relation();
    this.rb = relation();
    this.#one = relation();
    this.#two = relation();
    this.#all = space.set();
    for (let e = 0; e < space.size; e++) space.include(this.#all, e);
    this.#setOne = space.set();
    this.#setTwo = space.set();
    this.#plain = skeleton.hasPlain ? new PlainAccesses(this) : undefined;
    this.#hasCarry = skeleton.rules.carryDependencies && !isEmpty(skeleton.data);
    this.#hasAtomics = skeleton.rules.rmwSequence && skeleton.rmwPairs.length > 0;
  }

  /** rcu-order, where {@link rb} is not empty. */
  get rcuOrder(): Bits {
    return this.#rcu.order;
  }

  /** The SRCU sections of the last check. */
  get srcuSections(): readonly (readonly [number, number])[] {
    return this.#srcu;
  }

  /** @returns the first axiom that the choices of `coherence` so far break, if one is */
  check(coherence: Coherence): Axiom | undefined {
    const { skeleton } = this;
    const { space } = skeleton;
    this.#communicate(coherence);
    this.#order();
    this.hbPlus.set(this.hb);
    space.close(this.hbPlus);
    if (space.isReflexiveSomewhere(this.hbPlus)) return 'happens-before';
    this.#propagate();
    if (space.isReflexiveSomewhere(this.pbPlus)) return 'propagation';
    this.#gracePeriods(coherence);
    if (space.isReflexiveSomewhere(this.rb)) return 'rcu';
    if (this.#plain?.incoherence() !== undefined) return 'plain-coherence';
    return undefined;
  }

  /** rf, its parts, and co with fr. */
  #communicate({ readsFrom, order }: Coherence): void {
    const { space, internal, writes } = this.skeleton;
    const { rf, rfe, rfi, overwrite, overwriteExternal } = this;
    rf.fill(0);
    for (let read = 0; read < readsFrom.length; read++) if (readsFrom[read] >= 0) space.add(rf, readsFrom[read], read);
    for (let k = 0; k < rf.length; k++) {
      rfi[k] = rf[k] & internal[k];
      rfe[k] = rf[k] & ~internal[k];
    }
    const { words } = space;
    for (let k = 0; k < order.length; k++) {
      overwrite[k] = order[k] & writes[words === 1 ? 0 : k % words];
      overwriteExternal[k] = overwrite[k] & ~internal[k];
    }
  }

  /** From ppo to happens-before. */
  #order(): void {
    const { skeleton } = this;
    const { space, marked, writes, reads, internal } = skeleton;
    this.#carry();
    this.#handOver();
    const { ppo, fence, nonReadWriteFence, strong } = this;
    const one = this.#one;
    const two = this.#two;
    for (let k = 0; k < fence.length; k++) {
      nonReadWriteFence[k] = strong[k] | skeleton.poRel[k] | skeleton.acqPo[k];
      fence[k] = nonReadWriteFence[k] | skeleton.wmb[k] | skeleton.rmb[k];
    }
    // to-w, then to-r.
    for (let k = 0; k < ppo.length; k++) ppo[k] = this.carriedAddr[k] | this.carriedData[k] | this.carriedCtrl[k];
    space.restrict(ppo, undefined, writes);
    one.set(this.carriedAddr);
    space.restrict(one, undefined, reads);
    for (let k = 0; k < ppo.length; k++)
      ppo[k] |= one[k] | ((this.overwrite[k] | fence[k] | this.unlockLock[k]) & internal[k]);
    for (let k = 0; k < one.length; k++) one[k] = this.carriedAddr[k] | this.carriedData[k];
    space.restrict(one, undefined, marked);
    space.compose(two, one, this.rfi);
    unite(ppo, two);
    if (skeleton.hasPlain) {
      one.set(this.carriedAddr);
      space.restrict(one, undefined, skeleton.plain);
      space.compose(two, one, skeleton.wmb);
      unite(ppo, two);
    }
    this.#propagation();
    const { hb, prop, rfe } = this;
    for (let k = 0; k < hb.length; k++) hb[k] = ppo[k] | rfe[k] | (prop[k] & internal[k]);
    for (let e = 0; e < space.size; e++)
      if (space.has(prop, e, e) && !space.has(ppo, e, e)) hb[e * space.words + (e >>> 5)] &= ~(1 << (e & 31));
    if (skeleton.hasPlain) space.restrict(hb, marked, marked);
  }

  /** Dependencies, also those that went through a value stored and loaded again. */
  #carry(): void {
    const { skeleton } = this;
    const { space } = skeleton;
    this.carriedAddr.set(skeleton.addr);
    this.carriedData.set(skeleton.data);
    this.carriedCtrl.set(skeleton.ctrl);
    if (!this.#hasCarry || isEmpty(this.rfi)) return;
    const one = this.#one;
    const two = this.#two;
    one.set(skeleton.data);
    for (let e = 0; e < space.size; e++)
      if (skeleton.events[e].tag === 'srcu-unlock')
        for (let r = 0; r < space.size; r++) one[r * space.words + (e >>> 5)] &= ~(1 << (e & 31));
    space.compose(two, one, this.rfi);
    if (isEmpty(two)) return;
    space.close(two);
    for (const [target, from] of [
      [this.carriedAddr, skeleton.addr],
      [this.carriedData, skeleton.data],
      [this.carriedCtrl, skeleton.ctrl],
    ]) {
      space.compose(one, two, from);
      unite(target, one);
    }
  }

  /** Locks that read an unlock: what they order, and what an smp_mb__after_unlock_lock() makes of it. */
  #handOver(): void {
    const { skeleton } = this;
    const { space, events, accesses } = skeleton;
    this.strong.set(skeleton.strong);
    this.unlockLock.set(skeleton.unlockLock);
    if (!skeleton.hasUnlockLock) return;
    for (let unlock = 0; unlock < events.length; unlock++) {
      if (events[unlock].kind !== 'UL' || isEmpty(row(space, this.rf, unlock))) continue;
      const before = skeleton.predecessors(unlock);
      for (let lock = 0; lock < events.length; lock++) {
        if (events[lock].kind !== 'LKR' || !space.has(this.rf, unlock, lock)) continue;
        space.addProduct(this.unlockLock, before, row(space, skeleton.po, lock));
        const fenced = skeleton.afterUnlockLock.get(lock);
        if (fenced !== undefined) {
          const accessed = before.slice();
          intersect(accessed, accesses);
          space.addProduct(this.strong, accessed, fenced);
        }
      }
    }
  }

  /** cumul-fence and prop. */
  #propagation(): void {
    const { skeleton } = this;
    const { space, marked, hasPlain } = skeleton;
    const { cumulFence, cumulFenceStar, prop, rfe } = this;
    const one = this.#one;
    const two = this.#two;
    for (let k = 0; k < one.length; k++) one[k] = this.strong[k] | skeleton.poRel[k];
    if (hasPlain) {
      two.set(rfe);
      space.restrict(two, undefined, marked);
      space.compose(cumulFence, two, one);
    } else space.compose(cumulFence, rfe, one);
    for (let k = 0; k < cumulFence.length; k++) cumulFence[k] |= one[k] | skeleton.wmb[k] | this.unlockLock[k];
    if (hasPlain) space.restrict(cumulFence, marked, marked);
    if (this.#hasAtomics) {
      space.compose(this.rmwSequence, this.rf, skeleton.rmw);
      space.close(this.rmwSequence);
      space.compose(one, cumulFence, this.rmwSequence);
      unite(cumulFence, one);
    }
    cumulFenceStar.set(cumulFence);
    space.close(cumulFenceStar);
    space.addIdentity(cumulFenceStar, this.#all);
    space.compose(one, this.overwriteExternal, cumulFenceStar);
    unite(one, cumulFenceStar);
    space.compose(prop, one, rfe);
    unite(prop, one);
    if (hasPlain) {
      // The event before the last rfe is marked, and so are both ends.
      two.set(one);
      space.restrict(two, marked, marked);
      space.compose(prop, two, rfe);
      unite(prop, two);
      space.restrict(prop, marked, marked);
    }
  }

  /** pb and its closure. */
  #propagate(): void {
    const { skeleton } = this;
    const { space, marked, hasPlain } = skeleton;
    const { pb, pbPlus, prop, strong, hbPlus } = this;
    const one = this.#one;
    space.compose(one, strong, hbPlus);
    unite(one, strong);
    if (hasPlain) space.restrict(one, undefined, marked);
    space.compose(pb, prop, one);
    pbPlus.set(pb);
    space.close(pbPlus);
  }

  /** rcu-order among grace periods and sections, then rb. */
  #gracePeriods({ location }: Coherence): void {
    const { skeleton } = this;
    const { space, hasPlain, po } = skeleton;
    const { rcuFence, rb } = this;
    this.#srcu = skeleton.hasSrcu ? srcuSections(skeleton, this.rf, location) : [];
    rcuFence.fill(0);
    rb.fill(0);
    if (!RcuOrder.isNeeded(skeleton, this.#srcu)) return;
    const link = this.#two;
    this.#link(this.#rcu.ends(this.#srcu), link);
    this.#rcu.derive(link, this.#srcu, location);
    const one = this.#one;
    const two = this.#two;
    // rcu-fence = po ; rcu-order ; po?
    space.compose(one, po, this.rcuOrder);
    space.compose(rcuFence, one, po);
    unite(rcuFence, one);
    // rb = prop ; rcu-fence ; hb* ; pb* ; [Marked]
    space.compose(one, rcuFence, this.hbPlus);
    unite(one, rcuFence);
    space.compose(two, one, this.pbPlus);
    unite(two, one);
    if (hasPlain) space.restrict(two, undefined, skeleton.marked);
    space.compose(rb, this.prop, two);
  }

  /** `link`: rcu-link from each of `ends`. */
  #link(ends: readonly number[], link: Bits): void {
    const { space, po } = this.skeleton;
    const reached = this.#setOne;
    const step = this.#setTwo;
    link.fill(0);
    for (const end of ends) {
      reached.set(row(space, po, end));
      space.include(reached, end);
      space.image(step, reached, this.hbPlus);
      unite(reached, step);
      space.image(step, reached, this.pbPlus);
      unite(reached, step);
      space.image(step, reached, this.prop);
      space.image(reached, step, po);
      link.set(reached, end * space.words);
    }
  }

  /** A pair of accesses, one plain, whose rf, co or fr goes against what fences order, after a check that said so. */
  plainIncoherence(): [from: number, to: number, kind: 'rf' | 'fr' | 'co'] | undefined {
    return this.#plain?.incoherence();
  }

  /** Whether two threads race on a plain access. Asked after a check of a whole execution that was allowed. */
  hasDataRace(): boolean {
    return this.#plain?.hasDataRace() === true;
  }
}
