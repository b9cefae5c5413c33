/** Storage that a caller lends to a tree: a row of 32-bit words, wherever they live. */
import { HEADER_WORDS, MAX_NODES, NODE_WORDS } from './internal/layout.js';

/**
 * A row of 32-bit words that a tree reads and writes one at a time: a model's memory with an undo log, a shared buffer,
 * a file. All-zero words are an empty tree. What the storage throws passes through the tree and leaves its operation
 * half done: undo the stores.
 */
export interface WordStorage {
  /** Number of words, constant. {@link intervalTreeWords} tells how many a tree needs. */
  readonly length: number;
  /** The word at `index` (0 to `length - 1`), signed or unsigned as the storage likes. */
  get(index: number): number;
  /** Stores `value`, a signed 32-bit integer, at `index` (0 to `length - 1`). */
  set(index: number, value: number): void;
}

/**
 * Number of words a tree of up to `capacity` nodes needs: 3, and 9 more a node.
 *
 * @param capacity - number of nodes, 0 to 59 652 323
 * @throws TypeError when `capacity` is not an integer
 * @throws RangeError when `capacity` is out of range
 * @source include/linux/interval_tree.h interval_tree_node v7.0
 */
export function intervalTreeWords(capacity: number): number {
  checkCapacity('intervalTreeWords', capacity);
  return HEADER_WORDS + capacity * NODE_WORDS;
}

/** Throws unless `capacity` is a number of nodes that words can address. */
export function checkCapacity(subject: string, capacity: number): void {
  if (!Number.isInteger(capacity))
    throw new TypeError(`${subject}: expected an integer capacity, got ${String(capacity)}`);
  if (capacity < 0 || capacity > MAX_NODES) {
    throw new RangeError(`${subject}: expected a capacity of 0..${MAX_NODES}, got ${capacity}`);
  }
}
