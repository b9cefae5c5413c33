/**
 * How classic notifiers are called: every one on the list, the newest first, inside an SRCU reader, so that whoever
 * unregisters can wait for the calls in progress.
 */
import {
  EAGAIN,
  hlistDelInitRcu,
  hlistForEachEntryRcu,
  hlistFirstRcu,
  containerOf,
  spinLock,
  spinUnlock,
  srcuReadLock,
  srcuReadUnlock,
  synchronizeSrcu,
} from '@shootdown/kernel/model';
import { kfunc, read, type Handle, type Kfunc, type Kthread } from '@shootdown/machine';
import { mmuNotifierRangeBlockable, rangeFields, type Mm, type MmuNotifierRange } from '@shootdown/mm/model';
import type { CoreParts } from './core-parts.js';
import type { MmuNotifierOps } from './ops.js';
import { MmuNotifier, type MmuNotifierSubscriptions } from './subscriptions.js';

/** Whether an end is also a flush of the TLBs: `mmu_notifier_invalidate_range_end` against `..._only_end`, v4.19. */
export type EndKind = 'end' | 'only-end';

/** The functions, by the kernel's names. */
export interface NotifierCalls {
  /** Starts all; 0, or the last failure, and then ends all that have an end (since v5.12). */
  readonly mnHlistInvalidateRangeStart: Kfunc<[subs: MmuNotifierSubscriptions, range: MmuNotifierRange], number>;
  readonly mnHlistInvalidateEnd: Kfunc<[subs: MmuNotifierSubscriptions, range: MmuNotifierRange, kind: EndKind], void>;
  readonly invalidateRange: Kfunc<[subs: MmuNotifierSubscriptions, mm: Mm, start: bigint, end: bigint], void>;
  /** Asks all, and answers whether any said yes. */
  readonly clearFlushYoung: Kfunc<[subs: MmuNotifierSubscriptions, mm: Mm, start: bigint, end: bigint], boolean>;
  /** As the above. */
  readonly clearYoung: Kfunc<[subs: MmuNotifierSubscriptions, mm: Mm, start: bigint, end: bigint], boolean>;
  /** Asks until one says yes. */
  readonly testYoung: Kfunc<[subs: MmuNotifierSubscriptions, mm: Mm, address: bigint], boolean>;
  readonly changePte: Kfunc<[subs: MmuNotifierSubscriptions, mm: Mm, address: bigint, pfn: number | bigint], void>;
  /** v4.19: whether any of those whose calls may sleep has a call for ranges. */
  readonly hasBlockable: Kfunc<[subs: MmuNotifierSubscriptions], boolean>;
  /** Tells all that the address space goes away, and unregisters them. */
  readonly mnHlistRelease: Kfunc<[subs: MmuNotifierSubscriptions, mm: Mm], void>;
}

type Body = (sub: MmuNotifier, ops: MmuNotifierOps) => Kthread<void> | Kthread<'stop' | undefined>;

