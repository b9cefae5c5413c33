/** Counting and finding bits in words; the arguments are not checked. */

/** Number of ones in a 32-bit word, signed or unsigned. */
export function popcount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Place of the lowest one in a 32-bit word that is not 0. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Bits 0 to 31 of a 64-bit word, unsigned. */
export function lowHalf(word: bigint): number {
  return Number(BigInt.asUintN(32, word));
}

/** Bits 32 to 63 of a 64-bit word, unsigned. */
export function highHalf(word: bigint): number {
  return Number(word >> 32n);
}

/** Place of the lowest one in a 64-bit word that is not 0. */
export function lowestBit64(word: bigint): number {
  const low = lowHalf(word);
  return low === 0 ? 32 + lowestBit(highHalf(word)) : lowestBit(low);
}
