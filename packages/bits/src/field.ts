/**
 * Fields named by their mask, in words of 64 bits (bigint). A mask says where a field is and how wide; it must be ones side
 * by side, else RangeError, where C stops the build. A value of which bits lie outside the field is cut off in silence, as
 * in C for values the compiler cannot see; `register-field.ts` has fields that refuse it.
 */
import { checkMask64, checkU64, checkUint, hex } from './internal/check.js';
import { lowestBit, lowestBit64 } from './internal/word.js';

/**
 * `value` in its place in `mask`, what does not fit cut off.
 *
 * @throws TypeError when an argument is not a bigint
 * @throws RangeError when an argument does not fit 64 bits, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_PREP v7.0
 */
export function fieldPrep(mask: bigint, value: bigint): bigint {
  checkMask64('fieldPrep', mask);
  checkU64('fieldPrep', 'a value', value);
  return (value << BigInt(lowestBit64(mask))) & mask;
}

/**
 * The field `mask` of `word`, moved to the least significant end.
 *
 * @throws TypeError when an argument is not a bigint
 * @throws RangeError when an argument does not fit 64 bits, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_GET v7.0
 */
export function fieldGet(mask: bigint, word: bigint): bigint {
  checkMask64('fieldGet', mask);
  checkU64('fieldGet', 'a word', word);
  return (word & mask) >> BigInt(lowestBit64(mask));
}

/**
 * Whether `value` fits the field, as C sees it: bits shifted out at the top of the word are not noticed, so
 * `fieldFit(bit(63), 2n)` is true. {@link RegisterField.fits} notices them.
 *
 * @throws TypeError when an argument is not a bigint
 * @throws RangeError when an argument does not fit 64 bits, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_FIT v7.0
 */
export function fieldFit(mask: bigint, value: bigint): boolean {
  checkMask64('fieldFit', mask);
  checkU64('fieldFit', 'a value', value);
  return (BigInt.asUintN(64, value << BigInt(lowestBit64(mask))) & ~mask) === 0n;
}

/**
 * The largest value that fits the field.
 *
 * @throws TypeError when `mask` is not a bigint
 * @throws RangeError when `mask` is not contiguous ones of 64 bits
 * @source include/linux/bitfield.h FIELD_MAX v7.0
 */
export function fieldMax(mask: bigint): bigint {
  checkMask64('fieldMax', mask);
  return mask >> BigInt(lowestBit64(mask));
}

/**
 * `word` with `value` in the field, what does not fit cut off. C writes the word back; here it is returned.
 *
 * @throws TypeError when an argument is not a bigint
 * @throws RangeError when an argument does not fit 64 bits, or the mask is not contiguous ones
 * @source include/linux/bitfield.h FIELD_MODIFY v7.0
 */
export function fieldModify(mask: bigint, word: bigint, value: bigint): bigint {
  checkMask64('fieldModify', mask);
  checkU64('fieldModify', 'a word', word);
  checkU64('fieldModify', 'a value', value);
  return (word & ~mask) | ((value << BigInt(lowestBit64(mask))) & mask);
}

/**
 * As {@link fieldPrep}, for masks not known before the run: the ones of `mask` may have gaps, and bits of `value` that meet
 * a gap are lost. In C only the case of the name tells the two apart.
 *
 * @throws TypeError when an argument is not a bigint
 * @throws RangeError when an argument does not fit 64 bits, or the mask is 0
 * @source include/linux/bitfield.h field_prep v7.0
 */
export function fieldPrepRuntime(mask: bigint, value: bigint): bigint {
  checkU64('fieldPrepRuntime', 'a value', value);
  return (value << BigInt(runtimeShift64('fieldPrepRuntime', mask))) & mask;
}

/**
 * As {@link fieldGet}, for masks not known before the run: the ones of `mask` may have gaps, which stay in the result.
 *
 * @throws TypeError when an argument is not a bigint
 * @throws RangeError when an argument does not fit 64 bits, or the mask is 0
 * @source include/linux/bitfield.h field_get v7.0
 */
export function fieldGetRuntime(mask: bigint, word: bigint): bigint {
  checkU64('fieldGetRuntime', 'a word', word);
  return (word & mask) >> BigInt(runtimeShift64('fieldGetRuntime', mask));
}

/**
 * As {@link fieldPrepRuntime}, in 32 bits.
 *
 * @source include/linux/bitfield.h field_prep v7.0
 */
export function fieldPrepRuntime32(mask: number, value: number): number {
  checkUint('fieldPrepRuntime32', 'a value', value, 32);
  return ((value << runtimeShift('fieldPrepRuntime32', mask)) & mask) >>> 0;
}

/**
 * As {@link fieldGetRuntime}, in 32 bits.
 *
 * @source include/linux/bitfield.h field_get v7.0
 */
export function fieldGetRuntime32(mask: number, word: number): number {
  checkUint('fieldGetRuntime32', 'a word', word, 32);
  return ((word & mask) >>> runtimeShift('fieldGetRuntime32', mask)) >>> 0;
}

/**
 * The field `mask` of `word`, moved to the least significant end: skiboot's {@link fieldGet}.
 *
 * @throws TypeError when an argument is not a bigint
 * @throws RangeError when an argument does not fit 64 bits, or the mask is 0
 * @source skiboot/include/bitutils.h GETFIELD v6.0
 */
export function getfield(mask: bigint, word: bigint): bigint {
  checkU64('getfield', 'a word', word);
  return (word & mask) >> BigInt(runtimeShift64('getfield', mask));
}

/**
 * `word` with `value` in the field, what does not fit cut off: skiboot's {@link fieldModify}.
 *
 * @throws TypeError when an argument is not a bigint
 * @throws RangeError when an argument does not fit 64 bits, or the mask is 0
 * @source skiboot/include/bitutils.h SETFIELD v6.0
 */
export function setfield(mask: bigint, word: bigint, value: bigint): bigint {
  checkU64('setfield', 'a word', word);
  checkU64('setfield', 'a value', value);
  return (word & ~mask) | ((value << BigInt(runtimeShift64('setfield', mask))) & mask);
}

function runtimeShift64(subject: string, mask: bigint): number {
  checkU64(subject, 'a mask', mask);
  if (mask === 0n) throw emptyMask(subject, mask);
  return lowestBit64(mask);
}

function runtimeShift(subject: string, mask: number): number {
  checkUint(subject, 'a mask', mask, 32);
  if (mask === 0) throw emptyMask(subject, mask);
  return lowestBit(mask);
}

function emptyMask(subject: string, mask: number | bigint): RangeError {
  return new RangeError(`${subject}: expected a mask with a one in it, got ${hex(mask)}`);
}
