/** Are notifiers that are got and put freed when nobody uses them, and is the module still there? */
import { containerOf, kfree, kzalloc, srcuBarrier, srcuCallbacks, type RcuHead } from '@shootdown/kernel/model';
import {
  KernelBug,
  Layout,
  bool,
  change,
  defineOperation,
  kfunc,
  readOnce,
  rmw,
  scenario,
  struct,
  times,
  u8,
  waitFor,
  writeOnce,
  type Memory,
  type Mutation,
  type Scenario,
} from '@shootdown/machine';
import { mmSlab, setMmAlloc, type Mm, type MmuNotifierRange } from '@shootdown/mm/model';
import {
  MmuNotifier,
  mmuNotifierCore,
  mmuNotifierFreeRcu,
  mmuNotifierGet,
  mmuNotifierInvalidateRangeEnd,
  mmuNotifierInvalidateRangeStart,
  mmuNotifierPut,
  mmuNotifierSynchronize,
  rangeOfPages,
  type MmuNotifierCore,
} from '@shootdown/mmu-notifier/model';
import { CORE } from './mutants.js';

interface Story {
  /** How the module waits before its code goes; default not at all, for it stays. */
  readonly unload?: 'synchronize' | 'barrier';
}

const Driver = struct('driver', { notifier: MmuNotifier, told: bool });

/** The last put frees without a grace period. */
const putNoSrcu: readonly Mutation[] = [
  change({ in: 'mmu_notifier_put', step: 'call_srcu' }, ({ args: [, rcu], callArgs: [core] }) =>
    mmuNotifierFreeRcu(core as MmuNotifierCore, rcu as RcuHead),
  ),
];

/** Notifiers counted by get and put. */
export const getPut: Scenario = scenario({
  name: 'notifier/get-put',
  asks: 'Does a notifier live for as long as somebody uses it or a call of it is in progress, and no longer?',
  source: 'mm/mmu_notifier.c mmu_notifier_get_locked(), mmu_notifier_put() v6.17',
  given: {
    users: { default: 2, about: 'threads that each get the notifier and put it', min: 1, max: 4 },
    changes: { default: 1, about: 'threads that tell of a change', min: 0, max: 3 },
  },
  variants: {
    merged: { expect: 'holds', about: 'the core as it is, in a module that stays' },
    'unload-barrier': {
      expect: 'holds',
      code: { unload: 'barrier' },
      about: 'a module that goes after srcu_barrier()',
    },
    'unload-synchronize': {
      expect: 'use-after-free',
      rule: 'module-text',
      finding: true,
      code: { unload: 'synchronize' },
      only: ['module-text'],
      about: 'a module that goes after mmu_notifier_synchronize(), as it is documented',
    },
    'put-no-srcu': {
      expect: 'use-after-free',
      rule: 'use-after-free',
      mutations: putNoSrcu,
      about: 'the last put frees at once',
    },
    'put-unlocked': {
      expect: 'contract',
      rule: 'rcu-head-queued',
      mutations: CORE.putUnlocked,
      about: 'puts count without the lock: two take themselves for the last',
    },
    'get-unlocked': {
      expect: 'data-race',
      mutations: CORE.getUnlocked,
      only: ['data-race'],
      about: 'gets count without the lock',
    },
  },
  state: ({ given: { users, changes } }) => {
    const layout = new Layout();
    const mms = mmSlab(layout, 1);
    mms.outlives = true;
    const slab = layout.slab('driver', Driver, users);
    const left = layout.one('users_left', u8);
    const isGone = layout.one('module_gone', bool);

    const inModule = defineOperation({
      name: 'run code of the module',
      target: () => isGone,
      run: (memory: Memory): void => {
        if (memory.get(isGone))
          throw new KernelBug('use-after-free', 'module-text', 'free_notifier runs, and its module is unloaded');
      },
    });
    const allocNotifier = kfunc('driver_alloc', function* (_mm: Mm) {
      return (yield* kzalloc(slab))?.notifier ?? null;
    });
    const freeNotifier = kfunc('driver_free', function* (sub: MmuNotifier) {
      yield* inModule();
      yield* kfree(containerOf(sub, Driver, 'notifier'));
    });
    const invalidateRangeStart = kfunc('driver_range_start', function* (sub: MmuNotifier, _range: MmuNotifierRange) {
      yield* writeOnce(containerOf(sub, Driver, 'notifier').told, true);
      return 0;
    });
    const core = mmuNotifierCore(layout, {
      version: 'merged',
      threads: users + changes + 2,
      notifierOps: [{ allocNotifier, freeNotifier, invalidateRangeStart }],
    });
    core.slab.outlives = true;
    return { layout, mms, mm: mms.slots[0], left, isGone, core };
  },
  init: (memory, { mms, left }, { given }) => {
    setMmAlloc(memory, mms);
    memory.set(left, given.users);
  },
  threads: ({ mm, left, isGone, core }, { given, code }) => {
    const { unload }: Story = code ?? {};
    const use = function* driver_open_close() {
      const [sub] = yield* mmuNotifierGet(core, 1, mm);
      if (sub === null) return;
      yield* readOnce(containerOf(sub, Driver, 'notifier').told);
      yield* mmuNotifierPut(core, sub);
      yield* rmw('add', 'atomic_dec', 'full', left, 0xff);
    };
    const changePage = function* change_page() {
      const range = rangeOfPages(mm, 0, 1);
      yield* mmuNotifierInvalidateRangeStart(core, range);
      yield* mmuNotifierInvalidateRangeEnd(core, range);
    };
    const exit = function* module_exit() {
      yield* waitFor(left, { equals: 0 }, 'wait for the users');
      if (unload === 'synchronize') yield* mmuNotifierSynchronize(core);
      else yield* srcuBarrier(core.srcu);
      if (unload !== undefined) yield* writeOnce(isGone, true);
    };
    return [
      ...times(given.users, use, { name: 'user ' }),
      ...times(given.changes, changePage, { name: 'CPU ' }),
      { name: 'module', run: exit },
      srcuCallbacks(core.srcu),
    ];
  },
  finals: { 'references-are-dropped': ({ mm }) => mm.mmCount === 1 },
});
