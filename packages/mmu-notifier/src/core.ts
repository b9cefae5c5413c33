/**
 * The mmu_notifier core: `mm/mmu_notifier.c` of v4.19, v6.17, and with two passes as first sent and as merged. A model lays it
 * out once, with the methods of its drivers, and gives its hooks to whoever changes page tables.
 *
 * A pending signal while all locks are taken, and lockdep's map of invalidations, are left out.
 */
import { hlistEmpty, mightSleep, type SrcuStruct } from '@shootdown/kernel/model';
import {
  kfunc,
  readOnce,
  type Handle,
  type Kfunc,
  type Layout,
  type MemoryReader,
  type Request,
  type Slab,
} from '@shootdown/machine';
import {
  MMU_NOTIFIER_RANGE_BLOCKABLE,
  mmuNotifierRange,
  mmuNotifierRangeBlockable,
  rangeFields,
  type InvalidationHooks,
  type Mm,
  type MmuNotifierRange,
} from '@shootdown/mm/model';
import { coreParts, type MmuNotifierHost, type MmuNotifierOptions } from './core-parts.js';
import { intervalInvalidation, type IntervalInvalidation } from './interval-invalidation.js';
import { intervalNotifiers, type IntervalNotifiers } from './interval-notifier.js';
import { notifierCalls, type EndKind } from './notifier-calls.js';
import { registration, type Registration } from './registration.js';
import type { MmuIntervalNotifier, MmuNotifierSubscriptions } from './subscriptions.js';

/** The functions, by the kernel's names, and what lies under them. */
export interface MmuNotifierCore
  extends
    Registration,
    IntervalNotifiers,
    Pick<IntervalInvalidation, 'mnItreeInvEnd'>,
    Omit<InvalidationHooks, 'subscriptionsDestroy' | 'changePte'> {
  /** The page at `address` becomes another, whose number, or whose whole entry, is `pte`. */
  readonly changePte: Kfunc<[mm: Mm, address: bigint, pte: number | bigint], void>;
  readonly options: MmuNotifierOptions;
  /** The pool the subscriptions come from. */
  readonly slab: Slab;
  /** The one domain of all address spaces. */
  readonly srcu: SrcuStruct;
  /** As a range that is not blockable: 0 or `-EAGAIN`, to be looked at. */
  readonly mmuNotifierInvalidateRangeStartNonblock: Kfunc<[range: MmuNotifierRange], number>;
  /** v4.19: an end whose flush the caller has called for already. */
  readonly mmuNotifierInvalidateRangeOnlyEnd: Kfunc<[range: MmuNotifierRange], void>;
  /** v4.19: whether a call for a range may sleep. */
  readonly mmHasBlockableInvalidateNotifiers: Kfunc<[mm: Mm], boolean>;
  /** The subscriptions of an address space, or `null`, for tests and invariants. */
  readonly subscriptions: (memory: MemoryReader, mm: Mm) => MmuNotifierSubscriptions | null;
  /** The head of the caller's list of finishes, which is on its stack. */
  readonly finalPasses: () => Request<Handle>;
  /** The interval notifiers in the tree, in its order, for tests and invariants. */
  readonly inTree: (memory: MemoryReader, subs: MmuNotifierSubscriptions) => readonly MmuIntervalNotifier[];
}

function withBlockable(range: MmuNotifierRange, isBlockable: boolean): MmuNotifierRange {
  const fields = rangeFields(range);
  return mmuNotifierRange({ ...fields, flags: isBlockable ? MMU_NOTIFIER_RANGE_BLOCKABLE : 0 });
}

/**
 * Lays out a core.
 *
 * @param options - whose rules, how large, and the methods of drivers
 * @param host - what it asks of those around it
 * @source mm/mmu_notifier.c __mmu_notifier_invalidate_range_start() v6.17
 */
