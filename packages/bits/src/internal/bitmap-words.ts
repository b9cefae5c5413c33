/** The words of bitmaps, as the functions over them share them. */

/** What these functions see of a bitmap. */
interface BitmapWords {
  readonly nbits: number;
  readonly words: { get(index: number): number };
}

/** Ones where the last word of a bitmap of `nbits` (more than 0) bits has bits, signed. */
export function tailMask(nbits: number): number {
  return (-1 >>> (-nbits & 31)) | 0;
}

/** Index of the last word that holds bits of the map, -1 when it has none. */
export function lastWordOf(map: BitmapWords): number {
  return ((map.nbits + 31) >>> 5) - 1;
}

/** Word `index`, signed, with zeros wherever the map has no bits. */
export function wordOf(map: BitmapWords, index: number): number {
  const last = lastWordOf(map);
  if (index < 0 || index > last) return 0;
  const word = map.words.get(index) | 0;
  return index === last ? word & tailMask(map.nbits) : word;
}

/** Throws unless all maps have the size of the first. */
export function checkSizes(subject: string, map: BitmapWords, ...others: readonly BitmapWords[]): void {
  for (const other of others) {
    if (other.nbits !== map.nbits) {
      throw new RangeError(`${subject}: expected bitmaps of one size, got ${map.nbits} and ${other.nbits} bits`);
    }
  }
}
