/**
 * `mm/mmu_notifier.c` but for `mn-itree.ts`, in its order: of v4.19, of v6.17, and with two passes as first sent and as merged.
 *
 * Classic notifiers are called one after the other, the newest first, inside an SRCU reader, so that whoever unregisters can
 * wait for the calls in progress.
 *
 * `mm_has_notifiers()` and the load of the pointer that it looks at are one access. So inline functions that do nothing but look, such
 * as `mmu_notifier_release()`, and what they call, are one function. A pending signal while all locks are taken, and lockdep's map of
 * invalidations, are left out.
 */
import {
  EAGAIN,
  EINVAL,
  ENOMEM,
  EOVERFLOW,
  GFP_KERNEL,
  bugOn,
  callSrcu,
  containerOf,
  downWrite,
  hlistAddHead,
  hlistAddHeadRcu,
  hlistDel,
  hlistDelInitRcu,
  hlistEmpty,
  hlistFirstRcu,
  hlistForEachEntryRcu,
  hlistNextRcu,
  hlistUnhashed,
  kfree,
  kzalloc,
  lockdepAssertHeldWrite,
  mightSleep,
  smpLoadAcquire,
  smpStoreRelease,
  spinLock,
  spinUnlock,
  srcuReadLock,
  srcuReadUnlock,
  synchronizeSrcu,
  upWrite,
  waitEvent,
  type RcuHead,
} from '@shootdown/kernel/model';
import { kfunc, read, readOnce, write, writeOnce, type Handle, type Kthread } from '@shootdown/machine';
import { mmgrab, mmuNotifierRangeBlockable, rangeFields, type Mm, type MmuNotifierRange } from '@shootdown/mm/model';
import { followed, subscriptionsFor, type MmuNotifierCore } from './core.js';
import { mnItreeInvEnd, mnItreeInvalidate, mnItreeIsInvalidating, mnItreeRelease } from './mn-itree.js';
import { methodOf, type MmuNotifierOps } from './ops.js';
import { MmuNotifier, type MmuIntervalNotifier, type MmuNotifierSubscriptions } from './subscriptions.js';

const ULONG_MAX = 0xffff_ffff_ffff_ffffn;
const UINT_MAX = 0xffff_ffff;
/** Sequence of an address space whose subscriptions are new. */
const FIRST_SEQ = 2n;
type NotifierBody = (sub: MmuNotifier, ops: MmuNotifierOps) => Kthread<void> | Kthread<'stop' | undefined>;

/** hlist_for_each_entry_srcu(), with the methods of each. */
function* forEachNotifier(
  core: MmuNotifierCore,
  { list }: MmuNotifierSubscriptions,
  body: NotifierBody,
): Kthread<void> {
  yield* hlistForEachEntryRcu(list, MmuNotifier, 'hlist', function* (sub): Kthread<'stop' | undefined> {
    return (yield* body(sub, core.notifierOps(yield* read(sub.ops)))) ?? undefined;
  });
}

/** Tells every classic notifier that the address space goes away, and unregisters them. */
const mnHlistRelease = kfunc(
  'mn_hlist_release',
  function* (core: MmuNotifierCore, subs: MmuNotifierSubscriptions, mm: Mm) {
    const idx = yield* srcuReadLock(core.srcu);
    yield* forEachNotifier(core, subs, function* (sub, { release }): Kthread<void> {
      if (release !== undefined) yield* release(sub, mm);
    });
    yield* spinLock(subs.lock);
    for (;;) {
      const node: Handle | null = yield* hlistFirstRcu(subs.list);
      if (node === null) break;
      yield* hlistDelInitRcu(containerOf(node, MmuNotifier, 'hlist').hlist);
    }
    yield* spinUnlock(subs.lock);
    yield* srcuReadUnlock(core.srcu, idx);
    yield* synchronizeSrcu(core.srcu);
  },
);

/** Tells everybody that the address space goes away. @source mm/mmu_notifier.c __mmu_notifier_release() v6.17 */
export const mmuNotifierRelease = kfunc('mmu_notifier_release', function* (core: MmuNotifierCore, mm: Mm) {
  const subs = yield* readOnce(core.subscriptionsOf(mm));
  if (subs === null) return;
  if (yield* readOnce(subs.hasItree)) yield* mnItreeRelease(core, subs, mm);
  if (!(yield* hlistEmpty(subs.list))) yield* mnHlistRelease(core, subs, mm);
});

