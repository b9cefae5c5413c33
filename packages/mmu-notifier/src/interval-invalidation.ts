/**
 * The write side of the collision-retry protocol: what an invalidation does with interval notifiers. Two grades: some
 * interval is hit, the sequence is odd and the tree stands still; or ranges are invalidated that hit none, the sequence is
 * even, and the tree may change.
 */
import { EAGAIN, hlistDel, hlistForEachEntrySafe, spinLock, spinUnlock, wakeUpAll } from '@shootdown/kernel/model';
import { kfunc, read, report, write, writeOnce, type Kfunc, type Kthread } from '@shootdown/machine';
import {
  MMU_NOTIFY_RELEASE,
  mmuNotifierRange,
  mmuNotifierRangeBlockable,
  rangeFields,
  type Mm,
  type MmuNotifierRange,
} from '@shootdown/mm/model';
import type { CoreParts } from './core-parts.js';
import { finalPass } from './final-pass.js';
import { methodOf } from './ops.js';
import { MmuIntervalNotifier, type MmuIntervalNotifierFinish, type MmuNotifierSubscriptions } from './subscriptions.js';

const ULONG_MAX = 0xffff_ffff_ffff_ffffn;
const REFUSED = 'an interval notifier refused a blockable range';

/** The functions, by the kernel's names. */
export interface IntervalInvalidation {
  /** An invalidation begins: answers the first notifier that it hits, or `null`, and the sequence it has. */
  readonly mnItreeInvStartRange: Kfunc<
    [subs: MmuNotifierSubscriptions, range: MmuNotifierRange],
    readonly [first: MmuIntervalNotifier | null, curSeq: bigint]
  >;
  /** The next notifier that it hits, or `null`. */
  readonly mnItreeInvNext: Kfunc<
    [subs: MmuNotifierSubscriptions, sub: MmuIntervalNotifier, range: MmuNotifierRange],
    MmuIntervalNotifier | null
  >;
  /** It ends: the last of several makes the sequence even and does what was deferred. */
  readonly mnItreeInvEnd: Kfunc<[subs: MmuNotifierSubscriptions], void>;
  /** Tells every notifier in the range; 0 or -{@link EAGAIN}. */
  readonly mnItreeInvalidate: Kfunc<[subs: MmuNotifierSubscriptions, range: MmuNotifierRange], number>;
  /** Tells every notifier that the address space goes away. */
  readonly mnItreeRelease: Kfunc<[subs: MmuNotifierSubscriptions, mm: Mm], void>;
}

/** The closed interval of a range, as the tree takes it. A range of nothing wraps, as the kernel's does. */
function intervalOf(range: MmuNotifierRange): readonly [start: bigint, last: bigint] {
  const { start, end } = rangeFields(range);
  return [start, BigInt.asUintN(64, end - 1n)];
}

