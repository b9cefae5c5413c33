/** Moving all bits of a bitmap. */
import type { Bitmap } from './bitmap.js';
import { checkSizes, lastWordOf, tailMask, wordOf } from './internal/bitmap-words.js';
import { checkIndex } from './internal/check.js';

/**
 * Makes `dst` the bits of `src` moved down by `shift`: bit i becomes bit i - shift, the highest become zero.
 *
 * @param dst - may be `src`
 * @param shift - 0 to the size of the maps
 * @throws TypeError when `shift` is not an integer
 * @throws RangeError when the sizes differ or `shift` is larger
 * @source lib/bitmap.c __bitmap_shift_right v7.0
 */
export function bitmapShiftRight(dst: Bitmap, src: Bitmap, shift: number): void {
  checkSizes('bitmapShiftRight', dst, src);
  checkIndex('bitmapShiftRight', 'a shift', shift, src.nbits);
  for (let i = 0, last = lastWordOf(dst); i <= last; i++) dst.words.set(i, wordAt(src, i * 32 + shift));
}

/**
 * Makes `dst` the bits of `src` moved up by `shift`: bit i becomes bit i + shift, the lowest become zero, those that
 * leave the size are lost.
 *
 * @param dst - may be `src`
 * @param shift - 0 to the size of the maps
 * @throws TypeError when `shift` is not an integer
 * @throws RangeError when the sizes differ or `shift` is larger
 * @source lib/bitmap.c __bitmap_shift_left v7.0
 */
export function bitmapShiftLeft(dst: Bitmap, src: Bitmap, shift: number): void {
  checkSizes('bitmapShiftLeft', dst, src);
  checkIndex('bitmapShiftLeft', 'a shift', shift, src.nbits);
  const last = lastWordOf(dst);
  for (let i = last; i >= 0; i--) {
    const word = wordAt(src, i * 32 - shift);
    dst.words.set(i, i === last ? word & tailMask(dst.nbits) : word);
  }
}

/** The 32 bits from `bit` on, zeros where the map has none; `bit` may be negative. */
function wordAt(map: Bitmap, bit: number): number {
  const index = Math.floor(bit / 32);
  const shift = bit - index * 32;
  if (shift === 0) return wordOf(map, index);
  return (wordOf(map, index) >>> shift) | (wordOf(map, index + 1) << (32 - shift));
}
