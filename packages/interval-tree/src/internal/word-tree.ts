/** The two kinds of words a tree can live in, each with the algorithms that are compiled for it. */
import type { WordStorage } from '../word-storage.js';
import * as arrayTree from './array-tree.js';
import * as storageTree from './storage-tree.js';

/** A tree in words. Nodes are refs, keys are pairs of signed words, the high one first; 0 is no node. */
export interface WordTree {
  /** Number of words. */
  readonly length: number;
  /** Reads one word. */
  get(index: number): number;
  /** Links `node`, whose words are zero. */
  insert(node: number, startHigh: number, startLow: number, lastHigh: number, lastLow: number): void;
  /** Unlinks `node` and zeroes its words. */
  remove(node: number): void;
  /** The first node that overlaps. */
  firstMatch(startHigh: number, startLow: number, lastHigh: number, lastLow: number): number;
  /** The next node after `node` that overlaps. */
  nextMatch(node: number, startHigh: number, startLow: number, lastHigh: number, lastLow: number): number;
}

/** A tree in a plain typed array, which may be swapped for a longer one. */
export class ArrayTree implements WordTree {
  #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  get length(): number {
    return this.#words.length;
  }

  get(index: number): number {
    return this.#words[index];
  }

  /** Writes one word. */
  set(index: number, value: number): void {
    this.#words[index] = value;
  }

  /** Makes room for `length` words; the new ones are 0. */
  grow(length: number): void {
    const longer = new Int32Array(length);
    longer.set(this.#words);
    this.#words = longer;
  }

  insert(node: number, startHigh: number, startLow: number, lastHigh: number, lastLow: number): void {
    arrayTree.insertNode(this.#words, node, startHigh, startLow, lastHigh, lastLow);
  }

  remove(node: number): void {
    arrayTree.removeNode(this.#words, node);
  }

  firstMatch(startHigh: number, startLow: number, lastHigh: number, lastLow: number): number {
    return arrayTree.firstMatch(this.#words, startHigh, startLow, lastHigh, lastLow);
  }

  nextMatch(node: number, startHigh: number, startLow: number, lastHigh: number, lastLow: number): number {
    return arrayTree.nextMatch(this.#words, node, startHigh, startLow, lastHigh, lastLow);
  }
}

/** A tree behind a {@link WordStorage} of the caller. */
export class StorageTree implements WordTree {
  readonly #words: WordStorage;

  constructor(words: WordStorage) {
    this.#words = words;
  }

  get length(): number {
    return this.#words.length;
  }

  get(index: number): number {
    return this.#words.get(index);
  }

  insert(node: number, startHigh: number, startLow: number, lastHigh: number, lastLow: number): void {
    storageTree.insertNode(this.#words, node, startHigh, startLow, lastHigh, lastLow);
  }

  remove(node: number): void {
    storageTree.removeNode(this.#words, node);
  }

  firstMatch(startHigh: number, startLow: number, lastHigh: number, lastLow: number): number {
    return storageTree.firstMatch(this.#words, startHigh, startLow, lastHigh, lastLow);
  }

  nextMatch(node: number, startHigh: number, startLow: number, lastHigh: number, lastLow: number): number {
    return storageTree.nextMatch(this.#words, node, startHigh, startLow, lastHigh, lastLow);
  }
}
