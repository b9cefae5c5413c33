/** When a thread has a page copied, do the others of the process see what is stored in the copy? */
import { kfunc, omit, scenario, type Scenario } from '@shootdown/machine';
import { handleMmFault, mmSystem, pfnPte, setProcess, userLoad, userStore, type Mm } from '@shootdown/mm/model';
import { setFirst } from './mutants.js';

const COHERENCE = 'coherence';

/** One thread's fault copies a page, a second stores into the copy, a third loads. */
export const mmCowVisible: Scenario = scenario({
  name: 'mm/cow-visible',
  asks: 'While a thread’s fault replaces a page by a copy, does no other thread load from the old page after a store to the new?',
  source: 'mm/memory.c wp_page_copy(), v5.10',
  given: { loads: { default: 2, suite: 1, about: 'loads of the thread that only loads', min: 1, max: 3 } },
  variants: {
    cow: {
      expect: 'holds',
      about: 'the entry is cleared and flushed from every TLB, and only then is the new one set',
    },
    'cow-set-first': {
      mutations: setFirst,
      expect: 'invariant',
      rule: COHERENCE,
      about: 'the new entry is set before the old one is flushed',
    },
    'cow-no-flush': {
      mutations: [omit({ in: 'ptep_clear_flush', step: 'flush_tlb_mm_range' })],
      expect: 'invariant',
      rule: COHERENCE,
      about: 'the entry is replaced with no flush',
    },
  },
  state: () => mmSystem({ cpus: 3, pages: 1, frames: 4 }),
  init: (memory, system) => {
    const space = setProcess(memory, system, [0, 1, 2]);
    memory.set(system.frames.at(0).refcount, 2); // another process has it too
    for (const entry of memory.get(space.pgd)?.entries.slice(0, 1) ?? []) memory.set(entry, pfnPte(0, false));
  },
  threads: (system, { given }) => {
    const [mm] = system.mms.slots;
    const loads = kfunc('loads', function* (space: Mm) {
      for (let i = 0; i < given.loads; i++) yield* userLoad(system, space, 2, 0);
    });
    return [
      { name: 'fault', run: () => handleMmFault(system, mm, 0, 1) },
      { name: 'stores', run: () => userStore(system, mm, 1, 0) },
      { name: 'loads', run: () => loads(mm) },
      system.cpus.speculation(2, 0),
    ];
  },
});
