/**
 * mm/oom_kill.c: the OOM reaper takes the pages of a process that was told to die, without waiting for it. It must not wait for
 * anybody who might wait for memory, so those who mirror the pages are told by the path that does not block.
 */
import { atomicOr, atomicRead, downReadTrylock, upRead } from '@shootdown/kernel/model';
import { kfunc, read } from '@shootdown/machine';
import { zapPteRange } from './memory.js';
import { MMF_OOM_SKIP, MMF_UNSTABLE, type Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';
import { tlbFinishMmu, tlbGatherMmu } from './mmu-gather.js';
import { MMU_NOTIFY_CLEAR, mmuNotifierRange } from './notifier-range.js';
import { addressOf } from './page-table.js';

const oomReapTaskMmLocked = kfunc('__oom_reap_task_mm', function* (system: MmSystem, mm: Mm) {
  yield* atomicOr(1 << MMF_UNSTABLE, mm.flags);
  const table = yield* read(mm.pgd);
  if (table === null) return true;
  const end = addressOf(system.pages);
  const range = mmuNotifierRange({ mm, start: 0n, end, event: MMU_NOTIFY_CLEAR, flags: 0 });
  if ((yield* system.hooks.invalidateRangeStart(range)) !== 0) return false;
  const tlb = tlbGatherMmu(mm);
  yield* zapPteRange(system, tlb, table, 0, system.pages);
  yield* system.hooks.invalidateRangeEnd(range);
  yield* tlbFinishMmu(system, tlb);
  return true;
});

/**
 * Takes the pages of a process; the caller holds on to the struct. Returns whether it got them, or nothing is left for it
 * to do; false when `mmapLock` is held for writing, or somebody would have to sleep.
 *
 * @source mm/oom_kill.c oom_reap_task_mm() v5.10
 */
export const oomReapTaskMm = kfunc('oom_reap_task_mm', function* (system: MmSystem, mm: Mm) {
  if (!(yield* downReadTrylock(mm.mmapLock))) return false;
  const isDone = ((yield* atomicRead(mm.flags)) & (1 << MMF_OOM_SKIP)) !== 0;
  const isReaped = isDone || (yield* oomReapTaskMmLocked(system, mm));
  yield* upRead(mm.mmapLock);
  return isReaped;
});

/**
 * Tries up to `attempts` times, then says that the OOM killer need not wait for this process any longer.
 *
 * @source mm/oom_kill.c oom_reap_task() v5.10
 */
export const oomReapTask = kfunc('oom_reap_task', function* (system: MmSystem, mm: Mm, attempts: number) {
  for (let attempt = 0; attempt < attempts; attempt++) if (yield* oomReapTaskMm(system, mm)) break;
  yield* atomicOr(1 << MMF_OOM_SKIP, mm.flags);
});
