import fc from 'fast-check';
import { checkSync } from '@shootdown/explore';
import {
  Layout,
  Memory,
  kfunc,
  read,
  runDirect,
  u32,
  write,
  type Cell,
  type Kthread,
  type Request,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import * as atomics from './atomic.js';
import * as atomics64 from './atomic64.js';

const {
  atomicAdd,
  atomicAddNegative,
  atomicAddReturn,
  atomicAddUnless,
  atomicAndnot,
  atomicCmpxchg,
  atomicDecAndTest,
  atomicFetchSub,
  atomicInc,
  atomicIncNotZero,
  atomicRead,
  atomicSet,
  atomicSubAndTest,
  atomicT,
  atomicTryCmpxchg,
} = atomics;

function counter(start: number): { memory: Memory; v: Cell<number>; run: <T>(request: Request<T>) => T } {
  const layout = new Layout();
  const v = layout.one('v', atomicT);
  const memory = new Memory(layout);
  memory.set(v, start);
  return { memory, v, run: (request) => runDirect(memory, request) };
}

/** What each name does to a signed value, and what it returns; undefined for nothing. */
const BINARY: Record<string, (i: bigint, old: bigint) => readonly [now: bigint, answer: 'now' | 'old' | undefined]> = {
  Add: (i, old) => [old + i, undefined],
  Sub: (i, old) => [old - i, undefined],
  Or: (i, old) => [old | i, undefined],
  And: (i, old) => [old & i, undefined],
  Xor: (i, old) => [old ^ i, undefined],
  Andnot: (i, old) => [old & ~i, undefined],
  AddReturn: (i, old) => [old + i, 'now'],
  SubReturn: (i, old) => [old - i, 'now'],
  FetchAdd: (i, old) => [old + i, 'old'],
  FetchSub: (i, old) => [old - i, 'old'],
  FetchOr: (i, old) => [old | i, 'old'],
  FetchAnd: (i, old) => [old & i, 'old'],
  FetchXor: (i, old) => [old ^ i, 'old'],
  FetchAndnot: (i, old) => [old & ~i, 'old'],
};
const ORDERS = { '': 'full', Relaxed: 'relaxed', Acquire: 'acquire', Release: 'release' } as const;

function eachBinary(visit: (name: string, effect: (typeof BINARY)[string]) => void): void {
  for (const [name, effect] of Object.entries(BINARY))
    for (const order of name.startsWith('Fetch') || name.endsWith('Return') ? Object.keys(ORDERS) : [''])
      visit(name + order, effect);
}

describe('atomic_t', () => {
  test('every two-operand function does to a 32-bit word what its name says', () => {
    const { v, run } = counter(0);
    const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(int, int, (i, old) => {
        eachBinary((name, effect) => {
          run(atomicSet(v, old));
          const call = (
            atomics as unknown as Record<string, (i: number, v: Cell<number>) => Request<number | undefined>>
          )[`atomic${name}`];
          const answer = run(call(i, v));
          const [now, which] = effect(BigInt(i), BigInt(old));
          const signed = Number(BigInt.asIntN(32, now));
          expect([name, run(atomicRead(v)), answer]).toEqual([
            name,
            signed,
            which === undefined ? undefined : which === 'now' ? signed : old,
          ]);
        });
      }),
      { numRuns: 30 },
    );
  });

  test('the 64-bit functions do the same to 64 bits, unsigned', () => {
    const layout = new Layout();
    const v = layout.one('v', atomics64.atomic64T);
    const memory = new Memory(layout);
    const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(word, word, (i, old) => {
        eachBinary((name, effect) => {
          memory.set(v, old);
          const call = (
            atomics64 as unknown as Record<string, (i: bigint, v: Cell<bigint>) => Request<bigint | undefined>>
          )[`atomic64${name}`];
          const answer = runDirect(memory, call(i, v));
          const [now, which] = effect(i, old);
          const wrapped = BigInt.asUintN(64, now);
          expect([name, memory.get(v), answer]).toEqual([
            name,
            wrapped,
            which === undefined ? undefined : which === 'now' ? wrapped : old,
          ]);
        });
      }),
      { numRuns: 30 },
    );
  });

  test('names and orders of the requests are the kernel’s', () => {
    const { v } = counter(0);
    const request = atomics.atomicFetchAddRelease(1, v);
    expect([request.label, request.order]).toEqual(['atomic_fetch_add_release', 'release']);
    expect(atomics.atomicXchgAcquire(v, 1).order).toBe('acquire');
    expect(atomics.atomicCmpxchgRelaxed(v, 0, 1).order).toBe('relaxed');
    expect(atomicCmpxchg(v, 0, 1).order).toBe('full');
    expect(atomicInc(v).order).toBe('relaxed');
  });

  test('conditions on the result', () => {
    const { v, run } = counter(2);
    expect(run(atomicDecAndTest(v))).toBe(false);
    expect(run(atomicDecAndTest(v))).toBe(true);
    expect(run(atomicIncNotZero(v))).toBe(false);
    expect(run(atomicAddNegative(-1, v))).toBe(true);
    expect(run(atomicAddUnless(v, 5, -1))).toBe(false);
    expect(run(atomicAddUnless(v, 5, 7))).toBe(true);
    expect(run(atomicSubAndTest(4, v))).toBe(true);
    expect(run(atomicTryCmpxchg(v, 0, 9))).toBe(true);
    expect(run(atomicTryCmpxchg(v, 0, 9))).toBe(false);
    run(atomicAndnot(1, v));
    expect(run(atomicRead(v))).toBe(8);
    run(atomicAdd(2 ** 31 - 1, v));
    expect(run(atomicFetchSub(1, v))).toBe(-(2 ** 31) + 7);
    expect(run(atomicAddReturn(2, v))).toBe(-(2 ** 31) + 8);
  });

  test('cells of other whole-number types wrap to their own width', () => {
    const layout = new Layout();
    const v = layout.one('v', u32);
    const memory = new Memory(layout);
    expect(runDirect(memory, atomics.atomicDecReturn(v))).toBe(2 ** 32 - 1);
    expect(runDirect(memory, atomics.atomicIncAndTest(v))).toBe(true);
  });
});

