/** How TLBs are flushed. */
import { kfunc } from '@shootdown/machine';
import type { MmSystem } from './mm-system.js';
import type { Mm } from './mm-struct.js';
import { addressOf } from './page-table.js';

/** As {@link flushTlbMmRange}, but devices keep theirs. */
export const flushTlbCpus = kfunc(
  'flush_tlb_mm_range_cpus',
  function* (system: MmSystem, mm: Mm, start: number, end: number) {
    for (let cpu = 0; cpu < system.cpus.cpus.length; cpu++) yield* system.cpus.flushTlbOne(cpu, mm, start, end);
  },
);

/**
 * Removes the translations of pages `start` to `end - 1` from the TLBs of all CPUs, then from those of devices.
 *
 * @source arch/x86/mm/tlb.c flush_tlb_mm_range() v6.6
 */
export const flushTlbMmRange = kfunc(
  'flush_tlb_mm_range',
  function* (system: MmSystem, mm: Mm, start: number, end: number) {
    yield* flushTlbCpus(system, mm, start, end);
    yield* system.hooks.invalidateRange(mm, addressOf(start), addressOf(end));
  },
);
