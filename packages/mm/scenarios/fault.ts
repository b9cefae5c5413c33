/** When threads touch a page for the first time together, do they get one page? */
import { kfunc, omit, scenario, times, type Scenario } from '@shootdown/machine';
import { isEveryFrameMapped, mmSystem, setProcess, speculation, userLoad, userStore } from '@shootdown/mm/model';
import { sizes } from './setup.js';

const COHERENCE = 'coherence';

/** Threads of a process store to a page that none of them has touched. */
export const mmFault: Scenario = scenario({
  name: 'mm/fault',
  asks: 'When threads touch a page for the first time together, do all of them find one page and what was stored last in it?',
  source: 'mm/memory.c do_anonymous_page(), v5.10',
  given: { cpus: { ...sizes.cpus, about: 'CPUs, each with a thread that stores and loads' } },
  variants: {
    fault: { expect: 'holds', about: 'under the lock of the page table, the second finds that there is a page' },
    'anon-no-recheck': {
      mutations: [omit({ in: 'do_anonymous_page', step: 'READ_ONCE', of: 'entries', answer: 0 })],
      expect: 'invariant',
      rule: COHERENCE,
      about: 'the second puts its page in place of that of the first',
      only: [COHERENCE],
    },
  },
  state: ({ given }) => mmSystem({ cpus: given.cpus, pages: 1, frames: given.cpus }),
  init: (memory, system) => {
    setProcess(memory, system, [...system.cpus.cpus.keys()], 0);
  },
  threads: (system, { given }) => {
    const [mm] = system.mms.slots;
    const program = kfunc('program', function* (cpu: number) {
      yield* userStore(system, mm, cpu, 0);
      yield* userLoad(system, mm, cpu, 0);
    });
    return [...times(given.cpus, program, { name: 'program ' }), ...speculation(system)];
  },
  finals: (system) => ({ 'frames-are-mapped': isEveryFrameMapped(system) }),
});
