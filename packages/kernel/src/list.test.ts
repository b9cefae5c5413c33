import fc from 'fast-check';
import { checkSync } from '@shootdown/explore';
import {
  Layout,
  Memory,
  kfunc,
  runDirect,
  struct,
  u32,
  writeOnce,
  type Handle,
  type Kthread,
  type ViewOf,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import {
  ListHead,
  initListHead,
  listAdd,
  listAddTail,
  listDel,
  listDelInit,
  listEmpty,
  listHeadGuardedBy,
  listIsSingular,
  listMove,
  listMoveTail,
  listNodes,
  listSpliceInit,
  listSpliceTailInit,
  setListAddTail,
  setListHead,
} from './list.js';
import { listForEachEntry, listForEachEntrySafe } from './list-walk.js';
import { kfree, kzalloc } from './slab.js';
import { spinLock, spinUnlock, spinlockT } from './spinlock.js';

const Item = struct('item', { value: u32, link: ListHead });
type Item = ViewOf<typeof Item>;
const COUNT = 5;

function world() {
  const layout = new Layout();
  const heads = layout.array('head', ListHead, 2);
  const items = layout.array('item', Item, COUNT);
  const memory = new Memory(layout);
  for (const head of heads) setListHead(memory, head);
  const run = runDirect.bind(undefined, memory);
  const addresses = (head: Handle): number[] =>
    listNodes(memory, head).map((node) => items.findIndex((i) => i.link.$address === node.$address));
  return { memory, heads, items, run, addresses };
}

const step = fc.record({
  op: fc.constantFrom('add', 'addTail', 'delInit', 'move', 'moveTail', 'splice', 'spliceTail'),
  item: fc.nat(COUNT - 1),
  head: fc.nat(1),
});

test('every function does to two arrays what it does to two lists', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) => {
      const { heads, items, run, addresses } = world();
      const naive: number[][] = [[], []];
      for (const { op, item, head } of steps) {
        const at = naive.findIndex((list) => list.includes(item));
        const mine = naive[head];
        const take = () => naive[at].splice(naive[at].indexOf(item), 1);
        if (op === 'splice' || op === 'spliceTail') {
          const other = naive[1 - head];
          run((op === 'splice' ? listSpliceInit : listSpliceTailInit)(heads[1 - head], heads[head]));
          if (op === 'splice') mine.unshift(...other);
          else mine.push(...other);
          other.length = 0;
        } else if (at < 0 && (op === 'add' || op === 'addTail')) {
          run((op === 'add' ? listAdd : listAddTail)(items[item].link, heads[head]));
          if (op === 'add') mine.unshift(item);
          else mine.push(item);
        } else if (at >= 0 && op === 'delInit') {
          run(listDelInit(items[item].link));
          take();
        } else if (at >= 0 && (op === 'move' || op === 'moveTail')) {
          run((op === 'move' ? listMove : listMoveTail)(items[item].link, heads[head]));
          take();
          if (op === 'move') mine.unshift(item);
          else mine.push(item);
        }
        expect(heads.map(addresses)).toEqual(naive);
        expect(heads.map((h) => run(listEmpty(h)))).toEqual(naive.map((list) => list.length === 0));
        expect(heads.map((h) => run(listIsSingular(h)))).toEqual(naive.map((list) => list.length === 1));
      }
    }),
  );
});

describe('corruption', () => {
  test.each<[string, (w: ReturnType<typeof world>) => void]>([
    [
      'head[0].next is NULL; was the head initialised?',
      ({ memory, heads, items, run }) => {
        memory.set(heads[0].next, null);
        run(listAdd(items[0].link, heads[0]));
      },
    ],
    [
      'item[0].link.prev is poison: its node was deleted',
      ({ heads, items, run }) => {
        run(listAdd(items[0].link, heads[0]));
        run(listDel(items[0].link));
        run(listDel(items[0].link));
      },
    ],
    [
      'item[0].link.next is added twice',
      ({ heads, items, run }) => {
        run(listAdd(items[0].link, heads[0]));
        run(listAdd(items[0].link, heads[0]));
      },
    ],
    [
      'item[1].link.next does not point at its neighbour',
      ({ heads, items, run }) => {
        run(listAddTail(items[1].link, heads[0]));
        run(listAddTail(items[0].link, heads[0]));
        run(initListHead(items[1].link));
        run(listDel(items[0].link));
      },
    ],
  ])('%s', (message, break_) => {
    expect(() => {
      break_(world());
    }).toThrow(`list corruption: ${message}`);
  });
});

