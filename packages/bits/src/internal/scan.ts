/** The loops behind every search. Arguments are not checked. */
import type { Bitmap } from '../bitmap.js';
import { lowestBit } from './word.js';

/** Looks at the bits of a map as they are. */
export const AS_IS = 0;
/** Looks at the bits of a map as if each were changed. */
export const INVERTED = -1;

/** The lowest one from `offset` on and below `limit`, which is the answer when there is none. */
export function scanOne(map: Bitmap, flip: number, offset: number, limit: number = map.nbits): number {
  if (offset >= limit) return limit;
  const { words } = map;
  const last = (limit - 1) >>> 5;
  let i = offset >>> 5;
  let word = (words.get(i) ^ flip) & (-1 << (offset & 31));
  while (word === 0) {
    if (i === last) return limit;
    word = words.get(++i) ^ flip;
  }
  return Math.min(i * 32 + lowestBit(word), limit);
}

/** The lowest bit from `offset` on that is one in both maps; their size when there is none. */
export function scanBoth(a: Bitmap, flipA: number, b: Bitmap, flipB: number, offset: number): number {
  const { nbits } = a;
  if (offset >= nbits) return nbits;
  const last = (nbits - 1) >>> 5;
  let keep = -1 << (offset & 31);
  for (let i = offset >>> 5; i <= last; i++) {
    const word = (a.words.get(i) ^ flipA) & (b.words.get(i) ^ flipB) & keep;
    if (word !== 0) return Math.min(i * 32 + lowestBit(word), nbits);
    keep = -1;
  }
  return nbits;
}