/** Makes the functions. */
export function notifierCalls({ options, host, srcu, notifierOps }: CoreParts): NotifierCalls {
  const isOld = options.era === 'v4.19';

  const readLock = function* (): Kthread<number> {
    return yield* srcuReadLock(srcu);
  };
  const readUnlock = function* (idx: number): Kthread<void> {
    yield* srcuReadUnlock(srcu, idx);
  };
  const each = function* ({ list }: MmuNotifierSubscriptions, body: Body): Kthread<void> {
    yield* hlistForEachEntryRcu(list, MmuNotifier, 'hlist', function* (sub): Kthread<'stop' | undefined> {
      return (yield* body(sub, notifierOps(yield* read(sub.ops)))) ?? undefined;
    });
  };

  const mnHlistInvalidateRangeStart = kfunc(
    'mn_hlist_invalidate_range_start',
    function* (subs: MmuNotifierSubscriptions, range: MmuNotifierRange) {
      const isBlockable = mmuNotifierRangeBlockable(range);
      const idx = yield* readLock();
      let error = 0;
      yield* each(subs, function* (sub, { invalidateRangeStart, invalidateRangeEnd }): Kthread<void> {
        if (invalidateRangeStart === undefined) return;
        const result = yield* invalidateRangeStart(sub, range);
        if (result === 0) return;
        error = result;
        if (isOld) return;
        yield* host.warnOn(isBlockable || result !== -EAGAIN, 'invalidate_range_start failed where it must not');
        yield* host.warnOn(invalidateRangeEnd !== undefined, 'a notifier whose start can fail has an end');
      });
      if (error !== 0 && !isOld)
        yield* each(subs, function* (sub, { invalidateRangeEnd }): Kthread<void> {
          if (invalidateRangeEnd !== undefined) yield* invalidateRangeEnd(sub, range);
        });
      yield* readUnlock(idx);
      return error;
    },
  );

  const mnHlistInvalidateEnd = kfunc(
    'mn_hlist_invalidate_end',
    function* (subs: MmuNotifierSubscriptions, range: MmuNotifierRange, kind: EndKind) {
      const { mm, start, end } = rangeFields(range);
      const flushes = isOld && kind === 'end';
      const idx = yield* readLock();
      yield* each(subs, function* (sub, { invalidateRange, invalidateRangeEnd }): Kthread<void> {
        if (flushes && invalidateRange !== undefined) yield* invalidateRange(sub, mm, start, end);
        if (invalidateRangeEnd !== undefined) yield* invalidateRangeEnd(sub, range);
      });
      yield* readUnlock(idx);
    },
  );

  const invalidateRange = kfunc(
    '__mmu_notifier_invalidate_range',
    function* (subs: MmuNotifierSubscriptions, mm: Mm, start: bigint, end: bigint) {
      const idx = yield* readLock();
      yield* each(subs, function* (sub, { invalidateRange: flush }): Kthread<void> {
        if (flush !== undefined) yield* flush(sub, mm, start, end);
      });
      yield* readUnlock(idx);
    },
  );

  const askAll = (name: string, method: 'clearFlushYoung' | 'clearYoung'): NotifierCalls['clearYoung'] =>
    kfunc(name, function* (subs: MmuNotifierSubscriptions, mm: Mm, start: bigint, end: bigint) {
      const idx = yield* readLock();
      let young = false;
      yield* each(subs, function* (sub, ops): Kthread<void> {
        const ask = ops[method];
        if (ask !== undefined && (yield* ask(sub, mm, start, end))) young = true;
      });
      yield* readUnlock(idx);
      return young;
    });

  const testYoung = kfunc(
    '__mmu_notifier_test_young',
    function* (subs: MmuNotifierSubscriptions, mm: Mm, address: bigint) {
      const idx = yield* readLock();
      let young = false;
      yield* each(subs, function* (sub, { testYoung: test }): Kthread<'stop' | undefined> {
        if (test !== undefined) young = yield* test(sub, mm, address);
        return young ? 'stop' : undefined;
      });
      yield* readUnlock(idx);
      return young;
    },
  );

  const changePte = kfunc(
    '__mmu_notifier_change_pte',
    function* (subs: MmuNotifierSubscriptions, mm: Mm, address: bigint, pfn: number | bigint) {
      const idx = yield* readLock();
      yield* each(subs, function* (sub, { changePte: change }): Kthread<void> {
        if (change !== undefined) yield* change(sub, mm, address, pfn);
      });
      yield* readUnlock(idx);
    },
  );

  const hasBlockable = kfunc('mm_has_blockable_invalidate_notifiers', function* (subs: MmuNotifierSubscriptions) {
    const idx = yield* readLock();
    let found = false;
    yield* each(subs, function* (_sub, ops): Kthread<'stop' | undefined> {
      const isForRanges = [ops.invalidateRange, ops.invalidateRangeStart, ops.invalidateRangeEnd].some(
        (method) => method !== undefined,
      );
      found = isForRanges && ops.doesNotBlock !== true;
      return found ? 'stop' : undefined;
    });
    yield* readUnlock(idx);
    return found;
  });

  const unlinkAll = kfunc('mn_hlist_release', function* ({ list, lock }: MmuNotifierSubscriptions) {
    yield* spinLock(lock);
    for (;;) {
      const node: Handle | null = yield* hlistFirstRcu(list);
      if (node === null) break;
      yield* hlistDelInitRcu(containerOf(node, MmuNotifier, 'hlist').hlist);
    }
    yield* spinUnlock(lock);
  });

  const mnHlistRelease = kfunc('mn_hlist_release', function* (subs: MmuNotifierSubscriptions, mm: Mm) {
    const idx = yield* srcuReadLock(srcu);
    yield* each(subs, function* (sub, { release }): Kthread<void> {
      if (release !== undefined) yield* release(sub, mm);
    });
    yield* unlinkAll(subs);
    yield* srcuReadUnlock(srcu, idx);
    yield* synchronizeSrcu(srcu);
  });

  return {
    mnHlistInvalidateRangeStart,
    mnHlistInvalidateEnd,
    invalidateRange,
    clearFlushYoung: askAll('__mmu_notifier_clear_flush_young', 'clearFlushYoung'),
    clearYoung: askAll('__mmu_notifier_clear_young', 'clearYoung'),
    testYoung,
    changePte,
    hasBlockable,
    mnHlistRelease,
  };
}
