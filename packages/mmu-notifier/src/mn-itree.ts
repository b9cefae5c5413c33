/**
 * What invalidations and readers do with interval notifiers: the functions `mn_itree_...()` of mm/mmu_notifier.c, in its order.
 *
 * A reader asks for the sequence, works out what it wants without any lock, takes the lock that its invalidation takes too, and
 * asks whether the sequence is still the same. Sequences of notifiers are odd and an idle address space's is even, so that the
 * two are equal only while this notifier's interval is being invalidated. Invalidations have two grades: some interval is hit,
 * the sequence is odd and the tree stands still; or ranges are invalidated that hit none, the sequence is even, and the tree may
 * change.
 */
import {
  EAGAIN,
  ListHead,
  hlistDel,
  hlistForEachEntrySafe,
  initListHead,
  listAddTail,
  listDel,
  listForEachEntrySafe,
  llistAddNonAtomic,
  llistDelAllNonAtomic,
  llistForEachEntrySafe,
  llistReverseOrder,
  lockdepAssertHeld,
  mightSleep,
  spinLock,
  spinUnlock,
  waitEvent,
  wakeUpAll,
} from '@shootdown/kernel/model';
import { kfunc, read, readOnce, report, write, writeOnce, type Handle, type Kthread } from '@shootdown/machine';
import {
  MMU_NOTIFY_RELEASE,
  mmuNotifierRange,
  mmuNotifierRangeBlockable,
  rangeFields,
  type Mm,
  type MmuNotifierRange,
} from '@shootdown/mm/model';
import { followed, subscriptionsFor, type MmuNotifierCore } from './core.js';
import { methodOf } from './ops.js';
import { MmuIntervalNotifier, MmuIntervalNotifierFinish, type MmuNotifierSubscriptions } from './subscriptions.js';

const ULONG_MAX = 0xffff_ffff_ffff_ffffn;
const REFUSED = 'an interval notifier refused a blockable range';

/** The closed interval of a range, as the tree takes it. A range of nothing wraps, as the kernel's does. */
function intervalOf(range: MmuNotifierRange): readonly [start: bigint, last: bigint] {
  const { start, end } = rangeFields(range);
  return [start, BigInt.asUintN(64, end - 1n)];
}

/** Whether some interval notifier's interval is being invalidated; under the lock. */
export const mnItreeIsInvalidating = kfunc('mn_itree_is_invalidating', function* (subs: MmuNotifierSubscriptions) {
  yield* lockdepAssertHeld(subs.lock);
  return ((yield* read(subs.invalidateSeq)) & 1n) !== 0n;
});

/** An invalidation begins: returns the first notifier that it hits, or `null`, and the sequence it has. */
const mnItreeInvStartRange = kfunc(
  'mn_itree_inv_start_range',
  function* (core: MmuNotifierCore, subs: MmuNotifierSubscriptions, range: MmuNotifierRange) {
    const [start, last] = intervalOf(range);
    yield* spinLock(subs.lock);
    yield* write(subs.activeInvalidateRanges, ((yield* read(subs.activeInvalidateRanges)) + 1) >>> 0);
    const first = yield* core.tree.iterFirst(subs, start, last);
    let curSeq = yield* read(subs.invalidateSeq);
    if (first !== null) {
      curSeq |= 1n;
      yield* writeOnce(subs.invalidateSeq, curSeq);
    }
    yield* spinUnlock(subs.lock);
    return [first, curSeq] as const;
  },
);

/** The next notifier that it hits, or `null`. */
const mnItreeInvNext = kfunc(
  'mn_itree_inv_next',
  function* (core: MmuNotifierCore, subs: MmuNotifierSubscriptions, sub: MmuIntervalNotifier, range: MmuNotifierRange) {
    const [start, last] = intervalOf(range);
    return yield* core.tree.iterNext(subs, sub, start, last);
  },
);

/**
 * It ends: the last of several makes the sequence even and does what was deferred.
 *
 * @source mm/mmu_notifier.c mn_itree_inv_end() v6.17
 */
export const mnItreeInvEnd = kfunc(
  'mn_itree_inv_end',
  function* (core: MmuNotifierCore, subs: MmuNotifierSubscriptions) {
    yield* spinLock(subs.lock);
    const active = yield* read(subs.activeInvalidateRanges);
    if (active === 0)
      yield* report('contract', 'end-without-start', 'an invalidation ends, and none is counted as begun');
    const left = (active - 1) >>> 0;
    yield* write(subs.activeInvalidateRanges, left);
    if (left !== 0 || !(yield* mnItreeIsInvalidating(subs))) {
      yield* spinUnlock(subs.lock);
      return;
    }
    yield* writeOnce(subs.invalidateSeq, (yield* read(subs.invalidateSeq)) + 1n);
    yield* hlistForEachEntrySafe(
      subs.deferredList,
      MmuIntervalNotifier,
      'deferredItem',
      function* (sub): Kthread<void> {
        if (yield* core.tree.has(subs, sub)) yield* core.tree.remove(subs, sub);
        else yield* core.tree.insert(subs, sub);
        yield* hlistDel(sub.deferredItem);
      },
    );
    yield* spinUnlock(subs.lock);
    yield* wakeUpAll(subs.wq);
  },
);

/** What {@link mmuIntervalReadBegin} waits for. */
const seqMoved = kfunc('mmu_interval_read_begin', function* (subs: MmuNotifierSubscriptions, seq: bigint) {
  return (yield* readOnce(subs.invalidateSeq)) !== seq;
});

