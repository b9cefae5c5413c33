/**
 * A user that manages its TLB in software, as KVM does: a classic notifier that counts invalidations in progress. While the
 * count is not zero nothing is mapped, and a sequence that goes up at each end tells a fault that one came and went since it
 * looked. Count, sequence and mappings change under one lock.
 */
import { smpRmb, spinLock, spinUnlock, spinlockT } from '@shootdown/kernel/model';
import {
  array,
  kfunc,
  read,
  readOnce,
  spinUntil,
  struct,
  u32,
  u8,
  writeOnce,
  type Cell,
  type Kfunc,
  type Layout,
  type Request,
} from '@shootdown/machine';
import type { MmuNotifierRange } from '@shootdown/mm/model';
import type { MmuNotifierOps } from '../ops.js';
import { MmuNotifier } from '../subscriptions.js';
import { touches, type Pages } from './pages.js';

/** The user's data and functions. */
export interface SoftTlb {
  readonly notifier: MmuNotifier;
  /** The frame of each page, 0 for none. */
  readonly sptes: readonly Cell<number>[];
  readonly ops: MmuNotifierOps;
  /** Maps a page, however often it must try. */
  readonly fault: (page: number) => Request<true>;
  /** The lock under which the below, and mappings, change. */
  readonly mmuLock: Cell<number>;
  /** Ends of ranges so far. */
  readonly mmuInvalidateSeq: Cell<number>;
  /** Whether a fault that found this sequence has to begin again. */
  readonly mmuInvalidateRetry: Kfunc<[seq: number], boolean>;
}

/** Places a user, not registered, with the pages it mirrors. */
export function softTlb(layout: Layout, { ptes }: Pages): SoftTlb {
  const Kvm = struct('kvm', {
    notifier: MmuNotifier,
    mmuLock: spinlockT,
    mmuInvalidateInProgress: u32.guardedBy('mmuLock'),
    mmuInvalidateSeq: u32.writesGuardedBy('mmuLock'),
    sptes: array(u8.writesGuardedBy('mmuLock'), ptes.length),
  });
  const kvm = layout.one('kvm', Kvm);
  const { mmuLock, mmuInvalidateInProgress: inProgress, mmuInvalidateSeq: sequence } = kvm;
  const sptes = kvm.sptes;

  const invalidateRangeStart = kfunc(
    'kvm_mmu_notifier_invalidate_range_start',
    function* (_sub: MmuNotifier, range: MmuNotifierRange) {
      yield* spinLock(mmuLock);
      yield* writeOnce(inProgress, (yield* read(inProgress)) + 1);
      for (const [page, spte] of sptes.entries()) if (touches(range, page)) yield* writeOnce(spte, 0);
      yield* spinUnlock(mmuLock);
      return 0;
    },
  );

  const invalidateRangeEnd = kfunc(
    'kvm_mmu_notifier_invalidate_range_end',
    function* (_sub: MmuNotifier, _range: MmuNotifierRange) {
      yield* spinLock(mmuLock);
      yield* writeOnce(sequence, (yield* read(sequence)) + 1);
      yield* writeOnce(inProgress, (yield* read(inProgress)) - 1);
      yield* spinUnlock(mmuLock);
    },
  );

  const mmuInvalidateRetry = kfunc('mmu_invalidate_retry', function* (seq: number) {
    if ((yield* read(inProgress)) !== 0) return true;
    return (yield* read(sequence)) !== seq;
  });

  const attempt = kfunc('kvm_page_fault', function* (page: number) {
    const seq = yield* readOnce(sequence);
    yield* smpRmb();
    const frame = yield* readOnce(ptes[page]);
    yield* spinLock(mmuLock);
    const retries = yield* mmuInvalidateRetry(seq);
    if (!retries) yield* writeOnce(sptes[page], frame);
    yield* spinUnlock(mmuLock);
    return !retries;
  });

  return {
    notifier: kvm.notifier,
    sptes,
    ops: { invalidateRangeStart, invalidateRangeEnd },
    fault: (page) => spinUntil(() => attempt(page)),
    mmuLock,
    mmuInvalidateSeq: sequence,
    mmuInvalidateRetry,
  };
}
