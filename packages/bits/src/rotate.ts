/** Rotating words. A shift may be any integer from 0 up; full turns do nothing. */
import { checkIndex, checkU64, checkUint } from './internal/check.js';

/**
 * A 64-bit `word` turned left by `shift` bits.
 *
 * @throws TypeError when `word` is not a bigint or `shift` is not an integer
 * @throws RangeError when `word` is not of 64 bits or `shift` is negative
 * @source include/linux/bitops.h rol64 v4.19
 */
export function rol64(word: bigint, shift: number): bigint {
  return turned64('rol64', word, shift, 'left');
}

/**
 * A 32-bit `word` turned left by `shift` bits.
 *
 * @throws TypeError when `word` is not an integer or `shift` is not an integer
 * @throws RangeError when `word` is not of 32 bits or `shift` is negative
 * @source include/linux/bitops.h rol32 v4.19
 */
export function rol32(word: number, shift: number): number {
  return turned('rol32', word, shift, 32, 'left');
}

/**
 * A 16-bit `word` turned left by `shift` bits.
 *
 * @throws TypeError when `word` is not an integer or `shift` is not an integer
 * @throws RangeError when `word` is not of 16 bits or `shift` is negative
 * @source include/linux/bitops.h rol16 v4.19
 */
export function rol16(word: number, shift: number): number {
  return turned('rol16', word, shift, 16, 'left');
}

/**
 * A 8-bit `word` turned left by `shift` bits.
 *
 * @throws TypeError when `word` is not an integer or `shift` is not an integer
 * @throws RangeError when `word` is not of 8 bits or `shift` is negative
 * @source include/linux/bitops.h rol8 v4.19
 */
export function rol8(word: number, shift: number): number {
  return turned('rol8', word, shift, 8, 'left');
}

/**
 * A 64-bit `word` turned right by `shift` bits.
 *
 * @throws TypeError when `word` is not a bigint or `shift` is not an integer
 * @throws RangeError when `word` is not of 64 bits or `shift` is negative
 * @source include/linux/bitops.h ror64 v4.19
 */
export function ror64(word: bigint, shift: number): bigint {
  return turned64('ror64', word, shift, 'right');
}

/**
 * A 32-bit `word` turned right by `shift` bits.
 *
 * @throws TypeError when `word` is not an integer or `shift` is not an integer
 * @throws RangeError when `word` is not of 32 bits or `shift` is negative
 * @source include/linux/bitops.h ror32 v4.19
 */
export function ror32(word: number, shift: number): number {
  return turned('ror32', word, shift, 32, 'right');
}

/**
 * A 16-bit `word` turned right by `shift` bits.
 *
 * @throws TypeError when `word` is not an integer or `shift` is not an integer
 * @throws RangeError when `word` is not of 16 bits or `shift` is negative
 * @source include/linux/bitops.h ror16 v4.19
 */
export function ror16(word: number, shift: number): number {
  return turned('ror16', word, shift, 16, 'right');
}

/**
 * A 8-bit `word` turned right by `shift` bits.
 *
 * @throws TypeError when `word` is not an integer or `shift` is not an integer
 * @throws RangeError when `word` is not of 8 bits or `shift` is negative
 * @source include/linux/bitops.h ror8 v4.19
 */
export function ror8(word: number, shift: number): number {
  return turned('ror8', word, shift, 8, 'right');
}

type Direction = 'left' | 'right';

function turned64(subject: string, word: bigint, shift: number, direction: Direction): bigint {
  checkU64(subject, 'a word', word);
  const left = BigInt(leftShift(subject, shift, 64, direction));
  return BigInt.asUintN(64, word << left) | (word >> (64n - left));
}

function turned(subject: string, word: number, shift: number, bits: number, direction: Direction): number {
  checkUint(subject, 'a word', word, bits);
  const left = leftShift(subject, shift, bits, direction);
  if (left === 0) return word;
  return (((word << left) | (word >>> (bits - left))) >>> 0) % 2 ** bits;
}

function leftShift(subject: string, shift: number, bits: number, direction: Direction): number {
  checkIndex(subject, 'a shift', shift, Number.MAX_SAFE_INTEGER);
  const turn = shift % bits;
  return direction === 'left' ? turn : (bits - turn) % bits;
}