/** Makes the functions. */
export function intervalInvalidation(parts: CoreParts): IntervalInvalidation {
  const { tree, host, intervalOps } = parts;
  const passes = finalPass(parts);

  const mnItreeInvStartRange = kfunc(
    'mn_itree_inv_start_range',
    function* (subs: MmuNotifierSubscriptions, range: MmuNotifierRange) {
      const [start, last] = intervalOf(range);
      yield* spinLock(subs.lock);
      yield* write(subs.activeInvalidateRanges, ((yield* read(subs.activeInvalidateRanges)) + 1) >>> 0);
      const first = yield* tree.iterFirst(subs, start, last);
      let curSeq = yield* read(subs.invalidateSeq);
      if (first !== null) {
        curSeq |= 1n;
        yield* writeOnce(subs.invalidateSeq, curSeq);
      }
      yield* spinUnlock(subs.lock);
      return [first, curSeq] as const;
    },
  );

  const mnItreeInvNext = kfunc(
    'mn_itree_inv_next',
    function* (subs: MmuNotifierSubscriptions, sub: MmuIntervalNotifier, range: MmuNotifierRange) {
      const [start, last] = intervalOf(range);
      return yield* tree.iterNext(subs, sub, start, last);
    },
  );

  const doDeferred = kfunc('mn_itree_inv_end', function* (subs: MmuNotifierSubscriptions) {
    yield* hlistForEachEntrySafe(
      subs.deferredList,
      MmuIntervalNotifier,
      'deferredItem',
      function* (sub): Kthread<void> {
        if (yield* tree.has(subs, sub)) yield* tree.remove(subs, sub);
        else yield* tree.insert(subs, sub);
        yield* hlistDel(sub.deferredItem);
      },
    );
  });

  const mnItreeInvEnd = kfunc('mn_itree_inv_end', function* (subs: MmuNotifierSubscriptions) {
    yield* spinLock(subs.lock);
    const active = yield* read(subs.activeInvalidateRanges);
    if (active === 0)
      yield* report('contract', 'end-without-start', 'an invalidation ends, and none is counted as begun');
    const left = (active - 1) >>> 0;
    yield* write(subs.activeInvalidateRanges, left);
    const seq = yield* read(subs.invalidateSeq);
    if (left !== 0 || (seq & 1n) === 0n) {
      yield* spinUnlock(subs.lock);
      return;
    }
    yield* writeOnce(subs.invalidateSeq, seq + 1n);
    yield* doDeferred(subs);
    yield* spinUnlock(subs.lock);
    yield* wakeUpAll(subs.wq);
  });

  const mnItreeInvalidate = kfunc(
    'mn_itree_invalidate',
    function* (subs: MmuNotifierSubscriptions, range: MmuNotifierRange) {
      const finishPasses = yield* passes.listHead();
      const [first, curSeq] = yield* mnItreeInvStartRange(subs, range);
      let err = 0;
      for (let sub = first; sub !== null; sub = yield* mnItreeInvNext(subs, sub, range)) {
        const { invalidate, invalidateStart } = intervalOps(yield* read(sub.ops));
        let success: boolean;
        let finish: MmuIntervalNotifierFinish | null;
        if (invalidateStart !== undefined) {
          [success, finish] = yield* invalidateStart(sub, range, curSeq);
          if (success && finish !== null) yield* passes.queue(finishPasses, finish, sub);
        } else success = yield* methodOf(invalidate, 'invalidate')(sub, range, curSeq);
        if (success) continue;
        if (yield* host.warnOn(mmuNotifierRangeBlockable(range), REFUSED)) continue;
        yield* tree.iterBreak(subs);
        err = -EAGAIN;
        break;
      }
      yield* passes.mnItreeFinalPass(finishPasses, range, curSeq);
      if (err !== 0) yield* mnItreeInvEnd(subs);
      return err;
    },
  );

  const mnItreeRelease = kfunc('mn_itree_release', function* (subs: MmuNotifierSubscriptions, mm: Mm) {
    const range = mmuNotifierRange({ mm, start: 0n, end: ULONG_MAX, event: MMU_NOTIFY_RELEASE });
    const finishPasses = yield* passes.listHead();
    const [first, curSeq] = yield* mnItreeInvStartRange(subs, range);
    for (let sub = first; sub !== null; sub = yield* mnItreeInvNext(subs, sub, range)) {
      const { invalidate, invalidateStart } = intervalOps(yield* read(sub.ops));
      let success: boolean;
      let finish: MmuIntervalNotifierFinish | null;
      if (invalidateStart !== undefined) {
        [success, finish] = yield* invalidateStart(sub, range, curSeq);
        if (success && finish !== null) yield* passes.queue(finishPasses, finish, sub);
      } else success = yield* methodOf(invalidate, 'invalidate')(sub, range, curSeq);
      yield* host.warnOn(!success, REFUSED);
    }
    yield* passes.mnItreeFinalPass(finishPasses, range, curSeq);
    yield* mnItreeInvEnd(subs);
  });

  return { mnItreeInvStartRange, mnItreeInvNext, mnItreeInvEnd, mnItreeInvalidate, mnItreeRelease };
}
