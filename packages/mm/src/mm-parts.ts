/** What the functions of this package are made from. */
import { kfunc, lasting, type Kfunc } from '@shootdown/machine';
import type { Cpus } from './cpu.js';
import type { InvalidationHooks } from './invalidation-hooks.js';
import type { Mm } from './mm-struct.js';
import type { PageAllocator } from './page.js';
import { addressOf } from './page-table.js';

/** The machine and its sizes. */
export interface MmOptions {
  readonly frames: PageAllocator;
  readonly cpus: Cpus;
  readonly hooks: InvalidationHooks;
  /** Pages that are in use, from 0. */
  readonly pages: number;
  /** Pages that are freed together at most. */
  readonly batch: number;
}

/** The machine, and how its TLBs are flushed. */
export interface MmParts extends MmOptions {
  /**
   * Removes the translations of pages `start` to `end - 1` from the TLBs of all CPUs, then from those of devices.
   *
   * @source arch/x86/mm/tlb.c flush_tlb_mm_range() v6.6
   */
  readonly flushTlbMmRange: Kfunc<[mm: Mm, start: number, end: number], void>;
  /** As `flushTlbMmRange`, but devices keep theirs. */
  readonly flushTlbCpus: Kfunc<[mm: Mm, start: number, end: number], void>;
}

/** Adds what all others need. */
export function mmParts(options: MmOptions): MmParts {
  const { cpus, hooks } = options;
  const flushTlbCpus = kfunc('flush_tlb_mm_range_cpus', function* (mm: Mm, start: number, end: number) {
    for (let cpu = 0; cpu < cpus.cpus.length; cpu++) yield* cpus.flushTlbOne(cpu, mm, start, end);
  });
  return lasting('mm parts', {
    ...options,
    flushTlbCpus,
    flushTlbMmRange: kfunc('flush_tlb_mm_range', function* (mm: Mm, start: number, end: number) {
      yield* flushTlbCpus(mm, start, end);
      yield* hooks.invalidateRange(mm, addressOf(start), addressOf(end));
    }),
  });
}
