/** Does nobody walk the tables of an address space, or reach its pages, once they are freed? */
import { delay, omit, scenario, times, type Scenario } from '@shootdown/machine';
import { exitMm, mmSystem, setProcess, speculation } from '@shootdown/mm/model';
import { freeBeforeFlush, noFlush } from './mutants.js';
import { sizes } from './setup.js';

const STALE = 'stale-translation';

/** The tasks of a process exit, each on a CPU that goes on walking the tables for a while. */
export const mmExit: Scenario = scenario({
  name: 'mm/exit',
  asks: 'When the tasks of a process exit, is all freed, and does no CPU reach any of it after?',
  source: 'kernel/exit.c exit_mm() and mm/mmap.c exit_mmap(), v6.1',
  given: sizes,
  variants: {
    exit: { expect: 'holds', about: 'the last user unmaps, the last CPU to walk the tables lets the struct go' },
    'no-flush': {
      mutations: noFlush,
      expect: 'use-after-free',
      rule: STALE,
      about: 'nobody flushes, for no task is left: a lazy CPU still has translations',
    },
    'free-before-flush': {
      mutations: freeBeforeFlush,
      expect: 'use-after-free',
      rule: STALE,
      about: 'pages are freed, then TLBs flushed',
    },
    'lazy-no-grab': {
      mutations: [omit({ in: 'exit_mm', step: 'atomic_inc' }), omit({ in: 'exit_mm', step: 'mmdrop' })],
      expect: 'use-after-free',
      about: 'a CPU goes on walking tables that it does not hold on to',
    },
    'tables-still-walked': {
      mutations: [
        delay({ in: 'free_pgtables', step: 'WRITE_ONCE', past: 'kfree' }),
        delay({ in: 'free_pgtables', step: 'flush_tlb_mm_range', past: 'kfree' }),
      ],
      expect: 'use-after-free',
      about: 'the page table is freed while CPUs walk it',
    },
  },
  state: ({ given: { cpus, pages } }) => mmSystem({ cpus, pages, frames: pages, mayOutlive: false }),
  init: (memory, system, { given }) => {
    setProcess(memory, system, [...Array(given.cpus).keys()]);
    memory.set(system.mms.slots[0].mmUsers, given.cpus);
  },
  threads: (system, { given }) => [
    ...times(given.cpus, (cpu) => exitMm(system, system.mms.slots[0], cpu), { name: 'task ' }),
    ...speculation(system),
  ],
});
