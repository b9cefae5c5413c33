import {
  Layout,
  kfunc,
  lockAcquire,
  lockRelease,
  spinLockWord,
  struct,
  u8,
  writeOnce,
  waitFor,
  type MemoryReader,
  type System,
} from '@shootdown/machine';
import { expect, test } from 'vitest';
import { checkSync } from '../index.js';

/** A thread under a lock, one that never ends, and a variable of the specification that is written twice. */
function system(goesOnForEver: boolean, claimsTwice: boolean): System {
  const layout = new Layout();
  const Table = struct('table', { lock: spinLockWord, used: u8.guardedBy('lock'), unused: u8.guardedBy('lock') });
  const tables = layout.array<typeof Table>('table', Table, 2);
  const turn = layout.one('turn', u8);
  const claimed = layout.one('claimed', u8.ghost());
  const work = kfunc('work', function* () {
    yield* lockAcquire(tables[0].lock, 'spin_lock');
    yield* writeOnce(tables[0].used, 1);
    yield* lockRelease(tables[0].lock, 'spin_unlock');
    yield* writeOnce(claimed, 1);
    if (claimsTwice) yield* writeOnce(claimed, 2);
  });
  const spin = kfunc('spin', function* () {
    yield* writeOnce(turn, 1);
    yield* writeOnce(turn, 2);
    yield* writeOnce(turn, 1);
  });
  return {
    layout,
    threads: [
      { name: 'worker', run: () => work() },
      ...(goesOnForEver ? [{ name: 'counter', run: () => spin(), repeat: true }] : []),
    ],
    invariants: { small: (memory) => memory.get(turn) < 3 },
    finals: { done: (memory) => memory.get(tables[0].used) === 1 },
  };
}

test.each([{}, { reduction: false }, { strategy: 'bfs' }] as const)(
  'guarded fields that nobody accesses are named, %j',
  (how) => {
    const { verdict, neverAsked } = checkSync(system(false, false), how);
    expect(verdict).toBe('holds');
    expect(neverAsked).toEqual({ invariants: [], finals: [], guarded: ['table[0].unused'] });
  },
);

test('a condition that does not count was never asked', () => {
  expect(checkSync(system(false, false), { only: ['deadlock'] }).neverAsked).toMatchObject({
    invariants: [],
    finals: [],
  });
});

test('finals are asked beside a thread that goes on for ever, between its rounds', () => {
  expect(checkSync(system(true, false)).neverAsked.finals).toEqual([]);
});

test('a claim of the specification that is taken back in the same step is named', () => {
  expect(checkSync(system(false, false)).notes).toEqual([]);
  for (const how of [{}, { reduction: false }])
    expect(checkSync(system(false, true), how).notes).toEqual([
      'claimed is written twice with no step in between, so what it says first is never seen',
    ]);
});

test('a final that was never asked is named though it is an invariant too', () => {
  const layout = new Layout();
  const [x, never] = [layout.one('x', u8), layout.one('never', u8)];
  const spin = kfunc('spin', function* () {
    yield* writeOnce(x, 1);
    yield* waitFor(never, { equals: 1 });
  });
  const small = (memory: MemoryReader): boolean => memory.get(x) < 2;
  const threads = [{ name: 'spin', run: () => spin() }];
  const model = { layout, threads, invariants: { small }, finals: { end: small } };
  expect(checkSync(model, { only: ['small', 'end'] }).neverAsked).toMatchObject({ invariants: [], finals: ['end'] });
});
