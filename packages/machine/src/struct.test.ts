import { describe, expect, test } from 'vitest';
import { Cell, isHandle, sizeOf, struct, viewAt } from './struct.js';
import { array, bool, ptr, u32, u64, u8 } from './types.js';

const Lock = struct('lock', { holder: u32 });
const Npu = struct('npu', { lock: Lock, usage: u64, ready: bool, regs: array(array(u64, 2), 3), none: array(u8, 0) });

describe('a struct', () => {
  test('gives each scalar one word, a u64 two, and packs nothing', () => {
    expect(Object.fromEntries(Npu.offsets)).toEqual({ lock: 0, usage: 1, ready: 3, regs: 4, none: 16 });
    expect(Npu.size).toBe(16);
    expect(sizeOf(Npu)).toBe(16);
    expect(sizeOf(array(Npu, 3))).toBe(48);
  });

  test('has one view for each address, with a cell at the address of each field', () => {
    const npu = Npu.at(100);
    expect(Npu.at(100)).toBe(npu);
    expect(Npu.at(101)).not.toBe(npu);
    expect(npu.lock).toBe(Lock.at(100));
    expect(npu.usage).toEqual(new Cell(101, u64));
    expect(npu.regs[2][1].address).toBe(100 + 4 + 2 * 4 + 2);
    expect(npu.$address).toBe(100);
    expect(npu.$struct).toBe(Npu);
  });

  test('has views in which nothing can be assigned', () => {
    const npu = Npu.at(100) as unknown as Record<string, unknown>;
    expect(() => (npu['usage'] = 1n)).toThrow(TypeError);
    expect(() => (npu['more'] = 1n)).toThrow(TypeError);
    expect(() => ((npu['regs'] as unknown[])[0] = 1n)).toThrow(TypeError);
    expect(Object.keys(npu)).toEqual(['lock', 'usage', 'ready', 'regs', 'none']);
  });

  test.each([0, -1, 0.5])('has no view at address %d', (address) => {
    expect(() => Npu.at(address)).toThrow(RangeError);
  });

  test('refuses field names that views use themselves', () => {
    expect(() => struct('s', { $address: u8 })).toThrow(
      'struct s: field names starting with $ are taken, got $address',
    );
  });

  test.each<[unknown, unknown, string]>([
    [{ a: u8 }, 's', 'struct: expected a name, then the fields, got [object Object] first'],
    ['s', u8.name, 'struct s: expected an object of types by field name, got "u8"'],
    ['s', [u8], 'struct s: expected an object of types by field name, got [object Array]'],
    ['s', { a: undefined }, 'struct s: expected a type for a, got undefined; is its import spelt right?'],
    ['s', { a: 8 }, 'struct s: expected a type for a, got 8'],
  ])('refuses %o, %o', (name, fields, message) => {
    expect(() => struct(name as string, fields as { a: typeof u8 })).toThrow(new TypeError(message));
  });

  test.each([{}, { none: array(u8, 0) }])('refuses to take no word, for its objects would be one', (fields) => {
    expect(() => struct('s', fields)).toThrow('struct s: expected at least one word');
  });
});

test('isHandle tells views from everything else', () => {
  expect(isHandle(Npu.at(1))).toBe(true);
  for (const value of [undefined, null, 1, 'x', {}, Npu, Npu.at(1).usage]) expect(isHandle(value)).toBe(false);
});

test('viewAt gives cells, frozen arrays and views', () => {
  expect(viewAt(u8, 3)).toEqual(new Cell(3, u8));
  const regs = viewAt(array(Lock, 2), 3);
  expect(regs).toEqual([Lock.at(3), Lock.at(4)]);
  expect(Object.isFrozen(regs)).toBe(true);
  expect(
    viewAt(
      ptr(() => Lock),
      3,
    ).type.words,
  ).toBe(1);
});
