/** Searching a bitmap for room: several clear bits in a row. */
import type { Bitmap } from './bitmap.js';
import { checkIndex } from './internal/check.js';
import { AS_IS, INVERTED, scanOne } from './internal/scan.js';

/** What {@link findNextZeroArea} and {@link findNextZeroAreaOff} look for. */
export interface ZeroArea {
  /** Where to begin, 0 or more. */
  readonly start: number;
  /** Number of clear bits, 0 or more. */
  readonly nr: number;
  /** A power of two less 1: the area begins at a multiple of the power. By default 0: anywhere. */
  readonly alignMask?: number;
}

/** What {@link findNextZeroAreaOff} looks for. */
export interface ZeroAreaOff extends ZeroArea {
  /** The first bit of the map counts as this one in the alignment, 0 or more. */
  readonly alignOffset: number;
}

/**
 * First bit of the lowest aligned area of clear bits.
 *
 * @returns when there is none, a number above `map.nbits - area.nr`: the end of the first area that did not fit
 * @throws TypeError when a number is not an integer
 * @throws RangeError when a number is negative or `area.alignMask + 1` is no power of two
 * @source include/linux/bitmap.h bitmap_find_next_zero_area v7.0
 */
export function findNextZeroArea(map: Bitmap, area: ZeroArea): number {
  return search('findNextZeroArea', map, area, 0);
}

/**
 * As {@link findNextZeroArea}, with `area.alignOffset` added to the bit before it is aligned.
 *
 * @source lib/bitmap.c bitmap_find_next_zero_area_off v7.0
 */
export function findNextZeroAreaOff(map: Bitmap, area: ZeroAreaOff): number {
  return search('findNextZeroAreaOff', map, area, area.alignOffset);
}

/** Far above the size of any bitmap, and small enough for sums to be exact. */
const MAX = 2 ** 40;

function search(subject: string, map: Bitmap, { start, nr, alignMask = 0 }: ZeroArea, alignOffset: number): number {
  checkIndex(subject, 'a start', start, MAX);
  checkIndex(subject, 'a number of bits', nr, MAX);
  checkIndex(subject, 'an align offset', alignOffset, MAX);
  checkAlignMask(subject, alignMask);
  const aligned = (bit: number): number => {
    const at = bit + alignOffset + alignMask;
    return at - (at % (alignMask + 1)) - alignOffset;
  };
  for (let from = start; ;) {
    const first = aligned(scanOne(map, INVERTED, from));
    const end = first + nr;
    if (end > map.nbits) return end;
    const obstacle = scanOne(map, AS_IS, first, end);
    if (obstacle >= end) return first;
    from = obstacle + 1;
  }
}

function checkAlignMask(subject: string, alignMask: number): void {
  checkIndex(subject, 'an align mask', alignMask, MAX);
  if ((BigInt(alignMask) & BigInt(alignMask + 1)) !== 0n) {
    throw new RangeError(`${subject}: expected an align mask that is a power of two less 1, got ${alignMask}`);
  }
}
