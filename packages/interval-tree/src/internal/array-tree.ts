/**
 * The interval tree in a typed array, after `include/linux/interval_tree_generic.h` and, from `rbInsert` on,
 * `lib/rbtree.c` v7.0; functions stand in the kernel's order. Nodes are refs and keys are pairs of words, as `layout.ts`
 * says; nothing is checked. The shapes and colours are the kernel's. The two mirror images of each red-black case are
 * one here, told apart by a side. `storage-tree.ts` is this file over `WordStorage`, written by its test.
 */
import * as layout from './layout.js';

// V8 folds a module's own constants into its code, and loads an imported one each time: a fifth of the running time.
const { ROOT, LEFTMOST, SIZE, LEFT, RIGHT, UP, START, LAST, SUBTREE_LAST, NODE_WORDS, BLACK, LINKED } = layout;

/** Words of a tree. */
type Words = Int32Array;

/**
 * Links `node`, whose words are zero, after every node whose start is not larger.
 *
 * @source include/linux/interval_tree_generic.h ITPREFIX_insert v7.0
 */
export function insertNode(
  w: Words,
  node: number,
  startHigh: number,
  startLow: number,
  lastHigh: number,
  lastLow: number,
): void {
  let parent = 0;
  let side = LEFT;
  let isLeftmost = true;
  for (let at = w[ROOT]; at !== 0; at = w[at + side]) {
    parent = at;
    if (isKeyBelow(w, at + SUBTREE_LAST, lastHigh, lastLow)) setKey(w, at + SUBTREE_LAST, lastHigh, lastLow);
    if (isKeyAbove(w, at + START, startHigh, startLow)) {
      side = LEFT;
    } else {
      side = RIGHT;
      isLeftmost = false;
    }
  }
  setKey(w, node + START, startHigh, startLow);
  setKey(w, node + LAST, lastHigh, lastLow);
  setKey(w, node + SUBTREE_LAST, lastHigh, lastLow);
  w[node + UP] = (parent << 2) | LINKED;
  w[parent === 0 ? ROOT : parent + side] = node;
  if (isLeftmost) w[LEFTMOST] = node;
  w[SIZE] = w[SIZE] + 1;
  rbInsert(w, node);
}

function setKey(w: Words, at: number, high: number, low: number): void {
  w[at] = high;
  w[at + 1] = low;
}

/**
 * Unlinks `node` and zeroes its words.
 *
 * @source include/linux/interval_tree_generic.h ITPREFIX_remove v7.0
 */
export function removeNode(w: Words, node: number): void {
  if (w[LEFTMOST] === node) w[LEFTMOST] = nextInOrder(w, node);
  w[SIZE] = w[SIZE] - 1;
  rbErase(w, node);
  for (let at = node; at < node + NODE_WORDS; at++) w[at] = 0;
}

/** The node after `node`, which is the leftmost and so has no left child to come back from. */
function nextInOrder(w: Words, node: number): number {
  let next = w[node + RIGHT];
  if (next === 0) return w[node + UP] >> 2;
  for (let left = w[next + LEFT]; left !== 0; left = w[left + LEFT]) next = left;
  return next;
}

/**
 * The first match in the subtree of `node`, where some node is known to end at or after the start; 0 for none.
 *
 * @source include/linux/interval_tree_generic.h ITPREFIX_subtree_search v7.0
 */
function subtreeSearch(
  w: Words,
  node: number,
  startHigh: number,
  startLow: number,
  lastHigh: number,
  lastLow: number,
): number {
  for (;;) {
    const left = w[node + LEFT];
    if (left !== 0 && !isKeyBelow(w, left + SUBTREE_LAST, startHigh, startLow)) {
      node = left;
      continue;
    }
    if (isKeyAbove(w, node + START, lastHigh, lastLow)) return 0;
    if (!isKeyBelow(w, node + LAST, startHigh, startLow)) return node;
    // Neither the left subtree nor the node reaches the start, so the right one does.
    node = w[node + RIGHT];
  }
}

/**
 * The first match: node that starts at or before the last, and ends at or after the start; 0 for none.
 *
 * @source include/linux/interval_tree_generic.h ITPREFIX_iter_first v7.0
 */
export function firstMatch(w: Words, startHigh: number, startLow: number, lastHigh: number, lastLow: number): number {
  const root = w[ROOT];
  if (root === 0 || isKeyBelow(w, root + SUBTREE_LAST, startHigh, startLow)) return 0;
  if (isKeyAbove(w, w[LEFTMOST] + START, lastHigh, lastLow)) return 0;
  return subtreeSearch(w, root, startHigh, startLow, lastHigh, lastLow);
}

