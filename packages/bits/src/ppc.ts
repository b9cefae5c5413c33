/**
 * Bits in IBM's numbering, as POWER manuals count them: bit 0 is the most significant. Arguments named `bit`, `bs` and
 * `be` count that way, results are ordinary words and shifts.
 */
import { checkIndex, checkU64 } from './internal/check.js';

/**
 * How far bit `bit` (0 to 63, 0 is the most significant) of a 64-bit word is from the least significant one.
 *
 * @throws TypeError when `bit` is not an integer
 * @throws RangeError when the word has no such bit
 * @source arch/powerpc/include/asm/bitops.h PPC_BITLSHIFT v4.19
 */
export function ppcBitlshift(bit: number): number {
  return shiftOf('ppcBitlshift', bit, 63);
}

/**
 * As {@link ppcBitlshift}, for a word of 32 bits.
 *
 * @source arch/powerpc/include/asm/bitops.h PPC_BITLSHIFT32 v4.19
 */
export function ppcBitlshift32(bit: number): number {
  return shiftOf('ppcBitlshift32', bit, 31);
}

/**
 * As {@link ppcBitlshift}, for a byte.
 *
 * @source arch/powerpc/include/asm/bitops.h PPC_BITLSHIFT8 v4.19
 */
export function ppcBitlshift8(bit: number): number {
  return shiftOf('ppcBitlshift8', bit, 7);
}

/**
 * The 64-bit word in which only bit `bit` (0 to 63, 0 is the most significant) is set.
 *
 * @throws TypeError when `bit` is not an integer
 * @throws RangeError when the word has no such bit
 * @source arch/powerpc/include/asm/bitops.h PPC_BIT v4.19
 */
export function ppcBit(bit: number): bigint {
  return 1n << BigInt(shiftOf('ppcBit', bit, 63));
}

/**
 * As {@link ppcBit}, for a word of 32 bits.
 *
 * @source arch/powerpc/include/asm/bitops.h PPC_BIT32 v4.19
 */
export function ppcBit32(bit: number): number {
  return 2 ** shiftOf('ppcBit32', bit, 31);
}

/**
 * As {@link ppcBit}, for a byte.
 *
 * @source arch/powerpc/include/asm/bitops.h PPC_BIT8 v4.19
 */
export function ppcBit8(bit: number): number {
  return 2 ** shiftOf('ppcBit8', bit, 7);
}

/**
 * The 64-bit word with ones in bits `bs` to `be`, both included (0 <= bs <= be <= 63, 0 is the most significant).
 *
 * @throws TypeError when a bit is not an integer
 * @throws RangeError when the bits are reversed, which C turns into some other mask, or not in the word
 * @source arch/powerpc/include/asm/bitops.h PPC_BITMASK v4.19
 */
export function ppcBitmask(bs: number, be: number): bigint {
  return maskOf('ppcBitmask', bs, be, 63);
}

/**
 * As {@link ppcBitmask}, for a word of 32 bits.
 *
 * @source arch/powerpc/include/asm/bitops.h PPC_BITMASK32 v4.19
 */
export function ppcBitmask32(bs: number, be: number): number {
  return Number(maskOf('ppcBitmask32', bs, be, 31));
}

/**
 * As {@link ppcBitmask}, for a byte.
 *
 * @source arch/powerpc/include/asm/bitops.h PPC_BITMASK8 v4.19
 */
export function ppcBitmask8(bs: number, be: number): number {
  return Number(maskOf('ppcBitmask8', bs, be, 7));
}

/**
 * Takes bit `bit` (0 is the most significant) out of a 64-bit `value` and puts it at `dstBit` (0 is the least
 * significant), with zeros around it.
 *
 * @throws TypeError when `value` is not a bigint or a bit is not an integer
 * @throws RangeError when an argument does not fit 64 bits
 * @source arch/powerpc/include/asm/bitops.h PPC_BITEXTRACT v4.19
 */
export function ppcBitextract(value: bigint, bit: number, dstBit: number): bigint {
  checkU64('ppcBitextract', 'a value', value);
  checkIndex('ppcBitextract', 'a destination bit', dstBit, 63);
  return ((value >> BigInt(shiftOf('ppcBitextract', bit, 63))) & 1n) << BigInt(dstBit);
}

function shiftOf(subject: string, bit: number, top: number): number {
  checkIndex(subject, 'a bit', bit, top);
  return top - bit;
}

function maskOf(subject: string, bs: number, be: number, top: number): bigint {
  if (!Number.isInteger(bs) || !Number.isInteger(be)) {
    throw new TypeError(`${subject}: expected integers as bs and be, got ${String(bs)}..${String(be)}`);
  }
  if (bs < 0 || bs > be || be > top) {
    throw new RangeError(`${subject}: expected 0 <= bs <= be <= ${top}, got ${bs}..${be}`);
  }
  return ((1n << BigInt(be - bs + 1)) - 1n) << BigInt(top - be);
}