/**
 * Whether anybody used a page of the range since it was asked last, TLBs flushed; all are asked.
 *
 * @source mm/mmu_notifier.c __mmu_notifier_clear_flush_young() v6.17
 */
export const mmuNotifierClearFlushYoung = kfunc(
  'mmu_notifier_clear_flush_young',
  function* (core: MmuNotifierCore, mm: Mm, start: bigint, end: bigint) {
    const subs = yield* readOnce(core.subscriptionsOf(mm));
    if (subs === null) return false;
    let young = false;
    const idx = yield* srcuReadLock(core.srcu);
    yield* forEachNotifier(core, subs, function* (sub, { clearFlushYoung }): Kthread<void> {
      if (clearFlushYoung !== undefined && (yield* clearFlushYoung(sub, mm, start, end))) young = true;
    });
    yield* srcuReadUnlock(core.srcu, idx);
    return young;
  },
);

/**
 * As {@link mmuNotifierClearFlushYoung} without a flush.
 *
 * @source mm/mmu_notifier.c __mmu_notifier_clear_young() v6.17
 */
export const mmuNotifierClearYoung = kfunc(
  'mmu_notifier_clear_young',
  function* (core: MmuNotifierCore, mm: Mm, start: bigint, end: bigint) {
    const subs = yield* readOnce(core.subscriptionsOf(mm));
    if (subs === null) return false;
    let young = false;
    const idx = yield* srcuReadLock(core.srcu);
    yield* forEachNotifier(core, subs, function* (sub, { clearYoung }): Kthread<void> {
      if (clearYoung !== undefined && (yield* clearYoung(sub, mm, start, end))) young = true;
    });
    yield* srcuReadUnlock(core.srcu, idx);
    return young;
  },
);

/**
 * Whether anybody used the page; asks until one says yes.
 *
 * @source mm/mmu_notifier.c __mmu_notifier_test_young() v6.17
 */
export const mmuNotifierTestYoung = kfunc(
  'mmu_notifier_test_young',
  function* (core: MmuNotifierCore, mm: Mm, address: bigint) {
    const subs = yield* readOnce(core.subscriptionsOf(mm));
    if (subs === null) return false;
    let young = false;
    const idx = yield* srcuReadLock(core.srcu);
    yield* forEachNotifier(core, subs, function* (sub, { testYoung }): Kthread<'stop' | undefined> {
      if (testYoung !== undefined) young = yield* testYoung(sub, mm, address);
      return young ? 'stop' : undefined;
    });
    yield* srcuReadUnlock(core.srcu, idx);
    return young;
  },
);

/**
 * The page at `address` becomes another, whose number, or whose whole entry, is `pte`.
 *
 * @source mm/mmu_notifier.c __mmu_notifier_change_pte() v4.19
 */
export const mmuNotifierChangePte = kfunc(
  'mmu_notifier_change_pte',
  function* (core: MmuNotifierCore, mm: Mm, address: bigint, pte: number | bigint) {
    const subs = yield* readOnce(core.subscriptionsOf(mm));
    if (subs === null) return;
    const idx = yield* srcuReadLock(core.srcu);
    yield* forEachNotifier(core, subs, function* (sub, { changePte }): Kthread<void> {
      if (changePte !== undefined) yield* changePte(sub, mm, address, pte);
    });
    yield* srcuReadUnlock(core.srcu, idx);
  },
);

