/**
 * `atomic_t`: 32-bit atomics. Values wrap to the cell's type, signed 32 bits for {@link atomicT}. Arguments stand in the
 * kernel's order: the operand first, except in set, xchg, cmpxchg and add_unless.
 */
import {
  kfunc,
  load,
  modify,
  rmw,
  store,
  i32,
  defineOperation,
  type Memory,
  type Value,
  cmpxchg,
  type Cell,
  type Kfunc,
  type MemoryOrder,
  type Request,
  type RmwKind,
  type ScalarType,
} from '@shootdown/machine';

/**
 * Type of a counter, -2^31 to 2^31 - 1.
 *
 * @source include/linux/types.h atomic_t v4.19
 */
export const atomicT: ScalarType<number> = i32;
/** A counter in model memory; any cell of whole numbers will do. */
export type Atomic = Cell<number>;

const wrapped = (value: number, v: Atomic): number => v.type.decode(value & v.type.mask, 0);

const returning = (name: string, order: MemoryOrder, sign: number): Kfunc<[i: number, v: Atomic], number> =>
  kfunc(name, function* (i, v) {
    return wrapped((yield* rmw('add', name, order, v, wrapped(sign * i, v))) + sign * i, v);
  });
const steppingTo = (name: string, by: number): Kfunc<[v: Atomic], number> =>
  kfunc(name, function* (v) {
    return wrapped((yield* rmw('add', name, 'full', v, wrapped(by, v))) + by, v);
  });
const stepsToZero = (name: string, by: number): Kfunc<[v: Atomic], boolean> =>
  kfunc(name, function* (v) {
    return wrapped((yield* rmw('add', name, 'full', v, wrapped(by, v))) + by, v) === 0;
  });
const fetching =
  (
    kind: RmwKind,
    name: string,
    order: MemoryOrder,
    map: (i: number) => number = (i) => i,
  ): ((i: number, v: Atomic) => Request<number>) =>
  (i, v) =>
    rmw(kind, name, order, v, wrapped(map(i), v));
const changing =
  (kind: RmwKind, name: string, map: (i: number) => number = (i) => i): ((i: number, v: Atomic) => Request<void>) =>
  (i, v) =>
    modify(kind, name, 'relaxed', v, wrapped(map(i), v));
const exchanging =
  (name: string, order: MemoryOrder): ((v: Atomic, value: number) => Request<number>) =>
  (v, value) =>
    rmw('xchg', name, order, v, value);
const comparing =
  (name: string, order: MemoryOrder): ((v: Atomic, expected: number, desired: number) => Request<number>) =>
  (v, expected, desired) =>
    cmpxchg(v, expected, desired, name, order);

/**
 * Returns the value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_read() v4.19
 */
export const atomicRead = (v: Atomic): Request<number> => load('atomic_read', 'once', v);

/**
 * Returns the value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_read_acquire() v4.19
 */
export const atomicReadAcquire = (v: Atomic): Request<number> => load('atomic_read_acquire', 'acquire', v);

/**
 * Sets the value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_set() v4.19
 */
export const atomicSet = (v: Atomic, value: number): Request<void> => store('atomic_set', 'once', v, value);

/**
 * Sets the value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_set_release() v4.19
 */
export const atomicSetRelease = (v: Atomic, value: number): Request<void> =>
  store('atomic_set_release', 'release', v, value);

/**
 * Adds. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_add() v4.19
 */
export const atomicAdd = changing('add', 'atomic_add');

/**
 * Subtracts. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_sub() v4.19
 */
export const atomicSub = changing('add', 'atomic_sub', (i) => -i);

/**
 * Sets the bits of the operand. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_or() v4.19
 */
export const atomicOr = changing('or', 'atomic_or');

/**
 * Keeps the bits of the operand. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_and() v4.19
 */
export const atomicAnd = changing('and', 'atomic_and');

/**
 * Flips the bits of the operand. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_xor() v4.19
 */
export const atomicXor = changing('xor', 'atomic_xor');

/**
 * Clears the bits of the operand. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_andnot() v4.19
 */
export const atomicAndnot = changing('and', 'atomic_andnot', (i) => ~i);

/**
 * Adds one. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_inc() v4.19
 */
export const atomicInc = (v: Atomic): Request<void> => modify('add', 'atomic_inc', 'relaxed', v, 1);

/**
 * Subtracts one. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_dec() v4.19
 */
export const atomicDec = (v: Atomic): Request<void> => modify('add', 'atomic_dec', 'relaxed', v, wrapped(-1, v));

/**
 * Adds; returns the new value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_add_return() v4.19
 */
export const atomicAddReturn = returning('atomic_add_return', 'full', 1);

/**
 * Adds; returns the new value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_add_return_relaxed() v4.19
 */
export const atomicAddReturnRelaxed = returning('atomic_add_return_relaxed', 'relaxed', 1);

/**
 * Adds; returns the new value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_add_return_acquire() v4.19
 */
export const atomicAddReturnAcquire = returning('atomic_add_return_acquire', 'acquire', 1);

