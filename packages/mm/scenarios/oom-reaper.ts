/** May pages be taken from a process that is dying, without waiting for it? */
import { EAGAIN } from '@shootdown/kernel/model';
import {
  KernelBug,
  change,
  choose,
  defineOperation,
  kfunc,
  omit,
  scenario,
  u8,
  unlocked,
  type Cell,
  type Memory,
  type Scenario,
} from '@shootdown/machine';
import {
  exitMm,
  mmSystem,
  mmuNotifierRangeBlockable,
  noSubscribers,
  oomReapTask,
  setProcess,
  speculation,
  userLoad,
  userStore,
  type InvalidationHooks,
  type Mm,
  type MmuNotifierRange,
} from '@shootdown/mm/model';
import { freeBeforeFlush } from './mutants.js';

/** Somebody who mirrors the pages, and now and then would have to sleep; counts the invalidations in progress. */
function mirror(active: Cell<number>): InvalidationHooks {
  const begin = defineOperation({
    name: 'mirror begins',
    target: () => active,
    run: (memory: Memory): void => {
      memory.set(active, memory.get(active) + 1);
    },
  });
  const end = defineOperation({
    name: 'mirror ends',
    target: () => active,
    run: (memory: Memory): void => {
      const count = memory.get(active);
      if (count === 0)
        throw new KernelBug(
          'contract',
          'end-without-start',
          'range_end with no range_start that succeeded',
          active.address,
        );
      memory.set(active, count - 1);
    },
  });
  return {
    ...noSubscribers,
    invalidateRangeStart: kfunc('mmu_notifier_invalidate_range_start', function* (range: MmuNotifierRange) {
      if (!mmuNotifierRangeBlockable(range) && (yield* choose(2, 'would have to sleep')) === 1) return -EAGAIN;
      yield* begin();
      return 0;
    }),
    invalidateRangeEnd: kfunc('mmu_notifier_invalidate_range_end', function* (_range: MmuNotifierRange) {
      yield* end();
    }),
  };
}

/** A process that stores, loads and exits, while the OOM reaper takes its pages. */
export const mmOomReaper: Scenario = scenario({
  name: 'mm/oom-reaper',
  asks: 'When the OOM reaper takes a process’s pages, does the process never load what it did not store, and is all freed once?',
  source: 'mm/oom_kill.c oom_reap_task(), v5.10',
  given: {
    attempts: { default: 2, about: 'attempts of the reaper, 10 in the kernel', min: 1, max: 10 },
    pages: { default: 1, about: 'pages of the process', min: 1, max: 8 },
  },
  variants: {
    reap: {
      expect: 'holds',
      about: 'under mmap_lock, by the path that does not block, and with MMF_UNSTABLE set first',
    },
    'reap-not-unstable': {
      mutations: [omit({ in: '__oom_reap_task_mm', step: 'atomic_or' })],
      expect: 'invariant',
      rule: 'coherence',
      about: 'MMF_UNSTABLE is not set: a fault finds a page of zeros where there was data',
    },
    'reap-unlocked': {
      mutations: [unlocked({ in: 'oom_reap_task_mm', step: 'down_read_trylock', until: ['up_read'], answer: true })],
      expect: 'use-after-free',
      about: 'mmap_lock is not taken: the page table goes meanwhile',
      only: ['use-after-free'],
    },
    'reap-despite-eagain': {
      mutations: [
        change({ in: '__oom_reap_task_mm', step: 'mmu_notifier_invalidate_range_start' }, ({ request }) => ({
          take: request,
          answer: 0,
        })),
      ],
      expect: 'contract',
      rule: 'end-without-start',
      about: 'the reaper goes on where somebody would have to sleep',
    },
    'free-before-flush': {
      mutations: freeBeforeFlush,
      expect: 'use-after-free',
      rule: 'stale-translation',
      about: 'pages are freed, then TLBs flushed',
    },
  },
  state: ({ given: { pages } }) =>
    mmSystem({
      cpus: 1,
      pages,
      frames: pages + 1,
      mayOutlive: false,
      hooks: ({ layout }) => mirror(layout.one('mirror.active', u8)),
    }),
  init: (memory, system) => {
    setProcess(memory, system, [0]);
    memory.set(system.mms.slots[0].mmCount, 2);
  },
  threads: (system, { given }) => {
    const [mm] = system.mms.slots;
    const victim = kfunc('victim', function* (space: Mm) {
      const isAlive = (yield* userStore(system, space, 0, 0)) === 0;
      if (isAlive) yield* userLoad(system, space, 0, 0);
      yield* exitMm(system, space, 0);
    });
    const reaper = kfunc('oom_reaper', function* (space: Mm) {
      yield* oomReapTask(system, space, given.attempts);
      yield* system.mmdrop(space);
    });
    return [
      { name: 'victim', run: () => victim(mm) },
      { name: 'reaper', run: () => reaper(mm) },
      ...speculation(system),
    ];
  },
});
