/** Does a refusal leave the address space usable? */
import { EAGAIN, mutexLock, mutexT, mutexTrylock, mutexUnlock, setKzalloc, type Mutex } from '@shootdown/kernel/model';
import {
  kfunc,
  readOnce,
  replaceFunction,
  runDirect,
  scenario,
  times,
  type Kfunc,
  type Mutation,
  type Scenario,
} from '@shootdown/machine';
import { mmuNotifierRangeBlockable, type MmuNotifierRange } from '@shootdown/mm/model';
import {
  MmuNotifier,
  mmuIntervalNotifierRemove,
  mmuNotifierRegister,
  mnItreeInvEnd,
  type MmuNotifierCore,
  type MmuNotifierOps,
  type MmuNotifierSubscriptions,
} from '@shootdown/mmu-notifier/model';
import { mirrorSystem, mirrored } from './mirror-system.js';

interface Story {
  /** Whether there is a classic notifier too, which may refuse; default true. */
  readonly hasClassic?: boolean;
  /** Whether the range may sleep, as all but the OOM reaper's do; default false. */
  readonly isBlockable?: boolean;
  /** Whether the driver goes instead of faulting. */
  readonly removes?: boolean;
}

const leaks = { expect: 'deadlock', finding: true, strategy: 'bfs', given: { changes: 0 } } as const;

type StartArgs = [core: MmuNotifierCore, subs: MmuNotifierSubscriptions, range: MmuNotifierRange];

/** What would mend it: where a classic notifier refuses, the interval side is ended too. */
const hlistEndOnEagain: readonly Mutation[] = [
  replaceFunction(
    'mn_hlist_invalidate_range_start',
    (original: Kfunc<StartArgs, number>) =>
      function* (...args: StartArgs) {
        const error = yield* original(...args);
        const [core, subs] = args;
        if (error !== 0 && (yield* readOnce(subs.hasItree))) yield* mnItreeInvEnd(core, subs);
        return error;
      },
  ),
];

/** The interval side of an invalidation that a classic notifier refuses. */
export const eagainLeak: Scenario = scenario({
  name: 'notifier/eagain-leak',
  asks: 'Can drivers still fault and go after an invalidation was refused with -EAGAIN?',
  source: 'mm/mmu_notifier.c __mmu_notifier_invalidate_range_start()',
  given: {
    changes: { default: 1, about: 'threads that change the page, too, and may sleep', min: 0, max: 3 },
  },
  variants: {
    fixed: {
      expect: 'holds',
      mutations: hlistEndOnEagain,
      about: 'where a classic notifier refuses, the interval side is ended too',
    },
    merged: { ...leaks, isShown: true, about: 'it is not: the next reader sleeps for ever' },
    'merged-remove': { ...leaks, code: { removes: true }, about: 'so does who removes a notifier' },
    'merged-later': {
      ...leaks,
      given: { changes: 1 },
      about: 'a later invalidation that is complete does not help',
    },
    'single-pass': { ...leaks, code: { version: 'single-pass' }, about: 'the same before there were two passes' },
    'intervals-only': {
      expect: 'holds',
      code: { hasClassic: false },
      about: 'without a classic notifier nobody is left half told',
    },
    blockable: { expect: 'holds', code: { isBlockable: true }, about: 'a range that may sleep cannot be refused' },
  },
  ...mirrored,
  state: ({ given, code }) => {
    const others: ReturnType<typeof otherDriver>[] = [];
    const system = mirrorSystem({
      gpus: 1,
      pages: 1,
      threads: 2 + given.changes,
      more: (placed) => {
        const driver = otherDriver(placed.one('other_driver.lock', mutexT));
        others.push(driver);
        return { notifierOps: [driver.ops] };
      },
      ...code,
    });
    const notifiers = system.layout.slab('notifier', MmuNotifier, 1);
    notifiers.outlives = true;
    return { ...system, notifiers, otherDriver: others[0] };
  },
  init: (memory, { init, core, mm, notifiers }, { code }) => {
    const { hasClassic = true }: Story = code ?? {};
    init(memory);
    if (!hasClassic) return;
    const notifier = setKzalloc(memory, notifiers);
    memory.set(notifier.ops, 1);
    runDirect(memory, mmuNotifierRegister(core, notifier, mm));
  },
  threads: ({ core, mm, gpus: [gpu], changes, fault, mirrors, otherDriver: { ioctl } }, { given, code }) => {
    const { isBlockable = false, removes = false }: Story = code ?? {};
    const work = function* process() {
      yield* ioctl();
      if (removes) yield* leave();
      else yield* fault(gpu, 0);
    };
    const leave = kfunc('gpu_close', function* () {
      yield* mirrors.unmapAll(gpu);
      yield* mmuIntervalNotifierRemove(core, gpu.sub);
    });
    const reap = isBlockable ? changes.migrate : changes.reap;
    return [
      { name: 'OOM reaper', run: () => reap(mm, 0) },
      { name: 'process', run: work },
      ...times(given.changes, () => changes.migrate(mm, 0), { name: 'CPU ' }),
      ...mirrors.devices,
    ];
  },
});

/** A driver that needs its lock in its start; where it must not sleep for it, it refuses. */
function otherDriver(lock: Mutex) {
  return {
    ops: {
      invalidateRangeStart: kfunc('other_driver_range_start', function* (_sub: MmuNotifier, range: MmuNotifierRange) {
        if (mmuNotifierRangeBlockable(range)) yield* mutexLock(lock);
        else if (!(yield* mutexTrylock(lock))) return -EAGAIN;
        yield* mutexUnlock(lock);
        return 0;
      }),
    } satisfies MmuNotifierOps,
    /** Whatever it does under its lock. */
    ioctl: kfunc('other_driver_ioctl', function* () {
      yield* mutexLock(lock);
      yield* mutexUnlock(lock);
    }),
  };
}
