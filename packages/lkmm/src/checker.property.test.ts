/**
 * The checker against a twin that cannot be fast: the model's definitions, one by one, on sets of pairs, over all events
 * with fences and initial writes among them.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CURRENT_RULES,
  INITIAL,
  judge,
  RULES_BEFORE_V5_17,
  type AccessTag,
  type Execution,
  type FenceTag,
  type LkmmEvent,
  type Rules,
  type Step,
} from './index.js';

/** A relation as a set of pairs `a,b`. */
class Naive {
  readonly pairs: ReadonlySet<string>;

  constructor(pairs: Iterable<string>) {
    this.pairs = new Set(pairs);
  }

  list(): [number, number][] {
    return [...this.pairs].map((pair) => pair.split(',').map(Number) as [number, number]);
  }

  or(...others: Naive[]): Naive {
    return new Naive([this, ...others].flatMap(({ pairs }) => [...pairs]));
  }

  and(other: Naive): Naive {
    return new Naive([...this.pairs].filter((pair) => other.pairs.has(pair)));
  }

  minus(other: Naive): Naive {
    return new Naive([...this.pairs].filter((pair) => !other.pairs.has(pair)));
  }

  then(other: Naive): Naive {
    const next = new Map<number, number[]>();
    for (const [a, b] of other.list()) next.set(a, [...(next.get(a) ?? []), b]);
    return new Naive(this.list().flatMap(([a, b]) => (next.get(b) ?? []).map((c) => `${a},${c}`)));
  }

  inverse(): Naive {
    return new Naive(this.list().map(([a, b]) => `${b},${a}`));
  }

  plus(): Naive {
    let all = new Naive(this.pairs);
    for (;;) {
      const more = all.or(all.then(this));
      if (more.pairs.size === all.pairs.size) return all;
      all = more;
    }
  }

  get isReflexive(): boolean {
    return this.list().some(([a, b]) => a === b);
  }

  get isAcyclic(): boolean {
    return !this.plus().isReflexive;
  }

  get isEmpty(): boolean {
    return this.pairs.size === 0;
  }
}

