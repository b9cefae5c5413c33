/** Does every second pass run once, in order, before the page changes? */
import {
  KernelBug,
  array,
  defineOperation,
  kfunc,
  ptr,
  scenario,
  struct,
  u8,
  variantsOf,
  type Invariant,
  type Kthread,
  type Layout,
  type Memory,
  type Scenario,
  type Setup,
  type System,
  type Variant,
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
import { NO_STALE, mirrorWorld, systemOf, type MirrorCode } from './mirror-world.js';
import { CORE, GPU } from './mutants.js';

const EVERY_FINISH_RAN = 'every-finish-ran';
/** One invalidation, which may be refused, against faults. */
const oneWithFaults = { suite: { faults: 1, changes: 0 } } as const;
const stale = { expect: 'invariant', rule: NO_STALE } as const;
const notDone = { expect: 'invariant', rule: EVERY_FINISH_RAN } as const;
const disordered = { expect: 'contract', rule: 'finish-out-of-order' } as const;

const variants: Readonly<Record<string, Variant & MirrorCode>> = {
  merged: { expect: 'holds', about: 'a finish is a method of the notifier; two invalidations at once' },
  'merged-faults': { expect: 'holds', ...oneWithFaults, about: 'the same; one invalidation, and a GPU that faults' },
  'seed-002': { expect: 'holds', era: 'seed-002', about: 'a finish is a function of the object, as first sent' },
  'no-finish-on-eagain': {
    ...notDone,
    mutants: noFinishOnEagain,
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
    mutants: finishWhileRefused,
    about: 'a finish is queued although its first pass refused',
  },
  'unsafe-finish-walk': {
    expect: 'use-after-free',
    mutants: unsafeFinishWalk,
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
    mutants: oneFinish,
    about: 'two invalidations of one notifier at once share its finish object',
  },
};

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
  variants: variantsOf(variants),
  build({ given, variant }: Setup): System {
    const [gpus, changers, finishes, faults] = [given.gpus, given.changes, given.finishes, given.faults].map(Number);
    const { era, mutants = () => [] } = variants[variant];
    const threads = changers + 2;
    const watches: Watched[] = [];
    const world = mirrorWorld({
      gpus,
      pages: 1,
      threads,
      passes: 2,
      finishes,
      hasTlb: true,
      isWarm: true,
      ...(era === undefined ? {} : { era }),
      wrap: (layout, ops, subscriptionsNow) => {
        const watch = watched(layout, ops, subscriptionsNow, { threads, gpus });
        watches.push(watch);
        return watch.ops;
      },
    });
    const { mm, changes } = world;
    const last = gpus - 1;
    const fault = kfunc('gpu_work', function* () {
      for (let i = 0; i < faults; i++) yield* world.fault(world.gpus[(last + i) % gpus], 0);
    });
    return systemOf(
      world,
      [
        { name: 'OOM reaper', run: () => changes.reap(mm, 0) },
        { name: 'GPU driver', run: () => fault() },
        ...Array.from({ length: changers }, (_, i) => ({ name: `CPU ${i}`, run: () => changes.migrate(mm, 0) })),
      ],
      { finals: { [EVERY_FINISH_RAN]: watches[0].allRan }, mutations: mutants(world) },
    );
  },
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
