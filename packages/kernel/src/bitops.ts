/**
 * Atomic operations on single bits. A bitmap is a cell or an array of cells of one whole-number type; bit `nr` is bit
 * `nr % width` of cell number `nr / width`, the least significant being 0.
 */
import { kfunc, load, modify, read, rmw, write, type Cell, type Request } from '@shootdown/machine';

/** Bits in model memory: one cell, or several of one type (`u8`, `u16`, `u32`, `i32` or `u64`). */
export type Bits = Cell<bigint> | Cell<number> | readonly Cell<bigint>[] | readonly Cell<number>[];
type AnyCell = Cell<number | bigint>;

/** Bits that one cell of a bitmap holds. */
function bitsPerCell(cell: Cell<bigint> | Cell<number>): number {
  return cell.type.words === 2 ? 64 : 32 - Math.clz32(cell.type.mask);
}

/** The cell that holds a bit, and its number there. */
function placeOf(nr: number, bits: Bits): { cell: AnyCell; bit: number } {
  const cells = (Array.isArray(bits) ? bits : [bits]) as readonly AnyCell[];
  const width = cells.length === 0 ? 1 : bitsPerCell(cells[0] as Cell<number>);
  if (!Number.isInteger(nr) || nr < 0 || nr >= width * cells.length)
    throw new RangeError(`expected a bit from 0 to ${width * cells.length - 1}, got ${nr}`);
  return { cell: cells[Math.floor(nr / width)], bit: nr % width };
}

/** The number with this one bit set, as the cell's type writes it. */
function maskOf({ type }: AnyCell, bit: number): number | bigint {
  return type.words === 2 ? 1n << BigInt(bit) : type.decode((1 << bit) & type.mask, 0);
}

function othersOf({ type }: AnyCell, bit: number): number | bigint {
  return type.words === 2 ? ~(1n << BigInt(bit)) & 0xffff_ffff_ffff_ffffn : type.decode(~(1 << bit) & type.mask, 0);
}

function hasBit(value: number | bigint, bit: number): boolean {
  return typeof value === 'bigint' ? ((value >> BigInt(bit)) & 1n) === 1n : ((value >>> bit) & 1) === 1;
}

function withBit(value: number | bigint, bit: number, cell: AnyCell, set: boolean): number | bigint {
  if (hasBit(value, bit) === set) return value;
  const mask = maskOf(cell, bit);
  return typeof value === 'bigint' ? value ^ (mask as bigint) : cell.type.decode(value ^ (mask as number), 0);
}

const testing = (name: string, order: 'once' | 'acquire') => {
  const test = kfunc(name, function* (cell: AnyCell, bit: number) {
    return hasBit(yield* load(name, order, cell, bit), bit);
  });
  return (nr: number, bits: Bits): Request<boolean> => {
    const { cell, bit } = placeOf(nr, bits);
    return test(cell, bit);
  };
};

const changing =
  (name: string, kind: 'or' | 'and' | 'xor', order: 'relaxed' | 'release') =>
  (nr: number, bits: Bits): Request<void> => {
    const { cell, bit } = placeOf(nr, bits);
    return modify(kind, name, order, cell, kind === 'and' ? othersOf(cell, bit) : maskOf(cell, bit), bit);
  };

const testAnding = (name: string, kind: 'or' | 'and' | 'xor', order: 'full' | 'acquire') => {
  const testAnd = kfunc(name, function* (cell: AnyCell, bit: number) {
    const operand = kind === 'and' ? othersOf(cell, bit) : maskOf(cell, bit);
    return hasBit(yield* rmw(kind, name, order, cell, operand, bit), bit);
  });
  return (nr: number, bits: Bits): Request<boolean> => {
    const { cell, bit } = placeOf(nr, bits);
    return testAnd(cell, bit);
  };
};

const changingPlainly = (name: string, to: (was: boolean) => boolean) => {
  const change = kfunc(name, function* (cell: AnyCell, bit: number) {
    const value = yield* read(cell);
    yield* write(cell, withBit(value, bit, cell, to(hasBit(value, bit))));
  });
  return (nr: number, bits: Bits): Request<void> => {
    const { cell, bit } = placeOf(nr, bits);
    return change(cell, bit);
  };
};

