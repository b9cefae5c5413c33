/**
 * What notifiers keep in memory: one `mmu_notifier_subscriptions` an address space, the two kinds of notifiers, and what the
 * second pass of an invalidation is found by.
 *
 * The interval tree lies in the words of `itree` and knows its nodes by number, so an `mmu_interval_notifier` embeds no node:
 * {@link subscriptionsStruct} says how many there are, and `tree.ts` which is which.
 */
import { intervalTreeWords } from '@shootdown/interval-tree';
import {
  HlistNode,
  ListHead,
  LlistNode,
  RcuHead,
  WaitQueueHead,
  hlistHeadGuardedBy,
  spinlockT,
} from '@shootdown/kernel/model';
import { array, bool, i32, ptr, struct, u32, u64, u8, type ViewOf } from '@shootdown/machine';
import { MmStruct } from '@shootdown/mm/model';

const LOCK = 'lock';

/**
 * A classic notifier: who is told of every change of an address space. `ops` is the number of its methods, 0 for none.
 *
 * @source include/linux/mmu_notifier.h struct mmu_notifier v5.10
 */
export const MmuNotifier = struct('mmu_notifier', {
  hlist: HlistNode,
  ops: u32,
  mm: ptr(() => MmStruct),
  rcu: RcuHead,
  users: u32,
});
/** A classic notifier in model memory. */
export type MmuNotifier = ViewOf<typeof MmuNotifier>;

/**
 * An interval notifier: who is told of changes in one interval, `start` to `last`, both inside. `ops` is the number of its
 * methods. `invalidateSeq` is odd ever after it was inserted: what `mmuIntervalReadBegin` compares with.
 *
 * @source include/linux/mmu_notifier.h struct mmu_interval_notifier v6.17
 */
export const MmuIntervalNotifier = struct('mmu_interval_notifier', {
  start: u64,
  last: u64,
  ops: u32,
  mm: ptr(() => MmStruct),
  deferredItem: HlistNode,
  invalidateSeq: u64,
});
/** An interval notifier in model memory. */
export type MmuIntervalNotifier = ViewOf<typeof MmuIntervalNotifier>;

/**
 * What a first pass leaves for the second: a link in the list of finishes, and who is to finish. Seed 002 links by `link` and
 * calls the function numbered `finish`; the code as merged links by `llist` and calls the method of `notifier`.
 *
 * @source include/linux/mmu_notifier.h struct mmu_interval_notifier_finish v7.1
 */
export const MmuIntervalNotifierFinish = struct('mmu_interval_notifier_finish', {
  link: ListHead,
  llist: LlistNode,
  finish: u8,
  notifier: ptr(() => MmuIntervalNotifier),
});
/** A finish in model memory. */
export type MmuIntervalNotifierFinish = ViewOf<typeof MmuIntervalNotifierFinish>;

/**
 * Who is told of changes of an address space, with room for `intervals` interval notifiers in the tree.
 *
 * - `list`: classic notifiers, the newest first
 * - `hasItree`: whether there ever was an interval notifier
 * - `invalidateSeq`: odd while some interval notifier's interval is being invalidated; the tree must not change then
 * - `activeInvalidateRanges`: ranges whose invalidation began and did not end
 * - `itree`: the interval tree, in words
 * - `deferredList`: interval notifiers to be inserted or removed when the sequence becomes even, the newest first
 *
 * `itreeWalks` is for the specification: walks over the tree that have begun and not ended, under which it must stand still.
 *
 * @source mm/mmu_notifier.c struct mmu_notifier_subscriptions v6.17
 */
export const subscriptionsStruct = (intervals: number) =>
  struct('mmu_notifier_subscriptions', {
    list: hlistHeadGuardedBy(LOCK),
    hasItree: bool,
    lock: spinlockT,
    invalidateSeq: u64.writesGuardedBy(LOCK),
    activeInvalidateRanges: u32.guardedBy(LOCK),
    itree: array(i32.writesGuardedBy(LOCK), intervalTreeWords(intervals)),
    itreeWalks: u8,
    wq: WaitQueueHead,
    deferredList: hlistHeadGuardedBy(LOCK),
  });
/** What {@link subscriptionsStruct} makes. */
export type SubscriptionsStruct = ReturnType<typeof subscriptionsStruct>;
/** The subscriptions of an address space, in model memory. */
export type MmuNotifierSubscriptions = ViewOf<SubscriptionsStruct>;
