/**
 * How a tree lies in 32-bit words. All-zero words are an empty tree, and a node that leaves the tree is zeroed again,
 * so equal trees with equal histories of ids have equal words: a model can hash them.
 *
 * A node is named by the index of its first word (its "ref"); 0 is no node, for word 0 is part of the header.
 * Keys are unsigned 64-bit, high word first.
 */

/** Header word: ref of the root. */
export const ROOT = 0;
/** Header word: ref of the first node in order. */
export const LEFTMOST = 1;
/** Header word: number of nodes. */
export const SIZE = 2;
/** Words before the first node. */
export const HEADER_WORDS = 3;

/** Node word: ref of the left child. `LEFT` and `RIGHT` are also the two sides, and `1 - side` is the other one. */
export const LEFT = 0;
/** Node word: ref of the right child. */
export const RIGHT = 1;
/** Node word: ref of the parent times 4, plus {@link LINKED}, plus {@link BLACK}. */
export const UP = 2;
/** Node word, first of two: first value of the interval. */
export const START = 3;
/** Node word, first of two: last value of the interval. */
export const LAST = 5;
/** Node word, first of two: the largest `last` in the node's subtree. */
export const SUBTREE_LAST = 7;
/** Words of one node. */
export const NODE_WORDS = 9;

/** Bit of {@link UP}: the node is black. */
export const BLACK = 1;
/** Bit of {@link UP}: the node is in the tree. */
export const LINKED = 2;
/** Four times any ref must stay a positive 32-bit integer. */
export const MAX_NODES = Math.floor((2 ** 29 - HEADER_WORDS) / NODE_WORDS);

/** Ref of node `id`. */
export function refOf(id: number): number {
  return HEADER_WORDS + id * NODE_WORDS;
}

/** Id of the node at `ref`. */
export function idOf(ref: number): number {
  return ((ref - HEADER_WORDS) / NODE_WORDS) | 0;
}