/** The model, in its own words and order. Initial writes are events after the others, one for each location. */
function judgeNaively(
  { readsFrom, coherenceOrder, ...input }: Execution,
  rules: Rules,
): { axiom?: string; flags: string[] } {
  const own = input.events;
  const initialAt = new Map<number, number>();
  const events: (LkmmEvent & { isInitial?: boolean })[] = [...own];
  for (const { location } of own)
    if (location !== undefined && !initialAt.has(location)) {
      initialAt.set(location, events.length);
      events.push({ thread: -1, kind: 'W', tag: 'once', location, isInitial: true });
    }
  const all = events.map((_, e) => e);
  const set = (is: (event: LkmmEvent & { isInitial?: boolean }, e: number) => boolean): Naive =>
    new Naive(all.filter((e) => is(events[e], e)).map((e) => `${e},${e}`));
  const pairs = (list: readonly (readonly [number, number])[] | undefined): Naive =>
    new Naive((list ?? []).map(([a, b]) => `${a},${b}`));
  const product = (is: (a: number, b: number) => boolean): Naive =>
    new Naive(all.flatMap((a) => all.filter((b) => is(a, b)).map((b) => `${a},${b}`)));
  const id = set(() => true);
  const opt = (r: Naive): Naive => r.or(id);
  const star = (r: Naive): Naive => opt(r.plus());

  const unordered = new Set((input.unordered ?? []).flatMap(([a, b]) => [`${a},${b}`, `${b},${a}`]));
  const po = product(
    (a, b) => a < b && b < own.length && events[a].thread === events[b].thread && !unordered.has(`${a},${b}`),
  );
  const loc = product((a, b) => events[a].location !== undefined && events[a].location === events[b].location);
  const int = product((a, b) => events[a].thread === events[b].thread && !events[a].isInitial && !events[b].isInitial);
  const ext = product((a, b) => !int.pairs.has(`${a},${b}`));
  const poLoc = po.and(loc);
  const fence = (...tags: FenceTag[]): Naive => set(({ fence: tag }) => tag !== undefined && tags.includes(tag));
  const kind = (...kinds: string[]): Naive => set((event) => kinds.includes(event.kind));

  const lkr = kind('LKR');
  const lkw = kind('LKW');
  const ul = kind('UL');
  const rmw = pairs(input.rmw).or(lkr.then(poLoc).then(lkw).minus(po.then(po)));
  const inRmw = set((_, e) => rmw.list().some(([a, b]) => a === e || b === e));
  const rmwSet = set(({ rmw: is }) => is === true);
  const failed = rmwSet.minus(inRmw);
  const R = kind('R', 'LKR', 'LF', 'RU');
  const W = kind('W', 'LKW', 'UL');
  const M = R.or(W);
  const plain = set(
    ({ kind: k, tag, rmw: is, isInitial }) =>
      (k === 'R' || k === 'W') && (tag ?? 'plain') === 'plain' && is !== true && isInitial !== true,
  );
  const marked = id.minus(plain);
  const tagged = (tag: AccessTag, ...kinds: string[]): Naive =>
    set((event) => event.tag === tag && kinds.includes(event.kind)).minus(failed);
  const acquire = tagged('acquire', 'R').or(lkr);
  const release = tagged('release', 'W').or(ul);
  const mbTag = tagged('mb', 'R', 'W').or(fence('mb'));
  const noreturn = rules.noreturnEscapesRmb
    ? set((event) => event.tag === 'noreturn' && event.kind === 'R')
    : new Naive([]);

  // rf, co, fr
  let rf = new Naive(
    [...readsFrom].map(([read, write]) => `${write === INITIAL ? initialAt.get(own[read].location!)! : write},${read}`),
  );
  rf = new Naive(rf.pairs);
  const co = new Naive(
    coherenceOrder.flatMap((order) => {
      const whole = order.length === 0 ? [] : [initialAt.get(own[order[0]].location!)!, ...order];
      return whole.flatMap((a, i) => whole.slice(i + 1).map((b) => `${a},${b}`));
    }),
  );
  const fr = rf.inverse().then(co);
  const rfe = rf.and(ext);
  const rfi = rf.and(int);

  // linux-kernel.bell
  const match = (lock: Naive, unlock: Naive): Naive => {
    let matched = new Naive([]);
    for (;;) {
      const used = new Set(matched.list().flat());
      const unmatched = lock
        .or(unlock)
        .list()
        .filter(([e]) => !used.has(e));
      const free = pairs(unmatched);
      const freePo = free.then(po).then(free);
      const more = matched.or(lock.then(freePo).then(unlock).minus(freePo.then(freePo)));
      if (more.pairs.size === matched.pairs.size) return matched;
      matched = more;
    }
  };
  const rcuRscs = match(fence('rcu-lock'), fence('rcu-unlock'));
  const srcuLock = set(({ tag }) => tag === 'srcu-lock');
  const srcuUnlock = set(({ tag }) => tag === 'srcu-unlock');
  const rawData = pairs(input.data);
  const notSrcuUnlock = id.minus(srcuUnlock);
  const srcuRscs = srcuLock
    .then(star(rawData.then(notSrcuUnlock).then(rf)))
    .then(rawData)
    .then(srcuUnlock)
    .and(loc);
  const carry = rules.carryDependencies ? star(rawData.then(notSrcuUnlock).then(rfi)) : id;
  const addr = carry.then(pairs(input.addr));
  const ctrl = carry.then(pairs(input.ctrl));
  const data = carry.then(rawData);

  // linux-kernel.cat
  const acqPo = acquire.then(po).then(M);
  const poRel = M.then(po).then(release);
  const unlockToLock = rules.unlockLock === 'handover' ? rf : po.or(rf);
  const poUnlockLockPo = po.then(ul).then(unlockToLock).then(lkr).then(po);
  const fencerel = (f: Naive): Naive => po.then(f).then(po);
  const r4rmb = R.minus(noreturn);
  const rmb = r4rmb.then(fencerel(fence('rmb'))).then(r4rmb);
  const wmb = W.then(fencerel(fence('wmb'))).then(W);
  const fullRmw =
    rules.fullyOrdered === 'tags'
      ? M.then(po).then(mbTag).then(R).or(mbTag.then(W).then(po).then(M))
      : M.then(po).then(mbTag).then(R).then(opt(rmw)).or(opt(rmw).then(mbTag).then(W).then(po).then(M));
  const mb = M.then(fencerel(mbTag.and(kind('F'))))
    .then(M)
    .or(
      fullRmw,
      M.then(fencerel(fence('before-atomic')))
        .then(rmwSet)
        .then(opt(po))
        .then(M),
      M.then(opt(po))
        .then(rmwSet)
        .then(fencerel(fence('after-atomic')))
        .then(M),
      M.then(opt(po))
        .then(lkw)
        .then(fencerel(fence('after-spinlock')))
        .then(M),
      M.then(poUnlockLockPo).then(fence('after-unlock-lock')).then(po).then(M),
      M.then(opt(po))
        .then(srcuUnlock)
        .then(fencerel(fence('after-srcu-read-unlock')))
        .then(M),
    );
  const syncSrcu = kind('SRCU');
  const syncRcu = fence('sync-rcu');
  const gp = po.then(syncRcu.or(syncSrcu)).then(opt(po));
  let strongFence = mb.or(gp);
  const nonrwFence = strongFence.or(poRel, acqPo);
  let fences = nonrwFence.or(wmb, rmb);
  const barrier = fencerel(
    fence('barrier', 'rmb', 'wmb', 'before-atomic', 'after-atomic', 'rcu-lock', 'rcu-unlock', 'sync-rcu').or(
      mbTag,
      syncSrcu,
      acquire,
      release,
      srcuLock,
      srcuUnlock,
    ),
  ).or(po.then(release), acquire.then(po));

  const com = rf.or(co, fr);
  const fail = (axiom: string): { axiom: string; flags: string[] } => ({ axiom, flags: [] });
  if (!poLoc.or(com).isAcyclic) return fail('coherence');
  if (!rmw.and(fr.and(ext).then(co.and(ext))).isEmpty) return fail('atomic');

  const dep = addr.or(data);
  const rwdep = dep.or(ctrl).then(W);
  const overwrite = co.or(fr);
  const toW = rwdep.or(overwrite.and(int), addr.then(plain).then(wmb));
  const toR = addr.then(R).or(dep.then(marked).then(rfi));
  const ppo = toR.or(toW, fences.and(int), poUnlockLockPo.and(int));
  const aCumul = (r: Naive): Naive => opt(rfe.then(marked)).then(r);
  const rmwSequence = rules.rmwSequence ? star(rf.then(rmw)) : id;
  const cumulFence = marked
    .then(aCumul(strongFence.or(poRel)).or(wmb, poUnlockLockPo))
    .then(marked)
    .then(rmwSequence);
  const prop = marked
    .then(opt(overwrite.and(ext)))
    .then(star(cumulFence))
    .then(marked)
    .then(opt(rfe))
    .then(marked);
  const hb = marked.then(ppo.or(rfe, prop.minus(id).and(int))).then(marked);
  if (!hb.isAcyclic) return fail('happens-before');
  const pb = prop.then(strongFence).then(star(hb)).then(marked);
  if (!pb.isAcyclic) return fail('propagation');

  const rcuRscsi = rcuRscs.inverse();
  const srcuRscsi = srcuRscs.inverse();
  const link = opt(po).then(star(hb)).then(star(pb)).then(prop).then(po);
  let rcuOrder = syncRcu.or(syncSrcu);
  for (;;) {
    const middle = link.or(link.then(rcuOrder).then(link));
    const more = rcuOrder.or(
      syncRcu.then(middle).then(rcuRscsi),
      syncSrcu.then(middle).then(srcuRscsi).and(loc),
      rcuRscsi.then(middle).then(syncRcu),
      srcuRscsi.then(middle).then(syncSrcu).and(loc),
      rcuOrder.then(link).then(rcuOrder),
    );
    if (more.pairs.size === rcuOrder.pairs.size) break;
    rcuOrder = more;
  }
  const rcuFence = po.then(rcuOrder).then(opt(po));
  fences = fences.or(rcuFence);
  strongFence = strongFence.or(rcuFence);
  const rb = prop.then(rcuFence).then(star(hb)).then(star(pb)).then(marked);
  if (rb.isReflexive) return fail('rcu');

  const xbstar = star(hb.or(pb, rb));
  const vis = star(cumulFence)
    .then(opt(rfe))
    .then(marked)
    .then(strongFence.then(marked).then(xbstar).or(xbstar.and(int)));
  const notNoreturn = id.minus(noreturn);
  const wPre = marked.then(opt(addr.or(fences)));
  const rPre = marked.then(opt(addr.or(nonrwFence, r4rmb.then(fencerel(fence('rmb'))).then(notNoreturn))));
  const wPost = opt(fences).then(marked).then(rmwSequence);
  const rPost = opt(nonrwFence.or(notNoreturn.then(fencerel(fence('rmb'))).then(r4rmb))).then(marked);
  const wwVis = fences.or(strongFence.then(xbstar).then(wPre), wPost.then(vis).then(wPre));
  const wrVis = fences.or(strongFence.then(xbstar).then(rPre), wPost.then(vis).then(rPre));
  const rwXbstar = fences.or(rPost.then(xbstar).then(wPre));
  const has = (s: Naive, e: number): boolean => s.pairs.has(`${e},${e}`);
  const preRace = ext.and(
    product((a, b) => (has(plain, a) && has(M, b)) || (has(M, a) && events[a].isInitial !== true && has(plain, b))),
  );
  const incoherent = preRace
    .and(rf)
    .and(rwXbstar.inverse())
    .or(preRace.and(fr).and(wrVis.inverse()), preRace.and(co).and(wwVis.inverse()));
  if (!incoherent.isEmpty) return fail('plain-coherence');

  const flags = new Set<string>();
  const domain = (r: Naive): Set<number> => new Set(r.list().map(([a]) => a));
  const range = (r: Naive): Set<number> => new Set(r.list().map(([, b]) => b));
  const uncovered = (s: Naive, by: Set<number>): boolean => s.list().some(([e]) => !by.has(e));
  if (uncovered(fence('rcu-lock'), domain(rcuRscs))) flags.add('unmatched-rcu-lock');
  if (uncovered(fence('rcu-unlock'), range(rcuRscs))) flags.add('unmatched-rcu-unlock');
  if (uncovered(srcuLock, domain(srcuRscs))) flags.add('unmatched-srcu-lock');
  if (uncovered(srcuUnlock, range(srcuRscs))) flags.add('unmatched-srcu-unlock');
  if (!srcuRscs.inverse().then(srcuRscs).minus(id).isEmpty) flags.add('multiple-srcu-matches');
  if (!rcuRscs.and(po.then(syncSrcu).then(po)).isEmpty) flags.add('invalid-sleep');
  const mixed = poLoc.minus(barrier);
  const plainWrite = plain.then(W);
  if (!plainWrite.then(mixed).then(marked).or(marked.then(mixed).then(plainWrite)).isEmpty) flags.add('mixed-accesses');
  const markedThenWrite = product((a, b) => has(marked, a) && has(W, b));
  const writeThenMarked = product((a, b) => has(W, a) && has(marked, b));
  const wwNonrace = wwVis.and(markedThenWrite.or(rwXbstar)).and(writeThenMarked.or(wrVis));
  const wwRace = preRace.and(co).minus(wwNonrace);
  const wrRace = preRace.and(opt(co).then(rf)).minus(wrVis).minus(rwXbstar.inverse());
  const rwRace = preRace.and(fr).minus(rwXbstar);
  if (!wwRace.or(wrRace, rwRace).isEmpty) flags.add('data-race');
  return { flags: [...flags].sort() };
}

