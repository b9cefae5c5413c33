/**
 * Lists with a one-word head: each node points at the next, and at the pointer that points at it. Such a pointer is kept as
 * its word address. Whoever changes a list holds a lock, and a function that changes one is a step; readers may walk on at
 * the same time, a load a node ({@link hlistFirstRcu}, {@link hlistNextRcu}), and see each change whole or not at all.
 *
 * Nodes are told apart by address alone, so a function takes a head or node of any declaration, plain or guarded.
 */
import {
  Cell,
  KernelBug,
  defineOperation,
  kfunc,
  load,
  ptr,
  struct,
  u32,
  type AnyCell,
  type Handle,
  type Memory,
  type Request,
  type ScalarType,
  type Struct,
} from '@shootdown/machine';
import { cellAddressText, linkText } from './internal/notation.js';
import { LIST_POISON1, LIST_POISON2 } from './poison.js';

type Link = ScalarType<Handle | null>;
type HlistHeadStruct = Struct<{ readonly first: Link }>;
type HlistNodeStruct = Struct<{ readonly next: Link; readonly pprev: ScalarType<number> }>;

/**
 * A node: the next one, and the address of the pointer that points at this, 0 when it is on no list.
 *
 * @source include/linux/types.h struct hlist_node v4.19
 */
export const HlistNode: HlistNodeStruct = struct('hlist_node', {
  next: ptr((): { at(address: number): Handle } => HlistNode).printedBy(linkText),
  pprev: u32.printedBy(cellAddressText),
});
/** A node of a list: anything laid out as {@link HlistNode}. */
export type HlistNode = Handle;

/**
 * The head of a list: its first node.
 *
 * @source include/linux/types.h struct hlist_head v4.19
 */
export const HlistHead: HlistHeadStruct = struct('hlist_head', {
  first: ptr((): { at(address: number): Handle } => HlistNode).printedBy(linkText),
});
/** The head of a list: anything laid out as {@link HlistHead}. */
export type HlistHead = Handle;

const guardedHeads = new Map<string, HlistHeadStruct>();
const guardedNodes = new Map<string, HlistNodeStruct>();

/**
 * The head of a list that must not be changed without a lock; reading needs none.
 *
 * @param lock - as `writesGuardedBy` takes it
 */
export function hlistHeadGuardedBy(lock: string): HlistHeadStruct {
  let type = guardedHeads.get(lock);
  if (type === undefined) {
    type = struct(`hlist_head(${lock})`, { first: HlistHead.fields.first.writesGuardedBy(lock) });
    guardedHeads.set(lock, type);
  }
  return type;
}

/**
 * A node of a list that must not be changed without a lock; reading needs none.
 *
 * @param lock - as `writesGuardedBy` takes it
 */
export function hlistNodeGuardedBy(lock: string): HlistNodeStruct {
  let type = guardedNodes.get(lock);
  if (type === undefined) {
    const { next, pprev } = HlistNode.fields;
    type = struct(`hlist_node(${lock})`, { next: next.writesGuardedBy(lock), pprev: pprev.writesGuardedBy(lock) });
    guardedNodes.set(lock, type);
  }
  return type;
}

const nodeAt = (node: Handle) => HlistNode.at(node.$address);
const firstOf = (head: Handle) => HlistHead.at(head.$address).first;

/** The pointer at an address: the head's, or the previous node's. */
const linkAt = (address: number): Cell<Handle | null> => new Cell(address, HlistNode.fields.next);

function addBehind(memory: Memory, link: Cell<Handle | null>, node: Handle): void {
  const behind = memory.get(link);
  memory.set(nodeAt(node).next, behind);
  memory.set(nodeAt(node).pprev, link.address);
  if (behind !== null) memory.set(nodeAt(behind).pprev, nodeAt(node).next.address);
  memory.set(link, nodeAt(node));
}

function unlink(memory: Memory, node: Handle): void {
  const { next, pprev } = nodeAt(node);
  const [behind, link] = [memory.get(next), memory.get(pprev)];
  if (link === 0 || link === LIST_POISON2 || behind?.$address === LIST_POISON1) {
    const name = memory.layout.nameOf(node.$address);
    throw new KernelBug('assertion', 'list-corruption', `list corruption: ${name} is deleted, but is on no list`);
  }
  memory.set(linkAt(link), behind);
  if (behind !== null) memory.set(nodeAt(behind).pprev, link);
}

const unhashed = (memory: Memory, node: Handle): boolean => memory.get(nodeAt(node).pprev) === 0;
const atHead = (_node: Handle, head: Handle): AnyCell => firstOf(head);
const atNode = (node: Handle): AnyCell => nodeAt(node).next;

/**
 * Makes a head empty. A zeroed head is.
 *
 * @source include/linux/list.h INIT_HLIST_HEAD() v4.19
 */
export const initHlistHead: (head: HlistHead) => Request<void> = defineOperation({
  name: 'INIT_HLIST_HEAD',
  target: (head: Handle) => firstOf(head),
  run: (memory: Memory, head: Handle): void => {
    memory.set(firstOf(head), null);
  },
});

/**
 * Makes a node one that is on no list. A zeroed node is.
 *
 * @source include/linux/list.h INIT_HLIST_NODE() v4.19
 */
export const initHlistNode: (node: HlistNode) => Request<void> = defineOperation({
  name: 'INIT_HLIST_NODE',
  target: atNode,
  run: (memory: Memory, node: Handle): void => {
    memory.set(nodeAt(node).next, null);
    memory.set(nodeAt(node).pprev, 0);
  },
});

