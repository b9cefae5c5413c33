import fc from 'fast-check';
import { checkSync } from '@shootdown/explore';
import {
  Layout,
  Memory,
  bool,
  kfunc,
  runDirect,
  spinUntil,
  u16,
  u32,
  u64,
  u8,
  writeOnce,
  type Request,
  type Cell,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import * as ops from './bitops.js';

const { clearBit, clearBitUnlock, setBit, setBitNonAtomic, testAndSetBit, testAndSetBitLock, testBit } = ops;

/** By name: the bit afterwards, and whether the old one is answered. */
const EFFECTS: Record<string, readonly [(was: boolean) => boolean, answers: boolean]> = {
  testBit: [(was) => was, true],
  testBitAcquire: [(was) => was, true],
  setBit: [() => true, false],
  clearBit: [() => false, false],
  changeBit: [(was) => !was, false],
  clearBitUnlock: [() => false, false],
  testAndSetBit: [() => true, true],
  testAndClearBit: [() => false, true],
  testAndChangeBit: [(was) => !was, true],
  testAndSetBitLock: [() => true, true],
  setBitNonAtomic: [() => true, false],
  clearBitNonAtomic: [() => false, false],
  changeBitNonAtomic: [(was) => !was, false],
  testAndSetBitNonAtomic: [() => true, true],
  testAndClearBitNonAtomic: [() => false, true],
};

describe('bit operations', () => {
  test.each([
    ['u8', 8],
    ['u16', 16],
    ['u32', 32],
    ['u64', 64],
  ] as const)('on %s cells agree with an array of booleans', (name, width) => {
    const layout = new Layout();
    const type = { u8, u16, u32, u64 }[name];
    const bits = layout.array('map', type as typeof u32, 3);
    const memory = new Memory(layout);
    const naive = Array.from({ length: 3 * width }, () => false);
    const step = fc.tuple(fc.constantFrom(...Object.keys(EFFECTS)), fc.nat(3 * width - 1));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        for (const [op, nr] of steps) {
          const call = (ops as unknown as Record<string, (nr: number, bits: ops.Bits) => Request<boolean | undefined>>)[
            op
          ];
          const [effect, answers] = EFFECTS[op];
          expect([op, nr, runDirect(memory, call(nr, bits))]).toEqual([op, nr, answers ? naive[nr] : undefined]);
          naive[nr] = effect(naive[nr]);
        }
        expect(naive.map((_, nr) => runDirect(memory, testBit(nr, bits)))).toEqual(naive);
      }),
    );
  });

  test('a bit the bitmap does not have is refused', () => {
    const layout = new Layout();
    const word = layout.one('word', u64);
    expect(() => setBit(64, word)).toThrow('expected a bit from 0 to 63, got 64');
    expect(() => setBit(-1, word)).toThrow(RangeError);
  });

  test('orders are those of the kernel', () => {
    const layout = new Layout();
    const word = layout.one('word', u64);
    expect([setBit(0, word).order, clearBit(0, word).order, clearBitUnlock(0, word).order]).toEqual([
      'relaxed',
      'relaxed',
      'release',
    ]);
  });
});

describe('a bit as a lock', () => {
  const locked = (acquire: (word: Cell<bigint>) => Request<boolean>) => {
    const layout = new Layout();
    const word = layout.one('usage', u64);
    const inside = layout.array('inside', bool, 2);
    const attempt = kfunc('attempt', function* () {
      return !(yield* acquire(word));
    });
    const worker = kfunc('worker', function* (me: number) {
      yield* spinUntil(() => attempt());
      yield* writeOnce(inside[me], true);
      yield* writeOnce(inside[me], false);
      yield* clearBitUnlock(7, word);
    });
    return checkSync({
      layout,
      threads: [0, 1].map((me) => ({ name: `T${me}`, run: () => worker(me), repeat: true })),
      invariants: { alone: (memory) => !inside.every((cell) => memory.get(cell)) },
    });
  };

  test.each([
    ['test_and_set_bit_lock', testAndSetBitLock],
    ['test_and_set_bit', testAndSetBit],
  ] as const)('%s lets one in', (_, acquire) => {
    expect(locked((word) => acquire(7, word)).verdict).toBe('holds');
  });

  test('twin: a look before a store lets two in', () => {
    const lookThenSet = kfunc('look_then_set', function* (word: Cell<bigint>) {
      const was = yield* testBit(7, word);
      if (!was) yield* setBit(7, word);
      return was;
    });
    expect(locked(lookThenSet).violation?.name).toBe('alone');
  });

  test('twin: the non-atomic form is a data race', () => {
    const layout = new Layout();
    const word = layout.one('usage', u64);
    const worker = kfunc('worker', function* (nr: number) {
      yield* setBitNonAtomic(nr, word);
    });
    const result = checkSync({ layout, threads: [0, 1].map((nr) => ({ name: `T${nr}`, run: () => worker(nr) })) });
    expect(result.violation?.kind).toBe('data-race');
  });
});
