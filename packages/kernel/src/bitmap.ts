/**
 * Searching and changing whole bitmaps, a step each, with the algorithms of `@shootdown/bits`. Given the lock that guards
 * the bitmap as its last argument, a function is no schedule point of its own, and the caller must hold that lock. A bitmap
 * here is an array of `u32` or `u64` cells, of which the first `size` bits count.
 */
import {
  Bitmap as BitmapView,
  bitmapCopy as copy,
  bitmapWeight as weigh,
  bitmapZero as zero,
  findNextBit as findSet,
  findNextZeroBit as findClear,
  type WordStorage,
} from '@shootdown/bits';
import {
  defineOperation,
  u32,
  type AnyCell,
  type Cell,
  type MemoryReader,
  type Request,
  type ScalarType,
} from '@shootdown/machine';

/** A word of 32 bits of a bitmap, in hexadecimal where traces print it. */
export const bitmapWord: ScalarType<number> = u32.printedBy((word) => (word === 0 ? '0' : `0x${word.toString(16)}`));

/** Cells of one type, `u32` or `u64`, that together hold a bitmap. */
export type Bitmap = readonly Cell<number>[] | readonly Cell<bigint>[];

/** Memory that may be written. */
interface Writable extends MemoryReader {
  set<T>(cell: Cell<T>, value: T): void;
}

/** The 32-bit words of cells. */
class CellWords implements WordStorage {
  readonly length: number;
  readonly #memory: Writable;
  readonly #cells: Bitmap;
  readonly #perCell: number;

  constructor(memory: Writable, cells: Bitmap) {
    this.#memory = memory;
    this.#cells = cells;
    this.#perCell = cells.length === 0 ? 1 : cells[0].type.words;
    this.length = cells.length * this.#perCell;
  }

  get(index: number): number {
    if (this.#perCell === 1) return this.#memory.get(this.#cells[index] as Cell<number>);
    const value = this.#memory.get(this.#cells[index >> 1] as Cell<bigint>);
    return Number(BigInt.asUintN(32, (index & 1) === 0 ? value : value >> 32n));
  }

  set(index: number, value: number): void {
    if (this.#perCell === 1) {
      this.#memory.set(this.#cells[index] as Cell<number>, value >>> 0);
      return;
    }
    const cell = this.#cells[index >> 1] as Cell<bigint>;
    const [shift, old] = [(index & 1) === 0 ? 0n : 32n, this.#memory.get(cell)];
    this.#memory.set(cell, (old & ~(0xffff_ffffn << shift)) | (BigInt(value >>> 0) << shift));
  }
}

/** A bitmap in model memory as `@shootdown/bits` takes it, for operations and invariants of one's own. */
export function bitmapView(memory: Writable, bitmap: Bitmap, size: number): BitmapView {
  return new BitmapView(size, new CellWords(memory, bitmap));
}

const target = (cells: Bitmap): AnyCell | undefined => cells[0];
type Finding = [bitmap: Bitmap, size: number, offset: number, lock?: Cell<number>];

const finding = (
  name: string,
  find: (map: BitmapView, offset: number) => number,
): ((...args: Finding) => Request<number>) =>
  defineOperation<Finding, number>({
    name,
    target,
    guard: (_bitmap, _size, _offset, lock) => lock,
    run: (memory, bitmap, size, offset) => find(bitmapView(memory, bitmap, size), offset),
  });

/**
 * The first set bit from `offset` on, `offset` included; `size` if there is none.
 *
 * @source include/asm-generic/bitops/find.h find_next_bit() v4.19
 */
export const findNextBit = finding('find_next_bit', findSet);
/**
 * The first clear bit from `offset` on, `offset` included; `size` if there is none.
 *
 * @source include/asm-generic/bitops/find.h find_next_zero_bit() v4.19
 */
export const findNextZeroBit = finding('find_next_zero_bit', findClear);

/**
 * The first set bit; `size` if there is none.
 *
 * @source include/asm-generic/bitops/find.h find_first_bit() v4.19
 */
export function findFirstBit(bitmap: Bitmap, size: number, lock?: Cell<number>): Request<number> {
  return findNextBit(bitmap, size, 0, lock);
}

/**
 * The first clear bit; `size` if there is none.
 *
 * @source include/asm-generic/bitops/find.h find_first_zero_bit() v4.19
 */
export function findFirstZeroBit(bitmap: Bitmap, size: number, lock?: Cell<number>): Request<number> {
  return findNextZeroBit(bitmap, size, 0, lock);
}

/**
 * Clears the first `size` bits.
 *
 * @source include/linux/bitmap.h bitmap_zero() v4.19
 */
export const bitmapZero = defineOperation<[bitmap: Bitmap, size: number, lock?: Cell<number>], void>({
  name: 'bitmap_zero',
  target,
  guard: (_bitmap, _size, lock) => lock,
  run: (memory, bitmap, size) => {
    zero(bitmapView(memory, bitmap, size));
  },
});

/**
 * Makes the first `size` bits of `dst` those of `src`.
 *
 * @source include/linux/bitmap.h bitmap_copy() v4.19
 */
export const bitmapCopy = defineOperation<[dst: Bitmap, src: Bitmap, size: number, lock?: Cell<number>], void>({
  name: 'bitmap_copy',
  target,
  guard: (_dst, _src, _size, lock) => lock,
  run: (memory, dst, src, size) => {
    copy(bitmapView(memory, dst, size), bitmapView(memory, src, size));
  },
});

/**
 * How many of the first `size` bits are set.
 *
 * @source include/linux/bitmap.h bitmap_weight() v4.19
 */
export const bitmapWeight = defineOperation<[bitmap: Bitmap, size: number, lock?: Cell<number>], number>({
  name: 'bitmap_weight',
  target,
  guard: (_bitmap, _size, lock) => lock,
  run: (memory, bitmap, size) => weigh(bitmapView(memory, bitmap, size)),
});
