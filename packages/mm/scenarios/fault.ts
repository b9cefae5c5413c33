/** When threads touch a page for the first time together, do they get one page? */
import { kfunc, omit, scenario, type Scenario, type Setup, type System } from '@shootdown/machine';
import { isEveryFrameMapped, mmWorld } from '@shootdown/mm/model';
import { sizeOf, sizes } from './setup.js';

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
  build: ({ given }: Setup): System => {
    const cpus = Array.from({ length: sizeOf(given, 'cpus') }, (_, cpu) => cpu);
    const world = mmWorld({ cpus: cpus.length, pages: 1, frames: cpus.length });
    const [mm] = world.mms.slots;
    const program = kfunc('program', function* (cpu: number) {
      yield* world.userStore(mm, cpu, 0);
      yield* world.userLoad(mm, cpu, 0);
    });
    return {
      layout: world.layout,
      init: (memory) => {
        world.setProcess(memory, cpus, 0);
      },
      threads: [...cpus.map((cpu) => ({ name: `program ${cpu}`, run: () => program(cpu) })), ...world.speculation],
      finals: { 'frames-are-mapped': isEveryFrameMapped(world) },
    };
  },
});