/**
 * The next match after `node` in order; 0 for none.
 *
 * @source include/linux/interval_tree_generic.h ITPREFIX_iter_next v7.0
 */
export function nextMatch(
  w: Words,
  node: number,
  startHigh: number,
  startLow: number,
  lastHigh: number,
  lastLow: number,
): number {
  let right = w[node + RIGHT];
  for (;;) {
    if (right !== 0 && !isKeyBelow(w, right + SUBTREE_LAST, startHigh, startLow)) {
      return subtreeSearch(w, right, startHigh, startLow, lastHigh, lastLow);
    }
    let from;
    do {
      from = node;
      node = w[node + UP] >> 2;
      if (node === 0) return 0;
      right = w[node + RIGHT];
    } while (from === right);
    if (isKeyAbove(w, node + START, lastHigh, lastLow)) return 0;
    if (!isKeyBelow(w, node + LAST, startHigh, startLow)) return node;
  }
}

/** Ref of the parent of `node`, 0 for the root. */
function parentOf(w: Words, node: number): number {
  return w[node + UP] >> 2;
}

/** Whether `node` is black; a missing node is. */
function isBlack(w: Words, node: number): boolean {
  return node === 0 || (w[node + UP] & BLACK) !== 0;
}

function setParent(w: Words, node: number, parent: number): void {
  w[node + UP] = (w[node + UP] & 3) | (parent << 2);
}

function setBlack(w: Words, node: number): void {
  w[node + UP] = w[node + UP] | BLACK;
}

function setRed(w: Words, node: number): void {
  w[node + UP] = w[node + UP] & ~BLACK;
}

function changeChild(w: Words, old: number, replacement: number, parent: number): void {
  if (parent === 0) w[ROOT] = replacement;
  else w[w[parent + LEFT] === old ? parent + LEFT : parent + RIGHT] = replacement;
}

/** Moves `node` down to `side`, and its child of the other side up into its place. Colours stay with their nodes. */
function rotate(w: Words, node: number, side: number): void {
  const other = 1 - side;
  const riser = w[node + other];
  const inner = w[riser + side];
  const parent = parentOf(w, node);
  w[node + other] = inner;
  if (inner !== 0) setParent(w, inner, node);
  w[riser + side] = node;
  changeChild(w, node, riser, parent);
  setParent(w, riser, parent);
  setParent(w, node, riser);
  subtreeLastCopy(w, riser, node);
  subtreeLastUpdate(w, node);
}

/**
 * Restores the red-black rules after `node`, red and without children, was linked.
 *
 * @source lib/rbtree.c __rb_insert v7.0
 */
function rbInsert(w: Words, node: number): void {
  for (;;) {
    const parent = parentOf(w, node);
    if (parent === 0) {
      setBlack(w, node);
      return;
    }
    if (isBlack(w, parent)) return;
    const grandparent = parentOf(w, parent);
    const side = w[grandparent + LEFT] === parent ? LEFT : RIGHT;
    const uncle = w[grandparent + 1 - side];
    if (isBlack(w, uncle)) {
      rbInsertRotate(w, node, parent, grandparent, side);
      return;
    }
    setBlack(w, uncle);
    setBlack(w, parent);
    setRed(w, grandparent);
    node = grandparent;
  }
}

function rbInsertRotate(w: Words, node: number, parent: number, grandparent: number, side: number): void {
  let top = parent;
  if (w[parent + 1 - side] === node) {
    rotate(w, parent, side);
    top = node;
  }
  rotate(w, grandparent, 1 - side);
  setBlack(w, top);
  setRed(w, grandparent);
}

/**
 * Unlinks `node` and restores the red-black rules and every `subtree_last`. The words of `node` itself are left.
 *
 * @source include/linux/rbtree_augmented.h __rb_erase_augmented v7.0
 */
function rbErase(w: Words, node: number): void {
  const left = w[node + LEFT];
  const right = w[node + RIGHT];
  const short = left === 0 || right === 0 ? spliceOut(w, node, left | right) : replaceBySuccessor(w, node, left, right);
  if (short !== 0) rbEraseColor(w, short);
}

/** Puts the only child, if any, in the place of `node`; returns the parent of a path that is now a black node short. */
function spliceOut(w: Words, node: number, child: number): number {
  const parent = parentOf(w, node);
  const wasBlack = isBlack(w, node);
  changeChild(w, node, child, parent);
  if (child !== 0) w[child + UP] = w[node + UP];
  subtreeLastPropagate(w, parent, 0);
  return child === 0 && wasBlack ? parent : 0;
}

