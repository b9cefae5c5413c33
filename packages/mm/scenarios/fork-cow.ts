/** After fork(), does each process see what it stored itself, and nothing of the other? */
import { smpCondLoadAcquire } from '@shootdown/kernel/model';
import { change, delay, kfunc, omit, scenario, writeOnce, type Cell, type Scenario } from '@shootdown/machine';
import {
  PTE_WRITE,
  dupMmap,
  isEveryFrameMapped,
  mmAlloc,
  mmSystem,
  setProcess,
  speculation,
  userLoad,
  userStore,
  type Mm,
} from '@shootdown/mm/model';
import { mustSucceed } from './setup.js';

const COHERENCE = 'coherence';

/** A process with threads on two CPUs, one of which forks; the child runs on a third. */
export const mmForkCow: Scenario = scenario({
  name: 'mm/fork-cow',
  asks: 'After fork(), does each process see what it stored itself, and nothing of what the other stored?',
  source: 'kernel/fork.c dup_mmap() and mm/memory.c do_wp_page(), v5.10',
  given: {
    childStores: { default: 1, suite: 0, about: 'stores of the child', min: 0, max: 2 },
    stores: { default: 1, about: 'stores of each thread of the parent', min: 0, max: 2 },
  },
  variants: {
    cow: {
      expect: 'holds',
      about: 'entries are write-protected, TLBs flushed, and a page is copied at the first write',
    },
    'fork-no-wrprotect': {
      mutations: [
        change({ in: 'copy_pte_range', step: 'WRITE_ONCE' }, ({ cell, operand }) =>
          writeOnce(cell as Cell<number>, (operand as number) | PTE_WRITE),
        ),
      ],
      expect: 'invariant',
      rule: COHERENCE,
      about: 'entries stay writable',
    },
    'fork-no-flush': {
      mutations: [omit({ in: 'dup_mmap', step: 'flush_tlb_mm_range' })],
      expect: 'invariant',
      rule: COHERENCE,
      about: 'entries are write-protected, TLBs keep them writable',
    },
    'fork-flush-first': {
      mutations: [delay({ in: 'dup_mmap', step: 'copy_pte_range', past: 'flush_tlb_mm_range' })],
      expect: 'invariant',
      rule: COHERENCE,
      about: 'TLBs are flushed before entries are write-protected',
    },
    'cow-never-copies': {
      mutations: [omit({ in: 'do_wp_page', step: 'refcount_read', answer: 1 })],
      expect: 'invariant',
      rule: COHERENCE,
      about: 'a page is written in place, whoever else has it',
    },
    'cow-no-flush': {
      mutations: [omit({ in: 'ptep_clear_flush', step: 'flush_tlb_mm_range' })],
      expect: 'invariant',
      rule: COHERENCE,
      about: 'the entry is replaced with no flush: another thread still reads the page from before',
    },
    'cow-no-recheck': {
      mutations: [
        change({ in: 'wp_page_copy', step: 'READ_ONCE' }, ({ callArgs: [, , , , entry] }) => ({
          answer: entry as number,
        })),
      ],
      expect: 'invariant',
      rule: COHERENCE,
      about: 'of two threads that copy a page, the second undoes what the first has stored',
      only: [COHERENCE],
    },
  },
  state: () => mmSystem({ cpus: 3, pages: 1, frames: 4, mms: 2 }),
  init: (memory, system) => {
    setProcess(memory, system, [0, 1]);
  },
  threads: (system, { given }) => {
    const [parent, child] = system.mms.slots;
    const program = kfunc('program', function* (mm: Mm, cpu: number, stores: number) {
      for (let i = 0; i < stores; i++) yield* mustSucceed(yield* userStore(system, mm, cpu, 0));
      yield* mustSucceed(yield* userLoad(system, mm, cpu, 0));
    });
    const forks = kfunc('fork', function* () {
      const mm = yield* mmAlloc(system);
      if (mm === null) return;
      yield* dupMmap(system, mm, parent);
      yield* system.cpus.switchMm(2, mm);
      yield* program(parent, 0, given.stores);
    });
    const runsChild = kfunc('child', function* () {
      yield* smpCondLoadAcquire(system.cpus.cpus[2].activeMm, { differs: 0 });
      yield* program(child, 2, given.childStores);
    });
    return [
      { name: 'parent', run: forks },
      { name: 'sibling', run: () => program(parent, 1, given.stores) },
      { name: 'child', run: runsChild },
      ...speculation(system).slice(0, 2),
    ];
  },
  finals: (system) => ({ 'frames-are-mapped': isEveryFrameMapped(system) }),
});