const adding = (name: string): ((node: HlistNode, head: HlistHead) => Request<void>) =>
  defineOperation({
    name,
    target: atHead,
    run: (memory: Memory, node: Handle, head: Handle): void => {
      addBehind(memory, firstOf(head), node);
    },
  });

/**
 * Adds a node in front of all others.
 *
 * @source include/linux/list.h hlist_add_head() v4.19
 */
export const hlistAddHead = adding('hlist_add_head');
/**
 * As {@link hlistAddHead}, for a list with lockless readers: they see the node complete.
 *
 * @source include/linux/rculist.h hlist_add_head_rcu() v4.19
 */
export const hlistAddHeadRcu = adding('hlist_add_head_rcu');

/** Adds in front, for an initial state. */
export function setHlistAddHead(memory: Memory, node: HlistNode, head: HlistHead): void {
  addBehind(memory, firstOf(head), node);
}

/**
 * Adds a node behind `before`.
 *
 * @source include/linux/list.h hlist_add_behind() v4.19
 */
export const hlistAddBehind: (node: HlistNode, before: HlistNode) => Request<void> = defineOperation({
  name: 'hlist_add_behind',
  target: atNode,
  run: (memory: Memory, node: Handle, before: Handle): void => {
    addBehind(memory, nodeAt(before).next, node);
  },
});

/** How a deletion leaves the node. */
const deleting = (
  name: string,
  { idempotent, leave }: { idempotent: boolean; leave: (memory: Memory, node: Handle) => void },
): ((node: HlistNode) => Request<void>) =>
  defineOperation({
    name,
    target: atNode,
    run: (memory: Memory, node: Handle): void => {
      if (idempotent && unhashed(memory, node)) return;
      unlink(memory, node);
      leave(memory, node);
    },
  });

/**
 * Deletes a node; its links are poison from then on, so a reader that stands on it is lost.
 *
 * @source include/linux/list.h hlist_del() v4.19
 */
export const hlistDel = deleting('hlist_del', {
  idempotent: false,
  leave: (memory, node) => {
    memory.set(nodeAt(node).next, HlistNode.at(LIST_POISON1));
    memory.set(nodeAt(node).pprev, LIST_POISON2);
  },
});
/**
 * Deletes a node if it is on a list; it is on none from then on. A reader that stands on it ends its walk too early.
 *
 * @source include/linux/list.h hlist_del_init() v4.19
 */
export const hlistDelInit = deleting('hlist_del_init', {
  idempotent: true,
  leave: (memory, node) => {
    memory.set(nodeAt(node).next, null);
    memory.set(nodeAt(node).pprev, 0);
  },
});
/**
 * Deletes a node; a reader that stands on it walks on. It must not be added again before a grace period.
 *
 * @source include/linux/rculist.h hlist_del_rcu() v4.19
 */
export const hlistDelRcu = deleting('hlist_del_rcu', {
  idempotent: false,
  leave: (memory, node) => {
    memory.set(nodeAt(node).pprev, LIST_POISON2);
  },
});
/**
 * Deletes a node if it is on a list; it is {@link hlistUnhashed} from then on, and a reader that stands on it walks on.
 *
 * @source include/linux/rculist.h hlist_del_init_rcu() v4.19
 */
export const hlistDelInitRcu = deleting('hlist_del_init_rcu', {
  idempotent: true,
  leave: (memory, node) => {
    memory.set(nodeAt(node).pprev, 0);
  },
});

/**
 * Returns whether a node is on no list.
 *
 * @source include/linux/list.h hlist_unhashed() v4.19
 */
export const hlistUnhashed: (node: HlistNode) => Request<boolean> = kfunc('hlist_unhashed', function* (node: Handle) {
  return (yield* load('hlist_unhashed', 'once', nodeAt(node).pprev)) === 0;
});

/**
 * Returns whether a list has no nodes.
 *
 * @source include/linux/list.h hlist_empty() v4.19
 */
export const hlistEmpty: (head: HlistHead) => Request<boolean> = kfunc('hlist_empty', function* (head: Handle) {
  return (yield* load('hlist_empty', 'once', firstOf(head))) === null;
});

/**
 * Returns the first node, or `null`.
 *
 * @source include/linux/rculist.h hlist_first_rcu() v4.19
 */
export function hlistFirstRcu(head: HlistHead): Request<Handle | null> {
  return load('hlist_first_rcu', 'once', firstOf(head));
}

/**
 * Returns the node behind this, or `null`; reports `use-after-free` when {@link hlistDel} took this node away.
 *
 * @source include/linux/rculist.h hlist_next_rcu() v4.19
 */
export const hlistNextRcu: (node: HlistNode) => Request<Handle | null> = kfunc(
  'hlist_next_rcu',
  function* (node: Handle) {
    const behind: Handle | null = yield* load('hlist_next_rcu', 'once', nodeAt(node).next);
    if (behind?.$address === LIST_POISON1)
      throw new KernelBug('use-after-free', 'list-poison', 'a walk came to a node that hlist_del took away under it');
    return behind;
  },
);

/**
 * The nodes of a list, for invariants and tests.
 *
 * @throws Error when the list has no end
 */
export function hlistNodes(memory: { get<T>(cell: Cell<T>): T }, head: HlistHead): Handle[] {
  const nodes: Handle[] = [];
  for (let node = memory.get(firstOf(head)); node !== null; node = memory.get(nodeAt(node).next)) {
    if (nodes.length > 10_000) throw new Error('the list has no end');
    nodes.push(node);
  }
  return nodes;
}
