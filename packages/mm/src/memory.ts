/**
 * mm/memory.c: page tables are copied, zapped and freed, and faults handled. An anonymous page is made at first touch, and a
 * shared one copied at the first write.
 */
import {
  EFAULT,
  ENOMEM,
  bugOn,
  downRead,
  kfree,
  refcountRead,
  smpCondLoadAcquire,
  spinLock,
  spinUnlock,
  upRead,
  xchg,
} from '@shootdown/kernel/model';
import {
  defineOperation,
  kfunc,
  read,
  readOnce,
  writeOnce,
  type Kthread,
  type Memory,
  type Request,
} from '@shootdown/machine';
import { MMF_UNSTABLE, type Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';
import { tlbFlushMmu, tlbRemovePage, type MmuGather } from './mmu-gather.js';
import { MMU_NOTIFY_CLEAR, mmuNotifierRange } from './notifier-range.js';
import { getPage, putPage, type Page } from './page.js';
import {
  PTE_MIGRATION,
  PTE_WRITE,
  addressOf,
  pfnPte,
  PTE_PRESENT,
  PTE_PROTNONE,
  pteMigration,
  ptePfn,
  ptePresent,
  pteProtnone,
  pteWrite,
  pteWrprotect,
  type PageTable,
} from './page-table.js';
import { flushTlbMmRange } from './tlb.js';
import { VM_READ, VM_WRITE, findVma } from './vma.js';

/** Whether an entry is neither empty nor of a kind that the functions below know. */
const isUnknown = (entry: number): boolean => entry !== 0 && !ptePresent(entry) && !pteMigration(entry);

/** @source mm/memory.c free_pgtables() v6.1 */
export const freePgtables = kfunc('free_pgtables', function* (system: MmSystem, mm: Mm) {
  const table = yield* read(mm.pgd);
  yield* writeOnce(mm.pgd, null);
  yield* flushTlbMmRange(system, mm, 0, system.pages);
  yield* kfree(table);
});

/**
 * Gives `to` the pages of `from`, which neither side may write in place.
 *
 * @source mm/memory.c copy_pte_range() v5.10
 */
export const copyPteRange = kfunc('copy_pte_range', function* (system: MmSystem, to: PageTable, from: PageTable) {
  yield* spinLock(to.lock);
  yield* spinLock(from.lock);
  for (let page = 0; page < system.pages; page++) {
    const entry = yield* readOnce(from.entries[page]);
    if (!ptePresent(entry)) continue;
    const shared = pteWrprotect(entry);
    yield* getPage(system.frames.at(ptePfn(entry)));
    yield* writeOnce(from.entries[page], shared);
    yield* writeOnce(to.entries[page], shared);
  }
  yield* spinUnlock(from.lock);
  yield* spinUnlock(to.lock);
});

/**
 * Clears the entries of pages `start` to `end - 1`. A full batch is flushed and freed on the way, without the lock. A
 * migration entry goes too: who moves the page finds it gone, and frees the page.
 *
 * @source mm/memory.c zap_pte_range() v5.10
 */
export function* zapPteRange(
  system: MmSystem,
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
      bugOn(isUnknown(entry), `the entry of page ${page} is of no known kind: 0x${entry.toString(16)}`);
      if (ptePresent(entry)) isFull = tlbRemovePage(system, tlb, page, system.frames.at(ptePfn(entry)));
    }
    yield* spinUnlock(table.lock);
    if (isFull) yield* tlbFlushMmu(system, tlb);
  }
}

/** Copies the contents of a page. One step: they are one number. */
export const copyPage: (to: Page, from: Page) => Request<void> = defineOperation({
  name: 'copy_page',
  target: (to: Page) => to.word,
  run: (memory: Memory, to: Page, from: Page): void => {
    memory.set(to.word, memory.get(from.word));
  },
});

/** Clears the entry, flushes it from every TLB, and only then sets the new one. */
const replacePte = kfunc(
  'ptep_clear_flush',
  function* (system: MmSystem, mm: Mm, table: PageTable, page: number, entry: number) {
    yield* writeOnce(table.entries[page], 0);
    yield* flushTlbMmRange(system, mm, page, page + 1);
    yield* writeOnce(table.entries[page], entry);
  },
);

/**
 * Replaces the page behind `entry` by a copy, unless the entry has changed meanwhile; lets go of the page.
 *
 * @source mm/memory.c wp_page_copy() v5.10
 */
