/**
 * The part of an execution that no choice of rf and co changes: events, program order, dependencies, fences.
 *
 * Relations are over the events that any order can go through: accesses, lock operations, and the borders of RCU and
 * SRCU. The other fences are left out; what they order is worked out here, once.
 */
import type { LkmmEvent } from './event.js';
import { rcuSections } from './rcu-sections.js';
import { EventSpace, unite, type Bits } from './relation.js';
import { CURRENT_RULES, type Rules } from './rules.js';

/** Pairs of indices into the events of a {@link SkeletonInput}. */
export type Pairs = readonly (readonly [number, number])[];

/** What a {@link Skeleton} is made from. */
export interface SkeletonInput {
  /** Thread after thread or mixed: two events of one thread are in program order as they come here. */
  readonly events: readonly LkmmEvent[];
  /** Pairs of events of one thread that are not in program order after all: the reads of one expression. */
  readonly unordered?: Pairs;
  /** From a read to an access whose address its value went into. */
  readonly addr?: Pairs;
  /** From a read to a write whose value its value went into. */
  readonly data?: Pairs;
  /** From a read to an event that runs only if its value says so. */
  readonly ctrl?: Pairs;
  /** From the read of a read-modify-write that succeeded to its write. Locks are paired without it. */
  readonly rmw?: Pairs;
}

/** The fixed part of an execution, as relations over its dense events. */
export class Skeleton {
  readonly input: SkeletonInput;
  readonly rules: Rules;
  /** The events that relations are over, by dense number. */
  readonly events: readonly LkmmEvent[];
  /** Dense number of each event of the input, or -1 where relations leave it out. */
  readonly dense: readonly number[];
  /** Number in the input of each dense event. */
  readonly origin: readonly number[];
  readonly space: EventSpace;

  /** Accesses, of locks too. */
  readonly accesses: Bits;
  readonly reads: Bits;
  readonly writes: Bits;
  /** All but plain accesses. */
  readonly marked: Bits;
  readonly plain: Bits;
  /** Reads that `smp_rmb()` orders. */
  readonly rmbReads: Bits;
  /** All events but reads of a read-modify-write without a value. */
  readonly returning: Bits;
  /** The events of each dense event's thread. */
  readonly internal: Bits;

  readonly po: Bits;
  readonly addr: Bits;
  readonly data: Bits;
  readonly ctrl: Bits;
  readonly rmw: Bits;
  /** Pairs of a read-modify-write, locks included. */
  readonly rmwPairs: Pairs;
  readonly acqPo: Bits;
  readonly poRel: Bits;
  readonly rmb: Bits;
  /** As `rmb`, but to whatever comes after: a read before a fence that bounds a plain access after it. */
  readonly rmbFromRead: Bits;
  /** As `rmb`, but from whatever comes before. */
  readonly rmbToRead: Bits;
  readonly wmb: Bits;
  /** Full fences and grace periods, as far as rf and co do not matter. */
  readonly strong: Bits;
  /** Pairs of accesses with an smp_mb() or a grace period between them. */
  readonly fullFences: Bits;
  /** Pairs with any compiler barrier between them. */
  readonly barrier: Bits;
  /** Unlock and lock on one CPU, under the rule that this is enough. */
  readonly unlockLock: Bits;

  /** Dense numbers of LKR and, for each, what an smp_mb__after_unlock_lock() behind it fences. */
  readonly afterUnlockLock: ReadonlyMap<number, Bits>;
  readonly synchronizeRcu: readonly number[];
  readonly synchronizeSrcu: readonly number[];
  /** From rcu_read_lock() to its rcu_read_unlock(), outermost and nested. */
  readonly rcuSections: Pairs;
  /** Whether an rcu_read_lock() or rcu_read_unlock() has no partner. */
  readonly unmatchedRcuLock: boolean;
  readonly unmatchedRcuUnlock: boolean;
  readonly hasPlain: boolean;
  readonly hasUnlockLock: boolean;
  readonly hasSrcu: boolean;

