/** Second passes done wrong, where that takes functions of the system: its methods, its lists. */
import {
  containerOf,
  llistAddNonAtomic,
  llistDelAllNonAtomic,
  llistNext,
  llistReverseOrder,
} from '@shootdown/kernel/model';
import { change, omit, replaceFunction, write, type Handle, type Kfunc, type Mutation } from '@shootdown/machine';
import type { MmuNotifierRange } from '@shootdown/mm/model';
import {
  MmuIntervalNotifierFinish,
  methodOf,
  type FirstPass,
  type GpuMirror,
  type MmuIntervalNotifier,
  type MmuNotifierCore,
} from '@shootdown/mmu-notifier/model';
import type { MirrorSystem } from './mirror-system.js';

type PassArgs = [sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint];

/** A refusal loses the finishes queued before it. */
export function noFinishOnEagain({ core }: MirrorSystem): readonly Mutation[] {
  return [
    replaceFunction(
      'invalidate_start',
      (original: Kfunc<PassArgs, FirstPass>) =>
        function* (...args: PassArgs) {
          const pass = yield* original(...args);
          if (!pass[0]) yield* llistDelAllNonAtomic(yield* core.finishPasses());
          return pass;
        },
    ),
  ];
}

/** A finish is queued although its first pass refused. */
export function finishWhileRefused({ core }: MirrorSystem): readonly Mutation[] {
  return [
    replaceFunction(
      'invalidate_start',
      (original: Kfunc<PassArgs, FirstPass>) =>
        function* (...args: PassArgs) {
          const [success, finish] = yield* original(...args);
          if (success || finish === null) return [success, finish] as const;
          yield* write(finish.notifier, args[0]);
          yield* llistAddNonAtomic(finish.llist, yield* core.finishPasses());
          return [false, finish] as const;
        },
    ),
  ];
}

/** The next finish is looked up after the call that frees this one. */
export function unsafeFinishWalk({ ops }: MirrorSystem): readonly Mutation[] {
  const finish = methodOf(ops.invalidateFinish, 'invalidate_finish');
  return [
    replaceFunction(
      'mn_itree_finish_pass',
      () =>
        function* (_core: MmuNotifierCore, passes: Handle) {
          let node = yield* llistReverseOrder(yield* llistDelAllNonAtomic(passes));
          for (; node !== null; node = yield* llistNext(node))
            yield* finish(containerOf(node, MmuIntervalNotifierFinish, 'llist'));
        },
    ),
  ];
}

/** Each GPU has one finish object, which all its invalidations use. */
export function oneFinish({ layout, gpus, mirrors }: MirrorSystem): readonly Mutation[] {
  const own = layout.array<typeof mirrors.finishes.struct>('own_finish', mirrors.finishes.struct, gpus.length);
  return [
    change({ in: 'gpu_alloc_finish', step: 'kzalloc' }, ({ callArgs: [gpu] }) => ({
      answer: own[gpus.indexOf(gpu as GpuMirror)],
    })),
    omit({ in: 'gpu_invalidate_finish', step: 'kfree' }),
  ];
}