/** Starts all; 0, or the last failure, and then ends all that have an end (since v5.12). */
const mnHlistInvalidateRangeStart = kfunc(
  'mn_hlist_invalidate_range_start',
  function* (core: MmuNotifierCore, subs: MmuNotifierSubscriptions, range: MmuNotifierRange) {
    let ret = 0;
    const idx = yield* srcuReadLock(core.srcu);
    yield* forEachNotifier(core, subs, function* (sub, { invalidateRangeStart, invalidateRangeEnd }): Kthread<void> {
      const error = invalidateRangeStart === undefined ? 0 : yield* invalidateRangeStart(sub, range);
      if (error === 0) return;
      ret = error;
      if (core.version === 'v4.19') return;
      const mustSucceed = mmuNotifierRangeBlockable(range) || error !== -EAGAIN;
      yield* core.host.warnOn(mustSucceed, 'invalidate_range_start failed where it must not');
      yield* core.host.warnOn(invalidateRangeEnd !== undefined, 'a notifier whose start can fail has an end');
    });
    if (ret !== 0 && core.version !== 'v4.19')
      yield* forEachNotifier(core, subs, function* (sub, { invalidateRangeEnd }): Kthread<void> {
        if (invalidateRangeEnd !== undefined) yield* invalidateRangeEnd(sub, range);
      });
    yield* srcuReadUnlock(core.srcu, idx);
    return ret;
  },
);

/** Tells everybody that a range is about to change; 0, or -{@link EAGAIN} where somebody refused. */
export const __mmuNotifierInvalidateRangeStart = kfunc(
  '__mmu_notifier_invalidate_range_start',
  function* (core: MmuNotifierCore, range: MmuNotifierRange) {
    const subs = yield* readOnce(core.subscriptionsOf(rangeFields(range).mm));
    if (subs === null) return 0;
    if (yield* readOnce(subs.hasItree)) {
      const error = yield* mnItreeInvalidate(core, subs, range);
      if (error !== 0) return error;
    }
    if (yield* hlistEmpty(subs.list)) return 0;
    return yield* mnHlistInvalidateRangeStart(core, subs, range);
  },
);

/** Whether an end is also a flush of the TLBs: `mmu_notifier_invalidate_range_end` against `..._only_end`, v4.19. */
type EndKind = 'end' | 'only-end';

/** Ends all; in v4.19 an end is a flush too, unless it is an end alone. */
const mnHlistInvalidateEnd = kfunc(
  'mn_hlist_invalidate_end',
  function* (core: MmuNotifierCore, subs: MmuNotifierSubscriptions, range: MmuNotifierRange, kind: EndKind) {
    const { mm, start, end } = rangeFields(range);
    const flushes = core.version === 'v4.19' && kind === 'end';
    const idx = yield* srcuReadLock(core.srcu);
    yield* forEachNotifier(core, subs, function* (sub, { invalidateRange, invalidateRangeEnd }): Kthread<void> {
      if (flushes && invalidateRange !== undefined) yield* invalidateRange(sub, mm, start, end);
      if (invalidateRangeEnd !== undefined) yield* invalidateRangeEnd(sub, range);
    });
    yield* srcuReadUnlock(core.srcu, idx);
  },
);

/** Tells everybody that the range has changed. */
export const __mmuNotifierInvalidateRangeEnd = kfunc(
  '__mmu_notifier_invalidate_range_end',
  function* (core: MmuNotifierCore, range: MmuNotifierRange, kind: EndKind) {
    const subs = yield* readOnce(core.subscriptionsOf(rangeFields(range).mm));
    if (subs === null) return;
    if (yield* readOnce(subs.hasItree)) yield* mnItreeInvEnd(core, subs);
    if (!(yield* hlistEmpty(subs.list))) yield* mnHlistInvalidateEnd(core, subs, range, kind);
  },
);

/**
 * Tells everybody that TLBs are flushed: pages are unmapped and not yet freed.
 * `mmu_notifier_invalidate_range()` until v6.5, `mmu_notifier_arch_invalidate_secondary_tlbs()` since.
 *
 * @source mm/mmu_notifier.c __mmu_notifier_arch_invalidate_secondary_tlbs() v6.17
 */
export const mmuNotifierInvalidateRange = kfunc(
  'mmu_notifier_invalidate_range',
  function* (core: MmuNotifierCore, mm: Mm, start: bigint, end: bigint) {
    const subs = yield* readOnce(core.subscriptionsOf(mm));
    if (subs === null) return;
    const idx = yield* srcuReadLock(core.srcu);
    yield* forEachNotifier(core, subs, function* (sub, { invalidateRange }): Kthread<void> {
      if (invalidateRange !== undefined) yield* invalidateRange(sub, mm, start, end);
    });
    yield* srcuReadUnlock(core.srcu, idx);
  },
);

