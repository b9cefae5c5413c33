/** Typed fields, as in `u-bits.ts`, in big-endian words. Field and value are the host's, the word is not. */
import {
  cpuToBe16,
  cpuToBe32,
  cpuToBe64,
  be16ToCpu,
  be32ToCpu,
  be64ToCpu,
  type Endian,
  type Be16,
  type Be32,
  type Be64,
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
 * A big-endian 16-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a number of 16 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h be16_encode_bits v7.0
 */
export function be16EncodeBits(value: number, fieldMask: number, host: Endian): Be16 {
  return cpuToBe16(u16EncodeBits(value, fieldMask), host);
}

/**
 * The value of the field `fieldMask` in a big-endian 16-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a number of 16 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h be16_get_bits v7.0
 */
export function be16GetBits(word: Be16, fieldMask: number, host: Endian): number {
  return u16GetBits(be16ToCpu(word, host), fieldMask);
}

/**
 * A big-endian 16-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a number of 16 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h be16_replace_bits v7.0
 */
export function be16ReplaceBits(old: Be16, value: number, fieldMask: number, host: Endian): Be16 {
  return cpuToBe16(u16ReplaceBits(be16ToCpu(old, host), value, fieldMask), host);
}

/**
 * A big-endian 32-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a number of 32 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h be32_encode_bits v7.0
 */
export function be32EncodeBits(value: number, fieldMask: number, host: Endian): Be32 {
  return cpuToBe32(u32EncodeBits(value, fieldMask), host);
}

/**
 * The value of the field `fieldMask` in a big-endian 32-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a number of 32 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h be32_get_bits v7.0
 */
export function be32GetBits(word: Be32, fieldMask: number, host: Endian): number {
  return u32GetBits(be32ToCpu(word, host), fieldMask);
}

/**
 * A big-endian 32-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a number of 32 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h be32_replace_bits v7.0
 */
export function be32ReplaceBits(old: Be32, value: number, fieldMask: number, host: Endian): Be32 {
  return cpuToBe32(u32ReplaceBits(be32ToCpu(old, host), value, fieldMask), host);
}

/**
 * A big-endian 64-bit word with `value` in the field `fieldMask` and zeros around it.
 *
 * @throws TypeError or RangeError when an argument is not a bigint of 64 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h be64_encode_bits v7.0
 */
export function be64EncodeBits(value: bigint, fieldMask: bigint, host: Endian): Be64 {
  return cpuToBe64(u64EncodeBits(value, fieldMask), host);
}

/**
 * The value of the field `fieldMask` in a big-endian 64-bit word.
 *
 * @throws TypeError or RangeError when an argument is not a bigint of 64 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h be64_get_bits v7.0
 */
export function be64GetBits(word: Be64, fieldMask: bigint, host: Endian): bigint {
  return u64GetBits(be64ToCpu(word, host), fieldMask);
}

/**
 * A big-endian 64-bit word that is `old` with `value` in the field `fieldMask`.
 *
 * @throws TypeError or RangeError when an argument is not a bigint of 64 bits, `host` is no byte order, or `fieldMask` is not
 *   contiguous ones
 * @source include/linux/bitfield.h be64_replace_bits v7.0
 */
export function be64ReplaceBits(old: Be64, value: bigint, fieldMask: bigint, host: Endian): Be64 {
  return cpuToBe64(u64ReplaceBits(be64ToCpu(old, host), value, fieldMask), host);
}
