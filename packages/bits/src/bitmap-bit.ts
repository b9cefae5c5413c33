/**
 * One bit of a bitmap. The kernel has each of these twice, atomic and, spelled with two underscores, not; these are the
 * latter. Among threads of a model use the atomic ones of `@shootdown/kernel`.
 */
import type { Bitmap } from './bitmap.js';
import { checkIndex } from './internal/check.js';

/**
 * Sets bit `nr`.
 *
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `map` has no such bit
 * @source include/asm-generic/bitops/non-atomic.h __set_bit v4.19
 */
export function setBit(nr: number, map: Bitmap): void {
  const mask = maskOf('setBit', nr, map);
  map.words.set(nr >>> 5, map.words.get(nr >>> 5) | mask);
}

/**
 * Clears bit `nr`.
 *
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `map` has no such bit
 * @source include/asm-generic/bitops/non-atomic.h __clear_bit v4.19
 */
export function clearBit(nr: number, map: Bitmap): void {
  const mask = maskOf('clearBit', nr, map);
  map.words.set(nr >>> 5, map.words.get(nr >>> 5) & ~mask);
}

/**
 * Sets bit `nr` if it is clear, clears it if it is set.
 *
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `map` has no such bit
 * @source include/asm-generic/bitops/non-atomic.h __change_bit v4.19
 */
export function changeBit(nr: number, map: Bitmap): void {
  const mask = maskOf('changeBit', nr, map);
  map.words.set(nr >>> 5, map.words.get(nr >>> 5) ^ mask);
}

/**
 * Whether bit `nr` is set.
 *
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `map` has no such bit
 * @source include/asm-generic/bitops/non-atomic.h test_bit v4.19
 */
export function testBit(nr: number, map: Bitmap): boolean {
  const mask = maskOf('testBit', nr, map);
  return (map.words.get(nr >>> 5) & mask) !== 0;
}

/**
 * Sets bit `nr` and tells whether it was set before.
 *
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `map` has no such bit
 * @source include/asm-generic/bitops/non-atomic.h __test_and_set_bit v4.19
 */
export function testAndSetBit(nr: number, map: Bitmap): boolean {
  const mask = maskOf('testAndSetBit', nr, map);
  const word = map.words.get(nr >>> 5);
  map.words.set(nr >>> 5, word | mask);
  return (word & mask) !== 0;
}

/**
 * Clears bit `nr` and tells whether it was set before.
 *
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `map` has no such bit
 * @source include/asm-generic/bitops/non-atomic.h __test_and_clear_bit v4.19
 */
export function testAndClearBit(nr: number, map: Bitmap): boolean {
  const mask = maskOf('testAndClearBit', nr, map);
  const word = map.words.get(nr >>> 5);
  map.words.set(nr >>> 5, word & ~mask);
  return (word & mask) !== 0;
}

/**
 * Changes bit `nr` and tells whether it was set before.
 *
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `map` has no such bit
 * @source include/asm-generic/bitops/non-atomic.h __test_and_change_bit v4.19
 */
export function testAndChangeBit(nr: number, map: Bitmap): boolean {
  const mask = maskOf('testAndChangeBit', nr, map);
  const word = map.words.get(nr >>> 5);
  map.words.set(nr >>> 5, word ^ mask);
  return (word & mask) !== 0;
}

function maskOf(subject: string, nr: number, map: Bitmap): number {
  checkIndex(subject, 'a bit', nr, map.nbits - 1);
  return 1 << (nr & 31);
}
