/** Typed fields, as in `u-bits.ts`, in little-endian words. Field and value are the host's, the word is not. */
import {
  cpuToLe16,
  cpuToLe32,
  cpuToLe64,
  le16ToCpu,
  le32ToCpu,
  le64ToCpu,
  type Endian,
  type Le16,
  type Le32,
  type Le64,
} from './endian.js';
import {
  u16EncodeBits,
  u16GetBits,
  u16ReplaceBits,
  u32EncodeBits,
  u32GetBits,
  u32ReplaceBits,
  u64EncodeBits,
  u64GetBits,
  u64ReplaceBits,
} from './u-bits.js';

/**
 * A little-endian 16-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a number of 16 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h le16_encode_bits v7.0
 */
export function le16EncodeBits(value: number, fieldMask: number, host: Endian): Le16 {
  return cpuToLe16(u16EncodeBits(value, fieldMask), host);
}

/**
 * The value of the field `fieldMask` in a little-endian 16-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a number of 16 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h le16_get_bits v7.0
 */
export function le16GetBits(word: Le16, fieldMask: number, host: Endian): number {
  return u16GetBits(le16ToCpu(word, host), fieldMask);
}

/**
 * A little-endian 16-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a number of 16 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h le16_replace_bits v7.0
 */
export function le16ReplaceBits(old: Le16, value: number, fieldMask: number, host: Endian): Le16 {
  return cpuToLe16(u16ReplaceBits(le16ToCpu(old, host), value, fieldMask), host);
}

/**
 * A little-endian 32-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a number of 32 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h le32_encode_bits v7.0
 */
export function le32EncodeBits(value: number, fieldMask: number, host: Endian): Le32 {
  return cpuToLe32(u32EncodeBits(value, fieldMask), host);
}

/**
 * The value of the field `fieldMask` in a little-endian 32-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a number of 32 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h le32_get_bits v7.0
 */
export function le32GetBits(word: Le32, fieldMask: number, host: Endian): number {
  return u32GetBits(le32ToCpu(word, host), fieldMask);
}

/**
 * A little-endian 32-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a number of 32 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h le32_replace_bits v7.0
 */
export function le32ReplaceBits(old: Le32, value: number, fieldMask: number, host: Endian): Le32 {
  return cpuToLe32(u32ReplaceBits(le32ToCpu(old, host), value, fieldMask), host);
}

/**
 * A little-endian 64-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a bigint of 64 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h le64_encode_bits v7.0
 */
export function le64EncodeBits(value: bigint, fieldMask: bigint, host: Endian): Le64 {
  return cpuToLe64(u64EncodeBits(value, fieldMask), host);
}

/**
 * The value of the field `fieldMask` in a little-endian 64-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a bigint of 64 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h le64_get_bits v7.0
 */
export function le64GetBits(word: Le64, fieldMask: bigint, host: Endian): bigint {
  return u64GetBits(le64ToCpu(word, host), fieldMask);
}

/**
 * A little-endian 64-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a bigint of 64 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h le64_replace_bits v7.0
 */
export function le64ReplaceBits(old: Le64, value: bigint, fieldMask: bigint, host: Endian): Le64 {
  return cpuToLe64(u64ReplaceBits(le64ToCpu(old, host), value, fieldMask), host);
}
