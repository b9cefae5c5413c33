/** Whether a page is in use: the accessed bit of its entry, and what those who mirror it say. */
import { xchg } from '@shootdown/kernel/model';
import { kfunc, read, type Kfunc } from '@shootdown/machine';
import type { MmParts } from './mm-parts.js';
import type { Mm } from './mm-struct.js';
import { addressOf } from './page-table.js';

/** The functions that ask. */
export interface Young {
  /**
   * Whether anybody used a page since it was asked last; the bit is cleared, and CPUs that have the translation are flushed
   * so that they set it again.
   *
   * @source include/linux/mmu_notifier.h ptep_clear_flush_young_notify() v5.10
   */
  readonly ptepClearFlushYoungNotify: Kfunc<[mm: Mm, page: number], boolean>;
}

/** Makes them. */
export function defineYoung({ hooks, flushTlbCpus }: MmParts): Young {
  return {
    ptepClearFlushYoungNotify: kfunc('ptep_clear_flush_young_notify', function* (mm: Mm, page: number) {
      const table = yield* read(mm.pgd);
      const isYoung = table !== null && (yield* xchg(table.young[page], false));
      if (isYoung) yield* flushTlbCpus(mm, page, page + 1);
      const isMirrored = yield* hooks.clearFlushYoung(mm, addressOf(page), addressOf(page + 1));
      return isYoung || isMirrored;
    }),
  };
}
