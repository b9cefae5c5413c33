import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Layout } from './layout.js';
import { struct } from './struct.js';
import { array, u32, u64 } from './types.js';
import { UNDEFINED_ID, ValueTable, hashText, mix, toValue, type Value } from './values.js';

const Npu = struct('npu', { regs: array(u64, 3), flags: u32 });
const layout = new Layout();
const npus = layout.array('npu', Npu, 3);

const scalar = fc.oneof(
  fc.integer(),
  fc.double({ noDefaultInfinity: false }),
  fc.bigInt(-5n, 5n),
  fc.bigInt(),
  fc.string({ maxLength: 4 }),
  fc.boolean(),
  fc.constantFrom(null, undefined, 0, '0', 0n, '', 'n1', ...npus, ...npus.flatMap((npu) => [...npu.regs, npu.flags])),
);
const value: fc.Arbitrary<Value> = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));

/** Equality as the table shall see it. */
function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((element, i) => same(element, b[i]));
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}

describe('a value table', () => {
  test('starts with undefined, null, false and true', () => {
    const table = new ValueTable();
    expect([undefined, null, false, true].map((v) => table.intern(v))).toEqual([UNDEFINED_ID, 1, 2, 3]);
    expect(table.size).toBe(4);
  });

  test('numbers values alike exactly when they are equal, and gives them back', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const table = new ValueTable();
        const id = table.intern(a);
        expect(table.intern(b) === id).toBe(same(a, b));
        expect(same(table.valueOf(id), a)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('has content hashes that do not depend on the order of interning', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 12 }), (values) => {
        const [one, other] = [new ValueTable(), new ValueTable()];
        values.forEach((v) => one.intern(v));
        values.toReversed().forEach((v) => other.intern(v));
        for (const v of values) {
          const [i, j] = [one.intern(v), other.intern(v)];
          expect([one.hash0(i), one.hash1(i)]).toEqual([other.hash0(j), other.hash1(j)]);
        }
      }),
    );
  });

  test('tells handles and cells apart by struct or type, and address', () => {
    const table = new ValueTable();
    const ids = [npus[0], npus[1], npus[0].regs[0], npus[0].regs[1], npus[0].flags].map((v) => table.intern(v));
    expect(new Set(ids).size).toBe(5);
    expect(table.intern(Npu.at(npus[1].$address))).toBe(ids[1]);
    expect(table.valueOf(ids[1])).toBe(npus[1]);
  });

  test('keeps a frozen copy of a tuple', () => {
    const table = new ValueTable();
    const tuple = [1, 2n, npus[0]];
    const id = table.intern(tuple);
    tuple[0] = 7;
    expect(table.valueOf(id)).toEqual([1, 2n, npus[0]]);
    expect(Object.isFrozen(table.valueOf(id))).toBe(true);
    expect(table.intern([1, 2n, npus[0]])).toBe(id);
    expect(table.intern(tuple)).not.toBe(id);
  });

  test('tells tuples apart whose elements read alike when strung together', () => {
    const table = new ValueTable();
    const ids = [['x', 'y'], ['xsy'], ['x,y'], [1, 2], [12], ['1', 2], [[1], 2], [[1, 2]]].map((v) => table.intern(v));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('takes a list of arguments, tuples among them', () => {
    const table = new ValueTable();
    const id = table.intern([npus[0], [1, 2], 'x']);
    expect(table.intern([npus[0], [1, 2], 'x'])).toBe(id);
    expect(table.intern([npus[0], 1, 2, 'x'])).not.toBe(id);
    expect(table.intern([npus[0], [1], 2, 'x'])).not.toBe(id);
  });

  test.each([
    [{}, '[object Object]'],
    [new Map(), '[object Map]'],
    [Symbol('s'), '[object Symbol]'],
    [function attempt() {}, 'the function attempt'],
    [[{}], '[object Object]'],
    [[[[1]]], 'a tuple in a tuple'],
  ])('refuses %s, and says what to do', (nonsense, what) => {
    expect(() => new ValueTable().intern(nonsense)).toThrow(
      `or a flat tuple of these, got ${what}; put shared data into a struct and pass its view`,
    );
  });

  test('refuses objects of two structs that share name and address', () => {
    const table = new ValueTable();
    table.intern(Npu.at(1));
    const twin = struct('npu', { x: u32 });
    expect(() => table.intern(twin.at(1))).toThrow('two structs are named npu and both have an object at word 1');
  });

  test('has no two equal hashes among a hundred thousand values', () => {
    const table = new ValueTable();
    const seen = new Set<bigint>();
    for (let i = 0; i < 100_000; i++) {
      const id = table.intern(i % 2 === 0 ? BigInt(i) : [i, `s${i}`]);
      seen.add((BigInt(table.hash0(id)) << 32n) ^ BigInt(table.hash1(id) >>> 0));
    }
    expect(seen.size).toBe(100_000);
  });
});

test('travelling freezes a copy of a tuple, passes scalars, and refuses the rest', () => {
  const tuple = [1, npus[0]];
  expect(toValue(tuple)).toEqual(tuple);
  expect(toValue(tuple)).not.toBe(tuple);
  expect(Object.isFrozen(toValue(tuple))).toBe(true);
  expect(toValue(npus[0])).toBe(npus[0]);
  expect(() => toValue({})).toThrow(TypeError);
  expect(() => toValue([[1]])).toThrow('a tuple in a tuple');
  expect(() => toValue(() => 1)).toThrow('the function');
});

test('mix and hashText give signed words that do not change from run to run', () => {
  expect(mix(0)).toBe(0);
  expect(mix(1)).toBe(0x514e28b7);
  expect(hashText('')).toEqual(hashText(''));
  expect(hashText('ab')).not.toEqual(hashText('ba'));
  for (const h of hashText('shootdown')) expect(h | 0).toBe(h);
});
