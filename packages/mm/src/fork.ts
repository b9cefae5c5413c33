/** kernel/fork.c: address spaces are made, copied, and torn down by their last user. */
import { atomicDecAndTest, downWrite, upWrite } from '@shootdown/kernel/model';
import { SLOT_LIVE, defineOperation, kfunc, read, type Memory, type Request } from '@shootdown/machine';
import { copyPteRange } from './memory.js';
import { exitMmap } from './mmap.js';
import type { Mm } from './mm-struct.js';
import { setMmWithTable, type MmSystem } from './mm-system.js';
import { MMU_NOTIFY_PROTECTION_PAGE, mmuNotifierRange } from './notifier-range.js';
import { addressOf, ptePfn, ptePresent, type PageTable } from './page-table.js';
import { flushTlbMmRange } from './tlb.js';
import { copyVmas } from './vma.js';

/** The specification's: from here on, the new process has stored what it finds. */
const noteCopied = defineOperation({
  name: 'forked',
  isLocal: true,
  run: (memory: Memory, { pages, frames }: MmSystem, mm: Mm): void => {
    const table = memory.get(mm.pgd) as PageTable;
    for (let page = 0; page < pages; page++) {
      const entry = memory.get(table.entries[page]);
      if (ptePresent(entry)) memory.set(mm.written[page], memory.get(frames.at(ptePfn(entry)).word));
    }
  },
});

/**
 * Gives a new address space, which nobody uses yet, the areas and pages of `oldmm`.
 *
 * @source kernel/fork.c dup_mmap() v5.10
 */
export const dupMmap = kfunc('dup_mmap', function* (system: MmSystem, mm: Mm, oldmm: Mm) {
  yield* downWrite(oldmm.mmapLock);
  yield* downWrite(mm.mmapLock);
  yield* copyVmas(mm, oldmm);
  const [to, from] = [yield* read(mm.pgd), yield* read(oldmm.pgd)];
  if (to !== null && from !== null) {
    const end = addressOf(system.pages);
    const range = mmuNotifierRange({ mm: oldmm, start: 0n, end, event: MMU_NOTIFY_PROTECTION_PAGE });
    yield* system.hooks.invalidateRangeStart(range);
    yield* copyPteRange(system, to, from);
    yield* system.hooks.invalidateRangeEnd(range);
    yield* flushTlbMmRange(system, oldmm, 0, system.pages);
    yield* noteCopied(system, mm);
  }
  yield* upWrite(mm.mmapLock);
  yield* upWrite(oldmm.mmapLock);
});

/**
 * A new address space with no areas, used once; `null` when there is no room for one.
 *
 * @source kernel/fork.c mm_alloc() v5.10
 */
export const mmAlloc: (system: MmSystem) => Request<Mm | null> = defineOperation({
  name: 'mm_alloc',
  target: ({ mms }: MmSystem) => mms.states[0],
  run: (memory: Memory, system: MmSystem): Mm | null =>
    system.mms.states.every((state) => memory.get(state) === SLOT_LIVE) ? null : setMmWithTable(memory, system),
});

/**
 * Ends the use of an address space; the last user tears it down and lets go of the struct.
 *
 * @source kernel/fork.c mmput() v5.10
 */
export const mmput = kfunc('mmput', function* (system: MmSystem, mm: Mm) {
  if (!(yield* atomicDecAndTest(mm.mmUsers))) return;
  yield* exitMmap(system, mm);
  yield* system.mmdrop(mm);
});