/** Whether the steps of a cycle join on, and its end is its start. */
function isClosed(cycle: readonly Step[]): boolean {
  return cycle.length > 0 && cycle.every(({ to }, i) => cycle[(i + 1) % cycle.length].from === to);
}

const location = fc.integer({ min: 0, max: 1 });
/** What one statement of a thread makes. Locations 0 and 1 are variables, 5 is a lock, 8 an srcu_struct. */
type Made = Omit<LkmmEvent, 'thread'>[];
const statement: fc.Arbitrary<Made> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({ location, tag: fc.constantFrom<AccessTag>('plain', 'once', 'acquire') })
      .map(({ location: at, tag }): Made => [{ kind: 'R', tag, location: at }]),
  },
  {
    weight: 6,
    arbitrary: fc
      .record({ location, tag: fc.constantFrom<AccessTag>('plain', 'once', 'release') })
      .map(({ location: at, tag }): Made => [{ kind: 'W', tag, location: at }]),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({
        location,
        tag: fc.constantFrom<AccessTag>('once', 'acquire', 'release', 'mb', 'noreturn'),
        fails: fc.boolean(),
      })
      .map(({ location: at, tag, fails }): Made =>
        fails && tag !== 'noreturn'
          ? [{ kind: 'R', tag, location: at, rmw: true }]
          : [
              { kind: 'R', tag, location: at, rmw: true },
              { kind: 'W', tag, location: at, rmw: true },
            ],
      ),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom<FenceTag>(
        'mb',
        'rmb',
        'wmb',
        'barrier',
        'rcu-lock',
        'rcu-unlock',
        'sync-rcu',
        'sync-rcu',
        'before-atomic',
        'after-atomic',
        'after-spinlock',
        'after-unlock-lock',
        'after-srcu-read-unlock',
      )
      .map((fence): Made => [{ kind: 'F', fence }]),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<LkmmEvent['kind']>('LKR', 'UL').map((kind): Made =>
      kind === 'LKR'
        ? [
            { kind: 'LKR', location: 5 },
            { kind: 'LKW', location: 5 },
          ]
        : [{ kind: 'UL', location: 5 }],
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<Made[number]>(
        { kind: 'R', tag: 'srcu-lock', location: 8 },
        { kind: 'W', tag: 'srcu-unlock', location: 8 },
        { kind: 'SRCU', location: 8 },
      )
      .map((event): Made => [event]),
  },
);

