import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Layout } from './layout.js';
import { Memory, wordHash0, wordHash1 } from './memory.js';
import { asModelCode } from './running.js';
import { struct } from './struct.js';
import { ptr, u32, u64, u8 } from './types.js';

const SIZE = 24;
const memoryOf = (words: number): Memory => {
  const layout = new Layout();
  layout.array('w', u32, words - 1);
  return new Memory(layout);
};
const stores = fc.array(fc.tuple(fc.nat(SIZE - 1), fc.oneof(fc.integer(), fc.integer({ min: -2, max: 2 }))), {
  maxLength: 60,
});

/** The hash by its definition, from the contents alone. */
function hashFromScratch(words: Int32Array): [number, number] {
  let h0 = 0;
  let h1 = 0;
  words.forEach((value, address) => {
    h0 = (h0 + wordHash0(address, value) - wordHash0(address, 0)) | 0;
    h1 = (h1 + wordHash1(address, value) - wordHash1(address, 0)) | 0;
  });
  return [h0, h1];
}

describe('stores', () => {
  test('are taken back by undoTo, words and hash', () => {
    fc.assert(
      fc.property(stores, stores, (before, after) => {
        const memory = memoryOf(SIZE);
        for (const [address, value] of before) memory.store(address, value);
        const { undoTop, h0, h1 } = memory;
        const words = memory.words.slice();
        for (const [address, value] of after) memory.store(address, value);
        memory.undoTo(undoTop, h0, h1);
        expect(memory.words).toEqual(words);
        expect(memory.undoTop).toBe(undoTop);
        expect([memory.h0, memory.h1]).toEqual(hashFromScratch(words));
      }),
    );
  });

  test('keep the hash that the contents have, however they came about', () => {
    fc.assert(
      fc.property(stores, (sequence) => {
        const memory = memoryOf(SIZE);
        for (const [address, value] of sequence) memory.store(address, value);
        expect([memory.h0, memory.h1]).toEqual(hashFromScratch(memory.words));
        const direct = memoryOf(SIZE);
        memory.words.toReversed().forEach((value, i) => {
          direct.store(SIZE - 1 - i, value);
        });
        expect([direct.h0, direct.h1]).toEqual([memory.h0, memory.h1]);
      }),
    );
  });

  test('of zero in all words give hash 0 back', () => {
    const memory = memoryOf(4);
    memory.store(1, 7);
    memory.store(2, -7);
    memory.store(1, 0);
    memory.store(2, 0);
    expect([memory.h0, memory.h1]).toEqual([0, 0]);
  });

  test('that change nothing leave no trace in the log', () => {
    const memory = memoryOf(4);
    memory.store(1, 7);
    const { undoTop, changes } = memory;
    memory.store(1, 7);
    expect(memory.undoTop).toBe(undoTop);
    expect(memory.changes).toBe(changes);
  });

  test('of one step that come back to what was are forgotten, and the others are taken back as before', () => {
    fc.assert(
      fc.property(stores, stores, (before, step) => {
        const memory = memoryOf(SIZE);
        for (const [address, value] of before) memory.store(address, value);
        const { undoTop, h0, h1 } = memory;
        const was = memory.words.slice();
        for (const [address, value] of step) memory.store(address, value);
        memory.forgetUnchanged(undoTop);
        const logged = memory.undoLog.slice(undoTop, memory.undoTop).filter((_, i) => i % 2 === 0);
        if (new Set(step.map(([address]) => address)).size < step.length)
          expect(new Set(logged)).toEqual(
            new Set([...was.keys()].filter((address) => was[address] !== memory.words[address])),
          );
        memory.undoTo(undoTop, h0, h1);
        expect(memory.words).toEqual(was);
      }),
    );
  });

  test('outgrow the first undo log', () => {
    const memory = memoryOf(4);
    for (let i = 1; i <= 10_000; i++) memory.store(1 + (i % 3), i);
    expect(memory.undoTop).toBe(20_000);
    memory.undoTo(0, 0, 0);
    expect([...memory.words]).toEqual([0, 0, 0, 0]);
  });

  test('are told to the listener, and so is what is taken back', () => {
    const memory = memoryOf(4);
    const seen: number[][] = [];
    memory.listener = (...change) => seen.push(change);
    memory.store(1, 7);
    memory.store(1, 7);
    memory.undoTo(0, 0, 0);
    expect(seen).toEqual([
      [1, 0, 7],
      [1, 7, 0],
    ]);
  });

  test('are counted but not kept when logging stopped', () => {
    const memory = memoryOf(4);
    memory.stopLogging();
    const { changes } = memory;
    memory.store(1, 7);
    expect(memory.changes).not.toBe(changes);
    expect([memory.undoTop, memory.h0, memory.h1, memory.words[1]]).toEqual([0, 0, 0, 7]);
  });
});

test('a quarter of a million small states have as many hashes', () => {
  const memory = memoryOf(8);
  const seen = new Set<bigint>();
  const values = [0, 1, 2, 3, -1, 4, 5, 0x100];
  const fill = (address: number): void => {
    if (address === 7) {
      seen.add((BigInt(memory.h0) << 32n) ^ BigInt(memory.h1 >>> 0));
      return;
    }
    for (const value of values) {
      const { undoTop, h0, h1 } = memory;
      memory.store(address, value);
      fill(address + 1);
      memory.undoTo(undoTop, h0, h1);
    }
  };
  fill(1);
  expect(seen.size).toBe(8 ** 6);
});

describe('cells', () => {
  const Page = struct('page', { flags: u32 });
  const layout = new Layout();
  const wide = layout.one('wide', u64);
  const small = layout.one('small', u8);
  const page = layout.one('page', Page);
  const pointer = layout.one(
    'pointer',
    ptr(() => Page),
  );
  const memory = new Memory(layout);

  test('hold what was set', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 64n) - 1n), (value) => {
        memory.set(wide, value);
        expect(memory.get(wide)).toBe(value);
      }),
    );
    memory.set(pointer, page);
    expect(memory.get(pointer)).toBe(page);
    memory.set(pointer, null);
    expect(memory.get(pointer)).toBe(null);
  });

  test('refuse what does not fit, naming the cell', () => {
    expect(() => memory.set(small, 256)).toThrow(new RangeError('small: expected a u8, got 256; a u8 is 0 to 255'));
    expect(() => memory.set(wide, -1n)).toThrow(
      new RangeError('wide: expected a u64, got -1n; a u64 is a bigint, 0n to 2n ** 64n - 1n'),
    );
    const other = struct('other', { flags: u32 }).at(3);
    expect(() => memory.set(pointer, other as unknown as typeof page)).toThrow(
      'pointer: expected a ptr, got a view of other at word 3; a ptr is a view of its struct, or null',
    );
  });

  test('cannot be looked at or written from inside a running thread', () => {
    expect(() => asModelCode(() => memory.get(small))).toThrow('touched from inside a running thread');
    expect(() => asModelCode(() => memory.set(small, 1))).toThrow('expected a request: yield* readOnce(cell)');
    expect(memory.get(small)).toBe(0);
  });

  test('tell the watcher what is read and written', () => {
    const seen: unknown[] = [];
    memory.watch = (address, isWrite) => seen.push([address, isWrite]);
    memory.set(wide, 1n);
    memory.get(small);
    memory.watch = undefined;
    expect(seen).toEqual([
      [wide.address, true],
      [small.address, false],
    ]);
  });
});
