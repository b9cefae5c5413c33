/** A range told as alternating holes and used spans, as `interval_tree_for_each_span` of `lib/interval_tree.c` v7.0. */
import type { Keys } from './internal/keys.js';

/** One stretch of a range. */
export interface Span<K> {
  /** Whether no interval of the tree touches the stretch; otherwise each of its values lies in one. */
  readonly isHole: boolean;
  /** First value of the stretch. */
  readonly start: K;
  /** Last value of the stretch, inside it. */
  readonly last: K;
}

/** What this sees of a tree: nodes by their ids, in the order of their starts. */
interface Intervals<K> {
  iterFirst(start: K, last: K): number | undefined;
  iterNext(id: number, start: K, last: K): number | undefined;
  startOf(id: number): K;
  lastOf(id: number): K;
}

/** The spans of [`start`, `last`], in order; the caller has checked the keys and that `start <= last`. */
export function* spansOf<K extends number | bigint>(
  tree: Intervals<K>,
  keys: Keys<K>,
  start: K,
  last: K,
): Generator<Span<K>, void> {
  let from = start;
  let id = tree.iterFirst(start, last);
  while (id !== undefined) {
    const first = tree.startOf(id);
    if (first > from) yield { isHole: true, start: from, last: keys.before(first) };
    const usedFrom = first > from ? first : from;
    let usedLast = tree.lastOf(id);
    id = tree.iterNext(id, start, last);
    // The start must not be computed as usedLast + 1: that is past the last key where usedLast is the last key.
    while (id !== undefined && (tree.startOf(id) <= usedLast || keys.before(tree.startOf(id)) === usedLast)) {
      const end = tree.lastOf(id);
      if (end > usedLast) usedLast = end;
      id = tree.iterNext(id, start, last);
    }
    if (usedLast >= last) {
      yield { isHole: false, start: usedFrom, last };
      return;
    }
    yield { isHole: false, start: usedFrom, last: usedLast };
    from = keys.after(usedLast);
  }
  yield { isHole: true, start: from, last };
}