const execution: fc.Arbitrary<Execution> = fc
  .record({
    threads: fc.array(fc.array(statement, { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 3 }),
    seed: fc.infiniteStream(fc.nat({ max: 1_000_000 })),
  })
  .map(({ threads, seed }) => {
    const events: LkmmEvent[] = [];
    const pick = (below: number): number => Number(seed.next().value) % below;
    for (const [thread, statements] of threads.entries()) {
      let isHeld = false;
      for (const made of statements) {
        if (made[0].kind === 'LKR' ? isHeld : made[0].kind === 'UL' && !isHeld) continue;
        if (made[0].kind === 'LKR') isHeld = true;
        if (made[0].kind === 'UL') isHeld = false;
        events.push(...made.map((event) => ({ ...event, thread })));
      }
    }
    const rmw: [number, number][] = [];
    const addr: [number, number][] = [];
    const data: [number, number][] = [];
    const ctrl: [number, number][] = [];
    events.forEach(({ kind, rmw: is, thread }, e) => {
      if (kind === 'W' && is === true) rmw.push([e - 1, e]);
      for (let read = 0; read < e; read++) {
        if (events[read].kind !== 'R' || events[read].thread !== thread) continue;
        if ((kind === 'R' || kind === 'W') && pick(6) === 0) addr.push([read, e]);
        if (kind === 'W' && pick(3) === 0) data.push([read, e]);
        if (pick(6) === 0) ctrl.push([read, e]);
      }
    });
    return { events, rmw, addr, data, ctrl, ...choose(events, pick) };
  });

/** Some rf and co; locks in an order that lock.cat makes. */
function choose(
  events: readonly LkmmEvent[],
  pick: (below: number) => number,
): Pick<Execution, 'readsFrom' | 'coherenceOrder'> {
  const readsFrom = new Map<number, number>();
  const coherenceOrder: number[][] = [];
  for (const at of [0, 1, 8]) {
    const order: number[] = [];
    const writes = events.flatMap(({ kind, location: where }, e) => (kind === 'W' && where === at ? [e] : []));
    // Mostly in program order, so that not all breaks coherence.
    for (const write of writes) order.splice(pick(3) === 0 ? pick(order.length + 1) : order.length, 0, write);
    coherenceOrder.push(order);
    events.forEach(({ kind, location: where }, e) => {
      if (kind === 'R' && where === at) readsFrom.set(e, [INITIAL, ...order][pick(order.length + 1)]);
    });
  }
  const open = new Map<number, number[]>();
  events.forEach(({ kind, thread, location: where }, e) => {
    if (where === 5 && kind !== 'R') open.set(thread, [...(open.get(thread) ?? []), e]);
  });
  const order: number[] = [];
  let last = INITIAL;
  const queues = [...open.values()];
  while (queues.some((queue) => queue.length > 0)) {
    const ready = queues.filter((queue) => queue.length > 0);
    const closed = ready.filter((queue) => queue.length > 2);
    const queue = (closed.length > 0 ? closed : ready)[pick(closed.length > 0 ? closed.length : ready.length)];
    const [read, write, unlock] = queue.splice(0, 3);
    readsFrom.set(read, last);
    order.push(write, ...(unlock === undefined ? [] : [unlock]));
    last = unlock ?? write;
  }
  coherenceOrder.push(order);
  return { readsFrom, coherenceOrder };
}

/** What can stand between the two accesses of a thread of a cycle. */
const between: fc.Arbitrary<Made> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<FenceTag>('mb', 'mb', 'rmb', 'wmb', 'sync-rcu', 'sync-rcu')
      .map((fence): Made => [{ kind: 'F', fence }]),
  },
  fc.constant<Made>([{ kind: 'SRCU', location: 8 }]),
  fc.constant<Made>([
    { kind: 'R', tag: 'mb', location: 9, rmw: true },
    { kind: 'W', tag: 'mb', location: 9, rmw: true },
  ]),
  fc.constant<Made>([]),
);