  constructor(input: SkeletonInput, rules: Rules = CURRENT_RULES) {
    this.input = input;
    this.rules = rules;
    const all = input.events;
    const origin: number[] = [];
    this.dense = all.map((event, index) => (isDense(event) ? origin.push(index) - 1 : -1));
    this.origin = origin;
    const events = origin.map((index) => all[index]);
    this.events = events;
    const space = new EventSpace(events.length);
    this.space = space;

    this.accesses = space.set();
    this.reads = space.set();
    this.writes = space.set();
    this.marked = space.set();
    this.plain = space.set();
    this.rmbReads = space.set();
    this.returning = space.set();
    events.forEach((event, e) => {
      const isRead = event.kind === 'R' || event.kind === 'LKR' || event.kind === 'LF' || event.kind === 'RU';
      const isWrite = event.kind === 'W' || event.kind === 'LKW' || event.kind === 'UL';
      const isPlain =
        (event.kind === 'R' || event.kind === 'W') && (event.tag ?? 'plain') === 'plain' && event.rmw !== true;
      const escapes = rules.noreturnEscapesRmb && event.kind === 'R' && event.tag === 'noreturn';
      if (isRead) space.include(this.reads, e);
      if (isWrite) space.include(this.writes, e);
      if (isRead || isWrite) space.include(this.accesses, e);
      space.include(isPlain ? this.plain : this.marked, e);
      if (isRead && !escapes) space.include(this.rmbReads, e);
      if (!escapes) space.include(this.returning, e);
    });
    this.hasPlain = events.some((_, e) => space.includes(this.plain, e));

    const threads = new Map<number, Bits>();
    events.forEach(({ thread }, e) => {
      const own = threads.get(thread) ?? space.set();
      space.include(own, e);
      threads.set(thread, own);
    });
    this.internal = space.relation();
    events.forEach(({ thread }, e) => {
      this.internal.set(threads.get(thread)!, e * space.words);
    });

    this.po = space.relation();
    const unordered = new Set((input.unordered ?? []).map(([a, b]) => `${a},${b}`));
    const isUnordered = (a: number, b: number): boolean =>
      unordered.size > 0 && (unordered.has(`${a},${b}`) || unordered.has(`${b},${a}`));
    for (let a = 0; a < events.length; a++)
      for (let b = a + 1; b < events.length; b++)
        if (events[a].thread === events[b].thread && !isUnordered(origin[a], origin[b])) space.add(this.po, a, b);

    this.addr = this.relationOf(input.addr);
    this.data = this.relationOf(input.data);
    this.ctrl = this.relationOf(input.ctrl);
    const lockPairs = lockHalves(events);
    this.rmwPairs = [...this.densePairs(input.rmw), ...lockPairs];
    this.rmw = space.relation();
    for (const [read, write] of this.rmwPairs) space.add(this.rmw, read, write);

    this.acqPo = space.relation();
    this.poRel = space.relation();
    this.rmb = space.relation();
    this.rmbFromRead = space.relation();
    this.rmbToRead = space.relation();
    this.wmb = space.relation();
    this.strong = space.relation();
    this.fullFences = space.relation();
    this.barrier = space.relation();
    this.unlockLock = space.relation();
    this.afterUnlockLock = this.fenceAll();
    this.synchronizeRcu = numbers(events, ({ fence }) => fence === 'sync-rcu');
    this.synchronizeSrcu = numbers(events, ({ kind }) => kind === 'SRCU');
    const sections = rcuSections(events);
    this.rcuSections = sections.matched;
    this.unmatchedRcuLock = sections.unmatchedLock;
    this.unmatchedRcuUnlock = sections.unmatchedUnlock;
    this.hasSrcu = events.some(({ kind, tag }) => kind === 'SRCU' || tag === 'srcu-lock' || tag === 'srcu-unlock');
    this.hasUnlockLock = events.some(({ kind }) => kind === 'UL') && events.some(({ kind }) => kind === 'LKR');
  }

  /** The dense events that come before input event `index` in its thread, and those that come after. */
  private around(index: number): { before: Bits; after: Bits } {
    const { space } = this;
    const before = space.set();
    const after = space.set();
    const { thread } = this.input.events[index];
    const self = this.dense[index];
    this.events.forEach((event, e) => {
      if (event.thread !== thread || e === self) return;
      const earlier = this.origin[e] < index;
      if (self >= 0 && !(earlier ? space.has(this.po, e, self) : space.has(this.po, self, e))) return;
      space.include(earlier ? before : after, e);
    });
    return { before, after };
  }

