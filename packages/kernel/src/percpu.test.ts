import fc from 'fast-check';
import { checkSync } from '@shootdown/explore';
import { Layout, Memory, kfunc, runDirect, u32, u64, writeOnce } from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import {
  bitmapCopy,
  bitmapWeight,
  bitmapZero,
  findFirstBit,
  findFirstZeroBit,
  findNextBit,
  findNextZeroBit,
} from './bitmap.js';
import { clearBit, setBit, testAndSetBitNonAtomic } from './bitops.js';
import { declareThreads } from './contexts.js';
import { preemptDisable, preemptEnable } from './irq.js';
import { definePerCpu, perCpuPtr, thisCpuPtr, thisCpuRead, thisCpuWrite } from './percpu.js';
import { spinLock, spinUnlock, spinlockT } from './spinlock.js';

describe('per-CPU data', () => {
  const counting = (cpus: readonly number[], off: boolean) => {
    const layout = new Layout();
    declareThreads(
      layout,
      cpus.map((cpu) => ({ cpu })),
    );
    const counts = definePerCpu(layout, 'count', u32, 2);
    const worker = kfunc('worker', function* () {
      if (off) yield* preemptDisable();
      yield* thisCpuWrite(counts, (yield* thisCpuRead(counts)) + 1);
      if (off) yield* preemptEnable();
    });
    const total = (memory: { get(cell: (typeof counts)[number]): number }): number =>
      counts.reduce((sum, cell) => sum + memory.get(cell), 0);
    const result = checkSync({
      layout,
      threads: cpus.map((_, i) => ({ name: `T${i}`, run: () => worker() })),
      finals: { total: (memory) => total(memory) === cpus.length },
    });
    return result.violation?.name ?? result.verdict;
  };

  test('is each CPU’s own', () => {
    expect(counting([0, 1], false)).toBe('holds');
  });

  test('is whole while preemption is off', () => {
    expect(counting([0, 1, 0], true)).toBe('holds');
  });

  test('twin: not while it is on', () => {
    expect(counting([0, 1, 0], false)).toBe('total');
  });

  test('is found by CPU', () => {
    const layout = new Layout();
    declareThreads(layout, [{ cpu: 1 }]);
    const counts = definePerCpu(layout, 'count', u32, 2);
    const memory = new Memory(layout);
    const touch = kfunc('touch', function* () {
      yield* writeOnce(yield* thisCpuPtr(counts), 7);
    });
    runDirect(memory, touch());
    expect([memory.get(perCpuPtr(counts, 0)), memory.get(perCpuPtr(counts, 1))]).toEqual([0, 7]);
    expect(() => perCpuPtr(counts, 2)).toThrow('expected a CPU from 0 to 1, got 2');
  });
});

describe('a bitmap', () => {
  test.each([
    ['u32', u32, 32],
    ['u64', u64, 64],
  ] as const)('of %s cells is searched as an array of booleans is', (_, type, width) => {
    const size = 2 * width - 5;
    const layout = new Layout();
    const bits = layout.array('map', type as typeof u32, 2);
    const ones = layout.array('ones', u32, 1);
    const memory = new Memory(layout);
    memory.set(ones[0], 0xffff_ffff);
    const run = runDirect.bind(undefined, memory);
    fc.assert(
      fc.property(fc.array(fc.nat(2 * width - 1)), fc.nat(2 * width), (set, offset) => {
        run(bitmapZero(bits, 2 * width));
        run(bitmapCopy(bits, ones, 3));
        expect(run(bitmapWeight(bits, 2 * width))).toBe(3);
        for (const nr of [0, 1, 2]) runDirect(memory, clearBit(nr, bits));
        expect(run(bitmapWeight(bits, 2 * width))).toBe(0);
        for (const nr of set) runDirect(memory, setBit(nr, bits));
        const naive = Array.from({ length: size }, (_, nr) => set.includes(nr));
        const next = (from: number, wanted: boolean): number => {
          const at = naive.findIndex((bit, nr) => nr >= from && bit === wanted);
          return at < 0 ? size : at;
        };
        expect([run(findNextBit(bits, size, offset)), run(findNextZeroBit(bits, size, offset))]).toEqual([
          next(offset, true),
          next(offset, false),
        ]);
        expect([run(findFirstBit(bits, size)), run(findFirstZeroBit(bits, size))]).toEqual([
          next(0, true),
          next(0, false),
        ]);
        expect(run(bitmapWeight(bits, size))).toBe(naive.filter(Boolean).length);
      }),
    );
  });

  const allocating = (locks: boolean) => {
    const layout = new Layout();
    const lock = layout.one('lock', spinlockT);
    const bits = layout.array('map', u32.guardedBy('lock'), 1);
    const got = layout.array('got', u32, 2);
    const allocate = kfunc('allocate', function* (me: number) {
      if (locks) yield* spinLock(lock);
      const nr = yield* findFirstZeroBit(bits, 8, lock);
      yield* testAndSetBitNonAtomic(nr, bits);
      if (locks) yield* spinUnlock(lock);
      yield* writeOnce(got[me], nr + 1);
    });
    return checkSync({
      layout,
      threads: [0, 1].map((i) => ({ name: `T${i}`, run: () => allocate(i) })),
      finals: { different: (memory) => memory.get(got[0]) !== memory.get(got[1]) },
    });
  };

  test('gives each a bit of its own under a lock', () => {
    expect(allocating(true).verdict).toBe('holds');
  });

  test('twin: without the lock it is reported', () => {
    expect(allocating(false).violation?.message).toBe('find_next_zero_bit without lock, nobody holds it');
  });
});
