/**
 * The cycle that forbids an execution, step by step, in the relations that a reader of the model knows.
 */
import type { Axiom, Checker } from './checker.js';
import type { Coherence } from './coherence.js';
import { INITIAL } from './event.js';
import type { Execution, Judgement, Step } from './judgement.js';
import type { Bits } from './relation.js';
import type { Skeleton } from './skeleton.js';

/** A step between dense events. */
type Dense = Step;
type Forbidden = Extract<Judgement, { allowed: false }>;

/** What a check that refused left behind. */
interface Refused {
  readonly checker: Checker;
  readonly coherence: Coherence;
  readonly axiom: Axiom;
}

/** The cycle of an execution that the model forbids. Without `refused` it broke coherence or atomicity. */
export function cycleOf(execution: Execution, skeleton: Skeleton, refused?: Refused): Forbidden {
  if (refused === undefined) return incoherence(execution, skeleton);
  const { origin } = skeleton;
  const steps = new Cycle(execution, refused.checker).of(refused.axiom);
  return {
    allowed: false,
    axiom: refused.axiom,
    cycle: steps.map(({ from, to, kind, over }) => ({
      from: origin[from],
      to: origin[to],
      kind,
      ...(over !== undefined && { over }),
    })),
  };
}

class Cycle {
  readonly #execution: Execution;
  readonly #checker: Checker;
  readonly #skeleton: Skeleton;

  constructor(execution: Execution, checker: Checker) {
    this.#execution = execution;
    this.#checker = checker;
    this.#skeleton = checker.skeleton;
  }

  of(axiom: Axiom): Dense[] {
    const { hb, pb, rb } = this.#checker;
    switch (axiom) {
      case 'happens-before':
        return this.#around(hb, (a, b) => this.#happensBefore(a, b));
      case 'propagation':
        return this.#around(pb, (a, b) => this.#propagatesBefore(a, b));
      case 'rcu':
        return this.#rcu(this.#events().find((e) => this.#has(rb, e, e))!);
      default:
        return this.#plain();
    }
  }