/** What a thread of a cycle stands in. */
const around = fc.constantFrom<'nothing' | 'rcu' | 'srcu' | 'lock'>('nothing', 'rcu', 'rcu', 'srcu', 'lock');

/**
 * An execution that goes round: each thread's second access and the next thread's first are of one location, and rf, co
 * or fr goes from the one to the other. Most of what an axiom forbids is such a cycle.
 */
const cycle: fc.Arbitrary<Execution> = fc
  .array(
    fc.record({
      first: fc.constantFrom<AccessTag>('plain', 'once', 'once', 'acquire', 'release'),
      second: fc.constantFrom<AccessTag>('plain', 'once', 'once', 'acquire', 'release'),
      firstReads: fc.boolean(),
      secondReads: fc.boolean(),
      between,
      around,
      dependency: fc.constantFrom<'none' | 'addr' | 'data' | 'ctrl'>('none', 'none', 'addr', 'data', 'ctrl'),
    }),
    { minLength: 2, maxLength: 4 },
  )
  .map((threads) => {
    const events: LkmmEvent[] = [];
    const rmw: [number, number][] = [];
    const dependencies = {
      addr: [] as [number, number][],
      data: [] as [number, number][],
      ctrl: [] as [number, number][],
    };
    const firsts: number[] = [];
    const seconds: number[] = [];
    const put = (event: Omit<LkmmEvent, 'thread'>, thread: number): number => events.push({ ...event, thread }) - 1;
    const fit = (tag: AccessTag, reads: boolean): AccessTag =>
      (tag === 'acquire' && !reads) || (tag === 'release' && reads) ? 'once' : tag;
    threads.forEach((one, thread) => {
      // Two reads of one location have no edge between them.
      const before = threads[(thread + threads.length - 1) % threads.length];
      const firstReads = one.firstReads && !before.secondReads;
      const [open, close] = BORDERS[one.around];
      for (const event of open) put(event, thread);
      const first = put(
        { kind: firstReads ? 'R' : 'W', tag: fit(one.first, firstReads), location: thread + 20 },
        thread,
      );
      for (const event of one.between) put(event, thread);
      if (one.between.length === 2) rmw.push([events.length - 2, events.length - 1]);
      const second = put(
        {
          kind: one.secondReads ? 'R' : 'W',
          tag: fit(one.second, one.secondReads),
          location: ((thread + 1) % threads.length) + 20,
        },
        thread,
      );
      for (const event of close) put(event, thread);
      if (firstReads && one.dependency !== 'none' && (one.dependency !== 'data' || !one.secondReads))
        dependencies[one.dependency].push([first, second]);
      if (one.around === 'srcu') dependencies.data.push([first - 1, second + 1]);
      firsts.push(first);
      seconds.push(second);
    });
    const readsFrom = new Map<number, number>();
    const orders = new Map<number, number[]>();
    threads.forEach((_, thread) => {
      const from = seconds[thread];
      const to = firsts[(thread + 1) % threads.length];
      const writes = [from, to].filter((e) => events[e].kind === 'W');
      orders.set(events[to].location!, writes);
      if (events[to].kind === 'R') readsFrom.set(to, from);
      if (events[from].kind === 'R') readsFrom.set(from, INITIAL);
    });
    return { events, rmw, ...dependencies, ...orderTheRest(events, readsFrom, orders) };
  });

