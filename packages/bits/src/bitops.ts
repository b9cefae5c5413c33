/**
 * Finding and counting bits in one word. `ffs`, `fls` and `fls64` count from 1 and answer 0 for an empty word; names with
 * `From0`, which the kernel spells with two underscores, count from 0 and refuse an empty word, undefined in C.
 */
import { checkIndex, checkU64, checkUint } from './internal/check.js';
import { highHalf, lowHalf, lowestBit, lowestBit64, popcount } from './internal/word.js';

/**
 * Place of the lowest one of a 32-bit `word`, counted from 1; 0 when there is none.
 *
 * @throws TypeError when `word` is not an integer
 * @throws RangeError when `word` is not of 32 bits
 * @source include/asm-generic/bitops/ffs.h ffs v4.19
 */
export function ffs(word: number): number {
  checkUint('ffs', 'a word', word, 32);
  return word === 0 ? 0 : lowestBit(word) + 1;
}

/**
 * Place of the highest one of a 32-bit `word`, counted from 1; 0 when there is none.
 *
 * @throws TypeError when `word` is not an integer
 * @throws RangeError when `word` is not of 32 bits
 * @source include/asm-generic/bitops/fls.h fls v4.19
 */
export function fls(word: number): number {
  checkUint('fls', 'a word', word, 32);
  return 32 - Math.clz32(word);
}

/**
 * Place of the highest one of a 64-bit `word`, counted from 1; 0 when there is none.
 *
 * @throws TypeError when `word` is not a bigint
 * @throws RangeError when `word` is not of 64 bits
 * @source include/asm-generic/bitops/fls64.h fls64 v4.19
 */
export function fls64(word: bigint): number {
  checkU64('fls64', 'a word', word);
  return highestPlace(word);
}

/**
 * As {@link fls64}: an `unsigned long` has 64 bits.
 *
 * @source include/linux/bitops.h fls_long v4.19
 */
export function flsLong(word: bigint): number {
  checkU64('flsLong', 'a word', word);
  return highestPlace(word);
}

/**
 * Place of the lowest one of a 64-bit `word`, counted from 0: the kernel's `__ffs`.
 *
 * @throws TypeError when `word` is not a bigint
 * @throws RangeError when `word` is 0 or not of 64 bits
 * @source include/asm-generic/bitops/__ffs.h __ffs v4.19
 */
export function ffsFrom0(word: bigint): number {
  checkNonzero('ffsFrom0', word);
  return lowestBit64(word);
}

/**
 * As {@link ffsFrom0}, for a u64 on every machine: the kernel's `__ffs64`.
 *
 * @source include/linux/bitops.h __ffs64 v4.19
 */
export function ffs64From0(word: bigint): number {
  checkNonzero('ffs64From0', word);
  return lowestBit64(word);
}

/**
 * Place of the highest one of a 64-bit `word`, counted from 0: the kernel's `__fls`.
 *
 * @throws TypeError when `word` is not a bigint
 * @throws RangeError when `word` is 0 or not of 64 bits
 * @source include/asm-generic/bitops/__fls.h __fls v4.19
 */
export function flsFrom0(word: bigint): number {
  checkNonzero('flsFrom0', word);
  return highestPlace(word) - 1;
}

/**
 * Place of the lowest zero of a 64-bit `word`, counted from 0.
 *
 * @throws TypeError when `word` is not a bigint
 * @throws RangeError when `word` has no zero, undefined in C, or is not of 64 bits
 * @source include/asm-generic/bitops/ffz.h ffz v4.19
 */
export function ffz(word: bigint): number {
  checkU64('ffz', 'a word', word);
  const zeros = BigInt.asUintN(64, ~word);
  if (zeros === 0n) throw new RangeError('ffz: expected a word with a zero in it, got 0xffffffffffffffff');
  return lowestBit64(zeros);
}

/**
 * The power of two, as an exponent, that is the smallest not below a 32-bit `count`; -1 for 0.
 *
 * @throws TypeError when `count` is not an integer
 * @throws RangeError when `count` is not of 32 bits
 * @source include/linux/bitops.h get_count_order v4.19
 */
