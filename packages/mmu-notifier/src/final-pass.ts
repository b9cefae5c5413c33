/**
 * The second passes: collected during the walk of the first, run once it is over, in the order of the first. Seed 002 keeps
 * them on a doubly linked list, the code as merged on a lockless one that only its owner sees, turned round before use.
 * Either way the next one is looked up before one is called, for the call may free it.
 */
import {
  ListHead,
  initListHead,
  listAddTail,
  listDel,
  listForEachEntrySafe,
  llistAddNonAtomic,
  llistDelAllNonAtomic,
  llistForEachEntrySafe,
  llistReverseOrder,
} from '@shootdown/kernel/model';
import { kfunc, read, write, type Handle, type Kfunc, type Kthread } from '@shootdown/machine';
import type { MmuNotifierRange } from '@shootdown/mm/model';
import { followed, type CoreParts } from './core-parts.js';
import { methodOf } from './ops.js';
import { MmuIntervalNotifierFinish, type MmuIntervalNotifier } from './subscriptions.js';

/** What a walk does with finishes. */
export interface FinalPass {
  /** The caller's list, empty. */
  readonly listHead: Kfunc<[], Handle>;
  /** Puts a finish at the end. */
  readonly queue: Kfunc<[head: Handle, finish: MmuIntervalNotifierFinish, sub: MmuIntervalNotifier], void>;
  /** Runs all. */
  readonly mnItreeFinalPass: Kfunc<[head: Handle, range: MmuNotifierRange, curSeq: bigint], void>;
}

/** The functions of the era; a walk of one pass does nothing. */
export function finalPass(parts: CoreParts): FinalPass {
  return parts.options.era === 'merged' ? asMerged(parts) : asFirstSent(parts);
}

function asFirstSent({ finalPasses, finishFunction }: CoreParts): FinalPass {
  return {
    listHead: kfunc('LIST_HEAD', function* () {
      const head = yield* finalPasses();
      yield* initListHead(head);
      return head;
    }),
    queue: kfunc(
      'list_add_tail',
      function* (head: Handle, finish: MmuIntervalNotifierFinish, _sub: MmuIntervalNotifier) {
        yield* listAddTail(finish.link, head);
      },
    ),
    mnItreeFinalPass: kfunc('mn_itree_final_pass', function* (head: Handle, range: MmuNotifierRange, curSeq: bigint) {
      const list = ListHead.at(head.$address);
      yield* listForEachEntrySafe(list, MmuIntervalNotifierFinish, 'link', function* (finish): Kthread<void> {
        yield* listDel(finish.link);
        yield* finishFunction(yield* read(finish.finish))(finish, range, curSeq);
      });
    }),
  };
}

function asMerged({ finalPasses, intervalOps }: CoreParts): FinalPass {
  return {
    listHead: kfunc('LLIST_HEAD', function* () {
      const head = yield* finalPasses();
      yield* llistDelAllNonAtomic(head);
      return head;
    }),
    queue: kfunc('__llist_add', function* (head: Handle, finish: MmuIntervalNotifierFinish, sub: MmuIntervalNotifier) {
      yield* write(finish.notifier, sub);
      yield* llistAddNonAtomic(finish.llist, head);
    }),
    mnItreeFinalPass: kfunc('mn_itree_finish_pass', function* (head: Handle) {
      const first = yield* llistReverseOrder(yield* llistDelAllNonAtomic(head));
      yield* llistForEachEntrySafe(first, MmuIntervalNotifierFinish, 'llist', function* (finish): Kthread<void> {
        const sub = yield* followed(finish.notifier, 'notifier');
        const { invalidateFinish } = intervalOps(yield* read(sub.ops));
        yield* methodOf(invalidateFinish, 'invalidate_finish')(finish);
      });
    }),
  };
}
