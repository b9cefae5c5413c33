/**
 * Circular doubly linked lists. A head is a node like any other; an empty list points at itself. A list function is one
 * step. Given the lock that guards the list as its last argument, it is no schedule point of its own, and the caller must
 * hold that lock.
 *
 * Nodes are told apart by address alone, so a function takes a `list_head` of any declaration, plain or guarded.
 * Corruption that CONFIG_DEBUG_LIST would see is reported as `list-corruption`.
 */
import {
  KernelBug,
  defineOperation,
  ptr,
  struct,
  type AnyCell,
  type Cell,
  type Handle,
  type Memory,
  type Request,
  type ScalarType,
  type Struct,
} from '@shootdown/machine';
import { linkText } from './internal/notation.js';
import { LIST_POISON1, LIST_POISON2 } from './poison.js';

type Link = ScalarType<Handle | null>;
type ListHeadStruct = Struct<{ readonly next: Link; readonly prev: Link }>;

/**
 * A node, or the head, of a list.
 *
 * @source include/linux/types.h struct list_head v4.19
 */
export const ListHead: ListHeadStruct = struct('list_head', {
  next: ptr((): { at(address: number): Handle } => ListHead).printedBy(linkText),
  prev: ptr((): { at(address: number): Handle } => ListHead).printedBy(linkText),
});
/** A node, or the head, of a list: anything laid out as {@link ListHead}. */
export type ListHead = Handle;

const guarded = new Map<string, ListHeadStruct>();

/**
 * A node, or the head, of a list that must not be touched without a lock.
 *
 * @param lock - as `guardedBy` takes it
 */
export function listHeadGuardedBy(lock: string): ListHeadStruct {
  let type = guarded.get(lock);
  if (type === undefined) {
    const { next, prev } = ListHead.fields;
    type = struct(`list_head(${lock})`, { next: next.guardedBy(lock), prev: prev.guardedBy(lock) });
    guarded.set(lock, type);
  }
  return type;
}

const nodeAt = (node: Handle) => ListHead.at(node.$address);
const next = (memory: Memory, node: Handle): Handle => follow(memory, nodeAt(node).next);
const prev = (memory: Memory, node: Handle): Handle => follow(memory, nodeAt(node).prev);

function follow(memory: Memory, link: Cell<Handle | null>): Handle {
  const to = memory.get(link);
  if (to === null) throw corrupt(memory, link, 'is NULL; was the head initialised?');
  if (to.$address === LIST_POISON1 || to.$address === LIST_POISON2)
    throw corrupt(memory, link, 'is poison: its node was deleted');
  return to;
}

function corrupt({ layout }: Memory, link: Cell<Handle | null>, text: string): KernelBug {
  return new KernelBug('assertion', 'list-corruption', `list corruption: ${layout.nameOf(link.address)} ${text}`);
}

function join(memory: Memory, before: Handle, after: Handle): void {
  memory.set(nodeAt(before).next, nodeAt(after));
  memory.set(nodeAt(after).prev, nodeAt(before));
}

function insert(memory: Memory, node: Handle, before: Handle, after: Handle): void {
  checkNeighbours(memory, before, after);
  if (node.$address === before.$address || node.$address === after.$address)
    throw corrupt(memory, nodeAt(node).next, 'is added twice');
  join(memory, node, after);
  join(memory, before, node);
}

function checkNeighbours(memory: Memory, before: Handle, after: Handle): void {
  if (next(memory, before).$address !== after.$address)
    throw corrupt(memory, nodeAt(before).next, 'does not point at its neighbour');
  if (prev(memory, after).$address !== before.$address)
    throw corrupt(memory, nodeAt(after).prev, 'does not point at its neighbour');
}

/** Takes a node out, its own links left as they were. */
function unlink(memory: Memory, node: Handle): void {
  const [before, after] = [prev(memory, node), next(memory, node)];
  checkNeighbours(memory, before, node);
  checkNeighbours(memory, node, after);
  join(memory, before, after);
}

function initialise(memory: Memory, node: Handle): void {
  join(memory, node, node);
}

const target = (node: Handle): AnyCell => nodeAt(node).next;

type OnNode = [node: ListHead, lock?: Cell<number>];
type OnNodes = [a: ListHead, b: ListHead, lock?: Cell<number>];

/** An operation on one node. */
const onNode = <R>(name: string, run: (memory: Memory, node: Handle) => R): ((...args: OnNode) => Request<R>) =>
  defineOperation<OnNode, R>({ name, target, guard: (_, lock) => lock, run });

/** An operation on two nodes. */
const onNodes = <R>(
  name: string,
  run: (memory: Memory, a: Handle, b: Handle) => R,
): ((...args: OnNodes) => Request<R>) =>
  defineOperation<OnNodes, R>({ name, target, guard: (_a, _b, lock) => lock, run });

