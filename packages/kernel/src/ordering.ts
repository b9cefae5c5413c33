/** Loads, stores, exchanges and barriers of any cell, each with the ordering the kernel gives it. */
import {
  cmpxchg as compareExchange,
  fence,
  load,
  rmw,
  store,
  waitFor,
  type Cell,
  type Request,
  type WaitCondition,
} from '@shootdown/machine';

/**
 * Full barrier.
 *
 * @source include/asm-generic/barrier.h smp_mb() v4.19
 */
export const smpMb = (): Request<void> => fence('smp_mb');
/**
 * Orders loads against loads.
 *
 * @source include/asm-generic/barrier.h smp_rmb() v4.19
 */
export const smpRmb = (): Request<void> => fence('smp_rmb');
/**
 * Orders stores against stores.
 *
 * @source include/asm-generic/barrier.h smp_wmb() v4.19
 */
export const smpWmb = (): Request<void> => fence('smp_wmb');
/**
 * Full barrier, also against devices.
 *
 * @source include/asm-generic/barrier.h mb() v4.19
 */
export const mb = (): Request<void> => fence('mb');
/**
 * Orders loads against loads, also of devices.
 *
 * @source include/asm-generic/barrier.h rmb() v4.19
 */
export const rmb = (): Request<void> => fence('rmb');
/**
 * Orders stores against stores, also to devices.
 *
 * @source include/asm-generic/barrier.h wmb() v4.19
 */
export const wmb = (): Request<void> => fence('wmb');
/**
 * Makes the atomic operation after it, if that is unordered, follow all before.
 *
 * @source include/asm-generic/barrier.h smp_mb__before_atomic() v4.19
 */
export const smpMbBeforeAtomic = (): Request<void> => fence('smp_mb__before_atomic');
/**
 * Makes the atomic operation before it, if that is unordered, precede all after.
 *
 * @source include/asm-generic/barrier.h smp_mb__after_atomic() v4.19
 */
export const smpMbAfterAtomic = (): Request<void> => fence('smp_mb__after_atomic');
/**
 * Barrier of the compiler alone.
 *
 * @source include/linux/compiler.h barrier() v4.19
 */
export const barrier = (): Request<void> => fence('barrier');
/**
 * What a spinning CPU does between two looks. A loop of these has no end to a search: spin with `spinUntil`.
 *
 * @source include/asm-generic/vdso/processor.h cpu_relax() v6.6
 */
export const cpuRelax = (): Request<void> => fence('cpu_relax');

/**
 * A load that all later accesses follow.
 *
 * @source include/asm-generic/barrier.h smp_load_acquire() v4.19
 */
export function smpLoadAcquire<T>(cell: Cell<T>): Request<T> {
  return load('smp_load_acquire', 'acquire', cell);
}

/**
 * A store that follows all earlier accesses.
 *
 * @source include/asm-generic/barrier.h smp_store_release() v4.19
 */
export function smpStoreRelease<T>(cell: Cell<T>, value: T): Request<void> {
  return store('smp_store_release', 'release', cell, value);
}

/**
 * A store with a full barrier behind it.
 *
 * @source include/asm-generic/barrier.h smp_store_mb() v4.19
 */
export function smpStoreMb<T>(cell: Cell<T>, value: T): Request<void> {
  return store('smp_store_mb', 'full', cell, value);
}

/**
 * Spins until a cell meets the condition, then answers its value; all later accesses follow that load.
 *
 * @source include/asm-generic/barrier.h smp_cond_load_acquire() v4.19
 */
export function smpCondLoadAcquire<T>(cell: Cell<T>, condition: WaitCondition): Request<T> {
  return waitFor(cell, condition, 'smp_cond_load_acquire');
}

/**
 * Exchanges; returns the old value. Fully ordered.
 *
 * @source Documentation/atomic_t.txt xchg() v4.19
 */
export function xchg<T>(cell: Cell<T>, value: T): Request<T> {
  return rmw('xchg', 'xchg', 'full', cell, value);
}

/**
 * As {@link xchg}, unordered.
 *
 * @source Documentation/atomic_t.txt xchg_relaxed() v4.19
 */
export function xchgRelaxed<T>(cell: Cell<T>, value: T): Request<T> {
  return rmw('xchg', 'xchg_relaxed', 'relaxed', cell, value);
}

/**
 * As {@link xchg}; all later accesses follow it.
 *
 * @source Documentation/atomic_t.txt xchg_acquire() v4.19
 */
export function xchgAcquire<T>(cell: Cell<T>, value: T): Request<T> {
  return rmw('xchg', 'xchg_acquire', 'acquire', cell, value);
}

/**
 * As {@link xchg}; it follows all earlier accesses.
 *
 * @source Documentation/atomic_t.txt xchg_release() v4.19
 */
export function xchgRelease<T>(cell: Cell<T>, value: T): Request<T> {
  return rmw('xchg', 'xchg_release', 'release', cell, value);
}

/**
 * Stores `desired` if the cell holds `expected`; returns what it held. Fully ordered if it stored.
 *
 * @source Documentation/atomic_t.txt cmpxchg() v4.19
 */
export function cmpxchg<T>(cell: Cell<T>, expected: T, desired: T): Request<T> {
  return compareExchange(cell, expected, desired, 'cmpxchg', 'full');
}

/**
 * As {@link cmpxchg}, unordered.
 *
 * @source Documentation/atomic_t.txt cmpxchg_relaxed() v4.19
 */
export function cmpxchgRelaxed<T>(cell: Cell<T>, expected: T, desired: T): Request<T> {
  return compareExchange(cell, expected, desired, 'cmpxchg_relaxed', 'relaxed');
}

/**
 * As {@link cmpxchg}; all later accesses follow it.
 *
 * @source Documentation/atomic_t.txt cmpxchg_acquire() v4.19
 */
export function cmpxchgAcquire<T>(cell: Cell<T>, expected: T, desired: T): Request<T> {
  return compareExchange(cell, expected, desired, 'cmpxchg_acquire', 'acquire');
}

/**
 * As {@link cmpxchg}; it follows all earlier accesses.
 *
 * @source Documentation/atomic_t.txt cmpxchg_release() v4.19
 */
export function cmpxchgRelease<T>(cell: Cell<T>, expected: T, desired: T): Request<T> {
  return compareExchange(cell, expected, desired, 'cmpxchg_release', 'release');
}
