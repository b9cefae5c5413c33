/** Does a driver that mirrors pages as hmm.rst says ever map a page that is being taken away? */
import { mutexLock, mutexUnlock } from '@shootdown/kernel/model';
import {
  kfunc,
  readOnce,
  replaceFunction,
  scenario,
  times,
  writeOnce,
  type Mutation,
  type Scenario,
} from '@shootdown/machine';
import { mmuIntervalReadBegin, mmuIntervalReadRetry, type GpuMirror } from '@shootdown/mmu-notifier/model';
import { NO_STALE, mirrorSystem, mirrored, type MirrorSystem } from './mirror-system.js';
import { CORE, GPU } from './mutants.js';

const stale = { expect: 'invariant', rule: NO_STALE } as const;

/** A driver that reads the CPU's page table before it asks for the sequence. */
function lateBegin({ core, pages: { ptes } }: MirrorSystem): readonly Mutation[] {
  return [
    replaceFunction(
      'gpu_fault',
      () =>
        function* ({ sub, userLock, sptes }: GpuMirror, page: number) {
          const frame = yield* readOnce(ptes[page]);
          const seq = yield* mmuIntervalReadBegin(core, sub);
          yield* mutexLock(userLock);
          const isValid = !(yield* mmuIntervalReadRetry(sub, seq));
          if (isValid) yield* writeOnce(sptes[page], frame);
          yield* mutexUnlock(userLock);
          return isValid;
        },
    ),
  ];
}

/** The collision-retry protocol. */
export const collisionRetry: Scenario = scenario({
  name: 'notifier/collision-retry',
  asks: 'Does a GPU whose driver faults by read_begin and read_retry never map a page frame that its page no longer has?',
  source: 'mm/mmu_notifier.c mmu_interval_read_begin() v6.17',
  given: {
    gpus: { default: 1, about: 'GPUs that mirror the pages, each with a thread that faults', min: 1, max: 3 },
    faults: { default: 2, suite: 1, about: 'faults of each GPU, on the first page', min: 1, max: 4 },
    changes: { default: 2, about: 'threads that each change a page, the first and the second in turn', min: 1, max: 4 },
    rounds: { default: 1, about: 'changes of each', min: 1, max: 4 },
  },
  variants: {
    merged: { expect: 'holds', about: 'the core and the driver as they are' },
    'single-pass': {
      expect: 'holds',
      code: { version: 'single-pass' },
      about: 'the core before there were two passes',
    },
    'no-odd-seq': {
      expect: 'deadlock',
      mutations: CORE.noOddSeq,
      about: 'an invalidation that hits the interval leaves the sequence even, for ever equal',
    },
    'every-end-even': {
      ...stale,
      mutations: CORE.everyEndEven,
      about: 'the first of two ends makes the sequence even',
    },
    'no-read-wait': { ...stale, mutations: CORE.noReadWait, about: 'read_begin does not wait for the invalidation' },
    'no-wake': { expect: 'deadlock', mutations: CORE.noWake, about: 'the last end wakes nobody' },
    'no-retry': { ...stale, mutations: GPU.noRetry, about: 'the driver maps without a look at the sequence' },
    'retry-unlocked': { ...stale, mutations: GPU.retryUnlocked, about: 'the driver looks before it takes its lock' },
    'late-begin': {
      ...stale,
      code: { mutants: lateBegin },
      about: 'the driver reads the page table before read_begin',
    },
    'no-set-seq': { ...stale, mutations: GPU.noSetSeq, about: 'the invalidation does not set the sequence' },
    'set-seq-unlocked': {
      expect: 'data-race',
      mutations: GPU.setSeqUnlocked,
      about: 'the invalidation sets the sequence once the lock is let go',
    },
    'keeps-sptes': { ...stale, mutations: GPU.keepsSptes, about: 'the invalidation clears nothing' },
  },
  ...mirrored,
  state: ({ given: { gpus, changes }, code }) =>
    mirrorSystem({ gpus, pages: Math.min(2, changes), threads: gpus + changes, ...code }),
  threads: ({ mm, gpus, fault, changes, mirrors }, { given }) => {
    const mirror = kfunc('gpu_work', function* (gpu: number) {
      for (let i = 0; i < given.faults; i++) yield* fault(gpus[gpu], 0);
    });
    const change = kfunc('change_pages', function* (page: number) {
      for (let i = 0; i < given.rounds; i++) yield* changes.migrate(mm, page);
    });
    return [
      ...times(given.gpus, mirror, { name: 'GPU ' }),
      ...times(given.changes, (i) => change(i % 2), { name: 'CPU ' }),
      ...mirrors.devices,
    ];
  },
});
