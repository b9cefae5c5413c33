/**
 * What memory management calls when it changes page tables. Those who mirror an address space, such as the notifiers of
 * `mmu-notifier`, implement it; nothing here knows them.
 */
import { defineOperation, type Memory, type Request, type Value } from '@shootdown/machine';
import type { Mm } from './mm-struct.js';
import type { MmuNotifierRange } from './notifier-range.js';

/**
 * The hooks. Each returns a request, such as the call of a kfunc. Addresses are byte addresses, `end` not included.
 *
 * @source include/linux/mmu_notifier.h mmu_notifier_invalidate_range_start() v6.6
 */
export interface InvalidationHooks {
  /**
   * Pages in the range are still mapped, and are about to change. Returns 0, or `-EAGAIN` where the range is not blockable
   * and somebody would have to sleep: the caller then changes nothing and does not call `invalidateRangeEnd`. A caller
   * whose range is blockable may ignore that, and must be able to sleep.
   */
  readonly invalidateRangeStart: (range: MmuNotifierRange) => Request<number>;
  /** The pages have changed, and those that were unmapped may have been freed. Sleeps if the range is blockable. */
  readonly invalidateRangeEnd: (range: MmuNotifierRange) => Request<void>;
  /**
   * The CPUs' TLBs are being flushed of the range: its pages are unmapped, and not yet freed. Must not sleep.
   * `mmu_notifier_invalidate_range` until v6.5, `arch_invalidate_secondary_tlbs` since.
   */
  readonly invalidateRange: (mm: Mm, start: bigint, end: bigint) => Request<void>;
  /** Whether anybody used a page of the range since it was asked last; secondary TLBs are flushed. */
  readonly clearFlushYoung: (mm: Mm, start: bigint, end: bigint) => Request<boolean>;
  /** As `clearFlushYoung`, where nobody need be flushed. */
  readonly clearYoung: (mm: Mm, start: bigint, end: bigint) => Request<boolean>;
  /** Whether anybody used the page at `address`; nothing changes. */
  readonly testYoung: (mm: Mm, address: bigint) => Request<boolean>;
  /** The page at `address` becomes another one, whose number is `pfn`, and may only be read. */
  readonly changePte: (mm: Mm, address: bigint, pfn: number) => Request<void>;
  /** The address space is going away, and no user is left; its pages are still mapped. */
  readonly release: (mm: Mm) => Request<void>;
  /** The struct is about to be freed: what `notifierSubscriptions` points to goes with it. */
  readonly subscriptionsDestroy: (mm: Mm) => Request<void>;
}

/** A hook that does nothing and returns `answer`. No schedule point. */
function nobody<R extends Value | void>(name: string, answer: R): () => Request<R> {
  const answers = defineOperation({ name, isLocal: true, run: (_memory: Memory): R => answer });
  return () => answers();
}

/** The hooks where nobody is to be told, as with `CONFIG_MMU_NOTIFIER=n`. */
export const noSubscribers: InvalidationHooks = {
  invalidateRangeStart: nobody('mmu_notifier_invalidate_range_start', 0),
  invalidateRangeEnd: nobody('mmu_notifier_invalidate_range_end', undefined),
  invalidateRange: nobody('mmu_notifier_invalidate_range', undefined),
  clearFlushYoung: nobody('mmu_notifier_clear_flush_young', false),
  clearYoung: nobody('mmu_notifier_clear_young', false),
  testYoung: nobody('mmu_notifier_test_young', false),
  changePte: nobody('mmu_notifier_change_pte', undefined),
  release: nobody('mmu_notifier_release', undefined),
  subscriptionsDestroy: nobody('mmu_notifier_subscriptions_destroy', undefined),
};
