/** Areas put into an address space, and pages taken out of it: entries are cleared, TLBs flushed, pages freed, in this order. */
import { downWrite, spinLock, spinUnlock, upWrite, xchg } from '@shootdown/kernel/model';
import { kfunc, read, type Kfunc, type Kthread } from '@shootdown/machine';
import type { MmParts } from './mm-parts.js';
import type { Mm } from './mm-struct.js';
import { tlbFinishMmu, tlbFlushMmu, tlbGatherMmu, tlbRemovePage, type MmuGather } from './mmu-gather.js';
import { MMU_NOTIFY_UNMAP, mmuNotifierRange } from './notifier-range.js';
import { addressOf, ptePfn, ptePresent, type PageTable } from './page-table.js';
import { detachVmas, insertVma } from './vma.js';

/** The functions that map and unmap. */
export interface Unmap {
  /**
   * Adds an area of pages `start` to `end - 1`, with flags such as `VM_READ`; answers 0, or `-ENOMEM` where there is one
   * already or no room for one more. Its pages come with the first access to each.
   *
   * @source mm/mmap.c do_mmap() v5.10
   */
  readonly doMmap: Kfunc<[mm: Mm, start: number, end: number, flags: number], number>;
  /**
   * Unmaps pages `start` to `end - 1` and frees those that nobody else holds. The caller keeps faults away.
   *
   * @source mm/mmap.c unmap_region() v5.10
   */
  readonly unmapRegion: Kfunc<[mm: Mm, start: number, end: number], void>;
  /**
   * Removes the areas of pages `start` to `end - 1`, and unmaps them; answers 0 or `-ENOMEM`.
   *
   * @source mm/mmap.c __do_munmap() v5.10
   */
  readonly doMunmap: Kfunc<[mm: Mm, start: number, end: number], number>;
}

/** Makes them. */
export function defineUnmap(parts: MmParts): Unmap {
  const { hooks } = parts;
  const unmapRegion = kfunc('unmap_region', function* (mm: Mm, start: number, end: number) {
    const table = yield* read(mm.pgd);
    if (table === null) return;
    const range = mmuNotifierRange({
      mm,
      start: addressOf(start),
      end: addressOf(end),
      event: MMU_NOTIFY_UNMAP,
    });
    const tlb = tlbGatherMmu(mm);
    yield* hooks.invalidateRangeStart(range);
    yield* zapPteRange(parts, tlb, table, start, end);
    yield* hooks.invalidateRangeEnd(range);
    yield* tlbFinishMmu(parts, tlb);
  });
  const doMunmap = kfunc('__do_munmap', function* (mm: Mm, start: number, end: number) {
    yield* downWrite(mm.mmapLock);
    const error = yield* detachVmas(mm, start, end);
    if (error === 0) yield* unmapRegion(mm, start, end);
    yield* upWrite(mm.mmapLock);
    return error;
  });
  const doMmap = kfunc('do_mmap', function* (mm: Mm, start: number, end: number, flags: number) {
    yield* downWrite(mm.mmapLock);
    const error = yield* insertVma(mm, start, end, flags);
    yield* upWrite(mm.mmapLock);
    return error;
  });
  return { doMmap, unmapRegion, doMunmap };
}

/**
 * Clears the entries of pages `start` to `end - 1`. A full batch is flushed and freed on the way, without the lock. A
 * migration entry goes too: who moves the page finds it gone, and frees the page.
 *
 * @source mm/memory.c zap_pte_range() v5.10
 */
export function* zapPteRange(
  parts: MmParts,
  tlb: MmuGather,
  table: PageTable,
  start: number,
  end: number,
): Kthread<void> {
  let page = start;
  while (page < end) {
    let isFull = false;
    yield* spinLock(table.lock);
    for (; page < end && !isFull; page++) {
      const entry = yield* xchg(table.entries[page], 0);
      if (ptePresent(entry)) isFull = tlbRemovePage(parts, tlb, page, parts.frames.at(ptePfn(entry)));
    }
    yield* spinUnlock(table.lock);
    if (isFull) yield* tlbFlushMmu(parts, tlb);
  }
}
