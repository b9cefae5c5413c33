/** Is everybody told of a change of page tables before and after? */
import {
  KernelBug,
  Layout,
  defineOperation,
  kfunc,
  omit,
  scenario,
  u8,
  type Cell,
  type Memory,
  type Scenario,
} from '@shootdown/machine';
import {
  doMunmap,
  dupMmap,
  migratePage,
  mmAlloc,
  mmSystem,
  noSubscribers,
  oomReapTask,
  setProcess,
  userStore,
  type InvalidationHooks,
  type Mm,
  type MmuNotifierRange,
} from '@shootdown/mm/model';

const ENDED = 'every-range-ended';

/** Counts the ranges in progress. */
function counter(active: Cell<number>): InvalidationHooks {
  const count = defineOperation({
    name: 'count ranges',
    target: () => active,
    run: (memory: Memory, by: 1 | -1): void => {
      const now = memory.get(active) + by;
      if (now < 0)
        throw new KernelBug('contract', 'end-without-start', 'a range ends that did not begin', active.address);
      memory.set(active, now);
    },
  });
  return {
    ...noSubscribers,
    invalidateRangeStart: kfunc('mmu_notifier_invalidate_range_start', function* (_range: MmuNotifierRange) {
      yield* count(1);
      return 0;
    }),
    invalidateRangeEnd: kfunc('mmu_notifier_invalidate_range_end', function* (_range: MmuNotifierRange) {
      yield* count(-1);
    }),
  };
}

const unended = { expect: 'invariant', rule: ENDED } as const;
const unbegun = { expect: 'contract', rule: 'end-without-start' } as const;

/** One process that forks, has a page copied, moved, reaped and unmapped. */
export const mmRanges: Scenario = scenario({
  name: 'mm/ranges',
  asks: 'Does every path that takes an entry out of a page table begin a range before and end it after?',
  source: 'mm/memory.c, mm/mmap.c, mm/migrate.c, mm/oom_kill.c and kernel/fork.c, v5.10',
  given: {},
  variants: {
    'all-paths': { expect: 'holds', about: 'fork, copy on write, migration, the OOM reaper, munmap' },
    'fork-no-start': {
      ...unbegun,
      about: 'fork() does not say that it begins',
      mutations: [omit({ in: 'dup_mmap', step: 'mmu_notifier_invalidate_range_start', answer: 0 })],
    },
    'migrate-no-end': {
      ...unended,
      about: 'migration does not say that it ends',
      mutations: [omit({ in: 'try_to_unmap', step: 'mmu_notifier_invalidate_range_end' })],
    },
  },
  state: () => {
    const layout = new Layout();
    const active = layout.one('active', u8);
    const system = mmSystem({ layout, cpus: 1, pages: 1, frames: 3, mms: 2, hooks: () => counter(active) });
    return { layout, active, system };
  },
  init: (memory, { system }) => {
    setProcess(memory, system, [0]);
  },
  threads: ({ system }) => {
    const lives = kfunc('program', function* (mm: Mm) {
      const child = yield* mmAlloc(system);
      if (child !== null) yield* dupMmap(system, child, mm);
      yield* userStore(system, mm, 0, 0);
      yield* migratePage(system, mm, 0);
      yield* oomReapTask(system, mm, 1);
      yield* doMunmap(system, mm, 0, 1);
    });
    return { program: () => lives(system.mms.slots[0]) };
  },
  finals: { [ENDED]: ({ active }) => active === 0 || `${active} ranges have not ended` },
});