test('a deleted node’s links are poison, an initialised one’s point at itself', () => {
  const { memory, heads, items, run } = world();
  run(listAdd(items[0].link, heads[0]));
  run(listDelInit(items[0].link));
  expect(run(listEmpty(items[0].link))).toBe(true);
  run(listAdd(items[0].link, heads[0]));
  run(listDel(items[0].link));
  expect([memory.get(items[0].link.next)?.$address, memory.get(items[0].link.prev)?.$address]).toEqual([
    0x7fff_0100, 0x7fff_0122,
  ]);
});

describe('a walk', () => {
  const summing = (walk: (head: Handle, body: (item: Item) => Kthread<void>) => Kthread<void>, deletes: boolean) => {
    const { memory, heads, items, run, addresses } = world();
    for (const [i, item] of items.entries()) {
      memory.set(item.value, i + 1);
      setListAddTail(memory, item.link, heads[0]);
    }
    const order = kfunc('order', function* () {
      const seen: number[] = [];
      yield* walk(heads[0], function* (item) {
        seen.push(items.indexOf(item));
        if (deletes) yield* listDel(item.link);
      });
      return seen.join();
    });
    return [run(order()), addresses(heads[0]).length];
  };

  test('visits every entry in order', () => {
    expect(summing((head, body) => listForEachEntry(head, Item, 'link', body), false)).toEqual(['0,1,2,3,4', 5]);
  });

  test('of the safe form tolerates the deletion of the entry', () => {
    expect(summing((head, body) => listForEachEntrySafe(head, Item, 'link', body), true)).toEqual(['0,1,2,3,4', 0]);
  });

  test('of the plain form does not', () => {
    expect(() => summing((head, body) => listForEachEntry(head, Item, 'link', body), true)).toThrow('is poison');
  });

  test('ends where the body says so', () => {
    const { heads, items, memory, run } = world();
    for (const item of items) setListAddTail(memory, item.link, heads[0]);
    const first = kfunc('first', function* () {
      let visited = 0;
      yield* listForEachEntry(heads[0], Item, 'link', function* () {
        visited++;
        return 'stop';
      });
      return visited;
    });
    expect(run(first())).toBe(1);
  });
});

describe('a shared queue', () => {
  const Job = struct('job', { value: u32, link: listHeadGuardedBy('lock') });
  const queue = (locks: boolean, declares: boolean) => {
    const layout = new Layout();
    const lock = layout.one('lock', spinlockT);
    const head = layout.one('head', listHeadGuardedBy('lock'));
    const jobs = layout.slab('job', Job, 3);
    const given = declares ? lock : undefined;
    const producer = kfunc('producer', function* (n: number) {
      const job = (yield* kzalloc(jobs))!;
      yield* writeOnce(job.value, n);
      if (locks) yield* spinLock(lock);
      yield* listAddTail(job.link, head, given);
      if (locks) yield* spinUnlock(lock);
    });
    const consumer = kfunc('consumer', function* () {
      if (locks) yield* spinLock(lock);
      yield* listForEachEntrySafe(
        head,
        Job,
        'link',
        function* (job) {
          yield* listDel(job.link, given);
          yield* kfree(job);
        },
        given,
      );
      if (locks) yield* spinUnlock(lock);
    });
    const drain = kfunc('drain', function* () {
      yield* producer(3);
      yield* consumer();
    });
    return checkSync(
      {
        layout,
        init: (memory) => setListHead(memory, head),
        threads: [
          { name: 'P1', run: () => producer(1) },
          { name: 'P2', run: () => producer(2) },
          { name: 'C', run: () => drain() },
        ],
        finals: {
          linked: (memory) =>
            listNodes(memory, head).length + 1 === [0, 1, 2].filter((i) => memory.get(jobs.states[i]) === 1).length + 1,
        },
      },
      { only: ['guard', 'linked', 'use-after-free', 'assertion'] },
    );
  };

  test('keeps every job under its lock', () => {
    const coarse = queue(true, true);
    const fine = queue(true, false);
    expect([coarse.verdict, fine.verdict]).toEqual(['holds', 'holds']);
    expect(coarse.states).toBeLessThanOrEqual(fine.states);
  });

  test('twin: without the lock that is seen', () => {
    expect(queue(false, false).violation?.kind).toBe('guard');
    expect(queue(false, true).violation?.message).toBe('list_add_tail without lock, nobody holds it');
  });
});
