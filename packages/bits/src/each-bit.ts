/** Walking over a bitmap. A bit changed during the walk is seen if the walk has not passed it. */
import type { Bitmap } from './bitmap.js';
import { findNextBit, findNextZeroBit } from './bitmap-find.js';

/** Neighbouring bits, half-open: `end` is the first bit that is no longer in. */
export interface BitRange {
  /** The first bit. */
  readonly start: number;
  /** The bit behind the last. */
  readonly end: number;
}

/**
 * The bits that are set, ascending.
 *
 * @source include/linux/find.h for_each_set_bit v7.0
 */
export function* eachSetBit(map: Bitmap): Generator<number, void> {
  for (let bit = findNextBit(map, 0); bit < map.nbits; bit = findNextBit(map, bit + 1)) yield bit;
}

/**
 * The bits that are clear, ascending.
 *
 * @source include/linux/find.h for_each_clear_bit v7.0
 */
export function* eachClearBit(map: Bitmap): Generator<number, void> {
  for (let bit = findNextZeroBit(map, 0); bit < map.nbits; bit = findNextZeroBit(map, bit + 1)) yield bit;
}

/**
 * The longest runs of bits that are set, ascending.
 *
 * @source include/linux/find.h for_each_set_bitrange v7.0
 */
export function* eachSetBitrange(map: Bitmap): Generator<BitRange, void> {
  for (let start = findNextBit(map, 0); start < map.nbits;) {
    const end = findNextZeroBit(map, start + 1);
    yield { start, end };
    start = findNextBit(map, end);
  }
}