  #events(): number[] {
    return this.#skeleton.events.map((_, e) => e);
  }

  #has(relation: Bits, a: number, b: number): boolean {
    return this.#skeleton.space.has(relation, a, b);
  }

  /** The shortest cycle of `relation`, each of its edges told by `tell`. */
  #around(relation: Bits, tell: (a: number, b: number) => Dense[]): Dense[] {
    let best: number[] | undefined;
    for (const start of this.#events()) {
      const found = this.#path(relation, start, (e) => this.#has(relation, e, start));
      if (found !== undefined && (best === undefined || found.length < best.length)) best = found;
    }
    const round = best!;
    return round.flatMap((e, i) => tell(e, round[(i + 1) % round.length]));
  }

  /** The shortest way from `start` to an event that `isEnd` accepts, `start` included. */
  #path(relation: Bits, start: number, isEnd: (e: number) => boolean): number[] | undefined {
    const from = new Map<number, number>([[start, -1]]);
    const queue = [start];
    for (const e of queue) {
      if (isEnd(e)) {
        const way = [e];
        for (let at = from.get(e)!; at !== -1; at = from.get(at)!) way.unshift(at);
        return way;
      }
      for (const next of this.#events())
        if (!from.has(next) && this.#has(relation, e, next)) {
          from.set(next, e);
          queue.push(next);
        }
    }
    return undefined;
  }

  #along(relation: Bits, start: number, end: number, tell: (a: number, b: number) => Dense[]): Dense[] {
    const way = this.#path(relation, start, (e) => e === end)!;
    return way.slice(1).flatMap((e, i) => tell(way[i], e));
  }

  /** One hb edge. */
  #happensBefore(a: number, b: number): Dense[] {
    const { rfe, prop, ppo } = this.#checker;
    if (this.#has(rfe, a, b)) return [{ from: a, to: b, kind: 'rf' }];
    if (this.#has(ppo, a, b)) return this.#preserved(a, b);
    return this.#has(prop, a, b) ? this.#propagation(a, b) : [{ from: a, to: b, kind: 'ordered' }];
  }

  /** One ppo edge. */
  #preserved(a: number, b: number): Dense[] {
    const { carriedAddr, carriedData, carriedCtrl, overwrite, fence, unlockLock, rfi } = this.#checker;
    const { writes, reads, wmb, marked, space } = this.#skeleton;
    const isWrite = space.includes(writes, b);
    if (isWrite && this.#has(carriedData, a, b)) return [{ from: a, to: b, kind: 'data' }];
    if (this.#has(carriedAddr, a, b) && (isWrite || space.includes(reads, b)))
      return [{ from: a, to: b, kind: 'addr' }];
    if (isWrite && this.#has(carriedCtrl, a, b)) return [{ from: a, to: b, kind: 'ctrl' }];
    if (this.#has(fence, a, b)) return [this.#fence(a, b)];
    if (this.#has(unlockLock, a, b)) return [{ from: a, to: b, kind: 'unlock-lock' }];
    if (this.#has(overwrite, a, b)) return [{ from: a, to: b, kind: space.includes(writes, a) ? 'co' : 'fr' }];
    for (const m of this.#events()) {
      const isAddr = this.#has(carriedAddr, a, m);
      if (!isAddr && !this.#has(carriedData, a, m)) continue;
      if (this.#has(rfi, m, b) && space.includes(marked, m))
        return [
          { from: a, to: m, kind: isAddr ? 'addr' : 'data' },
          { from: m, to: b, kind: 'rf' },
        ];
      if (isAddr && this.#has(wmb, m, b)) return [{ from: a, to: m, kind: 'addr' }, this.#over(m, b, 'wmb')];
    }
    return [{ from: a, to: b, kind: 'ordered' }];
  }

  /** A fence edge, named by the weakest that does. */
  #fence(a: number, b: number): Dense {
    const { acqPo, poRel, rmb, wmb } = this.#skeleton;
    if (this.#has(poRel, a, b)) return { from: a, to: b, kind: 'release' };
    if (this.#has(acqPo, a, b)) return { from: a, to: b, kind: 'acquire' };
    if (this.#has(wmb, a, b)) return this.#over(a, b, 'wmb');
    if (this.#has(rmb, a, b)) return this.#over(a, b, 'rmb');
    return this.#strong(a, b);
  }

  /** A strong fence edge. */
  #strong(a: number, b: number): Dense {
    const { synchronizeRcu, synchronizeSrcu, po, origin } = this.#skeleton;
    const period = [...synchronizeRcu, ...synchronizeSrcu].find(
      (g) => this.#has(po, a, g) && (g === b || this.#has(po, g, b)),
    );
    const fence = this.#over(a, b, 'full-fence');
    return period === undefined || fence.over !== undefined
      ? fence
      : { from: a, to: b, kind: 'grace-period', over: origin[period] };
  }

  /** A step over the fence of its name, if there is one between `a` and `b`. */
  #over(a: number, b: number, kind: 'wmb' | 'rmb' | 'full-fence'): Dense {
    const { events } = this.#execution;
    const { origin } = this.#skeleton;
    const wanted = kind === 'full-fence' ? 'mb' : kind;
    const over = events.findIndex(
      ({ fence, thread }, e) =>
        fence === wanted && e > origin[a] && e < origin[b] && thread === events[origin[a]].thread,
    );
    return { from: a, to: b, kind, ...(over >= 0 && { over }) };
  }

  /** A prop edge: an overwrite, fences that carry it on, a read of it. */
  #propagation(a: number, b: number): Dense[] {
    const { overwriteExternal, cumulFence, cumulFenceStar, rfe } = this.#checker;
    const { writes, space } = this.#skeleton;
    for (const first of this.#events()) {
      if (first !== a && !this.#has(overwriteExternal, a, first)) continue;
      for (const last of this.#events()) {
        if (!this.#has(cumulFenceStar, first, last) || (last !== b && !this.#has(rfe, last, b))) continue;
        if (a === b && first === a && last === b) continue;
        return [
          ...(first === a ? [] : [{ from: a, to: first, kind: space.includes(writes, a) ? 'co' : 'fr' } as const]),
          ...this.#along(cumulFence, first, last, (x, y) => this.#cumulFence(x, y)),
          ...(last === b ? [] : [{ from: last, to: b, kind: 'rf' } as const]),
        ];
      }
    }
    return [];
  }

  /** A cumul-fence edge. */
  #cumulFence(a: number, b: number): Dense[] {
    const { rmwSequence, rf } = this.#checker;
    const { rmw } = this.#skeleton;
    const chain = (from: number, to: number): Dense[] => {
      if (from === to) return [];
      for (const read of this.#events())
        for (const write of this.#events())
          if (
            this.#has(rf, from, read) &&
            this.#has(rmw, read, write) &&
            (write === to || this.#has(rmwSequence, write, to))
          )
            return [{ from, to: read, kind: 'rf' }, { from: read, to: write, kind: 'rmw' }, ...chain(write, to)];
      return [];
    };
    for (const end of this.#events()) {
      if (end !== b && !this.#has(rmwSequence, end, b)) continue;
      const found = this.#cumulative(a, end);
      if (found !== undefined) return [...found, ...chain(end, b)];
    }
    return [{ from: a, to: b, kind: 'ordered' }];
  }

  /** A cumul-fence edge without what read-modify-writes add. */
  #cumulative(a: number, b: number): Dense[] | undefined {
    const { strong, unlockLock, rfe } = this.#checker;
    const { poRel, wmb } = this.#skeleton;
    if (this.#has(poRel, a, b)) return [{ from: a, to: b, kind: 'release' }];
    if (this.#has(wmb, a, b)) return [this.#over(a, b, 'wmb')];
    if (this.#has(strong, a, b)) return [this.#strong(a, b)];
    if (this.#has(unlockLock, a, b)) return [{ from: a, to: b, kind: 'unlock-lock' }];
    for (const m of this.#events()) {
      if (!this.#has(rfe, a, m)) continue;
      if (this.#has(poRel, m, b))
        return [
          { from: a, to: m, kind: 'rf' },
          { from: m, to: b, kind: 'release' },
        ];
      if (this.#has(strong, m, b)) return [{ from: a, to: m, kind: 'rf' }, this.#strong(m, b)];
    }
    return undefined;
  }

  /** A pb edge. */
  #propagatesBefore(a: number, b: number): Dense[] {
    const { prop, strong, hb, hbPlus } = this.#checker;
    for (const m of this.#events())
      for (const n of this.#events())
        if (this.#has(prop, a, m) && this.#has(strong, m, n) && (n === b || this.#has(hbPlus, n, b)))
          return [
            ...(m === a ? [] : this.#propagation(a, m)),
            this.#strong(m, n),
            ...this.#along(hb, n, b, (x, y) => this.#happensBefore(x, y)),
          ];
    return [];
  }

  /** From `e` back to itself by rb. */
  #rcu(e: number): Dense[] {
    const { prop, rcuOrder } = this.#checker;
    const { po } = this.#skeleton;
    for (const m of this.#events()) {
      if (!this.#has(prop, e, m)) continue;
      for (const start of this.#events()) {
        if (!this.#has(po, m, start)) continue;
        for (const end of this.#events()) {
          if (!this.#has(rcuOrder, start, end)) continue;
          const rest = this.#after(end, e);
          if (rest === undefined) continue;
          return [
            ...(m === e ? [] : this.#propagation(e, m)),
            { from: m, to: start, kind: 'po' },
            ...this.#rcuOrder(start, end),
            ...rest,
          ];
        }
      }
    }
    return [];
  }

  /** po? ; hb* ; pb* from `start` to `end`. */
  #after(start: number, end: number): Dense[] | undefined {
    const { hb, hbPlus, pb, pbPlus } = this.#checker;
    const { po } = this.#skeleton;
    for (const a of this.#events()) {
      if (a !== start && !this.#has(po, start, a)) continue;
      for (const b of this.#events()) {
        if (a !== b && !this.#has(hbPlus, a, b)) continue;
        if (b !== end && !this.#has(pbPlus, b, end)) continue;
        return [
          ...(a === start ? [] : [{ from: start, to: a, kind: 'po' } as const]),
          ...this.#along(hb, a, b, (x, y) => this.#happensBefore(x, y)),
          ...this.#along(pb, b, end, (x, y) => this.#propagatesBefore(x, y)),
        ];
      }
    }
    return undefined;
  }

  /** rcu-link from `start` to `end`. */
  #link(start: number, end: number): Dense[] | undefined {
    const { prop } = this.#checker;
    const { po } = this.#skeleton;
    for (const m of this.#events()) {
      if (!this.#has(po, m, end)) continue;
      for (const p of this.#events()) {
        if (!this.#has(prop, p, m)) continue;
        const before = this.#after(start, p);
        if (before === undefined) continue;
        return [...before, ...(p === m ? [] : this.#propagation(p, m)), { from: m, to: end, kind: 'po' }];
      }
    }
    return undefined;
  }

  /** An rcu-order edge: grace periods and sections, with the links between them. */
  #rcuOrder(start: number, end: number, depth = 0): Dense[] {
    const { synchronizeRcu, synchronizeSrcu, rcuSections, origin, events } = this.#skeleton;
    const periods = [...synchronizeRcu, ...synchronizeSrcu];
    const period = (g: number): Dense => ({ from: g, to: g, kind: 'grace-period', over: origin[g] });
    if (start === end && periods.includes(start)) return [period(start)];
    if (depth > events.length) return [{ from: start, to: end, kind: 'ordered' }];
    const kinds = [
      { of: synchronizeRcu, sections: rcuSections },
      { of: synchronizeSrcu, sections: this.#checker.srcuSections },
    ];
    for (const { of, sections } of kinds)
      for (const [lock, unlock] of sections) {
        const section: Dense = { from: unlock, to: lock, kind: 'rcu-section' };
        if (of.includes(start) && end === lock) {
          const middle = this.#middle(start, unlock, depth);
          if (middle !== undefined) return [period(start), ...middle, section];
        }
        if (start === unlock && of.includes(end)) {
          const middle = this.#middle(lock, end, depth);
          if (middle !== undefined) return [section, ...middle, period(end)];
        }
      }
    for (const m of this.#events())
      for (const n of this.#events())
        if (
          (m !== start || n !== end) &&
          this.#has(this.#checker.rcuOrder, start, m) &&
          this.#has(this.#checker.rcuOrder, n, end)
        ) {
          const link = this.#link(m, n);
          if (link !== undefined && (m !== end || n !== start))
            return [...this.#rcuOrder(start, m, depth + 1), ...link, ...this.#rcuOrder(n, end, depth + 1)];
        }
    return [{ from: start, to: end, kind: 'ordered' }];
  }

  /** rcu-link, or rcu-link ; rcu-order ; rcu-link. */
  #middle(start: number, end: number, depth: number): Dense[] | undefined {
    const direct = this.#link(start, end);
    if (direct !== undefined || depth > this.#skeleton.events.length) return direct;
    for (const m of this.#events())
      for (const n of this.#events()) {
        if (!this.#has(this.#checker.rcuOrder, m, n)) continue;
        const first = this.#link(start, m);
        const second = first === undefined ? undefined : this.#link(n, end);
        if (first !== undefined && second !== undefined)
          return [...first, ...this.#rcuOrder(m, n, depth + 1), ...second];
      }
    return undefined;
  }

  /** rf, co or fr of a plain access, and the order that goes the other way. */
  #plain(): Dense[] {
    const found = this.#checker.plainIncoherence();
    if (found === undefined) return [];
    const [from, to, kind] = found;
    return [
      { from, to, kind },
      { from: to, to: from, kind: 'ordered' },
    ];
  }
}

/** A cycle of po-loc, rf, co and fr, or a write between the halves of a read-modify-write. */
function incoherence({ events, readsFrom, coherenceOrder, rmw }: Execution, skeleton: Skeleton): Forbidden {
  const edges: Step[] = [];
  const { dense, space, po, rmwPairs, origin } = skeleton;
  events.forEach(({ location }, a) => {
    if (location === undefined || dense[a] < 0) return;
    for (let b = a + 1; b < events.length; b++)
      if (dense[b] >= 0 && events[b].location === location && space.has(po, dense[a], dense[b]))
        edges.push({ from: a, to: b, kind: 'po-loc' });
  });
  for (const order of coherenceOrder)
    order.forEach((from, i) => {
      for (const to of order.slice(i + 1)) edges.push({ from, to, kind: 'co' });
    });
  for (const [read, write] of readsFrom) {
    if (write !== INITIAL) edges.push({ from: write, to: read, kind: 'rf' });
    const order = coherenceOrder.find((one) => one.length > 0 && events[one[0]].location === events[read].location);
    for (const to of (order ?? []).slice(write === INITIAL ? 0 : (order ?? []).indexOf(write) + 1))
      edges.push({ from: read, to, kind: 'fr' });
  }
  let best: Step[] | undefined;
  for (const first of edges) {
    const found = shortest(edges, first);
    if (found !== undefined && (best === undefined || found.length < best.length)) best = found;
  }
  if (best !== undefined) return { allowed: false, axiom: 'coherence', cycle: best };
  const pairs = [...(rmw ?? []), ...rmwPairs.map(([r, w]): [number, number] => [origin[r], origin[w]])];
  for (const [read, write] of pairs)
    for (const { from, to, kind } of edges)
      if (kind === 'fr' && from === read && events[to].thread !== events[read].thread) {
        const back = edges.find((edge) => edge.kind === 'co' && edge.from === to && edge.to === write);
        if (back !== undefined)
          return {
            allowed: false,
            axiom: 'atomic',
            cycle: [
              { from: read, to, kind: 'fr' },
              { from: to, to: write, kind: 'co' },
              { from: write, to: read, kind: 'rmw' },
            ],
          };
      }
  return { allowed: false, axiom: 'atomic', cycle: [] };
}

/** The shortest cycle that starts with `first`. */
function shortest(edges: readonly Step[], first: Step): Step[] | undefined {
  const via = new Map<number, Step>();
  const queue = [first.to];
  for (const at of queue) {
    if (at === first.from) break;
    for (const edge of edges)
      if (edge.from === at && !via.has(edge.to)) {
        via.set(edge.to, edge);
        queue.push(edge.to);
      }
  }
  const steps: Step[] = [];
  let at = first.from;
  while (at !== first.to) {
    const edge = via.get(at);
    if (edge === undefined) return undefined;
    steps.unshift(edge);
    at = edge.from;
  }
  return [first, ...steps];
}