export const wpPageCopy = kfunc(
  'wp_page_copy',
  function* (system: MmSystem, mm: Mm, table: PageTable, page: number, entry: number) {
    const old = system.frames.at(ptePfn(entry));
    const fresh = yield* system.frames.allocPage(page + 1);
    if (fresh === null) {
      yield* putPage(old);
      return -ENOMEM;
    }
    yield* copyPage(fresh, old);
    const range = mmuNotifierRange({ mm, start: addressOf(page), end: addressOf(page + 1), event: MMU_NOTIFY_CLEAR });
    yield* system.hooks.invalidateRangeStart(range);
    yield* spinLock(table.lock);
    const isSame = (yield* readOnce(table.entries[page])) === entry;
    if (isSame) yield* replacePte(system, mm, table, page, pfnPte(system.frames.pfnOf(fresh), true));
    yield* spinUnlock(table.lock);
    yield* system.hooks.invalidateRangeEnd(range);
    yield* putPage(old);
    yield* putPage(isSame ? old : fresh);
    return 0;
  },
);

/** @source mm/memory.c do_wp_page() v5.10 */
export const doWpPage = kfunc(
  'do_wp_page',
  function* (system: MmSystem, mm: Mm, table: PageTable, page: number, entry: number) {
    yield* spinLock(table.lock);
    if ((yield* readOnce(table.entries[page])) !== entry) {
      yield* spinUnlock(table.lock);
      return 0;
    }
    const old = system.frames.at(ptePfn(entry));
    const isMine = (yield* refcountRead(old.refcount)) === 1;
    if (isMine) yield* writeOnce(table.entries[page], entry | PTE_WRITE);
    else yield* getPage(old);
    yield* spinUnlock(table.lock);
    return isMine ? 0 : yield* wpPageCopy(system, mm, table, page, entry);
  },
);

/** @source mm/memory.c do_anonymous_page() v5.10 */
export const doAnonymousPage = kfunc(
  'do_anonymous_page',
  function* (system: MmSystem, mm: Mm, table: PageTable, page: number, flags: number) {
    const fresh = yield* system.frames.allocPage(page + 1);
    if (fresh === null) return -ENOMEM;
    yield* spinLock(table.lock);
    const isUnstable = ((yield* readOnce(mm.flags)) & (1 << MMF_UNSTABLE)) !== 0;
    const isTaken = (yield* readOnce(table.entries[page])) !== 0;
    if (!isUnstable && !isTaken)
      yield* writeOnce(table.entries[page], pfnPte(system.frames.pfnOf(fresh), (flags & VM_WRITE) !== 0));
    yield* spinUnlock(table.lock);
    if (isUnstable || isTaken) yield* putPage(fresh);
    return isUnstable ? -EFAULT : 0;
  },
);

/**
 * The page may be accessed again, unless the entry has changed meanwhile. Whether it may be written is asked at the next store.
 *
 * @source mm/memory.c do_numa_page() v5.10
 */
export const doNumaPage = kfunc('do_numa_page', function* (table: PageTable, page: number, entry: number) {
  yield* spinLock(table.lock);
  if ((yield* readOnce(table.entries[page])) === entry)
    yield* writeOnce(table.entries[page], (entry & ~PTE_PROTNONE) | PTE_PRESENT);
  yield* spinUnlock(table.lock);
  return 0;
});

/** @source mm/memory.c handle_pte_fault() v5.10 */
export const handlePteFault = kfunc(
  'handle_pte_fault',
  function* (system: MmSystem, mm: Mm, page: number, flags: number, isWrite: 0 | 1) {
    const table = yield* read(mm.pgd);
    if (table === null) return -EFAULT;
    const entry = yield* readOnce(table.entries[page]);
    if (pteMigration(entry)) {
      yield* smpCondLoadAcquire(table.entries[page], { mask: PTE_MIGRATION, equals: 0 });
      return 0;
    }
    bugOn(isUnknown(entry), `the entry of page ${page} is of no known kind: 0x${entry.toString(16)}`);
    if (!ptePresent(entry)) return yield* doAnonymousPage(system, mm, table, page, flags);
    if (pteProtnone(entry)) return yield* doNumaPage(table, page, entry);
    if (isWrite === 1 && !pteWrite(entry)) return yield* doWpPage(system, mm, table, page, entry);
    return 0;
  },
);

/**
 * Gives a process what it needs to access a page; returns 0 when it may try again, `-EFAULT` when it has no business there
 * or the page was taken by the OOM reaper, `-ENOMEM`.
 *
 * @param isWrite - 1 for a store, 0 for a load
 * @source mm/memory.c handle_mm_fault() v5.10
 */
export const handleMmFault = kfunc(
  'handle_mm_fault',
  function* (system: MmSystem, mm: Mm, page: number, isWrite: 0 | 1) {
    yield* downRead(mm.mmapLock);
    const flags = yield* findVma(mm, page);
    const isAllowed = (flags & (isWrite === 1 ? VM_WRITE : VM_READ)) !== 0;
    const error = isAllowed ? yield* handlePteFault(system, mm, page, flags, isWrite) : -EFAULT;
    yield* upRead(mm.mmapLock);
    return error;
  },
);
