/**
 * A part of a depth-first search that can be taken over by another thread or process: the decisions that lead to a state, and
 * what is left to be tried there and on the way.
 */

/** The stack of a search. Of the states on the way, number `i` comes after `i` decisions. */
export interface Branch {
  /** The decisions. */
  readonly thread: Uint8Array;
  readonly choice: Uint8Array;
  /** For each state on the way and the last: threads to be tried, left out, and whether those must be tried after all. */
  readonly pending: Int32Array;
  readonly rest: Int32Array;
  readonly mustExpandFully: Uint8Array;
  /** The alternative of the first of them to try next. */
  readonly way: Uint8Array;
}
