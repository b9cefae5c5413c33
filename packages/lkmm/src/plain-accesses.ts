/**
 * Plain accesses: what the compiler may do to them is bounded by the fences and marked accesses around them.
 */
import type { Skeleton } from './skeleton.js';
import { intersect, isEmpty, subtract, unite, type Bits } from './relation.js';

/** The relations of an execution, as a check leaves them behind. */
export interface CheckedRelations {
  readonly skeleton: Skeleton;
  readonly rf: Bits;
  readonly rfe: Bits;
  readonly overwrite: Bits;
  readonly carriedAddr: Bits;
  readonly strong: Bits;
  readonly fence: Bits;
  readonly nonReadWriteFence: Bits;
  readonly cumulFenceStar: Bits;
  readonly rmwSequence: Bits;
  readonly hb: Bits;
  readonly pb: Bits;
  readonly rcuFence: Bits;
  readonly rb: Bits;
}

/** Coherence and data races of plain accesses. */
export class PlainAccesses {
  readonly #checker: CheckedRelations;
  /** Pairs of different threads, one of them plain. */
  readonly #preRace: Bits;
  readonly #writeToWrite: Bits;
  readonly #writeToRead: Bits;
  readonly #readToWrite: Bits;
  readonly #allEvents: Bits;

  constructor(checker: CheckedRelations) {
    this.#checker = checker;
    const { space, plain, accesses, internal } = checker.skeleton;
    this.#preRace = space.relation();
    space.addProduct(this.#preRace, plain, accesses);
    space.addProduct(this.#preRace, accesses, plain);
    subtract(this.#preRace, internal);
    this.#writeToWrite = space.relation();
    this.#writeToRead = space.relation();
    this.#readToWrite = space.relation();
    this.#allEvents = space.set();
    for (let e = 0; e < space.size; e++) space.include(this.#allEvents, e);
  }

  /**
   * A pair whose rf, co or fr goes against what fences order, if there is one.
   *
   * @source tools/memory-model/linux-kernel.cat plain-coherence v6.18
   */
  incoherence(): [from: number, to: number, kind: 'rf' | 'fr' | 'co'] | undefined {
    this.#derive();
    const { space } = this.#checker.skeleton;
    const inverse = space.relation();
    const found = space.relation();
    const against = <K extends string>(communication: Bits, order: Bits, kind: K): [number, number, K] | undefined => {
      space.invert(inverse, order);
      found.set(communication);
      intersect(found, inverse);
      intersect(found, this.#preRace);
      if (isEmpty(found)) return undefined;
      return [...space.pairs(found)[0], kind];
    };
    return (
      against(this.#checker.rf, this.#readToWrite, 'rf') ??
      against(this.#from('reads'), this.#writeToRead, 'fr') ??
      against(this.#from('writes'), this.#writeToWrite, 'co')
    );
  }

  /**
   * Whether two accesses of different threads, one of them plain and one of them a write, are not ordered. Asked after
   * {@link incoherence}.
   *
   * @source tools/memory-model/linux-kernel.cat data-race v6.18
   */
  hasDataRace(): boolean {
    const checker = this.#checker;
    const { space, marked, writes } = checker.skeleton;
    const safe = space.relation();
    const side = space.relation();
    // ww-nonrace
    safe.set(this.#writeToWrite);
    space.addProduct(side, marked, writes);
    unite(side, this.#readToWrite);
    intersect(safe, side);
    side.fill(0);
    space.addProduct(side, writes, marked);
    unite(side, this.#writeToRead);
    intersect(safe, side);
    const co = this.#from('writes');
    if (this.#races(co, safe)) return true;
    // wr-race
    const reachesRead = space.relation();
    space.compose(reachesRead, co, checker.rf);
    unite(reachesRead, checker.rf);
    space.invert(safe, this.#readToWrite);
    unite(safe, this.#writeToRead);
    if (this.#races(reachesRead, safe)) return true;
    return this.#races(this.#from('reads'), this.#readToWrite);
  }

  #races(conflicts: Bits, safe: Bits): boolean {
    const left = conflicts.slice();
    intersect(left, this.#preRace);
    subtract(left, safe);
    return !isEmpty(left);
  }

  /** co or fr. */
  #from(what: 'reads' | 'writes'): Bits {
    const { skeleton, overwrite } = this.#checker;
    const relation = overwrite.slice();
    skeleton.space.restrict(relation, skeleton[what], undefined);
    return relation;
  }

  /** ww-vis, wr-vis and rw-xbstar. */
  #derive(): void {
    const checker = this.#checker;
    const { skeleton, hb, pb, rb, rcuFence, cumulFenceStar, rfe } = checker;
    const { space, marked, internal } = skeleton;
    const seq = (a: Bits, b: Bits): Bits => {
      const out = space.relation();
      space.compose(out, a, b);
      return out;
    };
    const either = (...relations: Bits[]): Bits => {
      const out = space.relation();
      for (const relation of relations) unite(out, relation);
      return out;
    };
    const optional = (relation: Bits): Bits => {
      const out = relation.slice();
      space.addIdentity(out, this.#allEvents);
      return out;
    };
    const to = (relation: Bits, set: Bits): Bits => {
      const out = relation.slice();
      space.restrict(out, undefined, set);
      return out;
    };
    const from = (relation: Bits, set: Bits): Bits => {
      const out = relation.slice();
      space.restrict(out, set, undefined);
      return out;
    };

    const fence = either(checker.fence, rcuFence);
    const strong = either(checker.strong, rcuFence);
    const xbstar = either(hb, pb, rb);
    space.close(xbstar);
    space.addIdentity(xbstar, this.#allEvents);
    const local = xbstar.slice();
    intersect(local, internal);
    const reached = to(seq(optional(cumulFenceStar), optional(rfe)), marked);
    const vis = seq(reached, either(seq(to(strong, marked), xbstar), local));
    const nonReadWrite = checker.nonReadWriteFence;
    const writePre = from(optional(either(checker.carriedAddr, fence)), marked);
    const readPre = from(optional(either(checker.carriedAddr, nonReadWrite, skeleton.rmbFromRead)), marked);
    let writePost = to(optional(fence), marked);
    if (skeleton.rules.rmwSequence && skeleton.rmwPairs.length > 0)
      writePost = seq(writePost, optional(checker.rmwSequence));
    const readPost = to(optional(either(nonReadWrite, skeleton.rmbToRead)), marked);
    const strongThen = seq(strong, xbstar);
    const seen = seq(writePost, vis);
    this.#writeToWrite.set(either(fence, seq(strongThen, writePre), seq(seen, writePre)));
    this.#writeToRead.set(either(fence, seq(strongThen, readPre), seq(seen, readPre)));
    this.#readToWrite.set(either(fence, seq(seq(readPost, xbstar), writePre)));
  }
}