  private fenceAll(): Map<number, Bits> {
    const { space, rules } = this;
    const after = new Map<number, Bits>();
    const only = (set: Bits, filter: Bits): Bits => set.map((word, k) => word & filter[k]);
    this.input.events.forEach((event, index) => {
      const e = this.dense[index];
      const isFailedRmw = event.rmw === true && e >= 0 && !this.rmwPairs.some(([r, w]) => r === e || w === e);
      const acquire = event.kind === 'LKR' || (event.kind === 'R' && event.tag === 'acquire' && !isFailedRmw);
      const release = event.kind === 'UL' || (event.kind === 'W' && event.tag === 'release' && !isFailedRmw);
      const fullRead = event.kind === 'R' && event.tag === 'mb' && !isFailedRmw;
      const fullWrite = event.kind === 'W' && event.tag === 'mb' && !isFailedRmw;
      const srcuBorder = event.tag === 'srcu-lock' || event.tag === 'srcu-unlock';
      if (event.kind !== 'F' && event.kind !== 'SRCU' && !acquire && !release && !fullRead && !fullWrite && !srcuBorder)
        return;
      const around = this.around(index);
      const before = only(around.before, this.accesses);
      const behind = only(around.after, this.accesses);
      if (acquire) {
        space.addProduct(this.acqPo, single(space, e), behind);
        space.addProduct(this.barrier, single(space, e), around.after);
      }
      if (release) {
        space.addProduct(this.poRel, before, single(space, e));
        space.addProduct(this.barrier, around.before, single(space, e));
      }
      if (acquire || release || fullRead || fullWrite || srcuBorder)
        space.addProduct(this.barrier, around.before, around.after);
      const atomic = this.rmwPairs.find(([r, w]) => r === e || w === e);
      if (fullRead) {
        space.addProduct(this.strong, before, single(space, e));
        if (rules.fullyOrdered === 'fences' && atomic !== undefined)
          space.addProduct(this.strong, before, single(space, atomic[1]));
      }
      if (fullWrite) {
        space.addProduct(this.strong, single(space, e), behind);
        if (rules.fullyOrdered === 'fences' && atomic !== undefined)
          space.addProduct(this.strong, single(space, atomic[0]), behind);
      }
      if (event.kind === 'SRCU') this.gracePeriod(e, around);
      if (event.kind === 'F') this.fence(event, e, around, before, behind, after);
    });
    if (rules.unlockLock === 'same-cpu-or-handover')
      this.events.forEach((unlock, u) => {
        if (unlock.kind !== 'UL') return;
        this.events.forEach((lock, l) => {
          if (lock.kind !== 'LKR' || !space.has(this.po, u, l)) return;
          space.addProduct(this.unlockLock, this.predecessors(u), row(space, this.po, l));
          const fenced = after.get(l);
          if (fenced !== undefined) space.addProduct(this.strong, only(this.predecessors(u), this.accesses), fenced);
        });
      });
    return after;
  }

  /** What comes before dense event `e` in program order. */
  predecessors(e: number): Bits {
    const set = this.space.set();
    for (let p = 0; p < e; p++) if (this.space.has(this.po, p, e)) this.space.include(set, p);
    return set;
  }

