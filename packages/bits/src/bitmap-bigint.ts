/** Bitmaps as one big number: bit i of the map is bit i of the number. */
import { bitmapZero, type Bitmap } from './bitmap.js';
import { lastWordOf, wordOf } from './internal/bitmap-words.js';
import { hex } from './internal/check.js';
import { lowHalf } from './internal/word.js';

/**
 * Makes `dst` the bits of `value`.
 *
 * @throws TypeError when `value` is not a bigint
 * @throws RangeError when `value` is negative or has bits that `dst` does not have
 * @source include/linux/bitmap.h bitmap_from_u64 v7.0
 */
export function bitmapFromBigint(dst: Bitmap, value: bigint): void {
  if (typeof value !== 'bigint') throw new TypeError(`bitmapFromBigint: expected a bigint, got ${String(value)}`);
  if (value < 0n || value >> BigInt(dst.nbits) !== 0n) {
    throw new RangeError(`bitmapFromBigint: expected a value of ${dst.nbits} bits, got ${hex(value)}`);
  }
  bitmapZero(dst);
  for (let i = 0, rest = value; rest !== 0n; i++, rest >>= 32n) dst.words.set(i, lowHalf(rest) | 0);
}

/**
 * The bits of `map` as a number.
 *
 * @source include/linux/bitmap.h bitmap_to_arr64 v7.0
 */
export function bitmapToBigint(map: Bitmap): bigint {
  let digits = '0x0';
  for (let i = lastWordOf(map); i >= 0; i--) digits += (wordOf(map, i) >>> 0).toString(16).padStart(8, '0');
  return BigInt(digits);
}