/**
 * v4.19: whether any of those whose methods may sleep is told of ranges.
 *
 * @source mm/mmu_notifier.c mm_has_blockable_invalidate_notifiers() v4.19
 */
export const mmHasBlockableInvalidateNotifiers = kfunc(
  'mm_has_blockable_invalidate_notifiers',
  function* (core: MmuNotifierCore, mm: Mm) {
    const subs = yield* readOnce(core.subscriptionsOf(mm));
    if (subs === null) return false;
    let found = false;
    const idx = yield* srcuReadLock(core.srcu);
    yield* forEachNotifier(core, subs, function* (_sub, ops): Kthread<'stop' | undefined> {
      const methods = [ops.invalidateRange, ops.invalidateRangeStart, ops.invalidateRangeEnd];
      found = ops.doesNotBlock !== true && methods.some((method) => method !== undefined);
      return found ? 'stop' : undefined;
    });
    yield* srcuReadUnlock(core.srcu, idx);
    return found;
  },
);

/**
 * As {@link mmuNotifierRegister}, where the caller holds mmap_lock for writing.
 *
 * @source mm/mmu_notifier.c __mmu_notifier_register() v6.17
 */
export const mmuNotifierRegisterLocked = kfunc(
  '__mmu_notifier_register',
  function* (core: MmuNotifierCore, sub: MmuNotifier | null, mm: Mm) {
    yield* lockdepAssertHeldWrite(mm.mmapLock);
    bugOn((yield* readOnce(mm.mmUsers)) <= 0, 'a notifier registers where the address space has no user');
    if (sub !== null && core.version !== 'v4.19') {
      const ops = core.notifierOps(yield* read(sub.ops));
      const isForRanges = ops.invalidateRangeStart !== undefined || ops.invalidateRangeEnd !== undefined;
      const isForBoth = ops.invalidateRange !== undefined && isForRanges;
      const text = 'a notifier is told of ranges and, with arch_invalidate_secondary_tlbs, of flushes';
      if (yield* core.host.warnOn(isForBoth, text)) return -EINVAL;
    }
    let subs = yield* read(core.subscriptionsOf(mm));
    const isFirst = subs === null;
    if (subs === null) {
      subs = yield* kzalloc(core.slab, GFP_KERNEL);
      if (subs === null) return -ENOMEM;
      yield* spinLock(subs.lock);
      yield* writeOnce(subs.invalidateSeq, FIRST_SEQ);
      yield* spinUnlock(subs.lock);
    }
    const error = yield* core.host.mmTakeAllLocks(mm);
    if (error !== 0) {
      if (isFirst) yield* kfree(subs);
      return error;
    }
    if (isFirst) yield* smpStoreRelease(core.subscriptionsOf(mm), subs);
    if (sub !== null) {
      yield* mmgrab(mm);
      yield* write(sub.mm, mm);
      yield* write(sub.users, 1);
      yield* spinLock(subs.lock);
      yield* hlistAddHeadRcu(sub.hlist, subs.list);
      yield* spinUnlock(subs.lock);
    } else yield* writeOnce(subs.hasItree, true);
    yield* core.host.mmDropAllLocks(mm);
    return 0;
  },
);

/**
 * Registers a notifier with methods number `sub.ops`; takes mmap_lock. `null` only makes the address space ready for interval
 * notifiers. 0, or a negative error: -{@link EINVAL} with a warning for one that is told both of ranges and of flushes,
 * -{@link ENOMEM}, or what taking all locks returns.
 *
 * @source mm/mmu_notifier.c mmu_notifier_register() v6.17
 */
export const mmuNotifierRegister = kfunc(
  'mmu_notifier_register',
  function* (core: MmuNotifierCore, sub: MmuNotifier | null, mm: Mm) {
    yield* downWrite(mm.mmapLock);
    const error = yield* mmuNotifierRegisterLocked(core, sub, mm);
    yield* upWrite(mm.mmapLock);
    return error;
  },
);

/** What a get returns: the notifier, or `null` and a negative error. */
export type Gotten = readonly [sub: MmuNotifier | null, error: number];

