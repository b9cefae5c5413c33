/**
 * The read side of the collision-retry protocol, and how interval notifiers come and go.
 *
 * A reader asks for the sequence, works out what it wants without any lock, takes the lock that its invalidation takes too,
 * and asks whether the sequence is still the same. Sequences of notifiers are odd and an idle address space's is even, so
 * that the two are equal only while this notifier's interval is being invalidated.
 */
import {
  EINVAL,
  EOVERFLOW,
  downWrite,
  hlistAddHead,
  hlistDel,
  mightSleep,
  smpLoadAcquire,
  spinLock,
  spinUnlock,
  upWrite,
  waitEvent,
} from '@shootdown/kernel/model';
import { kfunc, read, readOnce, write, writeOnce, type Kfunc, type Kthread } from '@shootdown/machine';
import { mmgrab, type Mm } from '@shootdown/mm/model';
import { followed, type CoreParts } from './core-parts.js';
import type { MmuIntervalNotifier, MmuNotifier, MmuNotifierSubscriptions } from './subscriptions.js';

const ULONG_MAX = 0xffff_ffff_ffff_ffffn;

/** What an insert is given: `length` in bytes from `start`, and the number of the methods. */
export type InsertArgs = [sub: MmuIntervalNotifier, mm: Mm, start: bigint, length: bigint, ops: number];

/**
 * Sets a notifier's sequence, from its `invalidate` or first pass, under the lock that its readers retry under.
 *
 * @source include/linux/mmu_notifier.h mmu_interval_set_seq() v5.10
 */
export const mmuIntervalSetSeq: Kfunc<[sub: MmuIntervalNotifier, curSeq: bigint], void> = kfunc(
  'mmu_interval_set_seq',
  function* (sub: MmuIntervalNotifier, curSeq: bigint) {
    yield* writeOnce(sub.invalidateSeq, curSeq);
  },
);

/**
 * Whether what was read since `seq` was answered is out of date; under the lock that the notifier's sequence is set under.
 *
 * @source include/linux/mmu_notifier.h mmu_interval_read_retry() v5.10
 */
export const mmuIntervalReadRetry: Kfunc<[sub: MmuIntervalNotifier, seq: bigint], boolean> = kfunc(
  'mmu_interval_read_retry',
  function* (sub: MmuIntervalNotifier, seq: bigint) {
    return (yield* read(sub.invalidateSeq)) !== seq;
  },
);

/**
 * As {@link mmuIntervalReadRetry} without the lock: true is reliable, false is not.
 *
 * @source include/linux/mmu_notifier.h mmu_interval_check_retry() v5.10
 */
export const mmuIntervalCheckRetry: Kfunc<[sub: MmuIntervalNotifier, seq: bigint], boolean> = kfunc(
  'mmu_interval_check_retry',
  function* (sub: MmuIntervalNotifier, seq: bigint) {
    return (yield* readOnce(sub.invalidateSeq)) !== seq;
  },
);

/** The functions, by the kernel's names. */
export interface IntervalNotifiers {
  /** Answers the sequence to retry with; sleeps while this notifier's interval is being invalidated. */
  readonly mmuIntervalReadBegin: Kfunc<[sub: MmuIntervalNotifier], bigint>;
  /**
   * Begins to tell a notifier of changes; 0, or a negative error: -{@link EOVERFLOW} for a length of 0 or past the end,
   * -{@link EINVAL} with a warning where the address space has no user, and what a registration answers. It may not be in
   * the tree yet on return. Takes mmap_lock if it is the first of the address space.
   */
  readonly mmuIntervalNotifierInsert: Kfunc<InsertArgs, number>;
  /** As the above, where the caller holds mmap_lock for writing. */
  readonly mmuIntervalNotifierInsertLocked: Kfunc<InsertArgs, number>;
  /** Ends it: none of its methods runs any more, or will. Sleeps; the caller holds no lock that a method takes. */
  readonly mmuIntervalNotifierRemove: Kfunc<[sub: MmuIntervalNotifier], void>;
  /** First half of a remove, up to where it may sleep: answers the sequence to wait for the end of, 0 for none. */
  readonly beginRemove: Kfunc<[sub: MmuIntervalNotifier], bigint>;
}

type Register = (sub: MmuNotifier | null, mm: Mm) => ReturnType<Kfunc<[], number>>;

