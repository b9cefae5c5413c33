/**
 * Single bits in the kernel's own numbering: bit 0 is the least significant. An `unsigned long` has 64 bits and is a
 * bigint. For IBM's numbering see `ppc.ts`.
 */
import { checkIndex } from './internal/check.js';

/**
 * The 64-bit word in which only bit `nr` (0 to 63, 0 is the least significant) is set.
 *
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `nr` is not a bit of the type; in C that is a build error or undefined
 * @source include/vdso/bits.h BIT v7.0
 */
export function bit(nr: number): bigint {
  checkIndex('bit', 'a bit', nr, 63);
  return 1n << BigInt(nr);
}

/**
 * As {@link bit}: `unsigned long long` has 64 bits too.
 *
 * @source include/vdso/bits.h BIT_ULL v7.0
 */
export function bitUll(nr: number): bigint {
  checkIndex('bitUll', 'a bit', nr, 63);
  return 1n << BigInt(nr);
}

/**
 * As {@link bit}, for a u64.
 *
 * @source include/linux/bits.h BIT_U64 v7.0
 */
export function bitU64(nr: number): bigint {
  checkIndex('bitU64', 'a bit', nr, 63);
  return 1n << BigInt(nr);
}

/**
 * As {@link bit}, for a u32: `nr` is 0 to 31.
 *
 * @source include/linux/bits.h BIT_U32 v7.0
 */
export function bitU32(nr: number): number {
  checkIndex('bitU32', 'a bit', nr, 31);
  return 2 ** nr;
}

/**
 * As {@link bit}, for a u16: `nr` is 0 to 15.
 *
 * @source include/linux/bits.h BIT_U16 v7.0
 */
export function bitU16(nr: number): number {
  checkIndex('bitU16', 'a bit', nr, 15);
  return 2 ** nr;
}

/**
 * As {@link bit}, for a u8: `nr` is 0 to 7.
 *
 * @source include/linux/bits.h BIT_U8 v7.0
 */
export function bitU8(nr: number): number {
  checkIndex('bitU8', 'a bit', nr, 7);
  return 2 ** nr;
}

/**
 * The bit that stands for bit `nr` of an array of `unsigned long` in its word; {@link bitWord} tells which word that is.
 *
 * @param nr - 0 to 2^53 - 1
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `nr` is negative or too large
 * @source include/linux/bits.h BIT_MASK v7.0
 */
export function bitMask(nr: number): bigint {
  checkIndex('bitMask', 'a bit', nr, Number.MAX_SAFE_INTEGER);
  return 1n << BigInt(nr % 64);
}

/**
 * Index of the 64-bit word in which bit `nr` of an array of `unsigned long` lies.
 *
 * @param nr - 0 to 2^53 - 1
 * @throws TypeError when `nr` is not an integer
 * @throws RangeError when `nr` is negative or too large
 * @source include/linux/bits.h BIT_WORD v7.0
 */
export function bitWord(nr: number): number {
  checkIndex('bitWord', 'a bit', nr, Number.MAX_SAFE_INTEGER);
  return Math.floor(nr / 64);
}
