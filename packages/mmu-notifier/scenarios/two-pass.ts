/** Does every second pass run once, in order, before the page changes? */
import {
  KernelBug,
  array,
  defineOperation,
  kfunc,
  ptr,
  scenario,
  struct,
  times,
  u8,
  type Invariant,
  type Kthread,
  type Layout,
  type Memory,
  type Scenario,
} from '@shootdown/machine';
import type { MmuNotifierRange } from '@shootdown/mm/model';
import {
  MmuIntervalNotifierFinish,
  methodOf,
  type FirstPass,
  type MmuIntervalNotifier,
  type MmuIntervalNotifierOps,
  type MmuNotifierSubscriptions,
} from '@shootdown/mmu-notifier/model';
import { finishWhileRefused, noFinishOnEagain, oneFinish, unsafeFinishWalk } from './finish-mutants.js';
import { NO_STALE, mirrorSystem, mirrored } from './mirror-system.js';
import { CORE, GPU } from './mutants.js';

const EVERY_FINISH_RAN = 'every-finish-ran';
/** One invalidation, which may be refused, against faults. */
const oneWithFaults = { suite: { faults: 1, changes: 0 } } as const;
const stale = { expect: 'invariant', rule: NO_STALE } as const;
const notDone = { expect: 'invariant', rule: EVERY_FINISH_RAN } as const;
const disordered = { expect: 'contract', rule: 'finish-out-of-order' } as const;

/** Two passes. */
export const twoPass: Scenario = scenario({
  name: 'notifier/two-pass',
  asks: 'Does every finish that was queued run once, in order and before its invalidation ends, refused or not?',
  source: 'seed 002, August 2025; merged as 7aba71dbc416',
  given: {
    gpus: { default: 2, about: 'GPUs that mirror the page', min: 1, max: 4 },
    changes: { default: 1, about: 'threads that change the page and may sleep', min: 0, max: 3 },
    finishes: { default: 2, about: 'finish objects that there is memory for', min: 1, max: 8 },
    faults: {
      default: 1,
      suite: 0,
      about: 'faults of the GPUs in turn, the last first, during which they refuse',
      min: 0,
      max: 3,
    },
  },
  variants: {
    merged: { expect: 'holds', about: 'a finish is a method of the notifier; two invalidations at once' },
    'merged-faults': { expect: 'holds', ...oneWithFaults, about: 'the same; one invalidation, and a GPU that faults' },
    'seed-002': {
      expect: 'holds',
      code: { version: 'seed-002' },
      about: 'a finish is a function of the object, as first sent',
    },
    'no-finish-on-eagain': {
      ...notDone,
      code: { mutants: noFinishOnEagain },
      about: 'a refusal loses the finishes queued before it',
    },
    'finish-after-end': {
      expect: 'contract',
      rule: 'finish-after-end',
      ...oneWithFaults,
      mutations: CORE.finishAfterEnd,
      about: 'on a refusal the invalidation ends before the finishes run',
    },
    'finish-newest-first': {
      ...disordered,
      mutations: CORE.finishNewestFirst,
      about: 'nobody turns the lockless list round',
    },
    'finish-while-refused': {
      ...disordered,
      code: { mutants: finishWhileRefused },
      about: 'a finish is queued although its first pass refused',
    },
    'unsafe-finish-walk': {
      expect: 'use-after-free',
      code: { mutants: unsafeFinishWalk },
      about: 'the next finish is looked up in one that was freed',
    },
    'no-eagain-end': {
      expect: 'deadlock',
      mutations: CORE.noEagainEnd,
      suite: { faults: 2, changes: 0 },
      about: 'nobody ends an invalidation that was refused',
    },
    'no-flush-wait': { ...stale, mutations: GPU.noFlushWait, about: 'the second pass does not wait for the flush' },
    'flush-first': {
      ...stale,
      mutations: GPU.flushFirst,
      ...oneWithFaults,
      about: 'the flush begins before the page table is cleared',
    },
    'no-fallback': {
      ...stale,
      mutations: GPU.noFallback,
      about: 'without memory for a finish nobody waits for the flush',
    },
    'trylock-nothing': {
      ...stale,
      mutations: GPU.trylockNothing,
      ...oneWithFaults,
      about: 'a driver that did not get its lock says it succeeded',
    },
    'one-finish': {
      expect: 'data-race',
      code: { mutants: oneFinish },
      about: 'two invalidations of one notifier at once share its finish object',
    },
  },
  ...mirrored,
  state: ({ given: { gpus, changes, finishes }, code }) => {
    const threads = changes + 2;
    const watches: Watched[] = [];
    const system = mirrorSystem({
      gpus,
      pages: 1,
      threads,
      passes: 2,
      finishes,
      hasTlb: true,
      isWarm: true,
      wrap: (layout, ops, subscriptionsNow) => {
        const watch = watched(layout, ops, subscriptionsNow, { threads, gpus });
        watches.push(watch);
        return watch.ops;
      },
      ...code,
    });
    return { ...system, allRan: watches[0].allRan };
  },
  threads: ({ mm, gpus, fault, changes, mirrors }, { given }) => {
    const work = function* gpu_work() {
      for (let i = 0; i < given.faults; i++) yield* fault(gpus[(given.gpus - 1 + i) % given.gpus], 0);
    };
    return [
      { name: 'OOM reaper', run: () => changes.reap(mm, 0) },
      { name: 'GPU driver', run: work },
      ...times(given.changes, () => changes.migrate(mm, 0), { name: 'CPU ' }),
      ...mirrors.devices,
    ];
  },
  finals: ({ allRan }) => ({ [EVERY_FINISH_RAN]: allRan }),
});

