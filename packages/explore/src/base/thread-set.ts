/** Sets of threads: the bits of one number. */

/** Number of the lowest bit set. */
export function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** Number of bits set. */
export function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}
