/**
 * Byte order. The kernel knows its host when it is built; here every conversion is told, so that one program can model
 * both. A word in a stated order has a type of its own and must be converted back before it is computed with.
 */
import type { Brand } from './brand.js';
import { checkU64, checkUint } from './internal/check.js';
import { highHalf, lowHalf } from './internal/word.js';

/** Order in which the host stores the bytes of a word: the least significant first (`little`) or last (`big`). */
export type Endian = 'little' | 'big';

/** A 16-bit big-endian word, as a load of the host sees it. @source include/uapi/linux/types.h __be16 v7.0 */
export type Be16 = Brand<number, 'Be16'>;
/** A 32-bit big-endian word, as a load of the host sees it. @source include/uapi/linux/types.h __be32 v7.0 */
export type Be32 = Brand<number, 'Be32'>;
/** A 64-bit big-endian word, as a load of the host sees it. @source include/uapi/linux/types.h __be64 v7.0 */
export type Be64 = Brand<bigint, 'Be64'>;
/** A 16-bit little-endian word, as a load of the host sees it. @source include/uapi/linux/types.h __le16 v7.0 */
export type Le16 = Brand<number, 'Le16'>;
/** A 32-bit little-endian word, as a load of the host sees it. @source include/uapi/linux/types.h __le32 v7.0 */
export type Le32 = Brand<number, 'Le32'>;
/** A 64-bit little-endian word, as a load of the host sees it. @source include/uapi/linux/types.h __le64 v7.0 */
export type Le64 = Brand<bigint, 'Le64'>;

/**
 * The bytes of a 16-bit word in reverse.
 *
 * @throws TypeError when `value` is not an integer
 * @throws RangeError when `value` is not of 16 bits
 * @source include/uapi/linux/swab.h swab16 v7.0
 */
export function swab16(value: number): number {
  checkUint('swab16', 'a value', value, 16);
  return ((value & 0xff) << 8) | (value >>> 8);
}

/**
 * The bytes of a 32-bit word in reverse.
 *
 * @throws TypeError when `value` is not an integer
 * @throws RangeError when `value` is not of 32 bits
 * @source include/uapi/linux/swab.h swab32 v7.0
 */
export function swab32(value: number): number {
  checkUint('swab32', 'a value', value, 32);
  return swapped(value);
}

/**
 * The bytes of a 64-bit word in reverse.
 *
 * @throws TypeError when `value` is not a bigint
 * @throws RangeError when `value` is not of 64 bits
 * @source include/uapi/linux/swab.h swab64 v7.0
 */
export function swab64(value: bigint): bigint {
  checkU64('swab64', 'a value', value);
  return (BigInt(swapped(lowHalf(value))) << 32n) | BigInt(swapped(highHalf(value)));
}

/**
 * A 16-bit word of the host as big-endian.
 *
 * @throws TypeError or RangeError when `value` is not a number of 16 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h cpu_to_be16 v7.0
 */
export function cpuToBe16(value: number, host: Endian): Be16 {
  return convert16('cpuToBe16', value, 'big', host) as Be16;
}

/**
 * A big-endian 16-bit word as the host computes with it.
 *
 * @throws TypeError or RangeError when `value` is not a number of 16 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h be16_to_cpu v7.0
 */
export function be16ToCpu(value: Be16, host: Endian): number {
  return convert16('be16ToCpu', value, 'big', host);
}

/**
 * A 32-bit word of the host as big-endian.
 *
 * @throws TypeError or RangeError when `value` is not a number of 32 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h cpu_to_be32 v7.0
 */
export function cpuToBe32(value: number, host: Endian): Be32 {
  return convert32('cpuToBe32', value, 'big', host) as Be32;
}

/**
 * A big-endian 32-bit word as the host computes with it.
 *
 * @throws TypeError or RangeError when `value` is not a number of 32 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h be32_to_cpu v7.0
 */
export function be32ToCpu(value: Be32, host: Endian): number {
  return convert32('be32ToCpu', value, 'big', host);
}

/**
 * A 64-bit word of the host as big-endian.
 *
 * @throws TypeError or RangeError when `value` is not a bigint of 64 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h cpu_to_be64 v7.0
 */
export function cpuToBe64(value: bigint, host: Endian): Be64 {
  return convert64('cpuToBe64', value, 'big', host) as Be64;
}

/**
 * A big-endian 64-bit word as the host computes with it.
 *
 * @throws TypeError or RangeError when `value` is not a bigint of 64 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h be64_to_cpu v7.0
 */
export function be64ToCpu(value: Be64, host: Endian): bigint {
  return convert64('be64ToCpu', value, 'big', host);
}

/**
 * A 16-bit word of the host as little-endian.
 *
 * @throws TypeError or RangeError when `value` is not a number of 16 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h cpu_to_le16 v7.0
 */
export function cpuToLe16(value: number, host: Endian): Le16 {
  return convert16('cpuToLe16', value, 'little', host) as Le16;
}

/**
 * A little-endian 16-bit word as the host computes with it.
 *
 * @throws TypeError or RangeError when `value` is not a number of 16 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h le16_to_cpu v7.0
 */
export function le16ToCpu(value: Le16, host: Endian): number {
  return convert16('le16ToCpu', value, 'little', host);
}

/**
 * A 32-bit word of the host as little-endian.
 *
 * @throws TypeError or RangeError when `value` is not a number of 32 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h cpu_to_le32 v7.0
 */
export function cpuToLe32(value: number, host: Endian): Le32 {
  return convert32('cpuToLe32', value, 'little', host) as Le32;
}

/**
 * A little-endian 32-bit word as the host computes with it.
 *
 * @throws TypeError or RangeError when `value` is not a number of 32 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h le32_to_cpu v7.0
 */
export function le32ToCpu(value: Le32, host: Endian): number {
  return convert32('le32ToCpu', value, 'little', host);
}

/**
 * A 64-bit word of the host as little-endian.
 *
 * @throws TypeError or RangeError when `value` is not a bigint of 64 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h cpu_to_le64 v7.0
 */
export function cpuToLe64(value: bigint, host: Endian): Le64 {
  return convert64('cpuToLe64', value, 'little', host) as Le64;
}

/**
 * A little-endian 64-bit word as the host computes with it.
 *
 * @throws TypeError or RangeError when `value` is not a bigint of 64 bits, or `host` is no byte order
 * @source include/linux/byteorder/generic.h le64_to_cpu v7.0
 */
export function le64ToCpu(value: Le64, host: Endian): bigint {
  return convert64('le64ToCpu', value, 'little', host);
}

function convert16(subject: string, value: number, order: Endian, host: Endian): number {
  checkUint(subject, 'a value', value, 16);
  return isForeign(subject, order, host) ? swab16(value) : value;
}

function convert32(subject: string, value: number, order: Endian, host: Endian): number {
  checkUint(subject, 'a value', value, 32);
  return isForeign(subject, order, host) ? swapped(value) : value;
}

function convert64(subject: string, value: bigint, order: Endian, host: Endian): bigint {
  checkU64(subject, 'a value', value);
  return isForeign(subject, order, host) ? swab64(value) : value;
}

function isForeign(subject: string, order: Endian, host: Endian): boolean {
  if (host !== 'little' && host !== 'big') {
    throw new TypeError(`${subject}: expected a host that is 'little' or 'big', got ${String(host)}`);
  }
  return order !== host;
}

function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