/** Makes the functions. */
export function intervalNotifiers(
  { tree, host, intervalOps, subscriptionsOf, options }: CoreParts,
  register: Register,
  mmdrop: (mm: Mm) => ReturnType<Kfunc<[], void>>,
): IntervalNotifiers {
  const subscriptionsFor = function* (sub: MmuIntervalNotifier): Kthread<MmuNotifierSubscriptions> {
    return yield* followed(subscriptionsOf(yield* followed(sub.mm, 'mm')), 'notifier_subscriptions');
  };

  /** What `wait_event()` waits for there. */
  const seqMoved = kfunc('mmu_interval_read_begin', function* (subs: MmuNotifierSubscriptions, seq: bigint) {
    return (yield* readOnce(subs.invalidateSeq)) !== seq;
  });

  const mmuIntervalReadBegin = kfunc('mmu_interval_read_begin', function* (sub: MmuIntervalNotifier) {
    const subs = yield* subscriptionsFor(sub);
    yield* spinLock(subs.lock);
    const seq = yield* readOnce(sub.invalidateSeq);
    const isInvalidating = seq === (yield* read(subs.invalidateSeq));
    yield* spinUnlock(subs.lock);
    yield* mightSleep();
    if (isInvalidating) yield* waitEvent(subs.wq, () => seqMoved(subs, seq));
    return seq;
  });

  /** Decides where a notifier goes, under the lock: into the tree, or on the deferred list. */
  const place = kfunc(
    'mmu_interval_notifier_insert',
    function* (sub: MmuIntervalNotifier, subs: MmuNotifierSubscriptions) {
      const active = yield* read(subs.activeInvalidateRanges);
      let seq = yield* read(subs.invalidateSeq);
      const isOdd = (seq & 1n) !== 0n;
      if (active === 0) {
        yield* host.warnOn(isOdd, 'the sequence is odd, and nothing is being invalidated');
        yield* tree.insert(subs, sub);
        yield* write(sub.invalidateSeq, seq - 1n);
      } else if (isOdd) {
        yield* hlistAddHead(sub.deferredItem, subs.deferredList);
        yield* write(sub.invalidateSeq, seq);
      } else {
        seq |= 1n;
        yield* writeOnce(subs.invalidateSeq, seq);
        yield* tree.insert(subs, sub);
        yield* write(sub.invalidateSeq, seq);
      }
    },
  );

  /** What both inserts do once there are subscriptions. */
  const insertInto = function* (
    subs: MmuNotifierSubscriptions,
    ...[sub, mm, start, length, ops]: InsertArgs
  ): Kthread<number> {
    yield* write(sub.mm, mm);
    yield* write(sub.ops, ops);
    yield* write(sub.start, start);
    const last = start + length - 1n;
    if (length === 0n || last > ULONG_MAX) return -EOVERFLOW;
    yield* write(sub.last, last);
    const users = yield* readOnce(mm.mmUsers);
    if (yield* host.warnOn(users <= 0, 'an interval notifier is inserted where the address space has no user'))
      return -EINVAL;
    yield* mmgrab(mm);
    yield* spinLock(subs.lock);
    yield* place(sub, subs);
    yield* spinUnlock(subs.lock);
    return 0;
  };

  const mmuIntervalNotifierInsertLocked = kfunc('mmu_interval_notifier_insert_locked', function* (...args: InsertArgs) {
    const [, mm] = args;
    const subs = yield* read(subscriptionsOf(mm));
    if (subs !== null && (yield* read(subs.hasItree))) return yield* insertInto(subs, ...args);
    const error = yield* register(null, mm);
    if (error !== 0) return error;
    return yield* insertInto(yield* followed(subscriptionsOf(mm), 'notifier_subscriptions'), ...args);
  });

  const mmuIntervalNotifierInsert = kfunc('mmu_interval_notifier_insert', function* (...args: InsertArgs) {
    const [, mm, , , ops] = args;
    yield* mightSleep();
    if (options.era === 'merged') {
      const { invalidateStart, invalidateFinish } = intervalOps(ops);
      const isHalf = invalidateStart !== undefined && invalidateFinish === undefined;
      yield* host.warnOn(isHalf, 'an interval notifier has invalidate_start without invalidate_finish');
    }
    const subs = yield* smpLoadAcquire(subscriptionsOf(mm));
    if (subs !== null && (yield* readOnce(subs.hasItree))) return yield* insertInto(subs, ...args);
    yield* downWrite(mm.mmapLock);
    const error = yield* register(null, mm);
    yield* upWrite(mm.mmapLock);
    if (error !== 0) return error;
    return yield* insertInto(yield* followed(subscriptionsOf(mm), 'notifier_subscriptions'), ...args);
  });

  const beginRemove = kfunc('mmu_interval_notifier_remove', function* (sub: MmuIntervalNotifier) {
    const subs = yield* subscriptionsFor(sub);
    let waitsFor = 0n;
    yield* spinLock(subs.lock);
    const seq = yield* read(subs.invalidateSeq);
    const isIn = yield* tree.has(subs, sub);
    if ((seq & 1n) !== 0n) {
      if (isIn) {
        yield* hlistAddHead(sub.deferredItem, subs.deferredList);
        waitsFor = seq;
      } else yield* hlistDel(sub.deferredItem);
    } else if (!(yield* host.warnOn(!isIn, 'an interval notifier is removed that is not in the tree')))
      yield* tree.remove(subs, sub);
    yield* spinUnlock(subs.lock);
    return waitsFor;
  });

  const seqReleased = kfunc('mmu_interval_seq_released', function* (subs: MmuNotifierSubscriptions, seq: bigint) {
    yield* spinLock(subs.lock);
    const isReleased = (yield* read(subs.invalidateSeq)) !== seq;
    yield* spinUnlock(subs.lock);
    return isReleased;
  });

  const mmuIntervalNotifierRemove = kfunc('mmu_interval_notifier_remove', function* (sub: MmuIntervalNotifier) {
    yield* mightSleep();
    const mm = yield* followed(sub.mm, 'mm');
    const subs = yield* followed(subscriptionsOf(mm), 'notifier_subscriptions');
    const waitsFor = yield* beginRemove(sub);
    if (waitsFor !== 0n) yield* waitEvent(subs.wq, () => seqReleased(subs, waitsFor));
    yield* mmdrop(mm);
  });

  return {
    mmuIntervalReadBegin,
    mmuIntervalNotifierInsert,
    mmuIntervalNotifierInsertLocked,
    mmuIntervalNotifierRemove,
    beginRemove,
  };
}
