/** A copy of an address space: both sides keep the pages, and neither may write them in place. */
import { downWrite, spinLock, spinUnlock, upWrite } from '@shootdown/kernel/model';
import { defineOperation, kfunc, read, readOnce, writeOnce, type Kfunc, type Memory } from '@shootdown/machine';
import type { MmParts } from './mm-parts.js';
import type { Mm } from './mm-struct.js';
import { MMU_NOTIFY_PROTECTION_PAGE, mmuNotifierRange } from './notifier-range.js';
import { addressOf, ptePfn, ptePresent, pteWrprotect, type PageTable } from './page-table.js';
import { copyVmas } from './vma.js';

/** The functions that copy. */
export interface Fork {
  /**
   * Gives a new address space, which nobody uses yet, the areas and pages of `oldmm`.
   *
   * @source kernel/fork.c dup_mmap() v5.10
   */
  readonly dupMmap: Kfunc<[mm: Mm, oldmm: Mm], void>;
}

/** Makes them. */
export function defineFork(parts: MmParts): Fork {
  const { frames, hooks, pages } = parts;

  /** The specification's: from here on, the new process has stored what it finds. */
  const noteCopied = defineOperation({
    name: 'forked',
    isLocal: true,
    run: (memory: Memory, mm: Mm): void => {
      const table = memory.get(mm.pgd) as PageTable;
      for (let page = 0; page < pages; page++) {
        const entry = memory.get(table.entries[page]);
        if (ptePresent(entry)) memory.set(mm.written[page], memory.get(frames.at(ptePfn(entry)).word));
      }
    },
  });

  const copyPteRange = kfunc('copy_pte_range', function* (to: PageTable, from: PageTable) {
    yield* spinLock(to.lock);
    yield* spinLock(from.lock);
    for (let page = 0; page < pages; page++) {
      const entry = yield* readOnce(from.entries[page]);
      if (!ptePresent(entry)) continue;
      const shared = pteWrprotect(entry);
      yield* frames.getPage(frames.at(ptePfn(entry)));
      yield* writeOnce(from.entries[page], shared);
      yield* writeOnce(to.entries[page], shared);
    }
    yield* spinUnlock(from.lock);
    yield* spinUnlock(to.lock);
  });

  return {
    dupMmap: kfunc('dup_mmap', function* (mm: Mm, oldmm: Mm) {
      yield* downWrite(oldmm.mmapLock);
      yield* downWrite(mm.mmapLock);
      yield* copyVmas(mm, oldmm);
      const [to, from] = [yield* read(mm.pgd), yield* read(oldmm.pgd)];
      if (to !== null && from !== null) {
        const end = addressOf(pages);
        const range = mmuNotifierRange({ mm: oldmm, start: 0n, end, event: MMU_NOTIFY_PROTECTION_PAGE });
        yield* hooks.invalidateRangeStart(range);
        yield* copyPteRange(to, from);
        yield* hooks.invalidateRangeEnd(range);
        yield* parts.flushTlbMmRange(oldmm, 0, pages);
        yield* noteCopied(mm);
      }
      yield* upWrite(mm.mmapLock);
      yield* upWrite(oldmm.mmapLock);
    }),
  };
}
