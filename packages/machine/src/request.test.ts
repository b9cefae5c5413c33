import { describe, expect, test } from 'vitest';
import { Layout } from './layout.js';
import { Memory } from './memory.js';
import { isEnabled } from './perform.js';
import {
  KIND,
  Request,
  choose,
  chooseMember,
  cmpxchg,
  fence,
  load,
  lockAcquire,
  read,
  readOnce,
  rmw,
  waitFor,
  write,
  type Kthread,
  type WaitCondition,
} from './request.js';
import { withSites } from './running.js';
import { struct, type Cell } from './struct.js';
import { ptr, spinLockWord, u32, u64, u8 } from './types.js';

const layout = new Layout();
const small = layout.one('small', u8);
const wide = layout.one('wide', u64);
const Page = struct('page', { flags: u32 });
const pointer = layout.one(
  'pointer',
  ptr(() => Page),
);

describe('yield*', () => {
  test('hands out the request once and returns the answer, typed', () => {
    const run = (function* (): Kthread<bigint> {
      const a: number = yield* readOnce(small);
      const b: bigint = yield* readOnce(wide);
      return BigInt(a) + b;
    })();
    expect(run.next().value).toMatchObject({ kind: KIND.READ, address: small.address });
    expect(run.next(3).value).toMatchObject({ address: wide.address, wide: true });
    expect(run.next(4n)).toEqual({ done: true, value: 7n });
  });

  test('of one request object works again and again', () => {
    const again = readOnce(small);
    const run = (function* (): Kthread<number[]> {
      return [yield* again, yield* again, yield* again];
    })();
    for (const answer of [undefined, 1, 2]) expect(run.next(answer).value).toBe(again);
    expect(run.next(3).value).toEqual([1, 2, 3]);
  });

  test('of one request object works in two threads at once', () => {
    const shared = readOnce(small);
    const body = function* (): Kthread<number> {
      return (yield* shared) * 10 + (yield* shared);
    };
    const [a, b] = [body(), body()];
    for (const run of [a, b]) expect(run.next().value).toBe(shared);
    expect(shared[Symbol.iterator]().next().value).toBe(shared);
    expect(a.next(1).value).toBe(shared);
    expect(b.next(2).value).toBe(shared);
    expect([b.next(3).value, a.next(4).value]).toEqual([23, 14]);
  });

  test('returns undefined as an answer too', () => {
    const run = (function* (): Kthread<unknown> {
      return yield* write(small, 1);
    })();
    run.next();
    expect(run.next(undefined)).toEqual({ done: true, value: undefined });
  });
});

describe('a request for a value that does not fit', () => {
  test.each<[string, () => unknown]>([
    ['write: expected a u8, got 256; a u8 is 0 to 255', () => write(small, 256)],
    [
      'write: expected a u8, got undefined; is a name misspelt, or yield* missing?',
      () => write(small, undefined as unknown as number),
    ],
    [
      'write: expected a u64, got 1; write 1n, or BigInt(value): 64-bit values are bigints',
      () => write(wide, 1 as unknown as bigint),
    ],
    ['atomic_add: expected a u8, got -1; a u8 is 0 to 255', () => rmw('add', 'atomic_add', 'full', small, -1)],
    ['cmpxchg: expected a u64, got -1n; a u64 is a bigint, 0n to 2n ** 64n - 1n', () => cmpxchg(wide, 0n, -1n)],
    [
      'cmpxchg: expected a u64, got 18446744073709551616n; a u64 is a bigint, 0n to 2n ** 64n - 1n',
      () => cmpxchg(wide, 1n << 64n, 0n),
    ],
    [
      'write: expected a ptr, got undefined; is a name misspelt, or yield* missing?',
      () => write(pointer, undefined as unknown as null),
    ],
  ])('is refused: %s', (message, make) => {
    expect(make).toThrow(new RangeError(message));
  });

  test('is refused for arithmetic on a pointer', () => {
    expect(() => rmw('add', 'add', 'full', pointer, null)).toThrow(
      new TypeError('add: expected a number, got a pointer'),
    );
    expect(rmw('xchg', 'xchg', 'full', pointer, null).kind).toBe(KIND.XCHG);
  });
});

test('a request on an element that is not there says so', () => {
  const cells: readonly Cell<number>[] = [small];
  expect(() => read(cells[1])).toThrow(
    'read: expected a cell, got undefined; is a field misspelt, or an array index out of range?',
  );
});

