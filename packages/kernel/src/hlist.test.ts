import fc from 'fast-check';
import { checkSync } from '@shootdown/explore';
import {
  Layout,
  Memory,
  kfunc,
  modify,
  read,
  runDirect,
  struct,
  u32,
  type Handle,
  type Request,
  type ViewOf,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import {
  HlistHead,
  HlistNode,
  hlistAddBehind,
  hlistAddHead,
  hlistAddHeadRcu,
  hlistDel,
  hlistDelInit,
  hlistDelInitRcu,
  hlistDelRcu,
  hlistEmpty,
  hlistHeadGuardedBy,
  hlistNodeGuardedBy,
  hlistNodes,
  hlistUnhashed,
  initHlistHead,
  initHlistNode,
  setHlistAddHead,
} from './hlist.js';
import { hlistForEachEntryRcu, hlistForEachEntrySafe, llistForEachEntrySafe } from './list-walk.js';
import {
  LlistHead,
  LlistNode,
  llistAdd,
  llistAddNonAtomic,
  llistDelAll,
  llistDelAllNonAtomic,
  llistDelFirst,
  llistEmpty,
  llistReverseOrder,
} from './llist.js';
import { spinLock, spinUnlock, spinlockT } from './spinlock.js';

const Item = struct('item', { value: u32, node: HlistNode });
const COUNT = 4;

function world() {
  const layout = new Layout();
  const heads = layout.array('head', HlistHead, 2);
  const items = layout.array('item', Item, COUNT);
  const memory = new Memory(layout);
  const run = runDirect.bind(undefined, memory);
  const order = (head: Handle): number[] =>
    hlistNodes(memory, head).map((node) => items.findIndex((i) => i.node.$address === node.$address));
  return { memory, heads, items, run, order };
}

describe('an hlist', () => {
  const step = fc.record({
    op: fc.constantFrom('add', 'addRcu', 'behind', 'delInit', 'delInitRcu', 'del', 'delRcu'),
    item: fc.nat(COUNT - 1),
    other: fc.nat(COUNT - 1),
    head: fc.nat(1),
  });

  test('does to two arrays what it does to two lists; a pprev is 0 where a node is on no list', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) => {
        const { heads, items, run, order } = world();
        const naive: number[][] = [[], []];
        const deletions = { delInit: hlistDelInit, delInitRcu: hlistDelInitRcu, del: hlistDel, delRcu: hlistDelRcu };
        for (const { op, item, other, head } of steps) {
          const at = naive.findIndex((list) => list.includes(item));
          const { node } = items[item];
          if (op === 'add' || op === 'addRcu') {
            if (at >= 0) continue;
            run((op === 'add' ? hlistAddHead : hlistAddHeadRcu)(node, heads[head]));
            naive[head].unshift(item);
          } else if (op === 'behind') {
            const list = naive.find((l) => l.includes(other));
            if (at >= 0 || list === undefined) continue;
            run(hlistAddBehind(node, items[other].node));
            list.splice(list.indexOf(other) + 1, 0, item);
          } else if (at >= 0 || op.includes('Init')) {
            run(deletions[op](node));
            if (!op.includes('Init')) run(initHlistNode(node));
            if (at >= 0) naive[at].splice(naive[at].indexOf(item), 1);
          }
          expect(heads.map(order)).toEqual(naive);
          expect(heads.map((h) => run(hlistEmpty(h)))).toEqual(naive.map((l) => l.length === 0));
          expect(items.map((i) => run(hlistUnhashed(i.node)))).toEqual(items.map((_, i) => !naive.flat().includes(i)));
        }
      }),
    );
  });

  test('a deletion twice is reported, but not of the init forms', () => {
    for (const [del, fails] of [
      [hlistDel, true],
      [hlistDelRcu, true],
      [hlistDelInit, false],
      [hlistDelInitRcu, false],
    ] as const) {
      const { heads, items, run } = world();
      run(initHlistHead(heads[0]));
      run(hlistAddHead(items[0].node, heads[0]));
      run(del(items[0].node));
      const again = () => {
        run(del(items[0].node));
      };
      if (fails) expect(again).toThrow('item[0].value is deleted, but is on no list'.replace('.value', '.node.next'));
      else again();
    }
  });

  test('a safe walk tolerates the deletion of every entry', () => {
    const { heads, items, memory, run, order } = world();
    for (const item of items) setHlistAddHead(memory, item.node, heads[0]);
    const empty = kfunc('empty', function* () {
      const seen: number[] = [];
      yield* hlistForEachEntrySafe(heads[0], Item, 'node', function* (item) {
        seen.push(items.indexOf(item));
        yield* hlistDel(item.node);
      });
      return seen.join();
    });
    expect(run(empty())).toBe('3,2,1,0');
    expect(order(heads[0])).toEqual([]);
  });
});

