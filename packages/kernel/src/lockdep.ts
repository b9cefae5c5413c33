/** Assertions about locks that the caller should hold. */
import { KernelBug, defineOperation, isHandle, type Cell, type Memory, type Request } from '@shootdown/machine';
import type { RwSemaphore } from './rwsem.js';

/** Any lock: a spin lock, a mutex, or a reader-writer semaphore. */
export type AnyLock = Cell<number> | RwSemaphore;

const assertHeld = defineOperation({
  name: 'lockdep_assert_held',
  isLocal: true,
  run: (memory: Memory, holder: number, shared: boolean): void => {
    if (memory.holds(holder, shared)) return;
    memory.report(
      new KernelBug(
        'guard',
        'lockdep-assert-held',
        `${memory.nameOfThread(memory.thread)} does not hold ${memory.layout.nameOf(holder)}, ${memory.holderName(holder)} holds it`,
        holder,
      ),
    );
  },
});

/**
 * Reports `guard` unless the caller holds the lock; reading counts. No schedule point.
 *
 * @source include/linux/lockdep.h lockdep_assert_held() v4.19
 */
export function lockdepAssertHeld(lock: AnyLock): Request<void> {
  return isHandle(lock) ? assertHeld(lock.holder.address, true) : assertHeld(lock.address, false);
}

/**
 * As {@link lockdepAssertHeld}, but reading does not count.
 *
 * @source include/linux/lockdep.h lockdep_assert_held_write() v5.3
 */
export function lockdepAssertHeldWrite(lock: AnyLock): Request<void> {
  return assertHeld(isHandle(lock) ? lock.holder.address : lock.address, false);
}
