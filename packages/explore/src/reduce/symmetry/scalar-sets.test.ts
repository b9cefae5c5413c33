import {
  Layout,
  ModelError,
  kfunc,
  rmw,
  spinLockWord,
  u16,
  u8,
  waitFor,
  writeOnce,
  type Cell,
  type ScalarSet,
  type ScalarType,
  type System,
  type Thread,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync } from '../../index.js';

/** The second of two threads waits for what never comes. */
function firstGoesOn(sorts: readonly Partial<Thread>[]): System {
  const layout = new Layout();
  const started = layout.one('started', u8);
  const never = layout.one('never', u8);
  const worker = kfunc('worker', function* () {
    if ((yield* rmw('add', 'inc', 'relaxed', started, 1)) === 1) yield* waitFor(never, { equals: 1 });
  });
  return {
    layout,
    threads: sorts.map((sort, i) => ({ name: `T${i}`, run: () => worker(), ...sort })),
    symmetries: [{ name: 't', size: 2, threads: [[0, 1]] }],
  };
}

/** Three threads that each write a cell of their own, under scalarsets that are told in `symmetries`. */
function writers(
  symmetries: (cells: readonly Cell<number>[]) => readonly ScalarSet[],
  named: readonly number[],
): System {
  const layout = new Layout();
  const cells = layout.array('cell', u8, 3);
  layout.one('turn', u8.memberOf('t', named));
  const writer = kfunc('writer', function* (me: number) {
    yield* writeOnce(cells[me], 1);
  });
  const threads = [0, 1, 2].map((i) => ({ name: `T${i}`, run: () => writer(i) }));
  return { layout, threads, symmetries: symmetries(cells) };
}

describe('threads that change places', () => {
  test('are of one sort: whether a state is stuck depends on which of them waits', () => {
    expect(checkSync(firstGoesOn([{}, {}])).violation?.kind).toBe('deadlock');
    const mixed = firstGoesOn([{}, { kind: 'device' }]);
    expect(checkSync(mixed, { symmetry: false }).violation?.kind).toBe('deadlock');
    expect(() => checkSync(mixed)).toThrow(
      'scalarset t: expected threads of one sort, got T0, a kernel thread that ends, and T1, a device thread that ends',
    );
    expect(() => checkSync(firstGoesOn([{}, { repeat: true }]))).toThrow('T1, a kernel thread that repeats');
  });
});

describe('a scalarset is refused', () => {
  const all = [0, 1, 2];
  test.each<[string, (cells: readonly Cell<number>[]) => readonly ScalarSet[]]>([
    ['a size that is a whole number >= 1, got 0', () => [{ name: 't', size: 0 }]],
    ['a size that is a whole number >= 1, got 1.5', () => [{ name: 't', size: 1.5 }]],
    [
      '3 members in each group of threads and array of objects, got 2',
      () => [{ name: 't', size: 3, threads: [[0, 1]] }],
    ],
    [
      '3 members in each group of threads and array of objects, got 4',
      () => [{ name: 't', size: 3, threads: [[0, 1, 2, 3]] }],
    ],
    [
      '3 members in each group of threads and array of objects, got 1',
      (cells) => [{ name: 't', size: 3, threads: [all], objects: [[cells[0]]] }],
    ],
    ['thread numbers below 3, got 7', () => [{ name: 't', size: 3, threads: [[0, 1, 7]] }]],
    ['each thread once, got T1 again', () => [{ name: 't', size: 3, threads: [[0, 1, 1]] }]],
    [
      'each thread once, got T1 again',
      (cells) => [
        { name: 't', size: 3, threads: [], objects: [cells] },
        { name: 'u', size: 2, threads: [[0, 1]] },
        { name: 'v', size: 2, threads: [[1, 2]] },
      ],
    ],
    [
      'one set of that name',
      () => [
        { name: 't', size: 3 },
        { name: 't', size: 3, threads: [all] },
      ],
    ],
  ])('where there is not %s', (message, symmetries) => {
    expect(() => checkSync(writers(symmetries, [1, 2, 3]))).toThrow(ModelError);
    expect(() => checkSync(writers(symmetries, [1, 2, 3]))).toThrow(`: expected ${message}`);
    expect(checkSync(writers(symmetries, [1, 2, 3]), { symmetry: false }).verdict).toBe('holds');
  });

  test.each([
    { named: [1, 2], got: 'got 2, 2 of them different' },
    { named: [1, 2, 2], got: 'got 3, 2 of them different' },
  ])('whose members are named by $named', ({ named, got }) => {
    const set = (cells: readonly Cell<number>[]): readonly ScalarSet[] => [
      { name: 't', size: 3, threads: [all], objects: [cells] },
    ];
    expect(checkSync(writers(set, [1, 2, 3]), { reduction: false })).toMatchObject({ verdict: 'holds', states: 4 });
    expect(() => checkSync(writers(set, named))).toThrow(`one value for each of 3 members in turn, ${got}`);
  });
});

describe('objects that change places', () => {
  const other: Readonly<Record<string, ScalarType<number>>> = {
    'of another type': u16,
    'guarded by a lock that stays': u8.guardedBy('lock'),
    ghosts: u8.ghost(),
  };

  test.each(Object.keys(other))('are not %s', (how) => {
    const layout = new Layout();
    layout.one('lock', spinLockWord);
    const cells = [layout.one('a', u8), layout.one('b', other[how])];
    const idle = kfunc('idle', function* (me: number) {
      yield* waitFor(cells[me], { equals: 0 });
    });
    const threads = [0, 1].map((i) => ({ name: `T${i}`, run: () => idle(i) }));
    const symmetries = [{ name: 't', size: 2, threads: [[0, 1]], objects: [cells] }];
    expect(() => checkSync({ layout, threads, symmetries })).toThrow('a scalarset exchanges a and b');
    expect(() => checkSync({ layout, threads, symmetries }, { symmetry: false })).not.toThrow();
  });
});