const BORDERS: Readonly<Record<'nothing' | 'rcu' | 'srcu' | 'lock', readonly [Made, Made]>> = {
  nothing: [[], []],
  rcu: [[{ kind: 'F', fence: 'rcu-lock' }], [{ kind: 'F', fence: 'rcu-unlock' }]],
  srcu: [[{ kind: 'R', tag: 'srcu-lock', location: 8 }], [{ kind: 'W', tag: 'srcu-unlock', location: 8 }]],
  lock: [
    [
      { kind: 'LKR', location: 5 },
      { kind: 'LKW', location: 5 },
    ],
    [{ kind: 'UL', location: 5 }],
  ],
};

/** Locks, srcu_structs and the variable of the atomics, thread after thread. */
function orderTheRest(
  events: readonly LkmmEvent[],
  readsFrom: Map<number, number>,
  orders: ReadonlyMap<number, number[]>,
): Pick<Execution, 'readsFrom' | 'coherenceOrder'> {
  const rest = [5, 8, 9].map((at) => {
    const order: number[] = [];
    let last = INITIAL;
    events.forEach(({ kind, location: where }, e) => {
      if (where !== at || kind === 'SRCU') return;
      if (kind === 'R' || kind === 'LKR') readsFrom.set(e, last);
      else {
        order.push(e);
        last = e;
      }
    });
    return order;
  });
  return { readsFrom, coherenceOrder: [...orders.values(), ...rest] };
}

