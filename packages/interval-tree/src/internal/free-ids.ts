/**
 * Which ids a tree that owns its memory gives out: a list of those below `#unused` that are not in the tree,
 * threaded through the words of their own nodes, most recent first. Refs as in `layout.ts`.
 */
import { LEFT, RIGHT, idOf, refOf } from './layout.js';
import type { ArrayTree } from './word-tree.js';

const NEXT = LEFT;
const PREVIOUS = RIGHT;

/** The ids not in use. */
export class FreeIds {
  readonly #words: ArrayTree;
  #first = 0;
  /** Every id from here on was never used. */
  #unused = 0;

  constructor(words: ArrayTree) {
    this.#words = words;
  }

  /** The id to use next; still free. */
  peek(): number {
    return this.#first === 0 ? this.#unused : idOf(this.#first);
  }

  /** Takes `id`, which is free and has words, out of the list. */
  take(id: number): void {
    if (id < this.#unused) {
      this.#unlink(refOf(id));
      return;
    }
    while (this.#unused < id) this.give(this.#unused++);
    this.#unused = id + 1;
  }

  /** Puts `id`, whose words are zero, at the head of the list. */
  give(id: number): void {
    const ref = refOf(id);
    this.#words.set(ref + NEXT, this.#first);
    if (this.#first !== 0) this.#words.set(this.#first + PREVIOUS, ref);
    this.#first = ref;
  }

  #unlink(ref: number): void {
    const next = this.#words.get(ref + NEXT);
    const previous = this.#words.get(ref + PREVIOUS);
    if (next !== 0) this.#words.set(next + PREVIOUS, previous);
    if (previous === 0) this.#first = next;
    else this.#words.set(previous + NEXT, next);
    this.#words.set(ref + NEXT, 0);
    this.#words.set(ref + PREVIOUS, 0);
  }
}