/** Puts the next node in order in the place of `node`, which has two children; returns as {@link spliceOut} does. */
function replaceBySuccessor(w: Words, node: number, left: number, right: number): number {
  let successor = right;
  let parent = successor;
  for (let next = w[right + LEFT]; next !== 0; next = w[next + LEFT]) {
    parent = successor;
    successor = next;
  }
  const orphan = w[successor + RIGHT];
  const wasBlack = isBlack(w, successor);
  if (successor === right) {
    parent = successor;
  } else {
    w[parent + LEFT] = orphan;
    w[successor + RIGHT] = right;
    setParent(w, right, successor);
  }
  w[successor + LEFT] = left;
  setParent(w, left, successor);
  changeChild(w, node, successor, parentOf(w, node));
  w[successor + UP] = w[node + UP];
  if (orphan !== 0) {
    setParent(w, orphan, parent);
    setBlack(w, orphan);
  }
  subtreeLastCopy(w, successor, node);
  if (parent !== successor) subtreeLastPropagate(w, parent, successor);
  subtreeLastPropagate(w, successor, 0);
  return orphan === 0 && wasBlack ? parent : 0;
}

/**
 * Restores the red-black rules where the missing child of `parent` lost a black node.
 *
 * @source lib/rbtree.c ____rb_erase_color v7.0
 */
function rbEraseColor(w: Words, parent: number): void {
  let node = 0;
  while (parent !== 0) {
    const side = w[parent + LEFT] === node ? LEFT : RIGHT;
    const other = 1 - side;
    let sibling = w[parent + other];
    if (!isBlack(w, sibling)) {
      rotate(w, parent, side);
      setBlack(w, sibling);
      setRed(w, parent);
      sibling = w[parent + other];
    }
    if (!isBlack(w, w[sibling + LEFT]) || !isBlack(w, w[sibling + RIGHT])) {
      rbEraseRotate(w, parent, sibling, side);
      return;
    }
    setRed(w, sibling);
    if (!isBlack(w, parent)) {
      setBlack(w, parent);
      return;
    }
    node = parent;
    parent = parentOf(w, node);
  }
}

/** Ends the repair: `sibling` has a red child, which pays for the missing black node. */
function rbEraseRotate(w: Words, parent: number, sibling: number, side: number): void {
  const other = 1 - side;
  let top = sibling;
  if (isBlack(w, w[sibling + other])) {
    top = w[sibling + side];
    rotate(w, sibling, other);
  }
  const outer = w[top + other];
  rotate(w, parent, side);
  if (isBlack(w, parent)) setBlack(w, top);
  else setRed(w, top);
  setBlack(w, parent);
  setBlack(w, outer);
}

/** Whether the key at word `at` is below the key (`high`, `low`). */
function isKeyBelow(w: Words, at: number, high: number, low: number): boolean {
  const own = w[at] | 0;
  return own === high ? w[at + 1] >>> 0 < low >>> 0 : own >>> 0 < high >>> 0;
}

/** Whether the key at word `at` is above the key (`high`, `low`). */
function isKeyAbove(w: Words, at: number, high: number, low: number): boolean {
  const own = w[at] | 0;
  return own === high ? w[at + 1] >>> 0 > low >>> 0 : own >>> 0 > high >>> 0;
}

/** Gives `to` the value of `from`. */
function subtreeLastCopy(w: Words, to: number, from: number): void {
  w[to + SUBTREE_LAST] = w[from + SUBTREE_LAST] | 0;
  w[to + SUBTREE_LAST + 1] = w[from + SUBTREE_LAST + 1] | 0;
}

/** Computes the value of `node` from its interval and its children; returns whether it changed. */
function subtreeLastUpdate(w: Words, node: number): boolean {
  let largest = node + LAST;
  const left = w[node + LEFT];
  if (left !== 0) largest = larger(w, largest, left + SUBTREE_LAST);
  const right = w[node + RIGHT];
  if (right !== 0) largest = larger(w, largest, right + SUBTREE_LAST);
  const high = w[largest] | 0;
  const low = w[largest + 1] | 0;
  if ((w[node + SUBTREE_LAST] | 0) === high && (w[node + SUBTREE_LAST + 1] | 0) === low) return false;
  w[node + SUBTREE_LAST] = high;
  w[node + SUBTREE_LAST + 1] = low;
  return true;
}

function larger(w: Words, a: number, b: number): number {
  return isKeyAbove(w, b, w[a] | 0, w[a + 1] | 0) ? b : a;
}

/** Recomputes the values from `node` up to, not including, `stop`; ends early where a value did not change. */
function subtreeLastPropagate(w: Words, node: number, stop: number): void {
  while (node !== stop && subtreeLastUpdate(w, node)) node = w[node + UP] >> 2;
}