export function getCountOrder(count: number): number {
  checkUint('getCountOrder', 'a count', count, 32);
  return count === 0 ? -1 : 32 - Math.clz32(count - 1);
}

/**
 * As {@link getCountOrder}, for an `unsigned long`.
 *
 * @throws TypeError when `count` is not a bigint
 * @throws RangeError when `count` is not of 64 bits
 * @source include/linux/bitops.h get_count_order_long v4.19
 */
export function getCountOrderLong(count: bigint): number {
  checkU64('getCountOrderLong', 'a count', count);
  return count === 0n ? -1 : highestPlace(count - 1n);
}

/**
 * The low bits of a 32-bit `value` as a signed number.
 *
 * @param signBit - place of the sign, 0 to 31, counted from 0; what is above it is not looked at
 * @returns a signed 32-bit integer
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when `value` is not of 32 bits or `signBit` is no bit of it
 * @source include/linux/bitops.h sign_extend32 v4.19
 */
export function signExtend32(value: number, signBit: number): number {
  checkUint('signExtend32', 'a value', value, 32);
  checkIndex('signExtend32', 'a sign bit', signBit, 31);
  const shift = 31 - signBit;
  return (value << shift) >> shift;
}

/**
 * The low bits of a 64-bit `value` as a signed number.
 *
 * @param signBit - place of the sign, 0 to 63, counted from 0; what is above it is not looked at
 * @returns a signed 64-bit integer
 * @throws TypeError when `value` is not a bigint or `signBit` is not an integer
 * @throws RangeError when `value` is not of 64 bits or `signBit` is no bit of it
 * @source include/linux/bitops.h sign_extend64 v4.19
 */
export function signExtend64(value: bigint, signBit: number): bigint {
  checkU64('signExtend64', 'a value', value);
  checkIndex('signExtend64', 'a sign bit', signBit, 63);
  return BigInt.asIntN(signBit + 1, value);
}

/**
 * Number of ones in an 8-bit `word`.
 *
 * @throws TypeError when `word` is not an integer
 * @throws RangeError when `word` is not of 8 bits
 * @source lib/hweight.c hweight8 v4.19
 */
export function hweight8(word: number): number {
  checkUint('hweight8', 'a word', word, 8);
  return popcount(word);
}

/**
 * Number of ones in a 16-bit `word`.
 *
 * @throws TypeError when `word` is not an integer
 * @throws RangeError when `word` is not of 16 bits
 * @source lib/hweight.c hweight16 v4.19
 */
export function hweight16(word: number): number {
  checkUint('hweight16', 'a word', word, 16);
  return popcount(word);
}

/**
 * Number of ones in a 32-bit `word`.
 *
 * @throws TypeError when `word` is not an integer
 * @throws RangeError when `word` is not of 32 bits
 * @source lib/hweight.c hweight32 v4.19
 */
export function hweight32(word: number): number {
  checkUint('hweight32', 'a word', word, 32);
  return popcount(word);
}

/**
 * Number of ones in a 64-bit `word`.
 *
 * @throws TypeError when `word` is not a bigint
 * @throws RangeError when `word` is not of 64 bits
 * @source lib/hweight.c hweight64 v4.19
 */
export function hweight64(word: bigint): number {
  checkU64('hweight64', 'a word', word);
  return popcount(lowHalf(word)) + popcount(highHalf(word));
}

/**
 * As {@link hweight64}: an `unsigned long` has 64 bits.
 *
 * @source include/linux/bitops.h hweight_long v4.19
 */
export function hweightLong(word: bigint): number {
  checkU64('hweightLong', 'a word', word);
  return popcount(lowHalf(word)) + popcount(highHalf(word));
}

function checkNonzero(subject: string, word: bigint): void {
  checkU64(subject, 'a word', word);
  if (word === 0n) throw new RangeError(`${subject}: expected a word with a one in it, got 0`);
}

/** Counted from 1, so that 0 is the answer for 0. */
function highestPlace(word: bigint): number {
  const high = highHalf(word);
  return high === 0 ? 32 - Math.clz32(lowHalf(word)) : 64 - Math.clz32(high);
}
