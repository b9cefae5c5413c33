/**
 * Typed fields in words of the host: the word comes first, the field last, the other way round than in `FIELD_GET`. A
 * value of which bits lie outside the field is cut off in silence, as in C for values the compiler cannot see.
 */
import { checkMask64, checkU64, checkUint } from './internal/check.js';
import { getNarrow, modifyNarrow, prepNarrow } from './internal/narrow-field.js';
import { lowestBit64 } from './internal/word.js';

/**
 * A 8-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a number of 8 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u8_encode_bits v7.0
 */
export function u8EncodeBits(value: number, fieldMask: number): number {
  checkUint('u8EncodeBits', 'a value', value, 8);
  return prepNarrow('u8EncodeBits', 8, fieldMask, value);
}

/**
 * The value of the field `fieldMask` in a 8-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a number of 8 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u8_get_bits v7.0
 */
export function u8GetBits(word: number, fieldMask: number): number {
  return getNarrow('u8GetBits', 8, fieldMask, word);
}

/**
 * A 8-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a number of 8 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u8_replace_bits v7.0
 */
export function u8ReplaceBits(old: number, value: number, fieldMask: number): number {
  checkUint('u8ReplaceBits', 'a value', value, 8);
  return modifyNarrow('u8ReplaceBits', 8, fieldMask, old, value);
}

/**
 * A 16-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a number of 16 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u16_encode_bits v7.0
 */
export function u16EncodeBits(value: number, fieldMask: number): number {
  checkUint('u16EncodeBits', 'a value', value, 16);
  return prepNarrow('u16EncodeBits', 16, fieldMask, value);
}

/**
 * The value of the field `fieldMask` in a 16-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a number of 16 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u16_get_bits v7.0
 */
export function u16GetBits(word: number, fieldMask: number): number {
  return getNarrow('u16GetBits', 16, fieldMask, word);
}

/**
 * A 16-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a number of 16 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u16_replace_bits v7.0
 */
export function u16ReplaceBits(old: number, value: number, fieldMask: number): number {
  checkUint('u16ReplaceBits', 'a value', value, 16);
  return modifyNarrow('u16ReplaceBits', 16, fieldMask, old, value);
}

/**
 * A 32-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a number of 32 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u32_encode_bits v7.0
 */
export function u32EncodeBits(value: number, fieldMask: number): number {
  checkUint('u32EncodeBits', 'a value', value, 32);
  return prepNarrow('u32EncodeBits', 32, fieldMask, value);
}

/**
 * The value of the field `fieldMask` in a 32-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a number of 32 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u32_get_bits v7.0
 */
export function u32GetBits(word: number, fieldMask: number): number {
  return getNarrow('u32GetBits', 32, fieldMask, word);
}

/**
 * A 32-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a number of 32 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u32_replace_bits v7.0
 */
export function u32ReplaceBits(old: number, value: number, fieldMask: number): number {
  checkUint('u32ReplaceBits', 'a value', value, 32);
  return modifyNarrow('u32ReplaceBits', 32, fieldMask, old, value);
}

/**
 * A 64-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a bigint of 64 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u64_encode_bits v7.0
 */
export function u64EncodeBits(value: bigint, fieldMask: bigint): bigint {
  checkU64('u64EncodeBits', 'a value', value);
  checkMask64('u64EncodeBits', fieldMask);
  return (value << BigInt(lowestBit64(fieldMask))) & fieldMask;
}

/**
 * The value of the field `fieldMask` in a 64-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a bigint of 64 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u64_get_bits v7.0
 */
export function u64GetBits(word: bigint, fieldMask: bigint): bigint {
  checkU64('u64GetBits', 'a word', word);
  checkMask64('u64GetBits', fieldMask);
  return (word & fieldMask) >> BigInt(lowestBit64(fieldMask));
}

/**
 * A 64-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a bigint of 64 bits, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h u64_replace_bits v7.0
 */
export function u64ReplaceBits(old: bigint, value: bigint, fieldMask: bigint): bigint {
  checkU64('u64ReplaceBits', 'a word', old);
  checkU64('u64ReplaceBits', 'a value', value);
  checkMask64('u64ReplaceBits', fieldMask);
  return (old & ~fieldMask) | ((value << BigInt(lowestBit64(fieldMask))) & fieldMask);
}
