/** Locks that do not exclude whom they should: what is done under them is not taken for private. */
import {
  Layout,
  choose,
  cmpxchg,
  defineOperation,
  kfunc,
  lockAcquire,
  lockRelease,
  ownerWord,
  read,
  readOnce,
  readersWord,
  report,
  rmw,
  sleepLockWord,
  spinLockWord,
  struct,
  u8,
  waitFor,
  write,
  writeOnce,
  type Kthread,
  type Memory,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync, type SearchOptions } from '../index.js';

const MODES: readonly SearchOptions[] = [
  {},
  { partialOrder: false },
  { deadAnswers: true },
  { strategy: 'bfs' },
  { reduction: false },
];

type Lock = 'look, then take' | 'owner' | 'token' | 'stolen' | 'stolen by an operation' | 'plain' | 'sound';

function counters(lock: Lock): System {
  const layout = new Layout();
  const word = lock === 'look, then take' || lock === 'sound' ? spinLockWord : ownerWord;
  const counter = layout.one('counter', struct('counter', { flag: u8, lock: word, n: u8.guardedBy('lock') }));
  const steal = defineOperation({
    name: 'steal',
    target: () => counter.lock,
    run: (memory: Memory, me: number) => memory.set(counter.lock, me),
  });
  const take = function* (me: number): Kthread<boolean> {
    switch (lock) {
      case 'token':
        yield* waitFor(counter.flag, { equals: 0 });
        yield* writeOnce(counter.flag, 1);
        yield* writeOnce(counter.lock, me);
        return true;
      case 'stolen':
      case 'stolen by an operation':
        if (me === 1) return (yield* cmpxchg(counter.lock, 0, me)) === 0;
        if (lock === 'stolen') yield* rmw('xchg', 'xchg', 'full', counter.lock, me);
        else yield* steal(me);
        return true;
      case 'sound':
        yield* lockAcquire(counter.lock, 'spin_lock');
        return true;
      default:
        if ((yield* readOnce(counter.lock)) !== 0) return false;
        yield* writeOnce(counter.lock, me);
        return true;
    }
  };
  const increment = kfunc('increment', function* (me: number) {
    if (!(yield* take(me))) return;
    if (lock === 'plain') yield* write(counter.n, (yield* read(counter.n)) + 1);
    else yield* writeOnce(counter.n, (yield* readOnce(counter.n)) + 1);
    if (lock === 'sound') yield* lockRelease(counter.lock, 'spin_unlock');
    else yield* writeOnce(counter.lock, 0);
    if (lock === 'token') yield* writeOnce(counter.flag, 0);
  });
  return { layout, threads: [1, 2].map((me) => ({ name: `T${me}`, run: () => increment(me) })) };
}

describe.each(MODES)('%j', (options) => {
  test.each(['look, then take', 'owner', 'token', 'stolen', 'stolen by an operation'] as const)(
    'a lock that is %s: the guard is found broken',
    (lock) => {
      expect(checkSync(counters(lock), options)).toMatchObject({ verdict: 'violated', violation: { kind: 'guard' } });
    },
  );

  test('accesses under a broken lock race', () => {
    const result = checkSync(counters('plain'), { ...options, only: ['data-race'] });
    expect(result).toMatchObject({ verdict: 'violated', violation: { kind: 'data-race' } });
  });

  test('a sound lock holds', () => {
    expect(checkSync(counters('sound'), options)).toMatchObject({ verdict: 'holds' });
  });

  test.each([
    ['stolen, and its thief ends with it before it is let go', thief],
    ['given to a thread that ends with it', heir],
  ])('a lock that guards nothing and is %s', (_title, make) => {
    const result = checkSync(make(), options);
    expect(result).toMatchObject({ verdict: 'violated', violation: { kind: 'lock-misuse', name: 'held-at-exit' } });
  });

  test.each([
    ['waits for the readers', 'holds'],
    ['forgets the readers', 'violated'],
    ['looks, and readers do not look at the holder', 'violated'],
  ] as const)('a writer that %s: %s', (how, verdict) => {
    expect(checkSync(pairs(how), options)).toMatchObject({ verdict });
  });
});

/** Two threads take a lock by hand; the second takes it from the first, fails, and chooses before it ends. */
function thief(): System {
  const layout = new Layout();
  const lock = layout.one('lock', spinLockWord);
  const first = kfunc('first', function* () {
    if ((yield* cmpxchg(lock, 0, 1)) === 0) yield* writeOnce(lock, 0);
  });
  const second = kfunc('second', function* () {
    if ((yield* rmw('xchg', 'xchg', 'full', lock, 2)) === 0) yield* writeOnce(lock, 0);
    yield* choose(2);
  });
  return { layout, threads: [first, second].map((run, i) => ({ name: `T${i}`, run: () => run() })) };
}

/** One thread makes another one the holder of a lock for a moment, in which that may end. */
function heir(): System {
  const layout = new Layout();
  const [lock, own] = [layout.one('lock', spinLockWord), layout.one('own', u8)];
  const give = kfunc('give', function* () {
    yield* writeOnce(lock, 2);
    yield* writeOnce(lock, 0);
  });
  const end = kfunc('end', function* () {
    yield* writeOnce(own, 1);
  });
  return { layout, threads: [give, end].map((run, i) => ({ name: `T${i}`, run: () => run() })) };
}

function pairs(how: string): System {
  const layout = new Layout();
  const Pair = struct('pair', {
    holder: sleepLockWord,
    readers: readersWord,
    x: u8.guardedBy('holder'),
    y: u8.guardedBy('holder'),
  });
  const pair = layout.one('pair', Pair);
  const looks = how !== 'looks, and readers do not look at the holder';
  const enter = defineOperation({
    name: 'down_read',
    when: (memory: Memory) => !looks || memory.get(pair.holder) === 0,
    run: (memory: Memory) => memory.set(pair.readers, memory.get(pair.readers) | (1 << memory.thread)),
  });
  const leave = defineOperation({
    name: 'up_read',
    run: (memory: Memory) => memory.set(pair.readers, memory.get(pair.readers) & ~(1 << memory.thread)),
  });
  const writer = kfunc('writer', function* () {
    yield* lockAcquire(pair.holder, 'down_write');
    if (how !== 'forgets the readers') yield* waitFor(pair.readers, { equals: 0 });
    yield* writeOnce(pair.x, 1);
    yield* writeOnce(pair.y, 1);
    yield* lockRelease(pair.holder, 'up_write');
  });
  const reader = kfunc('reader', function* () {
    yield* enter();
    const [x, y] = [yield* readOnce(pair.x), yield* readOnce(pair.y)];
    yield* leave();
    if (x !== y) yield* report('assertion', 'torn', 'x and y differ');
  });
  return {
    layout,
    threads: [
      { name: 'writer', run: () => writer() },
      { name: 'reader', run: () => reader() },
    ],
  };
}
