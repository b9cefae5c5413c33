/**
 * Bitmaps as sets: combining, comparing, counting. All maps of a call have one size, else RangeError. The destination may
 * be one of the operands.
 */
import type { Bitmap } from './bitmap.js';
import { checkSizes, lastWordOf, tailMask } from './internal/bitmap-words.js';
import { popcount } from './internal/word.js';

/**
 * Makes `dst` equal to `src`.
 *
 * @throws RangeError when the sizes differ
 * @source include/linux/bitmap.h bitmap_copy v7.0
 */
export function bitmapCopy(dst: Bitmap, src: Bitmap): void {
  checkSizes('bitmapCopy', dst, src);
  store(dst, (i) => src.words.get(i));
}

/**
 * Makes `dst` the bits set in both `a` and `b`.
 *
 * @returns whether there are any
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_and v7.0
 */
export function bitmapAnd(dst: Bitmap, a: Bitmap, b: Bitmap): boolean {
  checkSizes('bitmapAnd', dst, a, b);
  return store(dst, (i) => a.words.get(i) & b.words.get(i));
}

/**
 * Makes `dst` the bits set in `a` and not in `b`.
 *
 * @returns whether there are any
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_andnot v7.0
 */
export function bitmapAndnot(dst: Bitmap, a: Bitmap, b: Bitmap): boolean {
  checkSizes('bitmapAndnot', dst, a, b);
  return store(dst, (i) => a.words.get(i) & ~b.words.get(i));
}

/**
 * Makes `dst` the bits set in `a` or `b`.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_or v7.0
 */
export function bitmapOr(dst: Bitmap, a: Bitmap, b: Bitmap): void {
  checkSizes('bitmapOr', dst, a, b);
  store(dst, (i) => a.words.get(i) | b.words.get(i));
}

/**
 * Makes `dst` the bits set in one of `a` and `b`, not in both.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_xor v7.0
 */
export function bitmapXor(dst: Bitmap, a: Bitmap, b: Bitmap): void {
  checkSizes('bitmapXor', dst, a, b);
  store(dst, (i) => a.words.get(i) ^ b.words.get(i));
}

/**
 * Makes `dst` the bits not set in `src`.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_complement v7.0
 */
export function bitmapComplement(dst: Bitmap, src: Bitmap): void {
  checkSizes('bitmapComplement', dst, src);
  store(dst, (i) => ~src.words.get(i));
}

/**
 * Makes `dst` equal to `replacement` where `mask` is set, to `old` elsewhere.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_replace v7.0
 */
export function bitmapReplace(dst: Bitmap, old: Bitmap, replacement: Bitmap, mask: Bitmap): void {
  checkSizes('bitmapReplace', dst, old, replacement, mask);
  store(dst, (i) => (old.words.get(i) & ~mask.words.get(i)) | (replacement.words.get(i) & mask.words.get(i)));
}

/**
 * Whether `a` and `b` have the same bits.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_equal v7.0
 */
export function bitmapEqual(a: Bitmap, b: Bitmap): boolean {
  checkSizes('bitmapEqual', a, b);
  return isZero(a, (i) => a.words.get(i) ^ b.words.get(i));
}

/**
 * Whether `a` and `b` together have the bits of `c`.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_or_equal v7.0
 */
export function bitmapOrEqual(a: Bitmap, b: Bitmap, c: Bitmap): boolean {
  checkSizes('bitmapOrEqual', a, b, c);
  return isZero(a, (i) => (a.words.get(i) | b.words.get(i)) ^ c.words.get(i));
}

/**
 * Whether some bit is set in both `a` and `b`.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_intersects v7.0
 */
export function bitmapIntersects(a: Bitmap, b: Bitmap): boolean {
  checkSizes('bitmapIntersects', a, b);
  return !isZero(a, (i) => a.words.get(i) & b.words.get(i));
}

/**
 * Whether every bit set in `a` is set in `b`.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_subset v7.0
 */
export function bitmapSubset(a: Bitmap, b: Bitmap): boolean {
  checkSizes('bitmapSubset', a, b);
  return isZero(a, (i) => a.words.get(i) & ~b.words.get(i));
}

/**
 * Whether no bit is set.
 *
 * @source include/linux/bitmap.h bitmap_empty v7.0
 */
export function bitmapEmpty(map: Bitmap): boolean {
  return isZero(map, (i) => map.words.get(i));
}

/**
 * Whether every bit is set.
 *
 * @source include/linux/bitmap.h bitmap_full v7.0
 */
export function bitmapFull(map: Bitmap): boolean {
  return bitmapWeight(map) === map.nbits;
}

/**
 * Number of bits set.
 *
 * @source lib/bitmap.c __bitmap_weight v7.0
 */
export function bitmapWeight(map: Bitmap): number {
  return weigh(map, (i) => map.words.get(i));
}

/**
 * Number of bits set in both `a` and `b`.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_weight_and v7.0
 */
export function bitmapWeightAnd(a: Bitmap, b: Bitmap): number {
  checkSizes('bitmapWeightAnd', a, b);
  return weigh(a, (i) => a.words.get(i) & b.words.get(i));
}

/**
 * Number of bits set in `a` and not in `b`.
 *
 * @throws RangeError when the sizes differ
 * @source lib/bitmap.c __bitmap_weight_andnot v7.0
 */
export function bitmapWeightAndnot(a: Bitmap, b: Bitmap): number {
  checkSizes('bitmapWeightAndnot', a, b);
  return weigh(a, (i) => a.words.get(i) & ~b.words.get(i));
}

/** Fills `dst` word by word, upwards, and tells whether any bit is set then. The tail of the last word is cut off. */
function store(dst: Bitmap, word: (index: number) => number): boolean {
  const { nbits, words } = dst;
  const last = lastWordOf(dst);
  let any = 0;
  for (let i = 0; i <= last; i++) {
    const value = i === last ? word(i) & tailMask(nbits) : word(i) | 0;
    any |= value;
    words.set(i, value);
  }
  return any !== 0;
}

/** Whether no word has a one; the tail of the last word is not looked at. */
function isZero(map: Bitmap, word: (index: number) => number): boolean {
  const last = lastWordOf(map);
  for (let i = 0; i < last; i++) if (word(i) !== 0) return false;
  return last < 0 || (word(last) & tailMask(map.nbits)) === 0;
}

/** Number of ones in all words; the tail of the last word is not looked at. */
function weigh(map: Bitmap, word: (index: number) => number): number {
  const last = lastWordOf(map);
  let weight = 0;
  for (let i = 0; i < last; i++) weight += popcount(word(i));
  return last < 0 ? 0 : weight + popcount(word(last) & tailMask(map.nbits));
}
