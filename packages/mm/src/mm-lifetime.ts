/**
 * Who keeps an address space alive. `mmUsers` counts those who use it, and at 0 it is torn down; `mmCount` counts those who
 * hold on to the struct, all users together as one, and at 0 it is freed.
 */
import { atomicDecAndTest, atomicInc, atomicIncNotZero, kfree } from '@shootdown/kernel/model';
import { kfunc, type Kfunc, type Request } from '@shootdown/machine';
import type { InvalidationHooks } from './invalidation-hooks.js';
import type { Mm } from './mm-struct.js';

/**
 * Holds on to the struct; the caller holds on to it already.
 *
 * @source include/linux/sched/mm.h mmgrab() v5.10
 */
export const mmgrab = (mm: Mm): Request<void> => atomicInc(mm.mmCount);

/**
 * Becomes one more user; the caller is one already.
 *
 * @source include/linux/sched/mm.h mmget() v5.10
 */
export const mmget = (mm: Mm): Request<void> => atomicInc(mm.mmUsers);

/**
 * Becomes a user unless there is none any more; the caller holds on to the struct. Returns whether it did.
 *
 * @source include/linux/sched/mm.h mmget_not_zero() v5.10
 */
export const mmgetNotZero = (mm: Mm): Request<boolean> => atomicIncNotZero(mm.mmUsers);

/**
 * What lets go of a struct that {@link mmgrab} held on to; the last one frees it.
 *
 * @param hooks - is told before the struct is freed
 * @source kernel/fork.c __mmdrop() v5.10
 */
export function defineMmdrop(hooks: Pick<InvalidationHooks, 'subscriptionsDestroy'>): Kfunc<[mm: Mm], void> {
  return kfunc('mmdrop', function* (mm: Mm) {
    if (!(yield* atomicDecAndTest(mm.mmCount))) return;
    yield* hooks.subscriptionsDestroy(mm);
    yield* kfree(mm);
  });
}
