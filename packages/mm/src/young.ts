/** Whether a page is in use: the accessed bit of its entry, and what those who mirror it say. */
import { xchg } from '@shootdown/kernel/model';
import { kfunc, read } from '@shootdown/machine';
import type { Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';
import { addressOf } from './page-table.js';
import { flushTlbCpus } from './tlb.js';

/**
 * Whether anybody used a page since it was asked last; the bit is cleared, and CPUs that have the translation are flushed
 * so that they set it again.
 *
 * @source include/linux/mmu_notifier.h ptep_clear_flush_young_notify() v5.10
 */
export const ptepClearFlushYoungNotify = kfunc(
  'ptep_clear_flush_young_notify',
  function* (system: MmSystem, mm: Mm, page: number) {
    const table = yield* read(mm.pgd);
    const isYoung = table !== null && (yield* xchg(table.young[page], false));
    if (isYoung) yield* flushTlbCpus(system, mm, page, page + 1);
    const isMirrored = yield* system.hooks.clearFlushYoung(mm, addressOf(page), addressOf(page + 1));
    return isYoung || isMirrored;
  },
);
