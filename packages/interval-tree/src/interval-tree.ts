/**
 * The public face of the tree: checks what callers pass, turns ids and keys into words, and owns memory where nobody
 * lends it. Intervals are closed, [start, last], as `struct interval_tree_node` of `include/linux/interval_tree.h` v7.0.
 */
import { FreeIds } from './internal/free-ids.js';
import { bigintKeys, numberKeys, type Keys } from './internal/keys.js';
import {
  BLACK,
  HEADER_WORDS,
  LAST,
  LEFT,
  LEFTMOST,
  LINKED,
  MAX_NODES,
  NODE_WORDS,
  RIGHT,
  ROOT,
  SIZE,
  START,
  SUBTREE_LAST,
  UP,
  idOf,
  refOf,
} from './internal/layout.js';
import { ArrayTree, StorageTree, type WordTree } from './internal/word-tree.js';
import { spansOf, type Span } from './spans.js';
import { checkCapacity, intervalTreeWords, type WordStorage } from './word-storage.js';

/** Where a tree lives: in its own memory, or in words that the caller lends. */
export type IntervalTreeOptions =
  | {
      /** Nodes to make room for at first, 0 to 59 652 323, by default 16; the tree grows by doubling. */
      readonly capacity?: number;
      readonly storage?: undefined;
    }
  | {
      /**
       * Words of the caller, at least 3, either all zero (an empty tree) or left by another tree. Typed arrays are fast;
       * anything else is asked for each word. The tree keeps nothing elsewhere, so undoing stores undoes operations.
       */
      readonly storage: WordStorage | Int32Array | Uint32Array;
      readonly capacity?: undefined;
    };

/** A node as it stands in the tree, for drawing and for checking. */
export interface IntervalTreeNode<K> {
  readonly id: number;
  /** First value of the interval. */
  readonly start: K;
  /** Last value of the interval, inside it. */
  readonly last: K;
  /** The largest `last` among the node and all below it. */
  readonly subtreeLast: K;
  readonly colour: 'black' | 'red';
  /** Id of the parent; `undefined` for the root. */
  readonly parent: number | undefined;
  /** Id of the left child, whose nodes come before this one. */
  readonly left: number | undefined;
  /** Id of the right child, whose nodes come after this one. */
  readonly right: number | undefined;
}

/**
 * An interval tree with keys of type `K`; make an {@link IntervalTree} or an {@link IntervalTree64}.
 * Nodes have small integer ids, 0 to `capacity - 1`. A call that throws a `RangeError` or `TypeError` changed nothing.
 */
export abstract class IntervalTreeOf<K extends number | bigint> {
  readonly #keys: Keys<K>;
  readonly #words: WordTree;
  readonly #own: { readonly words: ArrayTree; readonly free: FreeIds } | undefined;
  #capacity: number;

  /**
   * @param keys - how keys become words
   * @param options - where the tree lives
   * @throws TypeError when the storage is no storage or the capacity no integer
   * @throws RangeError when the storage has less than 3 words or the capacity is out of range
   */
  protected constructor(keys: Keys<K>, options: IntervalTreeOptions) {
    this.#keys = keys;
    if (options.storage === undefined) {
      const capacity = options.capacity ?? 16;
      const words = new ArrayTree(new Int32Array(intervalTreeWords(capacity)));
      this.#own = { words, free: new FreeIds(words) };
      this.#words = words;
      this.#capacity = capacity;
    } else {
      this.#own = undefined;
      this.#words = wordsOf(options.storage);
      this.#capacity = Math.min(MAX_NODES, Math.floor((this.#words.length - HEADER_WORDS) / NODE_WORDS));
    }
  }

  /** Number of nodes in the tree. */
  get size(): number {
    return this.#words.get(SIZE);
  }