test.each([0, -1, 256, 1.5])('a choice of %d ways is refused', (ways) => {
  expect(() => choose(ways)).toThrow(`choose: expected 1 to 255 alternatives, got ${ways}`);
});

test('a choice among members has as many ways', () => {
  expect(chooseMember(u8.memberOf('cpus', [0, 1, 2]))).toMatchObject({ kind: KIND.CHOOSE, ways: 3 });
  for (const type of [u8, u8.memberOf('cpus', []), u8.memberOf('cpus', [1, 2])])
    expect(() => chooseMember(type)).toThrow('expected a type whose members are 0, 1, 2 and so on');
});

describe('waitFor', () => {
  test('wants exactly one of equals and differs', () => {
    for (const condition of [{}, { equals: 1, differs: 2 }, { mask: 1 }])
      expect(() => waitFor(small, condition)).toThrow('waitFor: expected exactly one of equals and differs');
  });

  test('refuses a condition that it does not know, which would be left out', () => {
    expect(() => waitFor(small, { equals: 1, msk: 3 } as never)).toThrow(
      new TypeError('smp_cond_load_acquire: unknown key "msk"; did you mean mask?'),
    );
  });

  test('refuses a value that no word can have', () => {
    expect(() => waitFor(small, { mask: 0xf0, equals: 0x51 })).toThrow(
      'expected a value within the mask 0xf0, got 0x51',
    );
    expect(() => waitFor(small, { mask: 0xf0, differs: 1 })).toThrow(RangeError);
    for (const value of [2 ** 32, -(2 ** 31) - 1, 0.5, Number.NaN])
      expect(() => waitFor(small, { equals: value })).toThrow(`expected a 32-bit integer, got ${value}`);
  });

  test('compares all of a 64-bit cell, with a bigint or a number', () => {
    expect(() => waitFor(small, { equals: 1n })).toThrow('expected a bigint with a 64-bit cell and no mask');
    expect(() => waitFor(wide, { mask: 1, equals: 1n })).toThrow(TypeError);
    expect(() => waitFor(wide, { differs: 2n ** 64n })).toThrow(RangeError);
    const own = new Layout();
    const all = own.one('all', u64);
    const memory = new Memory(own);
    const isMet = (value: bigint, condition: WaitCondition): boolean => {
      memory.set(all, value);
      return isEnabled(memory, waitFor(all, condition));
    };
    const high = 1n << 63n;
    expect([0n, 1n, high].map((value) => isMet(value, { equals: 0n }))).toEqual([true, false, false]);
    expect([0n, 1n, high].map((value) => isMet(value, { differs: high }))).toEqual([true, true, false]);
    expect([0n, 1n, high].map((value) => isMet(value, { equals: 0 }))).toEqual([true, false, false]);
    expect(() => waitFor(all, { equals: -1 })).toThrow(RangeError);
  });
});

test('requests carry label and order', () => {
  expect(read(small)).toMatchObject({ label: 'read', order: 'plain' });
  expect(readOnce(small)).toMatchObject({ label: 'READ_ONCE', order: 'once' });
  expect(waitFor(small, { equals: 1 })).toMatchObject({ label: 'smp_cond_load_acquire', order: 'acquire' });
  expect(lockAcquire(layout.one('lock', spinLockWord), 'spin_lock')).toMatchObject({ order: 'acquire' });
  expect(fence('smp_wmb')).toMatchObject({ label: 'smp_wmb', kind: KIND.FENCE });
});

test('reads of one cell by different names are told apart, also after each other', () => {
  const labels = [read(small), readOnce(small), load('READ_ONCE', 'acquire', small), readOnce(small), readOnce(wide)];
  expect(labels.map(({ label, order, address }) => [label, order, address])).toEqual([
    ['read', 'plain', small.address],
    ['READ_ONCE', 'once', small.address],
    ['READ_ONCE', 'acquire', small.address],
    ['READ_ONCE', 'once', small.address],
    ['READ_ONCE', 'once', wide.address],
  ]);
  expect(withSites(() => readOnce(wide)).site).toContain('request.test.ts');
  expect(readOnce(wide).site).toBe(undefined);
});

test('requests remember where they were made only when asked to', () => {
  expect(new Request(KIND.FENCE).site).toBe(undefined);
  expect(withSites(() => fence('smp_mb')).site).toContain('request.test.ts');
  expect(fence('smp_mb').site).toBe(undefined);
});
