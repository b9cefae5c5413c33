/** The inline functions of include/linux/mmu_notifier.h, in its order. */
import { downWrite, mightSleep, upWrite } from '@shootdown/kernel/model';
import { kfunc, read, readOnce, writeOnce } from '@shootdown/machine';
import {
  MMU_NOTIFIER_RANGE_BLOCKABLE,
  mmuNotifierRange,
  mmuNotifierRangeBlockable,
  rangeFields,
  type Mm,
  type MmuNotifierRange,
} from '@shootdown/mm/model';
import type { MmuNotifierCore } from './core.js';
import {
  __mmuNotifierInvalidateRangeEnd,
  __mmuNotifierInvalidateRangeStart,
  mmuNotifierGetLocked,
} from './mmu-notifier.js';
import type { MmuIntervalNotifier } from './subscriptions.js';

/**
 * As {@link mmuNotifierGetLocked}, but takes mmap_lock.
 *
 * @source include/linux/mmu_notifier.h mmu_notifier_get() v6.17
 */
export const mmuNotifierGet = kfunc('mmu_notifier_get', function* (core: MmuNotifierCore, ops: number, mm: Mm) {
  yield* downWrite(mm.mmapLock);
  const gotten = yield* mmuNotifierGetLocked(core, ops, mm);
  yield* upWrite(mm.mmapLock);
  return gotten;
});

/**
 * Sets a notifier's sequence, from its `invalidate` or first pass, under the lock that its readers retry under.
 *
 * @source include/linux/mmu_notifier.h mmu_interval_set_seq() v5.10
 */
export const mmuIntervalSetSeq = kfunc('mmu_interval_set_seq', function* (sub: MmuIntervalNotifier, curSeq: bigint) {
  yield* writeOnce(sub.invalidateSeq, curSeq);
});

/**
 * Whether what was read since `seq` was returned is out of date; under the lock that the notifier's sequence is set under.
 *
 * @source include/linux/mmu_notifier.h mmu_interval_read_retry() v5.10
 */
export const mmuIntervalReadRetry = kfunc('mmu_interval_read_retry', function* (sub: MmuIntervalNotifier, seq: bigint) {
  return (yield* read(sub.invalidateSeq)) !== seq;
});

/**
 * As {@link mmuIntervalReadRetry} without the lock: true is reliable, false is not.
 *
 * @source include/linux/mmu_notifier.h mmu_interval_check_retry() v5.10
 */
export const mmuIntervalCheckRetry = kfunc(
  'mmu_interval_check_retry',
  function* (sub: MmuIntervalNotifier, seq: bigint) {
    return (yield* readOnce(sub.invalidateSeq)) !== seq;
  },
);

/**
 * Tells everybody that a range is about to change. Of a range that is blockable the result may be ignored; else see
 * {@link mmuNotifierInvalidateRangeStartNonblock}.
 *
 * @source include/linux/mmu_notifier.h mmu_notifier_invalidate_range_start() v6.17
 */
export const mmuNotifierInvalidateRangeStart = kfunc(
  'mmu_notifier_invalidate_range_start',
  function* (core: MmuNotifierCore, range: MmuNotifierRange) {
    if (mmuNotifierRangeBlockable(range)) yield* mightSleep();
    return yield* __mmuNotifierInvalidateRangeStart(core, range);
  },
);

/**
 * As a range that is not blockable: 0, or -EAGAIN where somebody refused; the range must then neither change nor be ended.
 *
 * @source include/linux/mmu_notifier.h mmu_notifier_invalidate_range_start_nonblock() v6.17
 */
export const mmuNotifierInvalidateRangeStartNonblock = kfunc(
  'mmu_notifier_invalidate_range_start_nonblock',
  function* (core: MmuNotifierCore, range: MmuNotifierRange) {
    const fields = rangeFields(range);
    const flags = fields.flags & ~MMU_NOTIFIER_RANGE_BLOCKABLE;
    return yield* __mmuNotifierInvalidateRangeStart(core, mmuNotifierRange({ ...fields, flags }));
  },
);

/**
 * Tells everybody that the range has changed.
 *
 * @source include/linux/mmu_notifier.h mmu_notifier_invalidate_range_end() v6.17
 */
export const mmuNotifierInvalidateRangeEnd = kfunc(
  'mmu_notifier_invalidate_range_end',
  function* (core: MmuNotifierCore, range: MmuNotifierRange) {
    if (mmuNotifierRangeBlockable(range)) yield* mightSleep();
    yield* __mmuNotifierInvalidateRangeEnd(core, range, 'end');
  },
);

/**
 * v4.19: an end where the caller has told of the flush already.
 *
 * @source include/linux/mmu_notifier.h mmu_notifier_invalidate_range_only_end() v4.19
 */
export const mmuNotifierInvalidateRangeOnlyEnd = kfunc(
  'mmu_notifier_invalidate_range_only_end',
  function* (core: MmuNotifierCore, range: MmuNotifierRange) {
    yield* __mmuNotifierInvalidateRangeEnd(core, range, 'only-end');
  },
);
