/**
 * The second passes: collected during the walk of the first, run once it is over, in the order of the first. Seed 002 keeps
 * them on a doubly linked list, the code as merged on a lockless one that only its owner sees, turned round before use.
 * Either way the next one is looked up before one is called, for the call may free it.
 */
import {
  ListHead,
  containerOf,
  initListHead,
  listAddTail,
  listDel,
  listForEachEntry,
  listForEachEntrySafe,
  llistAddNonAtomic,
  llistDelAllNonAtomic,
  llistForEachEntrySafe,
  llistNext,
  llistReverseOrder,
} from '@shootdown/kernel/model';
import { kfunc, read, write, type Kfunc, type Kthread } from '@shootdown/machine';
import type { MmuNotifierRange } from '@shootdown/mm/model';
import { followed, type CoreParts } from './core-parts.js';
import { methodOf } from './ops.js';
import { MmuIntervalNotifierFinish, type MmuIntervalNotifier } from './subscriptions.js';

/** What a walk does with finishes. */
export interface FinalPass {
  /** Makes the caller's list empty. */
  readonly begin: Kfunc<[], void>;
  /** Puts a finish at the end. */
  readonly queue: Kfunc<[finish: MmuIntervalNotifierFinish, sub: MmuIntervalNotifier], void>;
  /** Runs all. */
  readonly mnItreeFinalPass: Kfunc<[range: MmuNotifierRange, curSeq: bigint], void>;
}

/** The functions of the era; a walk of one pass does nothing. */
export function finalPass(parts: CoreParts): FinalPass {
  return parts.options.era === 'merged' ? asMerged(parts) : asFirstSent(parts);
}

function asFirstSent({ finalPasses, finishFunction, bug }: CoreParts): FinalPass {
  return {
    begin: kfunc('LIST_HEAD', function* () {
      yield* initListHead(yield* finalPasses());
    }),
    queue: kfunc('list_add_tail', function* (finish: MmuIntervalNotifierFinish, _sub: MmuIntervalNotifier) {
      yield* listAddTail(finish.link, yield* finalPasses());
    }),
    mnItreeFinalPass: kfunc('mn_itree_final_pass', function* (range: MmuNotifierRange, curSeq: bigint) {
      const head = ListHead.at((yield* finalPasses()).$address);
      const walk = bug === 'unsafe-finish-walk' ? listForEachEntry : listForEachEntrySafe;
      yield* walk(head, MmuIntervalNotifierFinish, 'link', function* (finish): Kthread<void> {
        yield* listDel(finish.link);
        yield* finishFunction(yield* read(finish.finish))(finish, range, curSeq);
      });
    }),
  };
}

function asMerged({ finalPasses, intervalOps, bug }: CoreParts): FinalPass {
  const run = function* (finish: MmuIntervalNotifierFinish): Kthread<void> {
    const sub = yield* followed(finish.notifier, 'notifier');
    const { invalidateFinish } = intervalOps(yield* read(sub.ops));
    yield* methodOf(invalidateFinish, 'invalidate_finish')(finish);
  };
  return {
    begin: kfunc('LLIST_HEAD', function* () {
      yield* llistDelAllNonAtomic(yield* finalPasses());
    }),
    queue: kfunc('__llist_add', function* (finish: MmuIntervalNotifierFinish, sub: MmuIntervalNotifier) {
      yield* write(finish.notifier, sub);
      yield* llistAddNonAtomic(finish.llist, yield* finalPasses());
    }),
    mnItreeFinalPass: kfunc('mn_itree_finish_pass', function* (_range: MmuNotifierRange, _curSeq: bigint) {
      const newest = yield* llistDelAllNonAtomic(yield* finalPasses());
      const first = yield* llistReverseOrder(newest);
      if (bug !== 'unsafe-finish-walk')
        return yield* llistForEachEntrySafe(first, MmuIntervalNotifierFinish, 'llist', run);
      for (let node = first; node !== null; node = yield* llistNext(node))
        yield* run(containerOf(node, MmuIntervalNotifierFinish, 'llist'));
    }),
  };
}
