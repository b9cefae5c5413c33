/**
 * The interval tree of an address space, in model memory. A call is one step: what the kernel does under the lock of the
 * subscriptions, or, for {@link TreeOps.iterNext}, while the sequence is odd and nobody may change the tree. That nobody does
 * is checked: a change while somebody walks is a data race.
 */
import { IntervalTree64 } from '@shootdown/interval-tree';
import {
  KernelBug,
  ModelError,
  defineOperation,
  type Memory,
  type MemoryReader,
  type Request,
} from '@shootdown/machine';
import type { MmuIntervalNotifier, MmuNotifierSubscriptions } from './subscriptions.js';

/** The tree's operations. Intervals are closed; `start > last` finds what spans all of (last, start). */
export interface TreeOps {
  readonly insert: (subs: MmuNotifierSubscriptions, sub: MmuIntervalNotifier) => Request<void>;
  readonly remove: (subs: MmuNotifierSubscriptions, sub: MmuIntervalNotifier) => Request<void>;
  /** Whether a notifier is in the tree: RB_EMPTY_NODE() says the contrary. */
  readonly has: (subs: MmuNotifierSubscriptions, sub: MmuIntervalNotifier) => Request<boolean>;
  /** Begins a walk; `null` when there is nothing to walk over. */
  readonly iterFirst: (
    subs: MmuNotifierSubscriptions,
    start: bigint,
    last: bigint,
  ) => Request<MmuIntervalNotifier | null>;
  /** Goes on; `null` ends the walk. */
  readonly iterNext: (
    subs: MmuNotifierSubscriptions,
    sub: MmuIntervalNotifier,
    start: bigint,
    last: bigint,
  ) => Request<MmuIntervalNotifier | null>;
  /** Ends a walk before its time. */
  readonly iterBreak: (subs: MmuNotifierSubscriptions) => Request<void>;
  /** The notifiers in the tree, in its order, for tests and invariants. */
  readonly nodes: (memory: MemoryReader, subs: MmuNotifierSubscriptions) => MmuIntervalNotifier[];
}

const LARGEST = 0xffff_ffff_ffff_ffffn;

/**
 * @param notifiers - every interval notifier of the model; a node's id is the place here
 * @source mm/mmu_notifier.c mn_itree_inv_start_range() v6.17
 */
export function treeOps(notifiers: readonly MmuIntervalNotifier[]): TreeOps {
  const ids = new Map(notifiers.map(({ $address }, id) => [$address, id]));
  const idOf = (sub: MmuIntervalNotifier): number => {
    const id = ids.get(sub.$address);
    if (id === undefined) throw new ModelError('expected one of the interval notifiers that the core was made for');
    return id;
  };
  const at = (id: number | undefined): MmuIntervalNotifier | null => (id === undefined ? null : notifiers[id]);
  const step = (memory: Memory, { itreeWalks }: MmuNotifierSubscriptions, by: number): void => {
    memory.set(itreeWalks, memory.get(itreeWalks) + by);
  };
  const guard = ({ lock }: MmuNotifierSubscriptions): MmuNotifierSubscriptions['lock'] => lock;
  const target = ({ itree }: MmuNotifierSubscriptions): MmuNotifierSubscriptions['lock'] => itree[0];
  return {
    insert: defineOperation({
      name: 'interval_tree_insert',
      target,
      run: (memory: Memory, subs: MmuNotifierSubscriptions, sub: MmuIntervalNotifier): void => {
        standsStill(memory, subs, 'interval_tree_insert');
        const tree = treeOf(memory, subs);
        if (tree.has(idOf(sub))) throw insertedTwice(memory, sub);
        tree.insert(idOf(sub), memory.get(sub.start), memory.get(sub.last));
      },
    }),
    remove: defineOperation({
      name: 'interval_tree_remove',
      target,
      run: (memory: Memory, subs: MmuNotifierSubscriptions, sub: MmuIntervalNotifier): void => {
        standsStill(memory, subs, 'interval_tree_remove');
        treeOf(memory, subs).remove(idOf(sub));
      },
    }),
    has: defineOperation({
      name: 'RB_EMPTY_NODE',
      target,
      guard,
      run: (memory: Memory, subs: MmuNotifierSubscriptions, sub: MmuIntervalNotifier): boolean =>
        treeOf(memory, subs).has(idOf(sub)),
    }),
    iterFirst: defineOperation({
      name: 'interval_tree_iter_first',
      target,
      run: (
        memory: Memory,
        subs: MmuNotifierSubscriptions,
        start: bigint,
        last: bigint,
      ): MmuIntervalNotifier | null => {
        const first = at(treeOf(memory, subs).iterFirst(start, last));
        if (first !== null) step(memory, subs, 1);
        return first;
      },
    }),
    iterNext: defineOperation({
      name: 'interval_tree_iter_next',
      target,
      run: (
        memory: Memory,
        subs: MmuNotifierSubscriptions,
        sub: MmuIntervalNotifier,
        start: bigint,
        last: bigint,
      ): MmuIntervalNotifier | null => {
        const tree = treeOf(memory, subs);
        if (!tree.has(idOf(sub))) throw cursorGone(memory, sub);
        const next = at(tree.iterNext(idOf(sub), start, last));
        if (next === null) step(memory, subs, -1);
        return next;
      },
    }),
    iterBreak: defineOperation({
      name: 'the walk ends',
      target,
      run: (memory: Memory, subs: MmuNotifierSubscriptions): void => {
        step(memory, subs, -1);
      },
    }),
    nodes: (memory, subs) => [...treeOf(readOnly(memory), subs).matches(0n, LARGEST)].map((id) => notifiers[id]),
  };
}

/** The tree over the words of `itree`. It keeps nothing of its own, so it is as good as new each time. */
function treeOf(memory: Pick<Memory, 'get' | 'set'>, { itree }: MmuNotifierSubscriptions): IntervalTree64 {
  return new IntervalTree64({
    storage: {
      length: itree.length,
      get: (index: number) => memory.get(itree[index]),
      set: (index: number, value: number) => {
        memory.set(itree[index], value);
      },
    },
  });
}

/** Memory for who only reads. */
function readOnly(memory: MemoryReader): Pick<Memory, 'get' | 'set'> {
  return {
    get: (cell) => memory.get(cell),
    set: () => {
      throw new ModelError('expected a look at the tree to change nothing');
    },
  };
}

function standsStill(memory: Memory, { itreeWalks, itree }: MmuNotifierSubscriptions, what: string): void {
  if (memory.get(itreeWalks) === 0) return;
  const text = `${what} while an invalidation walks over ${memory.layout.nameOf(itree[0].address)} without the lock`;
  memory.report(new KernelBug('data-race', 'itree-changed-under-walk', text, itree[0].address));
}

function cursorGone({ layout }: Memory, sub: MmuIntervalNotifier): KernelBug {
  const text = `a walk came to ${layout.nameOfObject(sub)}, which was removed from the tree under it`;
  return new KernelBug('use-after-free', 'itree-cursor-removed', text, sub.$address);
}

function insertedTwice({ layout }: Memory, sub: MmuIntervalNotifier): KernelBug {
  const text = `${layout.nameOfObject(sub)} is inserted, but is in the tree`;
  return new KernelBug('contract', 'inserted-twice', text, sub.$address);
}