const testAndingPlainly = (name: string, to: boolean) => {
  const change = kfunc(name, function* (cell: AnyCell, bit: number) {
    const value = yield* read(cell);
    yield* write(cell, withBit(value, bit, cell, to));
    return hasBit(value, bit);
  });
  return (nr: number, bits: Bits): Request<boolean> => {
    const { cell, bit } = placeOf(nr, bits);
    return change(cell, bit);
  };
};

/**
 * Returns whether a bit is set. Unordered.
 *
 * @throws RangeError for a bit that the bitmap does not have, as all of these
 * @source include/asm-generic/bitops/non-atomic.h test_bit() v4.19
 */
export const testBit = testing('test_bit', 'once');
/**
 * Returns whether a bit is set; all later accesses follow that.
 *
 * @source include/asm-generic/bitops/generic-non-atomic.h test_bit_acquire() v6.6
 */
export const testBitAcquire = testing('test_bit_acquire', 'acquire');
/**
 * Sets a bit. Unordered.
 *
 * @source include/asm-generic/bitops/atomic.h set_bit() v4.19
 */
export const setBit = changing('set_bit', 'or', 'relaxed');
/**
 * Clears a bit. Unordered.
 *
 * @source include/asm-generic/bitops/atomic.h clear_bit() v4.19
 */
export const clearBit = changing('clear_bit', 'and', 'relaxed');
/**
 * Flips a bit. Unordered.
 *
 * @source include/asm-generic/bitops/atomic.h change_bit() v4.19
 */
export const changeBit = changing('change_bit', 'xor', 'relaxed');
/**
 * Clears a bit that was a lock; it follows all earlier accesses.
 *
 * @source include/asm-generic/bitops/lock.h clear_bit_unlock() v4.19
 */
export const clearBitUnlock = changing('clear_bit_unlock', 'and', 'release');
/**
 * Sets a bit; returns whether it was set. Fully ordered if that changed the bit.
 *
 * @source include/asm-generic/bitops/atomic.h test_and_set_bit() v4.19
 */
export const testAndSetBit = testAnding('test_and_set_bit', 'or', 'full');
/**
 * Clears a bit; returns whether it was set. Fully ordered if that changed the bit.
 *
 * @source include/asm-generic/bitops/atomic.h test_and_clear_bit() v4.19
 */
export const testAndClearBit = testAnding('test_and_clear_bit', 'and', 'full');
/**
 * Flips a bit; returns whether it was set. Fully ordered.
 *
 * @source include/asm-generic/bitops/atomic.h test_and_change_bit() v4.19
 */
export const testAndChangeBit = testAnding('test_and_change_bit', 'xor', 'full');
/**
 * Sets a bit that is a lock; returns whether it was set. Acquire if that changed the bit, else unordered.
 *
 * @source include/asm-generic/bitops/lock.h test_and_set_bit_lock() v4.19
 */
export const testAndSetBitLock = testAnding('test_and_set_bit_lock', 'or', 'acquire');
/**
 * `__set_bit`: sets a bit by a plain load and a plain store.
 *
 * @source include/asm-generic/bitops/non-atomic.h __set_bit() v4.19
 */
export const setBitNonAtomic = changingPlainly('__set_bit', () => true);
/**
 * `__clear_bit`: clears a bit by a plain load and a plain store.
 *
 * @source include/asm-generic/bitops/non-atomic.h __clear_bit() v4.19
 */
export const clearBitNonAtomic = changingPlainly('__clear_bit', () => false);
/**
 * `__change_bit`: flips a bit by a plain load and a plain store.
 *
 * @source include/asm-generic/bitops/non-atomic.h __change_bit() v4.19
 */
export const changeBitNonAtomic = changingPlainly('__change_bit', (was) => !was);
/**
 * `__test_and_set_bit`: sets a bit by a plain load and a plain store; returns whether it was set.
 *
 * @source include/asm-generic/bitops/non-atomic.h __test_and_set_bit() v4.19
 */
export const testAndSetBitNonAtomic = testAndingPlainly('__test_and_set_bit', true);
/**
 * `__test_and_clear_bit`: clears a bit by a plain load and a plain store; returns whether it was set.
 *
 * @source include/asm-generic/bitops/non-atomic.h __test_and_clear_bit() v4.19
 */
export const testAndClearBitNonAtomic = testAndingPlainly('__test_and_clear_bit', false);
