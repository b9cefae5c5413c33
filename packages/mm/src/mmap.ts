/** mm/mmap.c: areas come and go, and the pages of those that go: entries are cleared, TLBs flushed, pages freed, in this order. */
import { atomicOr, downRead, downWrite, upRead, upWrite } from '@shootdown/kernel/model';
import { kfunc, read } from '@shootdown/machine';
import { freePgtables, zapPteRange } from './memory.js';
import { MMF_OOM_SKIP, type Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';
import { tlbFinishMmu, tlbGatherMmu } from './mmu-gather.js';
import { MMU_NOTIFY_UNMAP, mmuNotifierRange } from './notifier-range.js';
import { addressOf } from './page-table.js';
import { detachVmas, insertVma } from './vma.js';

/**
 * Adds an area of pages `start` to `end - 1`, with flags such as `VM_READ`; returns 0, or `-ENOMEM` where there is one
 * already or no room for one more. Its pages come with the first access to each.
 *
 * @source mm/mmap.c do_mmap() v5.10
 */
export const doMmap = kfunc('do_mmap', function* (mm: Mm, start: number, end: number, flags: number) {
  yield* downWrite(mm.mmapLock);
  const error = yield* insertVma(mm, start, end, flags);
  yield* upWrite(mm.mmapLock);
  return error;
});

/**
 * Unmaps pages `start` to `end - 1` and frees those that nobody else holds. The caller keeps faults away.
 *
 * @source mm/mmap.c unmap_region() v5.10
 */
export const unmapRegion = kfunc('unmap_region', function* (system: MmSystem, mm: Mm, start: number, end: number) {
  const table = yield* read(mm.pgd);
  if (table === null) return;
  const range = mmuNotifierRange({ mm, start: addressOf(start), end: addressOf(end), event: MMU_NOTIFY_UNMAP });
  const tlb = tlbGatherMmu(mm);
  yield* system.hooks.invalidateRangeStart(range);
  yield* zapPteRange(system, tlb, table, start, end);
  yield* system.hooks.invalidateRangeEnd(range);
  yield* tlbFinishMmu(system, tlb);
});

/**
 * Removes the areas of pages `start` to `end - 1`, and unmaps them; returns 0 or `-ENOMEM`.
 *
 * @source mm/mmap.c __do_munmap() v5.10
 */
export const doMunmap = kfunc('__do_munmap', function* (system: MmSystem, mm: Mm, start: number, end: number) {
  yield* downWrite(mm.mmapLock);
  const error = yield* detachVmas(mm, start, end);
  if (error === 0) yield* unmapRegion(system, mm, start, end);
  yield* upWrite(mm.mmapLock);
  return error;
});

/**
 * Takes the pages and tables away, when the last user has gone and everybody was told; must be able to sleep.
 *
 * @source mm/mmap.c exit_mmap() v6.1
 */
export const exitMmap = kfunc('exit_mmap', function* (system: MmSystem, mm: Mm) {
  yield* system.hooks.release(mm);
  yield* downRead(mm.mmapLock);
  yield* unmapRegion(system, mm, 0, system.pages);
  yield* upRead(mm.mmapLock);
  yield* atomicOr(1 << MMF_OOM_SKIP, mm.flags);
  yield* downWrite(mm.mmapLock);
  yield* detachVmas(mm, 0, system.pages);
  yield* freePgtables(system, mm);
  yield* upWrite(mm.mmapLock);
});
