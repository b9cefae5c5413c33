/**
 * Searching bitmaps. Bits count from 0. As in the kernel the answer is the size of the map when there is no such bit,
 * and an offset at or past the size finds nothing.
 */
import type { Bitmap } from './bitmap.js';
import { checkSizes, lastWordOf, wordOf } from './internal/bitmap-words.js';
import { checkIndex } from './internal/check.js';
import { AS_IS, INVERTED, scanBoth, scanOne } from './internal/scan.js';

/**
 * The lowest bit that is set.
 *
 * @source lib/find_bit.c _find_first_bit v7.0
 */
export function findFirstBit(map: Bitmap): number {
  return scanOne(map, AS_IS, 0);
}

/**
 * The lowest bit that is clear.
 *
 * @source lib/find_bit.c _find_first_zero_bit v7.0
 */
export function findFirstZeroBit(map: Bitmap): number {
  return scanOne(map, INVERTED, 0);
}

/**
 * The lowest bit set in both `a` and `b`.
 *
 * @throws RangeError when the sizes differ
 * @source lib/find_bit.c _find_first_and_bit v7.0
 */
export function findFirstAndBit(a: Bitmap, b: Bitmap): number {
  checkSizes('findFirstAndBit', a, b);
  return scanBoth(a, AS_IS, b, AS_IS, 0);
}

/**
 * The highest bit that is set.
 *
 * @source lib/find_bit.c _find_last_bit v7.0
 */
export function findLastBit(map: Bitmap): number {
  for (let i = lastWordOf(map); i >= 0; i--) {
    const word = wordOf(map, i);
    if (word !== 0) return i * 32 + 31 - Math.clz32(word);
  }
  return map.nbits;
}

/**
 * The lowest bit that is set, from `offset` on.
 *
 * @throws TypeError when `offset` is not an integer
 * @throws RangeError when `offset` is negative
 * @source lib/find_bit.c _find_next_bit v7.0
 */
export function findNextBit(map: Bitmap, offset: number): number {
  checkOffset('findNextBit', offset);
  return scanOne(map, AS_IS, offset);
}

/**
 * The lowest bit that is clear, from `offset` on.
 *
 * @throws TypeError when `offset` is not an integer
 * @throws RangeError when `offset` is negative
 * @source lib/find_bit.c _find_next_zero_bit v7.0
 */
export function findNextZeroBit(map: Bitmap, offset: number): number {
  checkOffset('findNextZeroBit', offset);
  return scanOne(map, INVERTED, offset);
}

/**
 * The lowest bit set in both `a` and `b`, from `offset` on.
 *
 * @throws TypeError when `offset` is not an integer
 * @throws RangeError when `offset` is negative or the sizes differ
 * @source lib/find_bit.c _find_next_and_bit v7.0
 */
export function findNextAndBit(a: Bitmap, b: Bitmap, offset: number): number {
  checkSizes('findNextAndBit', a, b);
  checkOffset('findNextAndBit', offset);
  return scanBoth(a, AS_IS, b, AS_IS, offset);
}

/**
 * The lowest bit set in `a` and clear in `b`, from `offset` on.
 *
 * @throws TypeError when `offset` is not an integer
 * @throws RangeError when `offset` is negative or the sizes differ
 * @source lib/find_bit.c _find_next_andnot_bit v7.0
 */
export function findNextAndnotBit(a: Bitmap, b: Bitmap, offset: number): number {
  checkSizes('findNextAndnotBit', a, b);
  checkOffset('findNextAndnotBit', offset);
  return scanBoth(a, AS_IS, b, INVERTED, offset);
}

/**
 * The lowest bit that is set, from `offset` on and then from the start of the map up to `offset`.
 *
 * @throws TypeError when `offset` is not an integer
 * @throws RangeError when `offset` is negative
 * @source include/linux/find.h find_next_bit_wrap v7.0
 */
export function findNextBitWrap(map: Bitmap, offset: number): number {
  checkOffset('findNextBitWrap', offset);
  const bit = scanOne(map, AS_IS, offset);
  return bit < map.nbits ? bit : scanOne(map, AS_IS, 0);
}

/**
 * The set bit that has `n` set bits below it: with `n` 0 the first.
 *
 * @throws TypeError when `n` is not an integer
 * @throws RangeError when `n` is negative
 * @source include/linux/find.h find_nth_bit v7.0
 */
export function findNthBit(map: Bitmap, n: number): number {
  checkIndex('findNthBit', 'a number of bits', n, Number.MAX_SAFE_INTEGER);
  let bit = findFirstBit(map);
  for (let left = n; left > 0 && bit < map.nbits; left--) bit = scanOne(map, AS_IS, bit + 1);
  return bit;
}

function checkOffset(subject: string, offset: number): void {
  checkIndex(subject, 'an offset', offset, Number.MAX_SAFE_INTEGER);
}
