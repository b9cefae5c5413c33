import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Layout } from './layout.js';
import { Memory } from './memory.js';
import { struct, type Cell, type Handle } from './struct.js';
import { array, bool, i32, ptr, sleepLockWord, spinLockWord, u16, u32, u64, u8, type ScalarType } from './types.js';

const roundTrip = <T>(type: ScalarType<T>, value: T): T => type.decode(type.low(value), type.high(value));

describe('a scalar', () => {
  test.each<[string, ScalarType<unknown>, unknown[]]>([
    ['u8', u8 as ScalarType<unknown>, [0, 1, 0x7f, 0x80, 0xff]],
    ['u16', u16 as ScalarType<unknown>, [0, 0xff, 0x7fff, 0x8000, 0xffff]],
    ['u32', u32 as ScalarType<unknown>, [0, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]],
    ['i32', i32 as ScalarType<unknown>, [-0x8000_0000, -1, 0, 1, 0x7fff_ffff]],
    [
      'u64',
      u64 as ScalarType<unknown>,
      [0n, 1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 32n, 0x8000_0000_0000_0000n, (1n << 64n) - 1n],
    ],
    ['bool', bool as ScalarType<unknown>, [false, true]],
    ['lock', spinLockWord as ScalarType<unknown>, [0, 1, 31]],
  ])('%s keeps each of its values, in signed words', (_, type, values) => {
    for (const value of values) {
      expect(type.fits(value)).toBe(true);
      expect(roundTrip(type, value)).toBe(value);
      for (const word of [type.low(value), type.high(value)]) expect(word | 0).toBe(word);
    }
  });

  test('u64 keeps any value', () => {
    fc.assert(fc.property(fc.bigInt(0n, (1n << 64n) - 1n), (value) => roundTrip(u64, value) === value));
  });

  const nonsense = [undefined, null, 'x', {}, Number.NaN, Infinity, 0.5, '1'];
  test.each<[string, ScalarType<unknown>, unknown[]]>([
    ['u8', u8 as ScalarType<unknown>, [-1, 256, 1n]],
    ['u16', u16 as ScalarType<unknown>, [-1, 65536, 1n]],
    ['u32', u32 as ScalarType<unknown>, [-1, 2 ** 32, 1n]],
    ['i32', i32 as ScalarType<unknown>, [-(2 ** 31) - 1, 2 ** 31, 1n]],
    ['u64', u64 as ScalarType<unknown>, [-1n, 1n << 64n, 1]],
    ['bool', bool as ScalarType<unknown>, [0, 1, 1n]],
    ['lock', sleepLockWord as ScalarType<unknown>, [-1, 2 ** 31, 1n]],
  ])('%s refuses what is outside its range or of another kind', (_, type, values) => {
    for (const value of [...values, ...nonsense]) expect(type.fits(value)).toBe(false);
  });

  test('-0 is stored as 0', () => {
    expect(i32.low(-0)).toBe(0);
    expect(u32.low(-0)).toBe(0);
  });

  test('a change of guard or owner leaves the rest as it is', () => {
    const type = u16.guardedBy('lock').ghost();
    expect(type).toMatchObject({ name: 'u16', words: 1, mask: 0xffff, isGhost: true });
    expect(type.guard).toEqual({ lock: 'lock', writesOnly: false });
    expect(u64.writesGuardedBy('lock')).toMatchObject({ words: 2, guard: { lock: 'lock', writesOnly: true } });
    expect(u16).toMatchObject({ guard: undefined, isGhost: false });
    expect(roundTrip(u64.ghost(), 1n << 63n)).toBe(1n << 63n);
  });

  test('members of a scalarset are named by their words', () => {
    expect(u64.memberOf('cpus', [1n, 1n << 32n]).membership).toEqual({
      set: 'cpus',
      words: [
        [1, 0],
        [0, 1],
      ],
    });
    expect(() => u8.memberOf('cpus', [256])).toThrow(
      new RangeError('memberOf cpus: expected a u8, got 256; a u8 is 0 to 255'),
    );
  });
});

describe('a pointer', () => {
  const Page = struct('page', { flags: u32 });
  const Other = struct('other', { flags: u32 });
  const toPage = ptr(() => Page);

  test('keeps views of its struct, and null as word 0', () => {
    const page = Page.at(5);
    expect(toPage.fits(page)).toBe(true);
    expect(roundTrip(toPage, page)).toBe(page);
    expect(toPage.fits(null)).toBe(true);
    expect(toPage.low(null)).toBe(0);
    expect(roundTrip(toPage, null)).toBe(null);
  });

  test('refuses a view of another struct and anything that is no view', () => {
    const type = toPage as unknown as ScalarType<unknown>;
    for (const value of [Other.at(5), undefined, 5, {}, { $address: 5 }]) expect(type.fits(value)).toBe(false);
  });

  test('may lead back to its own struct', () => {
    interface NodeView extends Handle {
      readonly value: Cell<number>;
      readonly next: Cell<NodeView | null>;
    }
    const Node = struct('node', { value: u32, next: ptr((): { at(address: number): NodeView } => Node) });
    const layout = new Layout();
    const [a, b] = layout.array('node', Node, 2);
    const memory = new Memory(layout);
    memory.set(a.next, b);
    expect(memory.get(a.next)).toBe(b);
    expect(memory.get(b.next)).toBe(null);
  });
});

describe('an array', () => {
  test.each([-1, 0.5, Number.NaN])('of length %d is refused', (length) => {
    expect(() => array(u8, length)).toThrow(RangeError);
    expect(() => new Layout().array('a', u8, length)).toThrow(`expected an array length >= 0, got ${length}`);
  });
});