/** The notifier of these methods, or `null`; on success it has one user more. */
const findGetMmuNotifier = kfunc(
  'find_get_mmu_notifier',
  function* (subs: MmuNotifierSubscriptions, ops: number): Kthread<Gotten> {
    yield* spinLock(subs.lock);
    let found: Gotten = [null, 0];
    for (let node: Handle | null = yield* hlistFirstRcu(subs.list); node !== null; node = yield* hlistNextRcu(node)) {
      const sub = containerOf(node, MmuNotifier, 'hlist');
      if ((yield* read(sub.ops)) !== ops) continue;
      const users = yield* read(sub.users);
      found = users === UINT_MAX ? [null, -EOVERFLOW] : [sub, 0];
      if (users !== UINT_MAX) yield* write(sub.users, users + 1);
      break;
    }
    yield* spinUnlock(subs.lock);
    return found;
  },
);

/**
 * The one notifier of these methods in this address space, one user more; allocated if need be. The caller holds mmap_lock
 * for writing.
 *
 * @source mm/mmu_notifier.c mmu_notifier_get_locked() v6.17
 */
export const mmuNotifierGetLocked = kfunc(
  'mmu_notifier_get_locked',
  function* (core: MmuNotifierCore, ops: number, mm: Mm): Kthread<Gotten> {
    yield* lockdepAssertHeldWrite(mm.mmapLock);
    const subs = yield* read(core.subscriptionsOf(mm));
    if (subs !== null) {
      const found = yield* findGetMmuNotifier(subs, ops);
      if (found[0] !== null || found[1] !== 0) return found;
    }
    const { allocNotifier, freeNotifier } = core.notifierOps(ops);
    const sub = yield* methodOf(allocNotifier, 'alloc_notifier')(mm);
    if (sub === null) return [null, -ENOMEM];
    yield* write(sub.ops, ops);
    const error = yield* mmuNotifierRegisterLocked(core, sub, mm);
    if (error === 0) return [sub, 0];
    yield* methodOf(freeNotifier, 'free_notifier')(sub);
    return [null, error];
  },
);

/**
 * Frees the subscriptions of an address space that goes.
 *
 * @source mm/mmu_notifier.c __mmu_notifier_subscriptions_destroy() v6.17
 */
export const mmuNotifierSubscriptionsDestroy = kfunc(
  'mmu_notifier_subscriptions_destroy',
  function* (core: MmuNotifierCore, mm: Mm) {
    const subs = yield* read(core.subscriptionsOf(mm));
    if (subs === null) return;
    yield* kfree(subs);
    yield* write(core.subscriptionsOf(mm), null);
  },
);

const GONE = 'a notifier unregisters from an address space that is gone';

/**
 * Unregisters: calls `release` unless that was done, and waits for the calls in progress. Sleeps.
 *
 * @source mm/mmu_notifier.c mmu_notifier_unregister() v6.17
 */
export const mmuNotifierUnregister = kfunc(
  'mmu_notifier_unregister',
  function* (core: MmuNotifierCore, sub: MmuNotifier, mm: Mm) {
    bugOn((yield* readOnce(mm.mmCount)) <= 0, GONE);
    if (!(yield* hlistUnhashed(sub.hlist))) {
      const idx = yield* srcuReadLock(core.srcu);
      const { release } = core.notifierOps(yield* read(sub.ops));
      if (release !== undefined) yield* release(sub, mm);
      yield* srcuReadUnlock(core.srcu, idx);
      const subs = yield* followed(core.subscriptionsOf(mm), 'notifier_subscriptions');
      yield* spinLock(subs.lock);
      yield* hlistDelInitRcu(sub.hlist);
      yield* spinUnlock(subs.lock);
    }
    yield* synchronizeSrcu(core.srcu);
    bugOn((yield* readOnce(mm.mmCount)) <= 0, GONE);
    yield* core.mmdrop(mm);
  },
);

/**
 * What is done after the grace period of a put: the notifier is freed, and its address space let go of.
 *
 * @source mm/mmu_notifier.c mmu_notifier_free_rcu() v6.17
 */
