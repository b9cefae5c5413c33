/** Page faults: an anonymous page is made at first touch, and a shared one copied at the first write. */
import {
  EFAULT,
  ENOMEM,
  downRead,
  refcountRead,
  smpCondLoadAcquire,
  spinLock,
  spinUnlock,
  upRead,
} from '@shootdown/kernel/model';
import {
  defineOperation,
  kfunc,
  read,
  readOnce,
  writeOnce,
  type Kfunc,
  type Memory,
  type Request,
} from '@shootdown/machine';
import type { MmParts } from './mm-parts.js';
import { MMF_UNSTABLE, type Mm } from './mm-struct.js';
import { MMU_NOTIFY_CLEAR, mmuNotifierRange } from './notifier-range.js';
import type { Page } from './page.js';
import {
  PTE_MIGRATION,
  PTE_WRITE,
  addressOf,
  pfnPte,
  pteMigration,
  ptePfn,
  ptePresent,
  pteWrite,
  type PageTable,
} from './page-table.js';
import { VM_READ, VM_WRITE, findVma } from './vma.js';

/** Copies the contents of a page. One step: they are one number. */
export const copyPage: (to: Page, from: Page) => Request<void> = defineOperation({
  name: 'copy_page',
  target: (to: Page) => to.word,
  run: (memory: Memory, to: Page, from: Page): void => {
    memory.set(to.word, memory.get(from.word));
  },
});

/** The functions that handle faults. */
export interface Fault {
  /**
   * Gives a process what it needs to access a page; answers 0 when it may try again, `-EFAULT` when it has no business there
   * or the page was taken by the OOM reaper, `-ENOMEM`.
   *
   * @param isWrite - 1 for a store, 0 for a load
   * @source mm/memory.c handle_mm_fault() v5.10
   */
  readonly handleMmFault: Kfunc<[mm: Mm, page: number, isWrite: 0 | 1], number>;
}

/** Makes them. */
export function defineFault(parts: MmParts): Fault {
  const { frames, hooks } = parts;

  const doAnonymousPage = kfunc('do_anonymous_page', function* (mm: Mm, table: PageTable, page: number, flags: number) {
    const fresh = yield* frames.allocPage(page + 1);
    if (fresh === null) return -ENOMEM;
    yield* spinLock(table.lock);
    const isUnstable = ((yield* readOnce(mm.flags)) & (1 << MMF_UNSTABLE)) !== 0;
    const isTaken = (yield* readOnce(table.entries[page])) !== 0;
    if (!isUnstable && !isTaken)
      yield* writeOnce(table.entries[page], pfnPte(frames.pfnOf(fresh), (flags & VM_WRITE) !== 0));
    yield* spinUnlock(table.lock);
    if (isUnstable || isTaken) yield* frames.putPage(fresh);
    return isUnstable ? -EFAULT : 0;
  });

  /** Replaces the page behind `entry` by a copy, unless the entry has changed meanwhile. */
  const wpPageCopy = kfunc('wp_page_copy', function* (mm: Mm, table: PageTable, page: number, entry: number) {
    const old = frames.at(ptePfn(entry));
    const fresh = yield* frames.allocPage(page + 1);
    if (fresh === null) {
      yield* frames.putPage(old);
      return -ENOMEM;
    }
    yield* copyPage(fresh, old);
    const range = mmuNotifierRange({ mm, start: addressOf(page), end: addressOf(page + 1), event: MMU_NOTIFY_CLEAR });
    yield* hooks.invalidateRangeStart(range);
    yield* spinLock(table.lock);
    const isSame = (yield* readOnce(table.entries[page])) === entry;
    if (isSame) yield* replacePte(mm, table, page, pfnPte(frames.pfnOf(fresh), true));
    yield* spinUnlock(table.lock);
    yield* hooks.invalidateRangeEnd(range);
    yield* frames.putPage(old);
    yield* frames.putPage(isSame ? old : fresh);
    return 0;
  });

  /** Clears the entry, flushes it from every TLB, and only then sets the new one. */
  const replacePte = kfunc('ptep_clear_flush', function* (mm: Mm, table: PageTable, page: number, entry: number) {
    yield* writeOnce(table.entries[page], 0);
    yield* parts.flushTlbMmRange(mm, page, page + 1);
    yield* writeOnce(table.entries[page], entry);
  });

  const doWpPage = kfunc('do_wp_page', function* (mm: Mm, table: PageTable, page: number, entry: number) {
    yield* spinLock(table.lock);
    if ((yield* readOnce(table.entries[page])) !== entry) {
      yield* spinUnlock(table.lock);
      return 0;
    }
    const old = frames.at(ptePfn(entry));
    const isMine = (yield* refcountRead(old.refcount)) === 1;
    if (isMine) yield* writeOnce(table.entries[page], entry | PTE_WRITE);
    else yield* frames.getPage(old);
    yield* spinUnlock(table.lock);
    return isMine ? 0 : yield* wpPageCopy(mm, table, page, entry);
  });

  const handlePteFault = kfunc('handle_pte_fault', function* (mm: Mm, page: number, flags: number, isWrite: 0 | 1) {
    const table = yield* read(mm.pgd);
    if (table === null) return -EFAULT;
    const entry = yield* readOnce(table.entries[page]);
    if (pteMigration(entry)) {
      yield* smpCondLoadAcquire(table.entries[page], { mask: PTE_MIGRATION, equals: 0 });
      return 0;
    }
    if (!ptePresent(entry)) return yield* doAnonymousPage(mm, table, page, flags);
    if (isWrite === 1 && !pteWrite(entry)) return yield* doWpPage(mm, table, page, entry);
    return 0;
  });

  return {
    handleMmFault: kfunc('handle_mm_fault', function* (mm: Mm, page: number, isWrite: 0 | 1) {
      yield* downRead(mm.mmapLock);
      const flags = yield* findVma(mm, page);
      const isAllowed = (flags & (isWrite === 1 ? VM_WRITE : VM_READ)) !== 0;
      const answer = isAllowed ? yield* handlePteFault(mm, page, flags, isWrite) : -EFAULT;
      yield* upRead(mm.mmapLock);
      return answer;
    }),
  };
}