/**
 * Returns the sequence to retry with; sleeps while this notifier's interval is being invalidated.
 *
 * @source mm/mmu_notifier.c mmu_interval_read_begin() v6.17
 */
export const mmuIntervalReadBegin = kfunc(
  'mmu_interval_read_begin',
  function* (core: MmuNotifierCore, sub: MmuIntervalNotifier) {
    const subs = yield* subscriptionsFor(core, sub);
    yield* spinLock(subs.lock);
    const seq = yield* readOnce(sub.invalidateSeq);
    const isInvalidating = seq === (yield* read(subs.invalidateSeq));
    yield* spinUnlock(subs.lock);
    yield* mightSleep();
    if (isInvalidating) yield* waitEvent(subs.wq, () => seqMoved(subs, seq));
    return seq;
  },
);

/** The caller's list of finishes, empty. */
function* initFinishPasses(core: MmuNotifierCore): Kthread<Handle> {
  const passes = yield* core.finishPasses();
  if (core.version === 'merged') yield* llistDelAllNonAtomic(passes);
  else yield* initListHead(passes);
  return passes;
}

/**
 * The only pass, or the first of two, whose finish is put on the caller's list: at its end, or as merged at the head of a
 * lockless one that only its owner sees, and that is turned round before use. Returns whether it succeeded.
 */
function* firstPass(
  core: MmuNotifierCore,
  passes: Handle,
  sub: MmuIntervalNotifier,
  range: MmuNotifierRange,
  curSeq: bigint,
): Kthread<boolean> {
  const { invalidate, invalidateStart } = core.intervalOps(yield* read(sub.ops));
  if (invalidateStart === undefined) return yield* methodOf(invalidate, 'invalidate')(sub, range, curSeq);
  const [success, finish] = yield* invalidateStart(sub, range, curSeq);
  if (!success || finish === null) return success;
  if (core.version === 'merged') {
    yield* write(finish.notifier, sub);
    yield* llistAddNonAtomic(finish.llist, passes);
  } else yield* listAddTail(finish.link, passes);
  return true;
}

/**
 * Seed 002: the second passes, in the order of the first. The next one is looked up before one is called, for the call may
 * free it.
 */
const mnItreeFinalPass = kfunc(
  'mn_itree_final_pass',
  function* (core: MmuNotifierCore, passes: Handle, range: MmuNotifierRange, curSeq: bigint) {
    const head = ListHead.at(passes.$address);
    yield* listForEachEntrySafe(head, MmuIntervalNotifierFinish, 'link', function* (finish): Kthread<void> {
      yield* listDel(finish.link);
      yield* core.finishFunction(yield* read(finish.finish))(finish, range, curSeq);
    });
  },
);

/** As merged: the second passes, likewise. @source mm/mmu_notifier.c mn_itree_finish_pass() v7.1 */
const mnItreeFinishPass = kfunc('mn_itree_finish_pass', function* (core: MmuNotifierCore, passes: Handle) {
  const first = yield* llistReverseOrder(yield* llistDelAllNonAtomic(passes));
  yield* llistForEachEntrySafe(first, MmuIntervalNotifierFinish, 'llist', function* (finish): Kthread<void> {
    const sub = yield* followed(finish.notifier, 'notifier');
    const { invalidateFinish } = core.intervalOps(yield* read(sub.ops));
    yield* methodOf(invalidateFinish, 'invalidate_finish')(finish);
  });
});

/** Tells every interval notifier that the address space goes away. */
export const mnItreeRelease = kfunc(
  'mn_itree_release',
  function* (core: MmuNotifierCore, subs: MmuNotifierSubscriptions, mm: Mm) {
    const range = mmuNotifierRange({ mm, start: 0n, end: ULONG_MAX, event: MMU_NOTIFY_RELEASE });
    const passes = yield* initFinishPasses(core);
    const [first, curSeq] = yield* mnItreeInvStartRange(core, subs, range);
    for (let sub = first; sub !== null; sub = yield* mnItreeInvNext(core, subs, sub, range)) {
      const success = yield* firstPass(core, passes, sub, range, curSeq);
      yield* core.host.warnOn(!success, REFUSED);
    }
    if (core.version === 'merged') yield* mnItreeFinishPass(core, passes);
    else yield* mnItreeFinalPass(core, passes, range, curSeq);
    yield* mnItreeInvEnd(core, subs);
  },
);

/** Tells every interval notifier in the range; 0 or -{@link EAGAIN}. */
export const mnItreeInvalidate = kfunc(
  'mn_itree_invalidate',
  function* (core: MmuNotifierCore, subs: MmuNotifierSubscriptions, range: MmuNotifierRange) {
    const passes = yield* initFinishPasses(core);
    const [first, curSeq] = yield* mnItreeInvStartRange(core, subs, range);
    let err = 0;
    for (let sub = first; sub !== null; sub = yield* mnItreeInvNext(core, subs, sub, range)) {
      if (yield* firstPass(core, passes, sub, range, curSeq)) continue;
      if (yield* core.host.warnOn(mmuNotifierRangeBlockable(range), REFUSED)) continue;
      yield* core.tree.iterBreak(subs);
      err = -EAGAIN;
      break;
    }
    if (core.version === 'merged') yield* mnItreeFinishPass(core, passes);
    else yield* mnItreeFinalPass(core, passes, range, curSeq);
    if (err !== 0) yield* mnItreeInvEnd(core, subs);
    return err;
  },
);