export function mmuNotifierCore(
  layout: Layout,
  options: MmuNotifierOptions,
  host: MmuNotifierHost = {},
): MmuNotifierCore {
  const parts = coreParts(layout, options, host);
  const { subscriptionsOf, tree, finalPasses } = parts;
  const itree = intervalInvalidation(parts);
  const calls = notifierCalls(parts);
  const registered = registration(parts);
  const intervals = intervalNotifiers(parts, registered.mmuNotifierRegisterLocked, registered.mmdrop);

  /** The subscriptions, or `null` where there are none, and nobody to be told. */
  const subsOf = kfunc('mm_has_notifiers', function* (mm: Mm) {
    return yield* readOnce(subscriptionsOf(mm));
  });

  const start = kfunc('__mmu_notifier_invalidate_range_start', function* (range: MmuNotifierRange) {
    const subs = yield* subsOf(rangeFields(range).mm);
    if (subs === null) return 0;
    if (yield* readOnce(subs.hasItree)) {
      const error = yield* itree.mnItreeInvalidate(subs, range);
      if (error !== 0) return error;
    }
    if (yield* hlistEmpty(subs.list)) return 0;
    return yield* calls.mnHlistInvalidateRangeStart(subs, range);
  });

  const invalidateRangeStart = kfunc('mmu_notifier_invalidate_range_start', function* (range: MmuNotifierRange) {
    const isBlockable = mmuNotifierRangeBlockable(range);
    if (isBlockable) yield* mightSleep();
    return yield* start(range);
  });

  const mmuNotifierInvalidateRangeStartNonblock = kfunc(
    'mmu_notifier_invalidate_range_start_nonblock',
    function* (range: MmuNotifierRange) {
      return yield* start(withBlockable(range, false));
    },
  );

  const end = kfunc('__mmu_notifier_invalidate_range_end', function* (range: MmuNotifierRange, kind: EndKind) {
    const subs = yield* subsOf(rangeFields(range).mm);
    if (subs === null) return;
    if (yield* readOnce(subs.hasItree)) yield* itree.mnItreeInvEnd(subs);
    if (!(yield* hlistEmpty(subs.list))) yield* calls.mnHlistInvalidateEnd(subs, range, kind);
  });

  const invalidateRangeEnd = kfunc('mmu_notifier_invalidate_range_end', function* (range: MmuNotifierRange) {
    if (mmuNotifierRangeBlockable(range)) yield* mightSleep();
    yield* end(range, 'end');
  });

  const mmuNotifierInvalidateRangeOnlyEnd = kfunc(
    'mmu_notifier_invalidate_range_only_end',
    function* (range: MmuNotifierRange) {
      yield* end(range, 'only-end');
    },
  );

  const release = kfunc('mmu_notifier_release', function* (mm: Mm) {
    const subs = yield* subsOf(mm);
    if (subs === null) return;
    if (yield* readOnce(subs.hasItree)) yield* itree.mnItreeRelease(subs, mm);
    if (!(yield* hlistEmpty(subs.list))) yield* calls.mnHlistRelease(subs, mm);
  });

  return {
    ...registered,
    ...intervals,
    options,
    slab: parts.slab,
    srcu: parts.srcu,
    invalidateRangeStart,
    mmuNotifierInvalidateRangeStartNonblock,
    invalidateRangeEnd,
    mmuNotifierInvalidateRangeOnlyEnd,
    invalidateRange: kfunc('mmu_notifier_invalidate_range', function* (mm: Mm, from: bigint, to: bigint) {
      const subs = yield* subsOf(mm);
      if (subs !== null) yield* calls.invalidateRange(subs, mm, from, to);
    }),
    clearFlushYoung: kfunc('mmu_notifier_clear_flush_young', function* (mm: Mm, from: bigint, to: bigint) {
      const subs = yield* subsOf(mm);
      return subs !== null && (yield* calls.clearFlushYoung(subs, mm, from, to));
    }),
    clearYoung: kfunc('mmu_notifier_clear_young', function* (mm: Mm, from: bigint, to: bigint) {
      const subs = yield* subsOf(mm);
      return subs !== null && (yield* calls.clearYoung(subs, mm, from, to));
    }),
    testYoung: kfunc('mmu_notifier_test_young', function* (mm: Mm, address: bigint) {
      const subs = yield* subsOf(mm);
      return subs !== null && (yield* calls.testYoung(subs, mm, address));
    }),
    changePte: kfunc('mmu_notifier_change_pte', function* (mm: Mm, address: bigint, pfn: number | bigint) {
      const subs = yield* subsOf(mm);
      if (subs !== null) yield* calls.changePte(subs, mm, address, pfn);
    }),
    mmHasBlockableInvalidateNotifiers: kfunc('mm_has_blockable_invalidate_notifiers', function* (mm: Mm) {
      const subs = yield* subsOf(mm);
      return subs !== null && (yield* calls.hasBlockable(subs));
    }),
    release,
    mnItreeInvEnd: itree.mnItreeInvEnd,
    finalPasses,
    subscriptions: (memory, mm) => memory.get(subscriptionsOf(mm)),
    inTree: tree.nodes,
  };
}
