import { describe, expect, test } from 'vitest';
import * as bits from './index.js';
import { ArrayWords, Bitmap } from './index.js';

describe('a bitmap', () => {
  test('lives in the words it is given, bit 0 the least significant of word 0', () => {
    const words = new Uint32Array(2);
    const map = new Bitmap(40, words);
    bits.setBit(0, map);
    bits.setBit(39, map);
    expect([...words]).toEqual([0x1, 0x80]);
    expect(map.nbits).toBe(40);
  });

  test('shares bits with another over the same words', () => {
    const words = new ArrayWords(2);
    bits.bitmapFill(new Bitmap(20, words));
    expect(bits.bitmapListString(new Bitmap(64, words))).toBe('0-19');
  });

  test('may have no bits', () => {
    const map = new Bitmap(0);
    bits.bitmapFill(map);
    expect(bits.bitmapFull(map) && bits.bitmapEmpty(map)).toBe(true);
    expect(bits.findFirstZeroBit(map)).toBe(0);
    expect(() => bits.setBit(0, map)).toThrow('setBit: expected a bit of 0..-1, got 0');
  });

  test('may be very large', () => {
    const map = new Bitmap(2 ** 24);
    bits.bitmapSet(map, 2 ** 24 - 2, 2);
    expect(bits.findFirstBit(map)).toBe(2 ** 24 - 2);
    expect(bits.bitmapWeight(map)).toBe(2);
  });
});

const NONSENSE: readonly (readonly [string, () => unknown])[] = [
  ['Bitmap: expected an integer as a number of bits, got 1.5', () => new Bitmap(1.5)],
  ['Bitmap: expected a number of bits of 0..2147483647, got -1', () => new Bitmap(-1)],
  ['Bitmap: expected storage of at least 2 words for 33 bits, got 1', () => new Bitmap(33, new Uint32Array(1))],
  [
    'Bitmap: expected storage to be a Uint32Array, an Int32Array or {length, get, set}',
    () => new Bitmap(8, [0] as never),
  ],
  ['setBit: expected a bit of 0..7, got 8', () => bits.setBit(8, new Bitmap(8))],
  ['testBit: expected a bit of 0..7, got -1', () => bits.testBit(-1, new Bitmap(8))],
  ['testBit: expected an integer as a bit, got NaN', () => bits.testBit(NaN, new Bitmap(8))],
  ['bitmapSet: expected start + len <= 8, got 5 + 4', () => bits.bitmapSet(new Bitmap(8), 5, 4)],
  [
    'bitmapAnd: expected bitmaps of one size, got 8 and 9 bits',
    () => {
      return bits.bitmapAnd(new Bitmap(8), new Bitmap(8), new Bitmap(9));
    },
  ],
  ['bitmapShiftLeft: expected a shift of 0..8, got 9', () => bits.bitmapShiftLeft(new Bitmap(8), new Bitmap(8), 9)],
  ['findNextBit: expected an offset of 0..9007199254740991, got -1', () => bits.findNextBit(new Bitmap(8), -1)],
  [
    'findNextZeroArea: expected an align mask that is a power of two less 1, got 4',
    () => bits.findNextZeroArea(new Bitmap(8), { start: 0, nr: 1, alignMask: 4 }),
  ],
  ['bitmapFromBigint: expected a value of 8 bits, got 0x100', () => bits.bitmapFromBigint(new Bitmap(8), 0x100n)],
  ['bitmapFromBigint: expected a value of 8 bits, got -1', () => bits.bitmapFromBigint(new Bitmap(8), -1n)],
  ['bitmapFromBigint: expected a bigint, got 1', () => bits.bitmapFromBigint(new Bitmap(8), 1 as never)],
];

test.each(NONSENSE)('nonsense is refused: %s', (message, call) => {
  expect(call).toThrow(message);
});
