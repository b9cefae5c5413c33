/**
 * The fields of `field.ts` in words of 32, 16 and 8 bits, which are numbers. A value may be wider than the word, up to 64
 * bits: it is first converted to the type of the mask, as in C.
 */
import { fitNarrow, getNarrow, maxNarrow, modifyNarrow, prepNarrow, type FieldValue } from './internal/narrow-field.js';

/**
 * As {@link fieldPrep}, for a mask of 32 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_PREP v7.0
 */
export function fieldPrep32(mask: number, value: FieldValue): number {
  return prepNarrow('fieldPrep32', 32, mask, value);
}

/**
 * As {@link fieldGet}, for a mask of 32 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_GET v7.0
 */
export function fieldGet32(mask: number, word: number): number {
  return getNarrow('fieldGet32', 32, mask, word);
}

/**
 * As {@link fieldFit}, for a mask of 32 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_FIT v7.0
 */
export function fieldFit32(mask: number, value: FieldValue): boolean {
  return fitNarrow('fieldFit32', 32, mask, value);
}

/**
 * As {@link fieldMax}, for a mask of 32 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_MAX v7.0
 */
export function fieldMax32(mask: number): number {
  return maxNarrow('fieldMax32', 32, mask);
}

/**
 * As {@link fieldModify}, for a mask of 32 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_MODIFY v7.0
 */
export function fieldModify32(mask: number, word: number, value: FieldValue): number {
  return modifyNarrow('fieldModify32', 32, mask, word, value);
}

/**
 * As {@link fieldPrep}, for a mask of 16 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_PREP v7.0
 */
export function fieldPrep16(mask: number, value: FieldValue): number {
  return prepNarrow('fieldPrep16', 16, mask, value);
}

/**
 * As {@link fieldGet}, for a mask of 16 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_GET v7.0
 */
export function fieldGet16(mask: number, word: number): number {
  return getNarrow('fieldGet16', 16, mask, word);
}

/**
 * As {@link fieldFit}, for a mask of 16 bits. A u16 is shifted as an
 * `int`, so here bits shifted out at the top are noticed.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_FIT v7.0
 */
export function fieldFit16(mask: number, value: FieldValue): boolean {
  return fitNarrow('fieldFit16', 16, mask, value);
}

/**
 * As {@link fieldMax}, for a mask of 16 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_MAX v7.0
 */
export function fieldMax16(mask: number): number {
  return maxNarrow('fieldMax16', 16, mask);
}

/**
 * As {@link fieldModify}, for a mask of 16 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_MODIFY v7.0
 */
export function fieldModify16(mask: number, word: number, value: FieldValue): number {
  return modifyNarrow('fieldModify16', 16, mask, word, value);
}

/**
 * As {@link fieldPrep}, for a mask of 8 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_PREP v7.0
 */
export function fieldPrep8(mask: number, value: FieldValue): number {
  return prepNarrow('fieldPrep8', 8, mask, value);
}

/**
 * As {@link fieldGet}, for a mask of 8 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_GET v7.0
 */
export function fieldGet8(mask: number, word: number): number {
  return getNarrow('fieldGet8', 8, mask, word);
}

/**
 * As {@link fieldFit}, for a mask of 8 bits. A u8 is shifted as an
 * `int`, so here bits shifted out at the top are noticed.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_FIT v7.0
 */
export function fieldFit8(mask: number, value: FieldValue): boolean {
  return fitNarrow('fieldFit8', 8, mask, value);
}

/**
 * As {@link fieldMax}, for a mask of 8 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_MAX v7.0
 */
export function fieldMax8(mask: number): number {
  return maxNarrow('fieldMax8', 8, mask);
}

/**
 * As {@link fieldModify}, for a mask of 8 bits.
 *
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when an argument does not fit its type, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_MODIFY v7.0
 */
export function fieldModify8(mask: number, word: number, value: FieldValue): number {
  return modifyNarrow('fieldModify8', 8, mask, word, value);
}
