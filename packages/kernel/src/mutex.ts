/** Mutexes: owned by the task that took them, which may sleep holding them and may sleep waiting for them. */
import {
  KernelBug,
  SLOT_LIVE,
  choose,
  defineOperation,
  kfunc,
  lockAcquire,
  lockReleaseInObject,
  lockTry,
  sleepLockWord,
  type Cell,
  type Memory,
  type Request,
  type ScalarType,
} from '@shootdown/machine';
import { EINTR } from './errno.js';
import { sleepsIn } from './might-sleep.js';

/**
 * Type of a mutex: 0 when free, else the holder's thread number plus one.
 *
 * @source include/linux/mutex.h struct mutex v4.19
 */
export const mutexT: ScalarType<number> = sleepLockWord;
/** A mutex in model memory. */
export type Mutex = Cell<number>;

/** Whether a signal may end a wait. */
export interface Signals {
  /** A search then takes both ways. Default false. */
  readonly maySignal?: boolean;
}

function sleeping(mutex: Mutex, what: string): Mutex {
  if (mutex.type.lock !== 'sleep') throw new TypeError(`${what}: expected a mutex, got a ${mutex.type.name}`);
  return mutex;
}

const lock = kfunc('mutex_lock', function* (mutex: Mutex) {
  yield* sleepsIn('mutex_lock');
  yield* lockAcquire(mutex, 'mutex_lock');
});

/**
 * Takes the mutex, sleeping while another thread has it.
 *
 * @throws {@link KernelBug} `recursive-lock` when the caller has it already, once run
 * @source kernel/locking/mutex.c mutex_lock() v4.19
 */
export function mutexLock(mutex: Mutex): Request<void> {
  return lock(sleeping(mutex, 'mutex_lock'));
}

/**
 * Takes the mutex if it is free; returns whether it did. Never sleeps.
 *
 * @source kernel/locking/mutex.c mutex_trylock() v4.19
 */
export function mutexTrylock(mutex: Mutex): Request<boolean> {
  return lockTry(sleeping(mutex, 'mutex_trylock'), 'mutex_trylock');
}

const wakeWaiters = defineOperation({
  name: 'mutex_unlock_slowpath',
  target: (mutex: Mutex) => mutex,
  run: (memory: Memory, mutex: Mutex): void => {
    const state = memory.image.slot[mutex.address];
    memory.watch?.(state, false);
    if (memory.peek(state) === SLOT_LIVE) return;
    const text = `mutex_unlock looks for waiters of ${memory.layout.nameOf(mutex.address)}, which was freed after it let go`;
    memory.report(new KernelBug('use-after-free', 'use-after-free', text, mutex.address));
  },
});

const unlock = kfunc('mutex_unlock', function* (mutex: Mutex) {
  if (yield* lockReleaseInObject(mutex, 'mutex_unlock')) yield* wakeWaiters(mutex);
});

/**
 * Lets the mutex go; reports `unlock-by-non-owner` when the caller does not hold it. Then it looks for waiters, so the mutex
 * must not be freed before it returns, though somebody else may have it by then: that is a `use-after-free`.
 *
 * @source kernel/locking/mutex.c mutex_unlock() v4.19
 */
export function mutexUnlock(mutex: Mutex): Request<void> {
  return unlock(sleeping(mutex, 'mutex_unlock'));
}

const lockUnlessSignalled = kfunc('mutex_lock_interruptible', function* (mutex: Mutex, maySignal: boolean) {
  yield* sleepsIn('mutex_lock_interruptible');
  if (maySignal && (yield* choose(2, 'a signal comes')) === 1) return -EINTR;
  yield* lockAcquire(mutex, 'mutex_lock_interruptible');
  return 0;
});

/**
 * As {@link mutexLock}, but a signal may end the wait; returns 0, or -{@link EINTR} without the mutex.
 *
 * @source kernel/locking/mutex.c mutex_lock_interruptible() v4.19
 */
export function mutexLockInterruptible(mutex: Mutex, { maySignal = false }: Signals = {}): Request<number> {
  return lockUnlessSignalled(sleeping(mutex, 'mutex_lock_interruptible'), maySignal);
}
