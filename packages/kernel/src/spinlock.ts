/**
 * Spin locks. A lock is its holder word; whoever holds one must not sleep. `bh` variants are the plain ones, for a soft
 * interrupt that does not call `irqEnter` is not modelled as interrupting anything.
 */
import {
  kfunc,
  lockAcquire,
  lockRelease,
  lockTry,
  spinLockWord,
  type Cell,
  type Request,
  type ScalarType,
} from '@shootdown/machine';
import { localIrqDisable, localIrqEnable, localIrqRestore, localIrqSave } from './irq.js';

/**
 * Type of a spin lock: 0 when free, else the holder's thread number plus one.
 *
 * @source include/linux/spinlock_types.h spinlock_t v4.19
 */
export const spinlockT: ScalarType<number> = spinLockWord;
/** A spin lock in model memory. */
export type SpinLock = Cell<number>;

function spinning(lock: SpinLock, what: string): SpinLock {
  if (lock.type.lock !== 'spin') throw new TypeError(`${what}: expected a spin lock, got a ${lock.type.name}`);
  return lock;
}

/**
 * Takes the lock, spinning while another thread has it.
 *
 * @throws {@link KernelBug} `recursive-lock` when the caller has it already, once run
 * @source include/linux/spinlock.h spin_lock() v4.19
 */
export function spinLock(lock: SpinLock): Request<void> {
  return lockAcquire(spinning(lock, 'spin_lock'), 'spin_lock');
}

/**
 * Takes the lock if it is free; returns whether it did.
 *
 * @source include/linux/spinlock.h spin_trylock() v4.19
 */
export function spinTrylock(lock: SpinLock): Request<boolean> {
  return lockTry(spinning(lock, 'spin_trylock'), 'spin_trylock');
}

/**
 * Lets the lock go; reports `unlock-by-non-owner` when the caller does not hold it.
 *
 * @source include/linux/spinlock.h spin_unlock() v4.19
 */
export function spinUnlock(lock: SpinLock): Request<void> {
  return lockRelease(spinning(lock, 'spin_unlock'), 'spin_unlock');
}

/**
 * Turns interrupts off, then takes the lock; returns what {@link spinUnlockIrqrestore} takes.
 *
 * @source include/linux/spinlock.h spin_lock_irqsave() v4.19
 */
export const spinLockIrqsave: (lock: SpinLock) => Request<number> = kfunc(
  'spin_lock_irqsave',
  function* (lock: SpinLock) {
    const flags = yield* localIrqSave();
    yield* spinLock(lock);
    return flags;
  },
);

/**
 * Lets the lock go, then puts interrupts back.
 *
 * @param flags - what {@link spinLockIrqsave} returned
 * @source include/linux/spinlock.h spin_unlock_irqrestore() v4.19
 */
export const spinUnlockIrqrestore: (lock: SpinLock, flags: number) => Request<void> = kfunc(
  'spin_unlock_irqrestore',
  function* (lock: SpinLock, flags: number) {
    yield* spinUnlock(lock);
    yield* localIrqRestore(flags);
  },
);

/**
 * Turns interrupts off, then takes the lock.
 *
 * @source include/linux/spinlock.h spin_lock_irq() v4.19
 */
export const spinLockIrq: (lock: SpinLock) => Request<void> = kfunc('spin_lock_irq', function* (lock: SpinLock) {
  yield* localIrqDisable();
  yield* spinLock(lock);
});

/**
 * Lets the lock go, then turns interrupts on.
 *
 * @source include/linux/spinlock.h spin_unlock_irq() v4.19
 */
export const spinUnlockIrq: (lock: SpinLock) => Request<void> = kfunc('spin_unlock_irq', function* (lock: SpinLock) {
  yield* spinUnlock(lock);
  yield* localIrqEnable();
});