export const mmuNotifierFreeRcu = kfunc('mmu_notifier_free_rcu', function* (core: MmuNotifierCore, rcu: RcuHead) {
  const sub = containerOf(rcu, MmuNotifier, 'rcu');
  const mm = yield* followed(sub.mm, 'mm');
  const { freeNotifier } = core.notifierOps(yield* read(sub.ops));
  yield* methodOf(freeNotifier, 'free_notifier')(sub);
  yield* core.mmdrop(mm);
});

/**
 * One user less; the last one has it freed after a grace period, and `release` is never called.
 *
 * @source mm/mmu_notifier.c mmu_notifier_put() v6.17
 */
export const mmuNotifierPut = kfunc('mmu_notifier_put', function* (core: MmuNotifierCore, sub: MmuNotifier) {
  const { lock } = yield* subscriptionsFor(core, sub);
  yield* spinLock(lock);
  const users = yield* read(sub.users);
  if (!(yield* core.host.warnOn(users === 0, 'a notifier is put that nobody uses'))) yield* write(sub.users, users - 1);
  if (users !== 1) {
    yield* spinUnlock(lock);
    return;
  }
  yield* hlistDelInitRcu(sub.hlist);
  yield* spinUnlock(lock);
  yield* callSrcu(core.srcu, sub.rcu, mmuNotifierFreeRcu, core);
});

/**
 * What both inserts do once there are subscriptions: the notifier goes into the tree, or on the deferred list.
 *
 * @param length - in bytes
 * @param ops - number of the methods
 *
 * @source mm/mmu_notifier.c __mmu_interval_notifier_insert() v6.17
 */
const __mmuIntervalNotifierInsert = kfunc(
  '__mmu_interval_notifier_insert',
  function* (
    core: MmuNotifierCore,
    sub: MmuIntervalNotifier,
    mm: Mm,
    subs: MmuNotifierSubscriptions,
    start: bigint,
    length: bigint,
    ops: number,
  ) {
    yield* write(sub.mm, mm);
    yield* write(sub.ops, ops);
    yield* write(sub.start, start);
    const last = start + length - 1n;
    if (length === 0n || last > ULONG_MAX) return -EOVERFLOW;
    yield* write(sub.last, last);
    const users = yield* readOnce(mm.mmUsers);
    if (yield* core.host.warnOn(users <= 0, 'an interval notifier is inserted where the address space has no user'))
      return -EINVAL;
    yield* mmgrab(mm);
    yield* spinLock(subs.lock);
    if ((yield* read(subs.activeInvalidateRanges)) !== 0) {
      if (yield* mnItreeIsInvalidating(subs)) yield* hlistAddHead(sub.deferredItem, subs.deferredList);
      else {
        yield* writeOnce(subs.invalidateSeq, (yield* read(subs.invalidateSeq)) | 1n);
        yield* core.tree.insert(subs, sub);
      }
      yield* write(sub.invalidateSeq, yield* read(subs.invalidateSeq));
    } else {
      const isOdd = yield* mnItreeIsInvalidating(subs);
      yield* core.host.warnOn(isOdd, 'the sequence is odd, and nothing is being invalidated');
      yield* write(sub.invalidateSeq, (yield* read(subs.invalidateSeq)) - 1n);
      yield* core.tree.insert(subs, sub);
    }
    yield* spinUnlock(subs.lock);
    return 0;
  },
);

/**
 * Begins to tell a notifier of changes; 0, or a negative error: -{@link EOVERFLOW} for a length of 0 or past the end,
 * -{@link EINVAL} with a warning where the address space has no user, and what a registration returns. It may not be in the tree
 * yet on return. Takes mmap_lock if it is the first of the address space.
 *
 * @source mm/mmu_notifier.c mmu_interval_notifier_insert() v6.17
 */
export const mmuIntervalNotifierInsert = kfunc(
  'mmu_interval_notifier_insert',
  function* (core: MmuNotifierCore, sub: MmuIntervalNotifier, mm: Mm, start: bigint, length: bigint, ops: number) {
    yield* mightSleep();
    if (core.version === 'merged') {
      const { invalidateStart, invalidateFinish } = core.intervalOps(ops);
      const isHalf = invalidateStart !== undefined && invalidateFinish === undefined;
      yield* core.host.warnOn(isHalf, 'an interval notifier has invalidate_start without invalidate_finish');
    }
    let subs = yield* smpLoadAcquire(core.subscriptionsOf(mm));
    if (subs === null || !(yield* readOnce(subs.hasItree))) {
      const error = yield* mmuNotifierRegister(core, null, mm);
      if (error !== 0) return error;
      subs = yield* followed(core.subscriptionsOf(mm), 'notifier_subscriptions');
    }
    return yield* __mmuIntervalNotifierInsert(core, sub, mm, subs, start, length, ops);
  },
);