/**
 * Adds; returns the new value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_add_return_release() v4.19
 */
export const atomicAddReturnRelease = returning('atomic_add_return_release', 'release', 1);

/**
 * Subtracts; returns the new value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_sub_return() v4.19
 */
export const atomicSubReturn = returning('atomic_sub_return', 'full', -1);

/**
 * Subtracts; returns the new value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_sub_return_relaxed() v4.19
 */
export const atomicSubReturnRelaxed = returning('atomic_sub_return_relaxed', 'relaxed', -1);

/**
 * Subtracts; returns the new value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_sub_return_acquire() v4.19
 */
export const atomicSubReturnAcquire = returning('atomic_sub_return_acquire', 'acquire', -1);

/**
 * Subtracts; returns the new value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_sub_return_release() v4.19
 */
export const atomicSubReturnRelease = returning('atomic_sub_return_release', 'release', -1);

/**
 * Adds one; returns the new value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_inc_return() v4.19
 */
export const atomicIncReturn = steppingTo('atomic_inc_return', 1);

/**
 * Subtracts one; returns the new value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_dec_return() v4.19
 */
export const atomicDecReturn = steppingTo('atomic_dec_return', -1);

/**
 * Adds; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_add() v4.19
 */
export const atomicFetchAdd = fetching('add', 'atomic_fetch_add', 'full');

/**
 * Adds; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_add_relaxed() v4.19
 */
export const atomicFetchAddRelaxed = fetching('add', 'atomic_fetch_add_relaxed', 'relaxed');

/**
 * Adds; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_add_acquire() v4.19
 */
export const atomicFetchAddAcquire = fetching('add', 'atomic_fetch_add_acquire', 'acquire');

/**
 * Adds; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_add_release() v4.19
 */
export const atomicFetchAddRelease = fetching('add', 'atomic_fetch_add_release', 'release');

/**
 * Subtracts; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_sub() v4.19
 */
export const atomicFetchSub = fetching('add', 'atomic_fetch_sub', 'full', (i) => -i);

/**
 * Subtracts; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_sub_relaxed() v4.19
 */
export const atomicFetchSubRelaxed = fetching('add', 'atomic_fetch_sub_relaxed', 'relaxed', (i) => -i);

/**
 * Subtracts; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_sub_acquire() v4.19
 */
export const atomicFetchSubAcquire = fetching('add', 'atomic_fetch_sub_acquire', 'acquire', (i) => -i);

/**
 * Subtracts; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_sub_release() v4.19
 */
export const atomicFetchSubRelease = fetching('add', 'atomic_fetch_sub_release', 'release', (i) => -i);

/**
 * Sets the bits of the operand; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_or() v4.19
 */
export const atomicFetchOr = fetching('or', 'atomic_fetch_or', 'full');

/**
 * Sets the bits of the operand; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_or_relaxed() v4.19
 */
export const atomicFetchOrRelaxed = fetching('or', 'atomic_fetch_or_relaxed', 'relaxed');

/**
 * Sets the bits of the operand; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_or_acquire() v4.19
 */
export const atomicFetchOrAcquire = fetching('or', 'atomic_fetch_or_acquire', 'acquire');

/**
 * Sets the bits of the operand; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_or_release() v4.19
 */
export const atomicFetchOrRelease = fetching('or', 'atomic_fetch_or_release', 'release');

/**
 * Keeps the bits of the operand; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_and() v4.19
 */
export const atomicFetchAnd = fetching('and', 'atomic_fetch_and', 'full');

/**
 * Keeps the bits of the operand; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_and_relaxed() v4.19
 */
export const atomicFetchAndRelaxed = fetching('and', 'atomic_fetch_and_relaxed', 'relaxed');

/**
 * Keeps the bits of the operand; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_and_acquire() v4.19
 */
export const atomicFetchAndAcquire = fetching('and', 'atomic_fetch_and_acquire', 'acquire');

/**
 * Keeps the bits of the operand; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_and_release() v4.19
 */
export const atomicFetchAndRelease = fetching('and', 'atomic_fetch_and_release', 'release');

/**
 * Flips the bits of the operand; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_xor() v4.19
 */
export const atomicFetchXor = fetching('xor', 'atomic_fetch_xor', 'full');

/**
 * Flips the bits of the operand; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_xor_relaxed() v4.19
 */
export const atomicFetchXorRelaxed = fetching('xor', 'atomic_fetch_xor_relaxed', 'relaxed');

/**
 * Flips the bits of the operand; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_xor_acquire() v4.19
 */
export const atomicFetchXorAcquire = fetching('xor', 'atomic_fetch_xor_acquire', 'acquire');

/**
 * Flips the bits of the operand; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_xor_release() v4.19
 */
export const atomicFetchXorRelease = fetching('xor', 'atomic_fetch_xor_release', 'release');

/**
 * Clears the bits of the operand; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_andnot() v4.19
 */
export const atomicFetchAndnot = fetching('and', 'atomic_fetch_andnot', 'full', (i) => ~i);

/**
 * Clears the bits of the operand; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_andnot_relaxed() v4.19
 */