/**
 * Makes a head empty, or a node one that is on no list.
 *
 * @source include/linux/list.h INIT_LIST_HEAD() v4.19
 */
export const initListHead = onNode('INIT_LIST_HEAD', initialise);

/** As {@link initListHead}, for an initial state. */
export function setListHead(memory: Memory, head: ListHead): void {
  initialise(memory, head);
}

/** Adds at the tail, for an initial state. */
export function setListAddTail(memory: Memory, node: ListHead, head: ListHead): void {
  insert(memory, node, prev(memory, head), head);
}

/**
 * Adds a node right behind the head.
 *
 * @source include/linux/list.h list_add() v4.19
 */
export const listAdd = onNodes('list_add', (memory, node, head) => {
  insert(memory, node, head, next(memory, head));
});

/**
 * Adds a node at the end.
 *
 * @source include/linux/list.h list_add_tail() v4.19
 */
export const listAddTail = onNodes('list_add_tail', (memory, node, head) => {
  insert(memory, node, prev(memory, head), head);
});

/**
 * Deletes a node; its links are poison from then on.
 *
 * @source include/linux/list.h list_del() v4.19
 */
export const listDel = onNode('list_del', (memory, node) => {
  unlink(memory, node);
  memory.set(nodeAt(node).next, ListHead.at(LIST_POISON1));
  memory.set(nodeAt(node).prev, ListHead.at(LIST_POISON2));
});

/**
 * Deletes a node, which is an empty list of its own from then on.
 *
 * @source include/linux/list.h list_del_init() v4.19
 */
export const listDelInit = onNode('list_del_init', (memory, node) => {
  unlink(memory, node);
  initialise(memory, node);
});

/**
 * Moves a node right behind a head.
 *
 * @source include/linux/list.h list_move() v4.19
 */
export const listMove = onNodes('list_move', (memory, node, head) => {
  unlink(memory, node);
  insert(memory, node, head, next(memory, head));
});

/**
 * Moves a node to the end of a list.
 *
 * @source include/linux/list.h list_move_tail() v4.19
 */
export const listMoveTail = onNodes('list_move_tail', (memory, node, head) => {
  unlink(memory, node);
  insert(memory, node, prev(memory, head), head);
});

/**
 * Returns whether a list has no nodes.
 *
 * @source include/linux/list.h list_empty() v4.19
 */
export const listEmpty = onNode('list_empty', (memory, head) => next(memory, head).$address === head.$address);

/**
 * Returns whether a list has exactly one node.
 *
 * @source include/linux/list.h list_is_singular() v4.19
 */
export const listIsSingular = onNode(
  'list_is_singular',
  (memory, head) =>
    next(memory, head).$address !== head.$address && next(memory, head).$address === prev(memory, head).$address,
);

function splice(memory: Memory, list: Handle, before: Handle, after: Handle): void {
  if (next(memory, list).$address === list.$address) return;
  const [first, last] = [next(memory, list), prev(memory, list)];
  join(memory, last, after);
  join(memory, before, first);
}

/**
 * Moves all nodes of `list` right behind `head`, and leaves `list` empty.
 *
 * @source include/linux/list.h list_splice_init() v4.19
 */
export const listSpliceInit = onNodes('list_splice_init', (memory, list, head) => {
  splice(memory, list, head, next(memory, head));
  initialise(memory, list);
});

/**
 * Moves all nodes of `list` to the end of `head`, and leaves `list` empty.
 *
 * @source include/linux/list.h list_splice_tail_init() v4.19
 */
export const listSpliceTailInit = onNodes('list_splice_tail_init', (memory, list, head) => {
  splice(memory, list, prev(memory, head), head);
  initialise(memory, list);
});

/**
 * Returns the first node, or `null` when the list is empty.
 *
 * @source include/linux/list.h list_first_entry_or_null() v4.19
 */
export const listFirstOrNull = onNode('list_first_entry_or_null', (memory, head): Handle | null => {
  const first = next(memory, head);
  return first.$address === head.$address ? null : first;
});

/**
 * Returns the node behind `node`, or `null` when that was the last of the list.
 *
 * @source include/linux/list.h list_next_entry() v4.19
 */
export const listNextOrNull = onNodes('list_next_entry', (memory, node, head): Handle | null => {
  const behind = next(memory, node);
  return behind.$address === head.$address ? null : behind;
});

/**
 * The nodes of a list, for invariants and tests.
 *
 * @throws Error when the list does not come back to its head
 */
export function listNodes(memory: { get<T>(cell: Cell<T>): T }, head: ListHead): Handle[] {
  const nodes: Handle[] = [];
  for (
    let node = memory.get(nodeAt(head).next);
    node?.$address !== head.$address;
    node = memory.get(nodeAt(node).next)
  ) {
    if (node === null || nodes.length > 10_000) throw new Error('the list does not come back to its head');
    nodes.push(node);
  }
  return nodes;
}
