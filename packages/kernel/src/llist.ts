/**
 * Singly linked lists without a lock: any number of threads add, one takes everything. Newest first.
 *
 * Nodes are told apart by address alone, so a function takes a head or node of any declaration.
 */
import {
  cmpxchg,
  kfunc,
  ptr,
  read,
  readOnce,
  rmw,
  spinUntil,
  struct,
  write,
  writeOnce,
  type Cell,
  type Handle,
  type Request,
  type ScalarType,
  type Struct,
} from '@shootdown/machine';

type Link = ScalarType<Handle | null>;

/**
 * A node.
 *
 * @source include/linux/llist.h struct llist_node v4.19
 */
export const LlistNode: Struct<{ readonly next: Link }> = struct('llist_node', {
  next: ptr((): { at(address: number): Handle } => LlistNode),
});
/** A node of a list: anything laid out as {@link LlistNode}. */
export type LlistNode = Handle;

/**
 * The head of a list: its newest node.
 *
 * @source include/linux/llist.h struct llist_head v4.19
 */
export const LlistHead: Struct<{ readonly first: Link }> = struct('llist_head', {
  first: ptr((): { at(address: number): Handle } => LlistNode),
});
/** The head of a list: anything laid out as {@link LlistHead}. */
export type LlistHead = Handle;

const nextOf = (node: Handle): Cell<Handle | null> => LlistNode.at(node.$address).next;
const firstOf = (head: Handle): Cell<Handle | null> => LlistHead.at(head.$address).first;
const nodeAt = (node: Handle): Handle => LlistNode.at(node.$address);

const addOnce = kfunc('llist_add_batch', function* (newFirst: Handle, newLast: Handle, head: Handle) {
  const first = yield* readOnce(firstOf(head));
  yield* writeOnce(nextOf(newLast), first);
  if ((yield* cmpxchg(firstOf(head), first, nodeAt(newFirst))) !== first) return undefined;
  return first === null ? 'was empty' : 'was not empty';
});

/**
 * Adds nodes that are linked from `newFirst` to `newLast`; returns whether the list was empty.
 *
 * @source lib/llist.c llist_add_batch() v4.19
 */
export const llistAddBatch: (newFirst: LlistNode, newLast: LlistNode, head: LlistHead) => Request<boolean> = kfunc(
  'llist_add_batch',
  function* (newFirst: Handle, newLast: Handle, head: Handle) {
    return (yield* spinUntil(() => addOnce(newFirst, newLast, head))) === 'was empty';
  },
);

/**
 * Adds a node; returns whether the list was empty.
 *
 * @source include/linux/llist.h llist_add() v4.19
 */
export const llistAdd: (node: LlistNode, head: LlistHead) => Request<boolean> = kfunc(
  'llist_add',
  function* (node: Handle, head: Handle) {
    return yield* llistAddBatch(node, node, head);
  },
);

/**
 * `__llist_add`: adds a node by plain accesses, to a list that no other thread touches; returns whether it was empty.
 *
 * @source include/linux/llist.h __llist_add() v5.12
 */
export const llistAddNonAtomic: (node: LlistNode, head: LlistHead) => Request<boolean> = kfunc(
  '__llist_add',
  function* (node: Handle, head: Handle) {
    const first = yield* read(firstOf(head));
    yield* write(nextOf(node), first);
    yield* write(firstOf(head), nodeAt(node));
    return first === null;
  },
);

/**
 * Takes every node; returns the newest, from which the others hang, or `null`.
 *
 * @source include/linux/llist.h llist_del_all() v4.19
 */
export function llistDelAll(head: LlistHead): Request<Handle | null> {
  return rmw('xchg', 'llist_del_all', 'full', firstOf(head), null);
}

/**
 * `__llist_del_all`: takes every node by plain accesses, from a list that no other thread touches.
 *
 * @source include/linux/llist.h __llist_del_all() v5.12
 */
export const llistDelAllNonAtomic: (head: LlistHead) => Request<Handle | null> = kfunc(
  '__llist_del_all',
  function* (head: Handle) {
    const first: Handle | null = yield* read(firstOf(head));
    yield* write(firstOf(head), null);
    return first;
  },
);

/**
 * Returns whether a list has no nodes.
 *
 * @source include/linux/llist.h llist_empty() v4.19
 */
export const llistEmpty: (head: LlistHead) => Request<boolean> = kfunc('llist_empty', function* (head: Handle) {
  return (yield* readOnce(firstOf(head))) === null;
});

/**
 * Returns the node behind this, or `null`, in a list that was taken with {@link llistDelAll}. Plain.
 *
 * @source include/linux/llist.h llist_next() v4.19
 */
export function llistNext(node: LlistNode): Request<Handle | null> {
  return read(nextOf(node));
}

/**
 * Turns a list that was taken with {@link llistDelAll} round, oldest first; returns its first node.
 *
 * @source lib/llist.c llist_reverse_order() v4.19
 */
export const llistReverseOrder: (first: LlistNode | null) => Request<Handle | null> = kfunc(
  'llist_reverse_order',
  function* (first: Handle | null) {
    let turned: Handle | null = null;
    for (let node = first; node !== null;) {
      const behind: Handle | null = yield* read(nextOf(node));
      yield* write(nextOf(node), turned);
      turned = nodeAt(node);
      node = behind;
    }
    return turned;
  },
);

/**
 * Takes the newest node, or answers `null`. Only one thread may take at a time, else a node that comes back meanwhile is
 * mistaken for one that never left.
 *
 * @source lib/llist.c llist_del_first() v4.19
 */
export const llistDelFirst: (head: LlistHead) => Request<Handle | null> = kfunc(
  'llist_del_first',
  function* (head: Handle) {
    return (yield* spinUntil(() => delFirstOnce(head)))[0];
  },
);

const delFirstOnce = kfunc('llist_del_first', function* (head: Handle) {
  const first: Handle | null = yield* readOnce(firstOf(head));
  if (first === null) return [null] as const;
  const behind = yield* readOnce(nextOf(first));
  return (yield* cmpxchg(firstOf(head), first, behind)) === first ? ([first] as const) : undefined;
});
