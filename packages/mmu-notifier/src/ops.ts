/** The methods of notifiers, as drivers write them, and which kernel's rules they are called by. */
import { bug } from '@shootdown/kernel/model';
import type { Request } from '@shootdown/machine';
import type { Mm, MmuNotifierRange } from '@shootdown/mm/model';
import type { MmuIntervalNotifier, MmuIntervalNotifierFinish, MmuNotifier } from './subscriptions.js';

/**
 * Whose code runs.
 *
 * - `v4.19`: classic notifiers alone; a failed start is not followed by any end, and an end calls `invalidateRange` first
 * - `single-pass`: v6.17, with interval notifiers of one pass
 * - `seed-002`: two passes, as first sent in August 2025: the second is a function of the finish object
 * - `merged`: two passes, as merged in 2026: the second is a method of the notifier
 */
export type MmuNotifierVersion = 'v4.19' | 'single-pass' | 'seed-002' | 'merged';

/** All of {@link MmuNotifierVersion}. */
export const MMU_NOTIFIER_VERSIONS: readonly MmuNotifierVersion[] = ['v4.19', 'single-pass', 'seed-002', 'merged'];

/** What a first pass returns: whether it succeeded, and what is to be finished, or `null`. */
export type FirstPass = readonly [success: boolean, finish: MmuIntervalNotifierFinish | null];

/**
 * Methods of an interval notifier. Those of the first pass set the notifier's sequence to `curSeq`, under the lock that its
 * readers retry under, and return false only if they would have to sleep and the range is not blockable.
 *
 * @source include/linux/mmu_notifier.h struct mmu_interval_notifier_ops v7.1
 */
export interface MmuIntervalNotifierOps {
  readonly invalidate?: (sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint) => Request<boolean>;
  /** Takes the place of `invalidate`; without a finish it must have done all of it. */
  readonly invalidateStart?: (sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint) => Request<FirstPass>;
  /** The second pass, as merged. It cannot fail. */
  readonly invalidateFinish?: (finish: MmuIntervalNotifierFinish) => Request<void>;
}

/**
 * The second pass of seed 002. It cannot fail.
 *
 * @source include/linux/mmu_notifier.h struct mmu_interval_notifier_finish v6.17
 */
export type FinishFunction = (
  finish: MmuIntervalNotifierFinish,
  range: MmuNotifierRange,
  curSeq: bigint,
) => Request<void>;

/**
 * Methods of a classic notifier, all optional, but for the two that `mmuNotifierGet` needs.
 *
 * @source include/linux/mmu_notifier.h struct mmu_notifier_ops v5.10
 */
export interface MmuNotifierOps {
  /** The address space goes away. */
  readonly release?: (sub: MmuNotifier, mm: Mm) => Request<void>;
  /** Returns 0, or `-EAGAIN` where it would have to sleep; one that can must not have `invalidateRangeEnd`. */
  readonly invalidateRangeStart?: (sub: MmuNotifier, range: MmuNotifierRange) => Request<number>;
  readonly invalidateRangeEnd?: (sub: MmuNotifier, range: MmuNotifierRange) => Request<void>;
  /** The TLBs are flushed: `arch_invalidate_secondary_tlbs` since v6.6. Must not sleep. */
  readonly invalidateRange?: (sub: MmuNotifier, mm: Mm, start: bigint, end: bigint) => Request<void>;
  readonly clearFlushYoung?: (sub: MmuNotifier, mm: Mm, start: bigint, end: bigint) => Request<boolean>;
  readonly clearYoung?: (sub: MmuNotifier, mm: Mm, start: bigint, end: bigint) => Request<boolean>;
  readonly testYoung?: (sub: MmuNotifier, mm: Mm, address: bigint) => Request<boolean>;
  readonly changePte?: (sub: MmuNotifier, mm: Mm, address: bigint, pfn: number | bigint) => Request<void>;
  /** Returns a notifier of zeros, or `null` without memory. */
  readonly allocNotifier?: (mm: Mm) => Request<MmuNotifier | null>;
  readonly freeNotifier?: (sub: MmuNotifier) => Request<void>;
  /** v4.19: none of its methods sleeps, `MMU_INVALIDATE_DOES_NOT_BLOCK`. */
  readonly doesNotBlock?: boolean;
}

/**
 * A method that is about to be called.
 *
 * @param name - the kernel's name of it
 * @throws {@link KernelBug} `BUG` where there is none: the kernel would jump to NULL
 */
export function methodOf<F>(method: F | undefined, name: string): F {
  return method ?? bug(`${name} is called, which is NULL`);
}
