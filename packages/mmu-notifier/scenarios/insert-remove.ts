/** Do interval notifiers come and go safely while invalidations race with them? */
import { kfree, kzalloc } from '@shootdown/kernel/model';
import { choose, kfunc, scenario, times, type Scenario } from '@shootdown/machine';
import { mmuIntervalNotifierInsert, mmuIntervalNotifierRemove } from '@shootdown/mmu-notifier/model';
import { GPU_OPS, NO_STALE, mirrorSystem, mirrored } from './mirror-system.js';
import { CORE } from './mutants.js';

/** The GPU that stays mirrors the first, the one that comes and goes both. */
const PAGES = 2;

const stale = { expect: 'invariant', rule: NO_STALE } as const;
const walked = { expect: 'data-race', rule: 'itree-changed-under-walk' } as const;

/** Inserts and removes against invalidations. */
export const insertRemove: Scenario = scenario({
  name: 'notifier/insert-remove',
  asks: 'Is a notifier told of every invalidation that a reader must know of, and of none once it was removed?',
  source: 'mm/mmu_notifier.c mmu_interval_notifier_insert(), mmu_interval_notifier_remove() v6.17',
  given: {
    changes: {
      default: 2,
      suite: 1,
      about: 'threads that each change the page that only the second GPU mirrors, then the other',
      min: 1,
      max: 4,
    },
    rounds: { default: 1, about: 'how often the second GPU comes and goes', min: 1, max: 3 },
  },
  variants: {
    merged: { expect: 'holds', about: 'the core as it is' },
    'single-pass': {
      expect: 'holds',
      code: { version: 'single-pass' },
      about: 'the core before there were two passes',
    },
    'insert-at-once': {
      ...walked,
      mutations: CORE.insertAtOnce,
      about: 'an insert is not deferred while somebody walks',
    },
    'remove-at-once': {
      ...walked,
      mutations: CORE.removeAtOnce,
      about: 'a remove is not deferred while somebody walks',
    },
    'insert-seq-idle': {
      ...stale,
      mutations: CORE.insertSeqIdle,
      about: 'an insert during an invalidation lets readers go on at once',
    },
    'insert-seq-even': {
      ...stale,
      mutations: CORE.insertSeqEven,
      about: 'an insert while ranges without notifiers are invalidated does not make the sequence odd',
    },
    'insert-seq-now': {
      expect: 'deadlock',
      mutations: CORE.insertSeqNow,
      about: 'an insert without an invalidation begins with the sequence, not the one before: readers wait',
    },
    'no-deferred': {
      expect: 'use-after-free',
      mutations: CORE.noDeferred,
      about: 'the last end forgets the deferred list',
    },
    'remove-no-wait': { expect: 'use-after-free', mutations: CORE.removeNoWait, about: 'a remove does not wait' },
    'remove-keeps-deferred': {
      expect: 'use-after-free',
      mutations: CORE.removeKeepsDeferred,
      about: 'a remove leaves a deferred insert to be done later',
    },
    'no-wake': { expect: 'deadlock', mutations: CORE.noWake, about: 'the last end wakes nobody' },
  },
  ...mirrored,
  state: ({ given, code }) =>
    mirrorSystem({
      gpus: 2,
      inserted: 1,
      residentPages: PAGES - 1,
      pages: PAGES,
      threads: 1 + given.changes,
      ...code,
    }),
  threads: ({ core, mm, length, fault, mirrors, gpus, changes }, { given }) => {
    const [, gpu] = gpus;
    const comeAndGo = kfunc('gpu_open_close', function* () {
      yield* kzalloc(mirrors.slab);
      yield* mmuIntervalNotifierInsert(core, gpu.sub, mm, 0n, length, GPU_OPS);
      if ((yield* choose(2, 'fault before it goes')) === 1) yield* fault(gpu, PAGES - 1);
      yield* mirrors.unmapAll(gpu);
      yield* mmuIntervalNotifierRemove(core, gpu.sub);
      yield* kfree(gpu);
    });
    const open = function* gpu_work() {
      for (let i = 0; i < given.rounds; i++) yield* comeAndGo();
    };
    const change = function* change_pages() {
      for (let page = PAGES - 1; page >= 0; page--) yield* changes.migrate(mm, page);
    };
    return [{ name: 'GPU 1', run: open }, ...times(given.changes, change, { name: 'CPU ' }), ...mirrors.devices];
  },
  finals: { 'references-are-dropped': ({ mm }) => mm.mmCount === 2 },
});