describe('under every interleaving', () => {
  const counting = (increment: (v: Cell<number>) => Kthread<unknown>) => {
    const layout = new Layout();
    const v = layout.one('v', atomicT);
    const worker = kfunc('worker', function* () {
      yield* increment(v);
      yield* increment(v);
    });
    return checkSync({
      layout,
      threads: ['A', 'B', 'C'].map((name) => ({ name, run: () => worker() })),
      finals: { total: (memory) => memory.get(v) === 6 },
    });
  };

  test('increments of three threads are not lost', () => {
    const result = counting(function* (v) {
      yield* atomicInc(v);
    });
    expect(result.verdict).toBe('holds');
  });

  test('twin: a load and a store lose one', () => {
    const result = counting(function* (v) {
      yield* atomicSet(v, (yield* atomicRead(v)) + 1);
    });
    expect(result.violation?.name).toBe('total');
  });

  test('twin: a plain load and a plain store are a data race', () => {
    const result = counting(function* (v) {
      yield* write(v, (yield* read(v)) + 1);
    });
    expect(result.violation?.kind).toBe('data-race');
  });

  test('only one of three gets the last reference', () => {
    const layout = new Layout();
    const v = layout.one('v', atomicT);
    const winners = layout.one('winners', atomicT);
    const put = kfunc('put', function* () {
      if (yield* atomicDecAndTest(v)) yield* atomicInc(winners);
    });
    const result = checkSync({
      layout,
      init: (memory) => memory.set(v, 3),
      threads: ['A', 'B', 'C'].map((name) => ({ name, run: () => put() })),
      finals: { one: (memory) => memory.get(winners) === 1 },
    });
    expect(result.verdict).toBe('holds');
  });
});
