/**
 * `struct mmu_gather`: what a caller has unmapped and not yet flushed, and the pages to free after that. It lives on the
 * caller's stack, so it is a plain object that its frame makes anew each time it is run.
 */
import type { Kthread } from '@shootdown/machine';
import type { Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';
import { putPage, type Page } from './page.js';
import { flushTlbMmRange } from './tlb.js';

/** One caller's. Use it inside one kfunc. */
export interface MmuGather {
  readonly mm: Mm;
  readonly batch: Page[];
  /** Unmapped since the last flush: first page, and one behind the last; nothing if equal. */
  start: number;
  end: number;
}

/** @source mm/mmu_gather.c tlb_gather_mmu() v5.10 */
export function tlbGatherMmu(mm: Mm): MmuGather {
  return { mm, batch: [], start: 0, end: 0 };
}

/**
 * Notes that an entry was cleared, and a page to be freed for it; returns whether the batch is full. Then the caller lets
 * go of its locks and flushes.
 *
 * @source include/asm-generic/tlb.h __tlb_remove_page() v5.10
 */
export function tlbRemovePage(system: MmSystem, tlb: MmuGather, at: number, page: Page): boolean {
  tlb.start = tlb.start === tlb.end ? at : Math.min(tlb.start, at);
  tlb.end = Math.max(tlb.end, at + 1);
  tlb.batch.push(page);
  return tlb.batch.length >= system.batch;
}

/**
 * Flushes what was unmapped, then frees it.
 *
 * @source mm/mmu_gather.c tlb_flush_mmu() v5.10
 */
export function* tlbFlushMmu(system: MmSystem, tlb: MmuGather): Kthread<void> {
  yield* tlbFlushMmuTlbonly(system, tlb);
  yield* tlbBatchPagesFlush(tlb);
}

/**
 * Flushes and frees what is left.
 *
 * @source mm/mmu_gather.c tlb_finish_mmu() v5.10
 */
export function* tlbFinishMmu(system: MmSystem, tlb: MmuGather): Kthread<void> {
  yield* tlbFlushMmu(system, tlb);
}

function* tlbFlushMmuTlbonly(system: MmSystem, tlb: MmuGather): Kthread<void> {
  const { mm, start, end } = tlb;
  if (start === end) return;
  yield* flushTlbMmRange(system, mm, start, end);
  tlb.end = start;
}

function* tlbBatchPagesFlush({ batch }: MmuGather): Kthread<void> {
  for (const page of batch.splice(0)) yield* putPage(page);
}