  private fence(
    event: LkmmEvent,
    e: number,
    around: { before: Bits; after: Bits },
    before: Bits,
    behind: Bits,
    after: Map<number, Bits>,
  ): void {
    const { space } = this;
    const only = (set: Bits, filter: Bits): Bits => set.map((word, k) => word & filter[k]);
    switch (event.fence) {
      case 'mb':
        space.addProduct(this.strong, before, behind);
        space.addProduct(this.fullFences, before, behind);
        break;
      case 'rmb':
        space.addProduct(this.rmb, only(before, this.rmbReads), only(behind, this.rmbReads));
        space.addProduct(this.rmbFromRead, only(before, this.rmbReads), only(around.after, this.returning));
        space.addProduct(this.rmbToRead, only(around.before, this.returning), only(behind, this.rmbReads));
        break;
      case 'wmb':
        space.addProduct(this.wmb, only(before, this.writes), only(behind, this.writes));
        break;
      case 'sync-rcu':
        this.gracePeriod(e, around);
        break;
      case 'before-atomic': {
        const reached = space.set();
        for (let a = 0; a < this.events.length; a++)
          if (this.events[a].rmw === true && space.includes(around.after, a)) {
            space.include(reached, a);
            unite(reached, row(space, this.po, a));
          }
        space.addProduct(this.strong, before, only(reached, this.accesses));
        break;
      }
      case 'after-atomic':
        space.addProduct(
          this.strong,
          only(
            this.upTo(around.before, ({ rmw }) => rmw === true),
            this.accesses,
          ),
          behind,
        );
        break;
      case 'after-spinlock':
        space.addProduct(
          this.strong,
          only(
            this.upTo(around.before, ({ kind }) => kind === 'LKW'),
            this.accesses,
          ),
          behind,
        );
        break;
      case 'after-srcu-read-unlock':
        space.addProduct(
          this.strong,
          only(
            this.upTo(around.before, ({ tag }) => tag === 'srcu-unlock'),
            this.accesses,
          ),
          behind,
        );
        break;
      case 'after-unlock-lock':
        for (let l = 0; l < this.events.length; l++)
          if (this.events[l].kind === 'LKR' && space.includes(around.before, l)) {
            const fenced = after.get(l) ?? space.set();
            unite(fenced, behind);
            after.set(l, fenced);
          }
        break;
      default:
        break;
    }
    if (isCompilerBarrier(event)) space.addProduct(this.barrier, around.before, around.after);
  }

  /** Events of `before` that are, or come before, one that `is` accepts. */
  private upTo(before: Bits, is: (event: LkmmEvent) => boolean): Bits {
    const reached = this.space.set();
    for (let a = 0; a < this.events.length; a++)
      if (is(this.events[a]) && this.space.includes(before, a)) {
        this.space.include(reached, a);
        unite(reached, this.predecessors(a));
      }
    return reached;
  }

  /** A grace period orders all before it against itself and all after it. */
  private gracePeriod(e: number, { before, after }: { before: Bits; after: Bits }): void {
    const { space } = this;
    const upToEnd = after.slice();
    space.include(upToEnd, e);
    space.addProduct(this.strong, before, upToEnd);
    space.addProduct(this.fullFences, before, upToEnd);
    space.addProduct(this.barrier, before, after);
  }

  private relationOf(pairs: Pairs | undefined): Bits {
    const relation = this.space.relation();
    for (const [a, b] of this.densePairs(pairs)) this.space.add(relation, a, b);
    return relation;
  }

  private densePairs(pairs: Pairs | undefined): [number, number][] {
    return (pairs ?? [])
      .map(([a, b]): [number, number] => [this.dense[a], this.dense[b]])
      .filter(([a, b]) => a >= 0 && b >= 0);
  }
}

/** The row of event `e`: what it is related to. A view, not a copy. */
export function row(space: EventSpace, relation: Bits, e: number): Bits {
  return relation.subarray(e * space.words, (e + 1) * space.words);
}

function single(space: EventSpace, e: number): Bits {
  const set = space.set();
  space.include(set, e);
  return set;
}

function isDense(event: LkmmEvent): boolean {
  return event.kind !== 'F' || event.fence === 'sync-rcu' || event.fence === 'rcu-lock' || event.fence === 'rcu-unlock';
}

/** Fences that keep the compiler from moving accesses over them. */
function isCompilerBarrier({ fence }: LkmmEvent): boolean {
  return fence !== 'after-spinlock' && fence !== 'after-unlock-lock' && fence !== 'after-srcu-read-unlock';
}

function numbers(events: readonly LkmmEvent[], is: (event: LkmmEvent) => boolean): number[] {
  return events.flatMap((event, e) => (is(event) ? [e] : []));
}

/** Each LKR with the LKW that comes next in its thread, on the same lock. */
function lockHalves(events: readonly LkmmEvent[]): [number, number][] {
  return events.flatMap((event, read): [number, number][] => {
    if (event.kind !== 'LKR') return [];
    const write = events.findIndex((other, e) => e > read && other.thread === event.thread);
    return write >= 0 && events[write].kind === 'LKW' && events[write].location === event.location
      ? [[read, write]]
      : [];
  });
}