  /** Number of nodes there is room for: fixed over lent words, growing otherwise. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Id of the root; `undefined` when the tree is empty. */
  get root(): number | undefined {
    return idOrNone(this.#words.get(ROOT));
  }

  /**
   * Id of the first node in order; `undefined` when the tree is empty.
   *
   * @source include/linux/rbtree.h rb_first_cached v7.0
   */
  get leftmost(): number | undefined {
    return idOrNone(this.#words.get(LEFTMOST));
  }

  /** Whether node `id` is in the tree; false for anything that is no id. */
  has(id: number): boolean {
    return this.#isId(id) && (this.#words.get(refOf(id) + UP) & LINKED) !== 0;
  }

  /**
   * Puts [`start`, `last`] into the tree under an id of the tree's choice: one that is not in use, freed ones first.
   * Only for a tree that owns its memory. Amortised O(log n).
   *
   * @returns the id
   * @throws TypeError over lent words, or when a key has the wrong type
   * @throws RangeError when a key is out of range or `start > last`
   */
  add(start: K, last: K): number {
    if (this.#own === undefined) {
      throw new TypeError(
        'IntervalTree.add: expected a tree that owns its memory, got one over lent words; choose an id and insert it',
      );
    }
    this.#checkInterval('IntervalTree.add', start, last);
    const id = this.#own.free.peek();
    this.#makeRoom('IntervalTree.add', id);
    this.#link(id, start, last);
    return id;
  }

  /**
   * Puts [`start`, `last`] into the tree as node `id`, after all nodes with the same start. A tree that owns its memory
   * grows to hold the id. O(log n), and O(id) when it grows.
   *
   * @param id - not in use; 0 to `capacity - 1` over lent words, else 0 to 59 652 322. Memory goes with the largest id.
   * @throws TypeError when a key has the wrong type
   * @throws RangeError when the id is in use or out of range, a key is out of range, or `start > last`
   * @source lib/interval_tree.c interval_tree_insert v7.0
   */
  insert(id: number, start: K, last: K): void {
    this.#checkInterval('IntervalTree.insert', start, last);
    const limit = this.#own === undefined ? this.#capacity : MAX_NODES;
    if (!Number.isInteger(id) || id < 0 || id >= limit) {
      throw new RangeError(`IntervalTree.insert: expected an id of 0..${limit - 1}, got ${String(id)}`);
    }
    if (id < this.#capacity && this.has(id)) {
      throw new RangeError(`IntervalTree.insert: expected an id that is not in the tree, got ${id}; remove it first`);
    }
    this.#makeRoom('IntervalTree.insert', id);
    this.#link(id, start, last);
  }

  /**
   * Takes node `id` out of the tree. Do not remove the node an iteration stands on before asking for the next one.
   * O(log n).
   *
   * @throws RangeError when the node is not in the tree
   * @source lib/interval_tree.c interval_tree_remove v7.0
   */
  remove(id: number): void {
    const ref = this.#refIn('IntervalTree.remove', id);
    this.#words.remove(ref);
    this.#own?.free.give(id);
  }

  /**
   * Id of the first node, in order, that overlaps [`start`, `last`]: `node.start <= last` and `start <= node.last`.
   * As in the kernel the range may be reversed; it then finds the nodes that span all of (`last`, `start`). O(log n).
   *
   * @returns `undefined` when there is none
   * @throws TypeError when a key has the wrong type
   * @throws RangeError when a key is out of range
   * @source lib/interval_tree.c interval_tree_iter_first v7.0
   */
  iterFirst(start: K, last: K): number | undefined {
    const keys = this.#keys;
    keys.check('IntervalTree.iterFirst', 'start', start);
    keys.check('IntervalTree.iterFirst', 'last', last);
    return idOrNone(this.#words.firstMatch(keys.high(start), keys.low(start), keys.high(last), keys.low(last)));
  }

  /**
   * Id of the next node after `id`, in order, that overlaps [`start`, `last`] as in {@link IntervalTreeOf.iterFirst}.
   * Order is by start; nodes of one start stand in the order they were inserted, whatever their last.
   *
   * @returns `undefined` when there is none
   * @throws TypeError when a key has the wrong type
   * @throws RangeError when node `id` is not in the tree or a key is out of range
   * @source lib/interval_tree.c interval_tree_iter_next v7.0
   */
  iterNext(id: number, start: K, last: K): number | undefined {
    const keys = this.#keys;
    keys.check('IntervalTree.iterNext', 'start', start);
    keys.check('IntervalTree.iterNext', 'last', last);
    const ref = this.#refIn('IntervalTree.iterNext', id);
    return idOrNone(this.#words.nextMatch(ref, keys.high(start), keys.low(start), keys.high(last), keys.low(last)));
  }

  /**
   * Ids of all nodes that overlap [`start`, `last`], in order. Do not change the tree while iterating.
   *
   * @throws TypeError when a key has the wrong type
   * @throws RangeError when a key is out of range
   */
  matches(start: K, last: K): Generator<number, void> {
    this.#keys.check('IntervalTree.matches', 'start', start);
    this.#keys.check('IntervalTree.matches', 'last', last);
    return matchesOf(this, start, last);
  }

  /**
   * Tells [`start`, `last`] as alternating holes and used spans, in order and without gaps. Intervals that overlap or
   * touch make one used span. Do not change the tree while iterating.
   *
   * @throws TypeError when a key has the wrong type
   * @throws RangeError when a key is out of range or `start > last`
   * @source include/linux/interval_tree.h interval_tree_for_each_span v7.0
   */
  spans(start: K, last: K): Generator<Span<K>, void> {
    this.#checkInterval('IntervalTree.spans', start, last);
    return spansOf(this, this.#keys, start, last);
  }

  /**
   * First value of the interval of node `id`.
   *
   * @throws RangeError when the node is not in the tree
   */
  startOf(id: number): K {
    return this.#key(this.#refIn('IntervalTree.startOf', id) + START);
  }

  /**
   * Last value of the interval of node `id`.
   *
   * @throws RangeError when the node is not in the tree
   */
  lastOf(id: number): K {
    return this.#key(this.#refIn('IntervalTree.lastOf', id) + LAST);
  }

  /**
   * Node `id` with its place in the tree, as it stands now.
   *
   * @throws RangeError when the node is not in the tree
   * @source include/linux/interval_tree.h interval_tree_node v7.0
   */
  node(id: number): IntervalTreeNode<K> {
    const ref = this.#refIn('IntervalTree.node', id);
    const up = this.#words.get(ref + UP);
    return {
      id,
      start: this.#key(ref + START),
      last: this.#key(ref + LAST),
      subtreeLast: this.#key(ref + SUBTREE_LAST),
      colour: (up & BLACK) !== 0 ? 'black' : 'red',
      parent: idOrNone(up >> 2),
      left: idOrNone(this.#words.get(ref + LEFT)),
      right: idOrNone(this.#words.get(ref + RIGHT)),
    };
  }

  #isId(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.#capacity;
  }

  #refIn(subject: string, id: number): number {
    if (!this.has(id)) throw new RangeError(`${subject}: expected the id of a node in the tree, got ${String(id)}`);
    return refOf(id);
  }

  #key(at: number): K {
    return this.#keys.join(this.#words.get(at), this.#words.get(at + 1));
  }

  #checkInterval(subject: string, start: K, last: K): void {
    this.#keys.check(subject, 'start', start);
    this.#keys.check(subject, 'last', last);
    if (start > last) throw new RangeError(`${subject}: expected start <= last, got ${String(start)}..${String(last)}`);
  }

  #makeRoom(subject: string, id: number): void {
    if (this.#own === undefined) return;
    if (id >= this.#capacity) {
      const capacity = Math.max(id + 1, Math.min(2 * this.#capacity, MAX_NODES));
      checkCapacity(subject, capacity);
      this.#own.words.grow(intervalTreeWords(capacity));
      this.#capacity = capacity;
    }
    this.#own.free.take(id);
  }

  #link(id: number, start: K, last: K): void {
    const keys = this.#keys;
    this.#words.insert(refOf(id), keys.high(start), keys.low(start), keys.high(last), keys.low(last));
  }
}

/**
 * An interval tree whose keys are numbers: integers from 0 to 2^53 - 1.
 *
 * @source include/linux/interval_tree.h rb_root_cached v7.0
 */
export class IntervalTree extends IntervalTreeOf<number> {
  /**
   * @param options - where the tree lives; by default in memory of its own
   * @throws TypeError when the storage is no storage or the capacity no integer
   * @throws RangeError when the storage has less than 3 words or the capacity is out of range
   */
  constructor(options: IntervalTreeOptions = {}) {
    super(numberKeys, options);
  }
}

/**
 * An interval tree whose keys are bigints: all of u64, 0n to 2^64 - 1. In words it is the same tree as an
 * {@link IntervalTree}.
 *
 * @source include/linux/interval_tree.h rb_root_cached v7.0
 */
export class IntervalTree64 extends IntervalTreeOf<bigint> {
  /**
   * @param options - where the tree lives; by default in memory of its own
   * @throws TypeError when the storage is no storage or the capacity no integer
   * @throws RangeError when the storage has less than 3 words or the capacity is out of range
   */
  constructor(options: IntervalTreeOptions = {}) {
    super(bigintKeys, options);
  }
}

function* matchesOf<K extends number | bigint>(tree: IntervalTreeOf<K>, start: K, last: K): Generator<number, void> {
  for (let id = tree.iterFirst(start, last); id !== undefined; id = tree.iterNext(id, start, last)) yield id;
}

function idOrNone(ref: number): number | undefined {
  return ref === 0 ? undefined : idOf(ref);
}

function wordsOf(storage: WordStorage | Int32Array | Uint32Array): WordTree {
  const words = isArray(storage)
    ? new ArrayTree(new Int32Array(storage.buffer, storage.byteOffset, storage.length))
    : new StorageTree(checkStorage(storage));
  if (words.length < HEADER_WORDS) {
    throw new RangeError(`IntervalTree: expected storage of at least ${HEADER_WORDS} words, got ${words.length}`);
  }
  return words;
}

function isArray(storage: WordStorage | Int32Array | Uint32Array): storage is Int32Array | Uint32Array {
  return storage instanceof Int32Array || storage instanceof Uint32Array;
}

function checkStorage(storage: WordStorage): WordStorage {
  const isStorage =
    typeof storage === 'object' &&
    storage !== null &&
    typeof storage.get === 'function' &&
    typeof storage.set === 'function' &&
    Number.isInteger(storage.length);
  if (!isStorage)
    throw new TypeError('IntervalTree: expected storage to be an Int32Array, a Uint32Array or {length, get, set}');
  return storage;
}
