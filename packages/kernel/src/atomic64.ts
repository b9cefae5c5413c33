/**
 * `atomic64_t` and `atomic_long_t`: 64-bit atomics. Values are unsigned (0 to 2^64 - 1) and wrap; a minus one reads as
 * 2^64 - 1. Arguments stand in the kernel's order: the operand first, except in set, xchg, cmpxchg and add_unless.
 */
import {
  kfunc,
  load,
  modify,
  rmw,
  store,
  u64,
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
 * Type of a 64-bit counter, 0 to 2^64 - 1.
 *
 * @source include/linux/types.h atomic64_t v4.19
 */
export const atomic64T: ScalarType<bigint> = u64;
/** A 64-bit counter in model memory. */
export type Atomic64 = Cell<bigint>;

const wrapped = (value: bigint, _v: Atomic64): bigint => BigInt.asUintN(64, value);

const returning = (name: string, order: MemoryOrder, sign: bigint): Kfunc<[i: bigint, v: Atomic64], bigint> =>
  kfunc(name, function* (i, v) {
    return wrapped((yield* rmw('add', name, order, v, wrapped(sign * i, v))) + sign * i, v);
  });
const steppingTo = (name: string, by: bigint): Kfunc<[v: Atomic64], bigint> =>
  kfunc(name, function* (v) {
    return wrapped((yield* rmw('add', name, 'full', v, wrapped(by, v))) + by, v);
  });
const stepsToZero = (name: string, by: bigint): Kfunc<[v: Atomic64], boolean> =>
  kfunc(name, function* (v) {
    return wrapped((yield* rmw('add', name, 'full', v, wrapped(by, v))) + by, v) === 0n;
  });
const fetching =
  (
    kind: RmwKind,
    name: string,
    order: MemoryOrder,
    map: (i: bigint) => bigint = (i) => i,
  ): ((i: bigint, v: Atomic64) => Request<bigint>) =>
  (i, v) =>
    rmw(kind, name, order, v, wrapped(map(i), v));
const changing =
  (kind: RmwKind, name: string, map: (i: bigint) => bigint = (i) => i): ((i: bigint, v: Atomic64) => Request<void>) =>
  (i, v) =>
    modify(kind, name, 'relaxed', v, wrapped(map(i), v));
const exchanging =
  (name: string, order: MemoryOrder): ((v: Atomic64, value: bigint) => Request<bigint>) =>
  (v, value) =>
    rmw('xchg', name, order, v, value);
const comparing =
  (name: string, order: MemoryOrder): ((v: Atomic64, expected: bigint, desired: bigint) => Request<bigint>) =>
  (v, expected, desired) =>
    cmpxchg(v, expected, desired, name, order);

/**
 * Returns the value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_read() v4.19
 */
export const atomic64Read = (v: Atomic64): Request<bigint> => load('atomic64_read', 'once', v);

/**
 * Returns the value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_read_acquire() v4.19
 */
export const atomic64ReadAcquire = (v: Atomic64): Request<bigint> => load('atomic64_read_acquire', 'acquire', v);

/**
 * Sets the value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_set() v4.19
 */
export const atomic64Set = (v: Atomic64, value: bigint): Request<void> => store('atomic64_set', 'once', v, value);

/**
 * Sets the value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_set_release() v4.19
 */
export const atomic64SetRelease = (v: Atomic64, value: bigint): Request<void> =>
  store('atomic64_set_release', 'release', v, value);

/**
 * Adds. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_add() v4.19
 */
export const atomic64Add = changing('add', 'atomic64_add');

/**
 * Subtracts. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_sub() v4.19
 */
export const atomic64Sub = changing('add', 'atomic64_sub', (i) => -i);

/**
 * Sets the bits of the operand. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_or() v4.19
 */
export const atomic64Or = changing('or', 'atomic64_or');

/**
 * Keeps the bits of the operand. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_and() v4.19
 */
export const atomic64And = changing('and', 'atomic64_and');

/**
 * Flips the bits of the operand. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_xor() v4.19
 */
export const atomic64Xor = changing('xor', 'atomic64_xor');

/**
 * Clears the bits of the operand. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_andnot() v4.19
 */
export const atomic64Andnot = changing('and', 'atomic64_andnot', (i) => ~i);

/**
 * Adds one. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_inc() v4.19
 */
export const atomic64Inc = (v: Atomic64): Request<void> => modify('add', 'atomic64_inc', 'relaxed', v, 1n);

/**
 * Subtracts one. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_dec() v4.19
 */
export const atomic64Dec = (v: Atomic64): Request<void> => modify('add', 'atomic64_dec', 'relaxed', v, wrapped(-1n, v));

/**
 * Adds; returns the new value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_add_return() v4.19
 */
export const atomic64AddReturn = returning('atomic64_add_return', 'full', 1n);

/**
 * Adds; returns the new value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_add_return_relaxed() v4.19
 */
export const atomic64AddReturnRelaxed = returning('atomic64_add_return_relaxed', 'relaxed', 1n);

/**
 * Adds; returns the new value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_add_return_acquire() v4.19
 */
export const atomic64AddReturnAcquire = returning('atomic64_add_return_acquire', 'acquire', 1n);

/**
 * Adds; returns the new value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_add_return_release() v4.19
 */
export const atomic64AddReturnRelease = returning('atomic64_add_return_release', 'release', 1n);

/**
 * Subtracts; returns the new value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_sub_return() v4.19
 */
export const atomic64SubReturn = returning('atomic64_sub_return', 'full', -1n);

/**
 * Subtracts; returns the new value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_sub_return_relaxed() v4.19
 */
export const atomic64SubReturnRelaxed = returning('atomic64_sub_return_relaxed', 'relaxed', -1n);

/**
 * Subtracts; returns the new value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_sub_return_acquire() v4.19
 */
export const atomic64SubReturnAcquire = returning('atomic64_sub_return_acquire', 'acquire', -1n);

/**
 * Subtracts; returns the new value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_sub_return_release() v4.19
 */
export const atomic64SubReturnRelease = returning('atomic64_sub_return_release', 'release', -1n);

/**
 * Adds one; returns the new value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_inc_return() v4.19
 */
export const atomic64IncReturn = steppingTo('atomic64_inc_return', 1n);

/**
 * Subtracts one; returns the new value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_dec_return() v4.19
 */
export const atomic64DecReturn = steppingTo('atomic64_dec_return', -1n);

/**
 * Adds; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_add() v4.19
 */
export const atomic64FetchAdd = fetching('add', 'atomic64_fetch_add', 'full');

/**
 * Adds; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_add_relaxed() v4.19
 */
export const atomic64FetchAddRelaxed = fetching('add', 'atomic64_fetch_add_relaxed', 'relaxed');

/**
 * Adds; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_add_acquire() v4.19
 */
export const atomic64FetchAddAcquire = fetching('add', 'atomic64_fetch_add_acquire', 'acquire');

/**
 * Adds; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_add_release() v4.19
 */
export const atomic64FetchAddRelease = fetching('add', 'atomic64_fetch_add_release', 'release');

/**
 * Subtracts; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_sub() v4.19
 */
export const atomic64FetchSub = fetching('add', 'atomic64_fetch_sub', 'full', (i) => -i);

/**
 * Subtracts; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_sub_relaxed() v4.19
 */
export const atomic64FetchSubRelaxed = fetching('add', 'atomic64_fetch_sub_relaxed', 'relaxed', (i) => -i);

/**
 * Subtracts; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_sub_acquire() v4.19
 */
export const atomic64FetchSubAcquire = fetching('add', 'atomic64_fetch_sub_acquire', 'acquire', (i) => -i);

/**
 * Subtracts; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_sub_release() v4.19
 */
export const atomic64FetchSubRelease = fetching('add', 'atomic64_fetch_sub_release', 'release', (i) => -i);

/**
 * Sets the bits of the operand; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_or() v4.19
 */
export const atomic64FetchOr = fetching('or', 'atomic64_fetch_or', 'full');

/**
 * Sets the bits of the operand; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_or_relaxed() v4.19
 */
export const atomic64FetchOrRelaxed = fetching('or', 'atomic64_fetch_or_relaxed', 'relaxed');

/**
 * Sets the bits of the operand; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_or_acquire() v4.19
 */
export const atomic64FetchOrAcquire = fetching('or', 'atomic64_fetch_or_acquire', 'acquire');

/**
 * Sets the bits of the operand; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_or_release() v4.19
 */
export const atomic64FetchOrRelease = fetching('or', 'atomic64_fetch_or_release', 'release');

/**
 * Keeps the bits of the operand; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_and() v4.19
 */
export const atomic64FetchAnd = fetching('and', 'atomic64_fetch_and', 'full');

/**
 * Keeps the bits of the operand; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_and_relaxed() v4.19
 */
export const atomic64FetchAndRelaxed = fetching('and', 'atomic64_fetch_and_relaxed', 'relaxed');

/**
 * Keeps the bits of the operand; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_and_acquire() v4.19
 */
export const atomic64FetchAndAcquire = fetching('and', 'atomic64_fetch_and_acquire', 'acquire');

/**
 * Keeps the bits of the operand; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_and_release() v4.19
 */
export const atomic64FetchAndRelease = fetching('and', 'atomic64_fetch_and_release', 'release');

/**
 * Flips the bits of the operand; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_xor() v4.19
 */
export const atomic64FetchXor = fetching('xor', 'atomic64_fetch_xor', 'full');

/**
 * Flips the bits of the operand; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_xor_relaxed() v4.19
 */
export const atomic64FetchXorRelaxed = fetching('xor', 'atomic64_fetch_xor_relaxed', 'relaxed');

/**
 * Flips the bits of the operand; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_xor_acquire() v4.19
 */
export const atomic64FetchXorAcquire = fetching('xor', 'atomic64_fetch_xor_acquire', 'acquire');

/**
 * Flips the bits of the operand; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_xor_release() v4.19
 */
export const atomic64FetchXorRelease = fetching('xor', 'atomic64_fetch_xor_release', 'release');

/**
 * Clears the bits of the operand; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_andnot() v4.19
 */
export const atomic64FetchAndnot = fetching('and', 'atomic64_fetch_andnot', 'full', (i) => ~i);

/**
 * Clears the bits of the operand; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_andnot_relaxed() v4.19
 */
export const atomic64FetchAndnotRelaxed = fetching('and', 'atomic64_fetch_andnot_relaxed', 'relaxed', (i) => ~i);

/**
 * Clears the bits of the operand; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_andnot_acquire() v4.19
 */
export const atomic64FetchAndnotAcquire = fetching('and', 'atomic64_fetch_andnot_acquire', 'acquire', (i) => ~i);

/**
 * Clears the bits of the operand; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_andnot_release() v4.19
 */
export const atomic64FetchAndnotRelease = fetching('and', 'atomic64_fetch_andnot_release', 'release', (i) => ~i);

/**
 * Exchanges; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_xchg() v4.19
 */
export const atomic64Xchg = exchanging('atomic64_xchg', 'full');

/**
 * Exchanges; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_xchg_relaxed() v4.19
 */
export const atomic64XchgRelaxed = exchanging('atomic64_xchg_relaxed', 'relaxed');

/**
 * Exchanges; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_xchg_acquire() v4.19
 */
export const atomic64XchgAcquire = exchanging('atomic64_xchg_acquire', 'acquire');

/**
 * Exchanges; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_xchg_release() v4.19
 */
export const atomic64XchgRelease = exchanging('atomic64_xchg_release', 'release');

/**
 * Stores `desired` if the value is `expected`; returns the old value. Fully ordered if it stored.
 *
 * @source Documentation/atomic_t.txt atomic64_cmpxchg() v4.19
 */
export const atomic64Cmpxchg = comparing('atomic64_cmpxchg', 'full');

/**
 * Stores `desired` if the value is `expected`; returns the old value. Unordered.
 *
 * @source Documentation/atomic_t.txt atomic64_cmpxchg_relaxed() v4.19
 */
export const atomic64CmpxchgRelaxed = comparing('atomic64_cmpxchg_relaxed', 'relaxed');

/**
 * Stores `desired` if the value is `expected`; returns the old value. Acquire.
 *
 * @source Documentation/atomic_t.txt atomic64_cmpxchg_acquire() v4.19
 */
export const atomic64CmpxchgAcquire = comparing('atomic64_cmpxchg_acquire', 'acquire');

/**
 * Stores `desired` if the value is `expected`; returns the old value. Release.
 *
 * @source Documentation/atomic_t.txt atomic64_cmpxchg_release() v4.19
 */
export const atomic64CmpxchgRelease = comparing('atomic64_cmpxchg_release', 'release');

/**
 * Stores `desired` if the value is `expected`; returns whether it did. Fully ordered if so.
 *
 * @source Documentation/atomic_t.txt atomic64_try_cmpxchg() v4.19
 */
export const atomic64TryCmpxchg = kfunc(
  'atomic64_try_cmpxchg',
  function* (v: Atomic64, expected: bigint, desired: bigint) {
    return (yield* cmpxchg(v, expected, desired, 'atomic64_try_cmpxchg', 'full')) === expected;
  },
);

/**
 * Adds one; returns whether that made it zero. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_inc_and_test() v4.19
 */
export const atomic64IncAndTest = stepsToZero('atomic64_inc_and_test', 1n);

/**
 * Subtracts one; returns whether that made it zero. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_dec_and_test() v4.19
 */
export const atomic64DecAndTest = stepsToZero('atomic64_dec_and_test', -1n);

/**
 * Subtracts; returns whether that made it zero. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_sub_and_test() v4.19
 */
export const atomic64SubAndTest = kfunc('atomic64_sub_and_test', function* (i: bigint, v: Atomic64) {
  return (yield* rmw('add', 'atomic64_sub_and_test', 'full', v, wrapped(-i, v))) === wrapped(i, v);
});

/**
 * Adds; returns whether that made it negative. Fully ordered.
 *
 * @source Documentation/atomic_t.txt atomic64_add_negative() v4.19
 */
export const atomic64AddNegative = kfunc('atomic64_add_negative', function* (i: bigint, v: Atomic64) {
  const value = wrapped((yield* rmw('add', 'atomic64_add_negative', 'full', v, wrapped(i, v))) + i, v);
  return value >> 63n === 1n;
});

const addingUnless = <R extends Value>(
  name: string,
  answer: (old: bigint, unless: bigint) => R,
): ((v: Atomic64, i: bigint, unless: bigint) => Request<R>) =>
  defineOperation({
    name,
    target: (v: Atomic64) => v,
    run: (memory: Memory, v: Atomic64, i: bigint, unless: bigint): R => {
      const old = memory.get(v);
      if (old !== unless) memory.set(v, wrapped(old + i, v));
      return answer(old, unless);
    },
  });

/**
 * Adds unless the value is `unless`; returns the old value. Fully ordered if it added.
 *
 * @source Documentation/atomic_t.txt atomic64_fetch_add_unless() v4.19
 */
export const atomic64FetchAddUnless = addingUnless('atomic64_fetch_add_unless', (old) => old);

/**
 * Adds unless the value is `unless`; returns whether it added. Fully ordered if so.
 *
 * @source Documentation/atomic_t.txt atomic64_add_unless() v4.19
 */
export const atomic64AddUnless = addingUnless('atomic64_add_unless', (old, unless) => old !== unless);

const addUnlessZero = addingUnless('atomic64_inc_not_zero', (old, unless) => old !== unless);

/**
 * Adds one unless the value is zero; returns whether it did. Fully ordered if so.
 *
 * @source Documentation/atomic_t.txt atomic64_inc_not_zero() v4.19
 */
export const atomic64IncNotZero = (v: Atomic64): Request<boolean> => addUnlessZero(v, 1n, 0n);