test.each([
  ['the present rules', 'anything', CURRENT_RULES, execution, ['allowed', 'coherence']],
  ['the rules before v5.17', 'anything', RULES_BEFORE_V5_17, execution, ['allowed', 'coherence']],
  [
    'the present rules',
    'cycles',
    CURRENT_RULES,
    cycle,
    ['allowed', 'happens-before', 'propagation', 'rcu', 'plain-coherence'],
  ],
  ['the rules before v5.17', 'cycles', RULES_BEFORE_V5_17, cycle, ['allowed', 'happens-before', 'propagation', 'rcu']],
] as const)('%s, on %s, give the verdicts and flags of the definitions', (_title, _on, rules, arbitrary, answers) => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(arbitrary, (one) => {
      // Two locks that are never given back wait for ever: no execution.
      const count = (kind: string): number => one.events.filter((event) => event.kind === kind).length;
      fc.pre(count('LKR') - count('UL') < 2);
      const expected = judgeNaively(one, rules);
      seen.set(expected.axiom ?? 'allowed', (seen.get(expected.axiom ?? 'allowed') ?? 0) + 1);
      const got = judge(one, rules);
      if (got.allowed) {
        const flags = got.flags.filter((flag) => flag !== 'unmatched-unlock');
        expect({ axiom: undefined, flags }).toEqual({ axiom: expected.axiom, flags: expected.flags });
      } else {
        expect(got.axiom).toBe(expected.axiom);
        expect(got.cycle, got.axiom).toSatisfy(isClosed);
      }
    }),
    { numRuns: Number(process.env['LKMM_RUNS'] ?? 250) },
  );
  for (const answer of answers) expect(seen.get(answer) ?? 0, answer).toBeGreaterThan(0);
});