/**
 * As {@link mmuIntervalNotifierInsert}, where the caller holds mmap_lock for writing.
 *
 * @source mm/mmu_notifier.c mmu_interval_notifier_insert_locked() v6.17
 */
export const mmuIntervalNotifierInsertLocked = kfunc(
  'mmu_interval_notifier_insert_locked',
  function* (core: MmuNotifierCore, sub: MmuIntervalNotifier, mm: Mm, start: bigint, length: bigint, ops: number) {
    yield* lockdepAssertHeldWrite(mm.mmapLock);
    let subs = yield* read(core.subscriptionsOf(mm));
    if (subs === null || !(yield* read(subs.hasItree))) {
      const error = yield* mmuNotifierRegisterLocked(core, null, mm);
      if (error !== 0) return error;
      subs = yield* followed(core.subscriptionsOf(mm), 'notifier_subscriptions');
    }
    return yield* __mmuIntervalNotifierInsert(core, sub, mm, subs, start, length, ops);
  },
);

/** Whether the invalidation with this sequence is over. */
const mmuIntervalSeqReleased = kfunc(
  'mmu_interval_seq_released',
  function* (subs: MmuNotifierSubscriptions, seq: bigint) {
    yield* spinLock(subs.lock);
    const isReleased = (yield* read(subs.invalidateSeq)) !== seq;
    yield* spinUnlock(subs.lock);
    return isReleased;
  },
);

/**
 * {@link mmuIntervalNotifierRemove} up to where it may sleep, for callers that cannot: returns the sequence to wait for the end of,
 * 0 for none.
 */
export const beginRemove = kfunc(
  'mmu_interval_notifier_remove',
  function* (core: MmuNotifierCore, sub: MmuIntervalNotifier) {
    const subs = yield* subscriptionsFor(core, sub);
    let seq = 0n;
    yield* spinLock(subs.lock);
    if (yield* mnItreeIsInvalidating(subs)) {
      if (yield* core.tree.has(subs, sub)) {
        yield* hlistAddHead(sub.deferredItem, subs.deferredList);
        seq = yield* read(subs.invalidateSeq);
      } else yield* hlistDel(sub.deferredItem);
    } else {
      const isOut = !(yield* core.tree.has(subs, sub));
      if (!(yield* core.host.warnOn(isOut, 'an interval notifier is removed that is not in the tree')))
        yield* core.tree.remove(subs, sub);
    }
    yield* spinUnlock(subs.lock);
    return seq;
  },
);

/**
 * Ends it: none of its methods runs any more, or will. Sleeps; the caller holds no lock that a method takes.
 *
 * @source mm/mmu_notifier.c mmu_interval_notifier_remove() v6.17
 */
export const mmuIntervalNotifierRemove = kfunc(
  'mmu_interval_notifier_remove',
  function* (core: MmuNotifierCore, sub: MmuIntervalNotifier) {
    yield* mightSleep();
    const mm = yield* followed(sub.mm, 'mm');
    const subs = yield* followed(core.subscriptionsOf(mm), 'notifier_subscriptions');
    const seq = yield* beginRemove(core, sub);
    if (seq !== 0n) yield* waitEvent(subs.wq, () => mmuIntervalSeqReleased(subs, seq));
    yield* core.mmdrop(mm);
  },
);

/**
 * Waits for the calls in progress; documented to wait for the frees of earlier puts too. Sleeps.
 *
 * @source mm/mmu_notifier.c mmu_notifier_synchronize() v6.17
 */
export const mmuNotifierSynchronize = kfunc('mmu_notifier_synchronize', function* (core: MmuNotifierCore) {
  yield* synchronizeSrcu(core.srcu);
});