export const atomicFetchAndnotRelaxed = fetching('and', 'atomic_fetch_andnot_relaxed', 'relaxed', (i) => ~i);

/**
 * Clears the bits of the operand; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_andnot_acquire() v4.19
 */
export const atomicFetchAndnotAcquire = fetching('and', 'atomic_fetch_andnot_acquire', 'acquire', (i) => ~i);

/**
 * Clears the bits of the operand; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_andnot_release() v4.19
 */
export const atomicFetchAndnotRelease = fetching('and', 'atomic_fetch_andnot_release', 'release', (i) => ~i);

/**
 * Exchanges; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_xchg() v4.19
 */
export const atomicXchg = exchanging('atomic_xchg', 'full');

/**
 * Exchanges; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_xchg_relaxed() v4.19
 */
export const atomicXchgRelaxed = exchanging('atomic_xchg_relaxed', 'relaxed');

/**
 * Exchanges; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_xchg_acquire() v4.19
 */
export const atomicXchgAcquire = exchanging('atomic_xchg_acquire', 'acquire');

/**
 * Exchanges; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_xchg_release() v4.19
 */
export const atomicXchgRelease = exchanging('atomic_xchg_release', 'release');

/**
 * Stores `desired` if the value is `expected`; returns the old value. Fully ordered if it stored.
 *
 * @source Documentation/atomic_t.txt atomic_cmpxchg() v4.19
 */
export const atomicCmpxchg = comparing('atomic_cmpxchg', 'full');

/**
 * Stores `desired` if the value is `expected`; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic_cmpxchg_relaxed() v4.19
 */
export const atomicCmpxchgRelaxed = comparing('atomic_cmpxchg_relaxed', 'relaxed');

/**
 * Stores `desired` if the value is `expected`; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic_cmpxchg_acquire() v4.19
 */
export const atomicCmpxchgAcquire = comparing('atomic_cmpxchg_acquire', 'acquire');

/**
 * Stores `desired` if the value is `expected`; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic_cmpxchg_release() v4.19
 */
export const atomicCmpxchgRelease = comparing('atomic_cmpxchg_release', 'release');

/**
 * Stores `desired` if the value is `expected`; returns whether it did. Fully ordered if so.
 *
 * @source Documentation/atomic_t.txt atomic_try_cmpxchg() v4.19
 */
export const atomicTryCmpxchg = kfunc('atomic_try_cmpxchg', function* (v: Atomic, expected: number, desired: number) {
  return (yield* cmpxchg(v, expected, desired, 'atomic_try_cmpxchg', 'full')) === expected;
});

/**
 * Adds one; returns whether that made it zero. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_inc_and_test() v4.19
 */
export const atomicIncAndTest = stepsToZero('atomic_inc_and_test', 1);

/**
 * Subtracts one; returns whether that made it zero. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_dec_and_test() v4.19
 */
export const atomicDecAndTest = stepsToZero('atomic_dec_and_test', -1);

/**
 * Subtracts; returns whether that made it zero. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_sub_and_test() v4.19
 */
export const atomicSubAndTest = kfunc('atomic_sub_and_test', function* (i: number, v: Atomic) {
  return (yield* rmw('add', 'atomic_sub_and_test', 'full', v, wrapped(-i, v))) === wrapped(i, v);
});

/**
 * Adds; returns whether that made it negative. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic_add_negative() v4.19
 */
export const atomicAddNegative = kfunc('atomic_add_negative', function* (i: number, v: Atomic) {
  const value = wrapped((yield* rmw('add', 'atomic_add_negative', 'full', v, wrapped(i, v))) + i, v);
  return value < 0;
});

const addingUnless = <R extends Value>(
  name: string,
  answer: (old: number, unless: number) => R,
): ((v: Atomic, i: number, unless: number) => Request<R>) =>
  defineOperation({
    name,
    target: (v: Atomic) => v,
    run: (memory: Memory, v: Atomic, i: number, unless: number): R => {
      const old = memory.get(v);
      if (old !== unless) memory.set(v, wrapped(old + i, v));
      return answer(old, unless);
    },
  });

/**
 * Adds unless the value is `unless`; returns the old value. Fully ordered if it added.
 *
 * @source Documentation/atomic_t.txt atomic_fetch_add_unless() v4.19
 */
export const atomicFetchAddUnless = addingUnless('atomic_fetch_add_unless', (old) => old);

/**
 * Adds unless the value is `unless`; returns whether it added. Fully ordered if so.
 *
 * @source Documentation/atomic_t.txt atomic_add_unless() v4.19
 */
export const atomicAddUnless = addingUnless('atomic_add_unless', (old, unless) => old !== unless);

const addUnlessZero = addingUnless('atomic_inc_not_zero', (old, unless) => old !== unless);

/**
 * Adds one unless the value is zero; returns whether it did. Fully ordered if so.
 *
 * @source Documentation/atomic_t.txt atomic_inc_not_zero() v4.19
 */
export const atomicIncNotZero = (v: Atomic): Request<boolean> => addUnlessZero(v, 1, 0);
