/**
 * What an invalidation is about. The kernel keeps it on the caller's stack and nobody changes it, so here it is a tuple that
 * travels by value: no memory, nothing to free.
 */
import type { Mm } from './mm-struct.js';

/**
 * Why a range is invalidated: munmap() or a move of the mapping.
 *
 * @source include/linux/mmu_notifier.h enum mmu_notifier_event v5.10
 */
export const MMU_NOTIFY_UNMAP = 0;
/** The page table entries are cleared or replaced, for a reason that is none of the others. @source include/linux/mmu_notifier.h enum mmu_notifier_event v5.10 */
export const MMU_NOTIFY_CLEAR = 1;
/** The permissions of a whole VMA change, as by mprotect(). @source include/linux/mmu_notifier.h enum mmu_notifier_event v5.10 */
export const MMU_NOTIFY_PROTECTION_VMA = 2;
/** The permissions of single pages change, as for COW or write-back. @source include/linux/mmu_notifier.h enum mmu_notifier_event v5.10 */
export const MMU_NOTIFY_PROTECTION_PAGE = 3;
/** Soft-dirty bits are cleared. @source include/linux/mmu_notifier.h enum mmu_notifier_event v5.10 */
export const MMU_NOTIFY_SOFT_DIRTY = 4;
/** The address space goes away. @source include/linux/mmu_notifier.h enum mmu_notifier_event v5.10 */
export const MMU_NOTIFY_RELEASE = 5;
/** Pages migrate; `owner` says whose device memory they come from or go to. @source include/linux/mmu_notifier.h enum mmu_notifier_event v5.10 */
export const MMU_NOTIFY_MIGRATE = 6;
/** Pages become exclusive to a device, the `owner`. @source include/linux/mmu_notifier.h enum mmu_notifier_event v5.14 */
export const MMU_NOTIFY_EXCLUSIVE = 7;

/** One of {@link MMU_NOTIFY_UNMAP} and its like, 0 to 7. */
export type MmuNotifierEvent = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/**
 * Flag of a range: those who are told may sleep, and may not refuse.
 *
 * @source include/linux/mmu_notifier.h MMU_NOTIFIER_RANGE_BLOCKABLE v5.10
 */
export const MMU_NOTIFIER_RANGE_BLOCKABLE = 1;

/**
 * A range of addresses that is about to change, as an argument of kfuncs and operations. `start` and `end` are byte
 * addresses, 0 to 2^64 - 1, `end` not included; `owner` is whatever the caller and a notifier have agreed upon, 0 for nobody.
 *
 * @source include/linux/mmu_notifier.h struct mmu_notifier_range v5.14
 */
export type MmuNotifierRange = readonly [
  mm: Mm,
  start: bigint,
  end: bigint,
  event: MmuNotifierEvent,
  flags: number,
  owner: number,
];

/** The parts of a {@link MmuNotifierRange} by name. */
export interface MmuNotifierRangeFields {
  readonly mm: Mm;
  readonly start: bigint;
  readonly end: bigint;
  readonly event: MmuNotifierEvent;
  /** {@link MMU_NOTIFIER_RANGE_BLOCKABLE} or 0. */
  readonly flags: number;
  readonly owner: number;
}

/**
 * A range whose `flags` are {@link MMU_NOTIFIER_RANGE_BLOCKABLE} and whose `owner` is nobody, unless they are given.
 *
 * @source include/linux/mmu_notifier.h mmu_notifier_range_init_owner() v5.14
 */
export function mmuNotifierRange(
  fields: Pick<MmuNotifierRangeFields, 'mm' | 'start' | 'end' | 'event'> & Partial<MmuNotifierRangeFields>,
): MmuNotifierRange {
  const { mm, start, end, event, flags = MMU_NOTIFIER_RANGE_BLOCKABLE, owner = 0 } = fields;
  return [mm, start, end, event, flags, owner];
}

/** The parts of a range by name. */
export function rangeFields(range: MmuNotifierRange): MmuNotifierRangeFields {
  const [mm, start, end, event, flags, owner] = range;
  return { mm, start, end, event, flags, owner };
}

/**
 * Whether those who are told of the range may sleep.
 *
 * @source include/linux/mmu_notifier.h mmu_notifier_range_blockable() v5.10
 */
export function mmuNotifierRangeBlockable(range: MmuNotifierRange): boolean {
  return (rangeFields(range).flags & MMU_NOTIFIER_RANGE_BLOCKABLE) !== 0;
}