describe('a lockless walk of three nodes', () => {
  const Guarded = struct('item', { value: u32, node: hlistNodeGuardedBy('lock') });

  /** A reader walks while the first node is deleted with `del`; tells what it may have counted. */
  const walking = (del: (node: Handle) => Request<void>, locks = true): { verdict: string; counts: Set<number> } => {
    const layout = new Layout();
    const lock = layout.one('lock', spinlockT);
    const head = layout.one('head', hlistHeadGuardedBy('lock'));
    const items = layout.array('item', Guarded, 3);
    const seen = layout.one('seen', u32);
    const walk = kfunc('walk', function* () {
      yield* hlistForEachEntryRcu(head, Guarded, 'node', function* () {
        yield* modify('add', 'seen', 'relaxed', seen, 1);
      });
    });
    const remove = kfunc('remove', function* () {
      if (locks) yield* spinLock(lock);
      yield* del(items[2].node);
      if (locks) yield* spinUnlock(lock);
    });
    const counts = new Set<number>();
    const result = checkSync({
      layout,
      init: (memory) => {
        for (const { node } of items) setHlistAddHead(memory, node, head);
      },
      threads: [
        { name: 'reader', run: () => walk() },
        { name: 'writer', run: () => remove() },
      ],
      finals: { counted: (memory) => counts.add(memory.get(seen)).size > 0 },
    });
    return { verdict: result.violation?.name ?? result.verdict, counts };
  };

  test('sees two or three when the node goes by an _rcu deletion', () => {
    for (const del of [hlistDelRcu, hlistDelInitRcu])
      expect(walking(del)).toEqual({ verdict: 'holds', counts: new Set([2, 3]) });
  });

  test('twin: after hlist_del it falls off the list, after hlist_del_init it ends too early', () => {
    expect(walking(hlistDel).verdict).toBe('list-poison');
    expect(walking(hlistDelInit)).toEqual({ verdict: 'holds', counts: new Set([1, 2, 3]) });
  });

  test('twin: a deletion without the lock is reported', () => {
    expect(walking(hlistDelRcu, false).verdict).toBe('guard');
  });
});

describe('an llist', () => {
  const Job = struct('job', { value: u32, link: LlistNode });
  type Job = ViewOf<typeof Job>;
  const make = (jobs: number) => {
    const layout = new Layout();
    const head = layout.one('head', LlistHead);
    return { layout, head, jobs: layout.array('job', Job, jobs) };
  };
  const numbersOf = (jobs: readonly Job[], turned: boolean) =>
    kfunc('numbers', function* (first: Handle | null) {
      const numbers: number[] = [];
      const from = turned ? yield* llistReverseOrder(first) : first;
      yield* llistForEachEntrySafe(from, Job, 'link', function* (job) {
        numbers.push(jobs.indexOf(job));
      });
      return numbers.join();
    });

  test('gives everything newest first, and turned round oldest first', () => {
    for (const turned of [false, true])
      for (const [add, delAll] of [
        [llistAdd, llistDelAll],
        [llistAddNonAtomic, llistDelAllNonAtomic],
      ] as const) {
        const { layout, head, jobs } = make(3);
        const memory = new Memory(layout);
        const run = runDirect.bind(undefined, memory);
        expect(run(llistEmpty(head))).toBe(true);
        expect(jobs.map((job) => run(add(job.link, head)))).toEqual([true, false, false]);
        expect(run(llistEmpty(head))).toBe(false);
        expect(run(numbersOf(jobs, turned)(runDirect(memory, delAll(head))))).toBe(turned ? '0,1,2' : '2,1,0');
        expect(run(llistDelAll(head))).toBeNull();
      }
  });

  test('gives the newest', () => {
    const { layout, head, jobs } = make(2);
    const memory = new Memory(layout);
    for (const job of jobs) runDirect(memory, llistAdd(job.link, head));
    const taken = [0, 1, 2].map(() => runDirect(memory, llistDelFirst(head))?.$address);
    expect(taken).toEqual([jobs[1].link.$address, jobs[0].link.$address, undefined]);
  });

  const concurrent = (add: typeof llistAdd) => {
    const { layout, head, jobs } = make(3);
    const taken = layout.one('taken', u32);
    const emptyBefore = layout.one('empty_before', u32);
    const push = kfunc('push', function* (n: number) {
      if (yield* add(jobs[n].link, head)) yield* modify('add', 'count', 'relaxed', emptyBefore, 1);
    });
    const pop = kfunc('pop', function* () {
      yield* llistForEachEntrySafe(yield* llistDelAll(head), Job, 'link', function* (job) {
        yield* read(job.value);
        yield* modify('add', 'count', 'relaxed', taken, 1);
      });
    });
    return checkSync({
      layout,
      threads: [0, 1, 2]
        .map((n) => ({ name: `push${n}`, run: () => push(n) }))
        .concat([{ name: 'pop', run: () => pop() }]),
      finals: {
        none_lost: (memory) => {
          let left = 0;
          for (let node = memory.get(head.first); node !== null; node = memory.get(LlistNode.at(node.$address).next))
            left++;
          return left + memory.get(taken) === 3;
        },
      },
    });
  };

  test('loses nothing to concurrent adders and a taker', () => {
    expect(concurrent(llistAdd).verdict).toBe('holds');
  });

  test('twin: the non-atomic add is a data race and loses nodes', () => {
    expect(concurrent(llistAddNonAtomic).violation?.kind).toBe('data-race');
  });
});
