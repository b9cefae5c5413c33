/**
 * Types of fields in model memory. A scalar takes one 32-bit word, a u64 two (low word first); nothing is packed.
 * 32-bit and narrower values are `number`, 64-bit ones `bigint`, pointers are views or `null`.
 */
import type { Handle } from './struct.js';

/** How a field is guarded: every access, or only writes, need the lock of that name. */
export interface Guard {
  readonly lock: string;
  readonly writesOnly: boolean;
}

/** Whether the holder of a lock may sleep. */
export type LockClass = 'spin' | 'sleep';

/** A type that fits one request: how a JavaScript value becomes one or two 32-bit words and back. */
export class ScalarType<T> {
  declare readonly __value: T;
  readonly name: string;
  readonly words: 1 | 2;
  readonly decode: (lo: number, hi: number) => T;
  readonly low: (value: T) => number;
  readonly high: (value: T) => number;
  readonly fits: (value: T) => boolean;
  /** Mask of the value in its low word; a read-modify-write wraps to it. */
  readonly mask: number;
  readonly guard: Guard | undefined;
  readonly isGhost: boolean;
  /** Set on words whose value is the holder of a lock; a holder of a `spin` lock must not sleep. */
  readonly lock: LockClass | undefined;

  constructor(spec: {
    name: string;
    words: 1 | 2;
    decode: (lo: number, hi: number) => T;
    low: (value: T) => number;
    high?: (value: T) => number;
    fits: (value: T) => boolean;
    mask?: number;
    guard?: Guard | undefined;
    isGhost?: boolean;
    lock?: LockClass | undefined;
  }) {
    this.name = spec.name;
    this.words = spec.words;
    this.decode = spec.decode;
    this.low = spec.low;
    this.high = spec.high ?? (() => 0);
    this.fits = spec.fits;
    this.mask = spec.mask ?? -1;
    this.guard = spec.guard;
    this.isGhost = spec.isGhost ?? false;
    this.lock = spec.lock;
  }

  /**
   * The same type, to be touched only while holding `lock`: a field beside it, a field of an enclosing struct, or a
   * named object of the layout. The machine checks it on every access.
   */
  guardedBy(lock: string): ScalarType<T> {
    return new ScalarType({ ...this, guard: { lock, writesOnly: false } });
  }

  /** As {@link guardedBy}, but reading without the lock is allowed. */
  writesGuardedBy(lock: string): ScalarType<T> {
    return new ScalarType({ ...this, guard: { lock, writesOnly: true } });
  }

  /** The same type for a variable that only the specification sees; writing it is no step of the thread. */
  ghost(): ScalarType<T> {
    return new ScalarType({ ...this, isGhost: true });
  }
}

function unsigned(bits: 8 | 16 | 32): ScalarType<number> {
  const max = 2 ** bits - 1;
  return new ScalarType({
    name: `u${bits}`,
    words: 1,
    decode: (lo) => lo >>> 0,
    low: (value) => value | 0,
    fits: (value) => Number.isInteger(value) && value >= 0 && value <= max,
    mask: bits === 32 ? -1 : max,
  });
}

/** Unsigned 8-bit integer, 0 to 255. */
export const u8: ScalarType<number> = unsigned(8);
/** Unsigned 16-bit integer. */
export const u16: ScalarType<number> = unsigned(16);
/** Unsigned 32-bit integer. */
export const u32: ScalarType<number> = unsigned(32);
/** Signed 32-bit integer. */
export const i32: ScalarType<number> = new ScalarType({
  name: 'i32',
  words: 1,
  decode: (lo) => lo,
  low: (value) => value,
  fits: (value) => (value | 0) === value,
});
/** Unsigned 64-bit integer, a `bigint`. */
export const u64: ScalarType<bigint> = new ScalarType({
  name: 'u64',
  words: 2,
  decode: (lo, hi) => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0),
  low: (value) => Number(BigInt.asIntN(32, value)),
  high: (value) => Number(BigInt.asIntN(32, value >> 32n)),
  fits: (value) => typeof value === 'bigint' && value >= 0n && value <= 0xffff_ffff_ffff_ffffn,
});
/** A boolean. */
export const bool: ScalarType<boolean> = new ScalarType({
  name: 'bool',
  words: 1,
  decode: (lo) => lo !== 0,
  low: (value) => (value ? 1 : 0),
  fits: (value) => typeof value === 'boolean',
  mask: 1,
});
function lockWord(lock: LockClass): ScalarType<number> {
  return new ScalarType({
    name: `${lock} lock`,
    words: 1,
    decode: (lo) => lo,
    low: (value) => value,
    fits: (value) => Number.isInteger(value) && value >= 0,
    lock,
  });
}

/** The holder of a lock that is spun on: 0 when free, else thread number plus one. */
export const spinLockWord: ScalarType<number> = lockWord('spin');
/** The holder of a lock that is slept on: 0 when free, else thread number plus one. */
export const sleepLockWord: ScalarType<number> = lockWord('sleep');

/**
 * A pointer to a struct, or `null`.
 *
 * @param target - a function that returns the struct, so that structs may refer to each other
 */
export function ptr<V extends Handle>(target: () => { at(address: number): V }): ScalarType<V | null> {
  return new ScalarType<V | null>({
    name: 'ptr',
    words: 1,
    decode: (lo) => (lo === 0 ? null : target().at(lo)),
    low: (value) => (value === null ? 0 : value.$address),
    fits: (value) => value === null || typeof value.$address === 'number',
  });
}

/** A fixed number of elements one after the other. */
export class ArrayType<E> {
  readonly element: E;
  readonly length: number;
  constructor(element: E, length: number) {
    this.element = element;
    this.length = length;
  }
}

/**
 * An array field.
 *
 * @param length - number of elements, at least 0
 */
export function array<E>(element: E, length: number): ArrayType<E> {
  if (!Number.isInteger(length) || length < 0) throw new RangeError(`expected an array length >= 0, got ${length}`);
  return new ArrayType(element, length);
}
