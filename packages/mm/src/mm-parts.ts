/** What the functions of this package are made from. */
import { kfunc, lasting, type Kfunc } from '@shootdown/machine';
import type { Cpus } from './cpu.js';
import type { InvalidationHooks } from './invalidation-hooks.js';
import type { Mm } from './mm-struct.js';
import type { PageAllocator } from './page.js';
import { addressOf } from './page-table.js';

/** A line that can be wrong, for models that show what it is there for. */
export type MmBug =
  /** Pages are freed and no TLB is flushed. */
  | 'no-flush'
  /** Pages are freed, and the TLBs flushed after. */
  | 'free-before-flush'
  /** The flush is of the first page alone. */
  | 'flush-first-page'
  /** The flush reaches the first CPU alone. */
  | 'flush-one-cpu'
  /** The flush comes before the entries are cleared. */
  | 'flush-before-zap'
  /** A full batch is freed without a flush, which is left to the end. */
  | 'batch-not-flushed'
  /** munmap() does not take `mmapLock`. */
  | 'munmap-unlocked'
  /** A fault sets its new page whatever became of the entry meanwhile. */
  | 'anon-no-recheck'
  /** The entries of the parent stay writable. */
  | 'fork-no-wrprotect'
  /** The TLBs keep the parent's writable entries. */
  | 'fork-no-flush'
  /** The TLBs are flushed before the entries are write-protected. */
  | 'fork-flush-first'
  /** The entry goes from the old page to the new one with no flush. */
  | 'cow-no-flush'
  /** The new entry is set before the flush of the old one. */
  | 'cow-set-first'
  /** The page is copied, and the entry replaced whatever became of it meanwhile. */
  | 'cow-no-recheck'
  /** A page is written in place, whoever else has it. */
  | 'cow-never-copies'
  /** Secondary TLBs are told of the new page when its range ends, after the lock is let go. */
  | 'cow-late-notify'
  /** The page is copied while it can still be written. */
  | 'migrate-copy-first'
  /** The entry is replaced by a migration entry with no flush. */
  | 'migrate-no-flush'
  /** The entry is cleared, as if there had been no page. */
  | 'migrate-no-entry'
  /** A CPU that goes on walking the tables of a process it no longer runs does not hold on to them. */
  | 'lazy-no-grab'
  /** The page table is freed before CPUs are kept from walking it. */
  | 'tables-still-walked'
  /** The OOM reaper does not take `mmapLock`. */
  | 'reap-unlocked'
  /** The OOM reaper does not say that pages may be missing. */
  | 'reap-not-unstable'
  /** The OOM reaper goes on where somebody would have to sleep. */
  | 'reap-despite-eagain';

/** The machine and its sizes. */
export interface MmOptions {
  readonly frames: PageAllocator;
  readonly cpus: Cpus;
  readonly hooks: InvalidationHooks;
  /** Pages that are in use, from 0. */
  readonly pages: number;
  /** Pages that are freed together at most. */
  readonly batch: number;
  readonly bug?: MmBug | undefined;
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
  const { cpus, hooks, bug } = options;
  const reached = bug === 'flush-one-cpu' ? 1 : cpus.cpus.length;
  const flushTlbCpus = kfunc('flush_tlb_mm_range_cpus', function* (mm: Mm, start: number, end: number) {
    for (let cpu = 0; cpu < reached; cpu++) yield* cpus.flushTlbOne(cpu, mm, start, end);
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