type SubscriptionsNow = (memory: Memory) => MmuNotifierSubscriptions | null;

/** Notes for each thread which finishes were queued, and looks at each that runs. */
function watched(
  layout: Layout,
  ops: MmuIntervalNotifierOps,
  subscriptionsNow: SubscriptionsNow,
  { threads, gpus }: { readonly threads: number; readonly gpus: number },
): Watched {
  const Notes = struct('notes', {
    queued: array(
      ptr(() => MmuIntervalNotifierFinish),
      gpus,
    ),
    count: u8,
    ran: u8,
  });
  const notes = layout.perThread<typeof Notes>('notes', Notes, threads);
  const refused = layout.one('refused_finish', MmuIntervalNotifierFinish);
  const noteQueued = defineOperation({
    name: 'note that it is queued',
    isLocal: true,
    run: (memory: Memory, finish: MmuIntervalNotifierFinish): void => {
      const { queued, count } = notes[memory.thread];
      memory.set(queued[memory.get(count)], finish);
      memory.set(count, memory.get(count) + 1);
    },
  });
  const noteRun = defineOperation({
    name: 'look at the finish',
    run: (memory: Memory, finish: MmuIntervalNotifierFinish): void => {
      const { queued, count, ran } = notes[memory.thread];
      const [next, all] = [memory.get(ran), memory.get(count)];
      if (next >= all || memory.get(queued[next]) !== finish)
        throw new KernelBug(
          'contract',
          'finish-out-of-order',
          `finish ${next} of ${all} to run is another than queued`,
        );
      memory.set(ran, next + 1);
      const subs = subscriptionsNow(memory);
      if (subs !== null && (memory.get(subs.invalidateSeq) & 1n) === 0n)
        throw new KernelBug('contract', 'finish-after-end', 'a finish runs after its invalidation has ended');
    },
  });
  const { invalidateStart, invalidateFinish } = ops;
  return {
    ops: {
      invalidateStart: kfunc(
        'invalidate_start',
        function* (sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint): Kthread<FirstPass> {
          const [success, finish] = yield* methodOf(invalidateStart, 'invalidate_start')(sub, range, curSeq);
          if (!success) return [false, refused];
          if (finish !== null) yield* noteQueued(finish);
          return [true, finish];
        },
      ),
      invalidateFinish: kfunc('invalidate_finish', function* (finish: MmuIntervalNotifierFinish) {
        yield* noteRun(finish);
        yield* methodOf(invalidateFinish, 'invalidate_finish')(finish);
      }),
    },
    allRan: (memory) => {
      const left = notes.findIndex(({ count, ran }) => memory.get(count) !== memory.get(ran));
      return left < 0 || `thread ${left} queued a finish that never ran`;
    },
  };
}

interface Watched {
  readonly ops: MmuIntervalNotifierOps;
  readonly allRan: Invariant;
}
