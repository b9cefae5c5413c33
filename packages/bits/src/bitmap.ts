/**
 * Bitmaps over 32-bit words: bit i is bit i % 32 (0 is the least significant) of word i / 32. That is how a little-endian
 * kernel lays them out, whatever its word size.
 *
 * What a bitmap has in its last word beyond its size, the tail, is never looked at. Functions that write whole words leave
 * zeros there, where C leaves ones after a fill or a complement; so two bitmaps with the same bits have the same words.
 *
 * All of it is plain code without atomicity: a caller who needs a lock holds it, a model wraps a call into one request.
 */
import { checkIndex } from './internal/check.js';
import { lastWordOf, tailMask } from './internal/bitmap-words.js';
import { ArrayWords, type WordStorage } from './word-storage.js';

/** Largest size of a bitmap, in bits. */
const MAX_BITS = 0x7fff_ffff;

/** A row of bits and its size, which C passes along in every call. */
export class Bitmap {
  /** Number of bits. */
  readonly nbits: number;
  /** Where the bits are. */
  readonly words: WordStorage;

  /**
   * @param nbits - number of bits, 0 to 2^31 - 1
   * @param storage - where the bits are and stay; by default new words, all zero
   * @throws TypeError when `nbits` is not an integer or `storage` is no storage
   * @throws RangeError when `nbits` is out of range or more than the storage holds
   * @source include/linux/bitmap.h bitmap_zalloc v7.0
   */
  constructor(nbits: number, storage?: WordStorage | Uint32Array | Int32Array) {
    checkIndex('Bitmap', 'a number of bits', nbits, MAX_BITS);
    this.nbits = nbits;
    this.words = storage === undefined ? new ArrayWords(bitsToU32(nbits)) : storageOf(storage);
    if (this.words.length < bitsToU32(nbits)) {
      throw new RangeError(
        `Bitmap: expected storage of at least ${bitsToU32(nbits)} words for ${nbits} bits, got ${this.words.length}`,
      );
    }
  }
}

/**
 * Number of 32-bit words that hold `nbits` bits.
 *
 * @throws TypeError when `nbits` is not an integer
 * @throws RangeError when `nbits` is negative or too large
 * @source include/linux/bitops.h BITS_TO_U32 v7.0
 */
export function bitsToU32(nbits: number): number {
  checkIndex('bitsToU32', 'a number of bits', nbits, MAX_BITS);
  return Math.ceil(nbits / 32);
}

/**
 * Clears every bit.
 *
 * @source include/linux/bitmap.h bitmap_zero v7.0
 */
export function bitmapZero(dst: Bitmap): void {
  for (let i = lastWordOf(dst); i >= 0; i--) dst.words.set(i, 0);
}

/**
 * Sets every bit.
 *
 * @source include/linux/bitmap.h bitmap_fill v7.0
 */
export function bitmapFill(dst: Bitmap): void {
  const last = lastWordOf(dst);
  for (let i = 0; i < last; i++) dst.words.set(i, -1);
  if (last >= 0) dst.words.set(last, tailMask(dst.nbits));
}

/**
 * Sets `len` bits from `start` on.
 *
 * @param len - may be 0
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when bits are meant that `map` does not have
 * @source lib/bitmap.c bitmap_set v7.0
 */
export function bitmapSet(map: Bitmap, start: number, len: number): void {
  checkArea('bitmapSet', map, start, len);
  eachMask(start, len, (i, mask) => map.words.set(i, map.words.get(i) | mask));
}

/**
 * Clears `len` bits from `start` on.
 *
 * @param len - may be 0
 * @throws TypeError when an argument is not an integer
 * @throws RangeError when bits are meant that `map` does not have
 * @source lib/bitmap.c bitmap_clear v7.0
 */
export function bitmapClear(map: Bitmap, start: number, len: number): void {
  checkArea('bitmapClear', map, start, len);
  eachMask(start, len, (i, mask) => map.words.set(i, map.words.get(i) & ~mask));
}

function storageOf(storage: WordStorage | Uint32Array | Int32Array): WordStorage {
  if (storage instanceof Uint32Array || storage instanceof Int32Array) return new ArrayWords(storage);
  const isStorage =
    typeof storage === 'object' &&
    storage !== null &&
    typeof storage.get === 'function' &&
    typeof storage.set === 'function' &&
    Number.isInteger(storage.length);
  if (isStorage) return storage;
  throw new TypeError('Bitmap: expected storage to be a Uint32Array, an Int32Array or {length, get, set}');
}

function checkArea(subject: string, map: Bitmap, start: number, len: number): void {
  checkIndex(subject, 'a start', start, map.nbits);
  checkIndex(subject, 'a length', len, map.nbits);
  if (start + len > map.nbits) {
    throw new RangeError(`${subject}: expected start + len <= ${map.nbits}, got ${start} + ${len}`);
  }
}

/** Calls `change` for every word that holds some of the `len` bits from `start` on, with ones at their places. */
function eachMask(start: number, len: number, change: (index: number, mask: number) => void): void {
  const end = start + len;
  for (let at = start; at < end;) {
    const next = Math.min(end, (at | 31) + 1);
    change(at >>> 5, tailMask(next) & (-1 << (at & 31)));
    at = next;
  }
}
