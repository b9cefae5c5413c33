/**
 * Histories that lead to one local state must go on alike, which holds if a function keeps nothing but what its program point
 * and its live variables tell. What it keeps elsewhere, in an object that nobody can look into, shows when a history that the search
 * did not run on is run on after all.
 */
import type { History } from './history-tree.js';
import type { LocalEdge, LocalState } from './local-state.js';

/** Histories that are run on for one state and one program point at which they came together with the one that the search ran. */
const MOST_OF_POINT = 2;
/** What is known of how histories go on. */
export interface Continuations {
  /** A history with one more answer; `undefined` where it is too long for that. */
  readonly extend: (history: History, lo: number, hi: number) => History | undefined;
  /** Whether a history leads to a state. */
  readonly leadsTo: (state: LocalState, history: History) => boolean;
  /** Whether enough was run. */
  readonly isEnough: () => boolean;
}

/** A history that leads to a state as well. */
interface Merged {
  readonly state: LocalState;
  readonly history: History;
  /** Where it came together with the one that the search ran: a program point. */
  readonly point: string;
}

/**
 * Runs on histories that were merged with others, on the answers that those were given, to the end.
 *
 * @returns the first state after which one did something else; `undefined` if all did the same
 */
export function findUnlike(
  states: readonly LocalState[],
  { extend, leadsTo, isEnough }: Continuations,
): LocalState | undefined {
  const followed = new Map<LocalState, Map<string, number>>();
  const work: Merged[] = [];
  const follow = (merged: Merged): void => {
    const { state, point } = merged;
    const byPoint = followed.get(state) ?? new Map<string, number>();
    followed.set(state, byPoint);
    const count = byPoint.get(point) ?? 0;
    if (count >= MOST_OF_POINT) return;
    byPoint.set(point, count + 1);
    work.push(merged);
  };
  for (const from of states)
    for (const [lo, hi, { to }] of edgesOf(from)) {
      const history = extend(from.history, lo, hi);
      if (history !== undefined && history !== to.history) follow({ state: to, history, point: from.point });
    }
  // The last one first: a long function then goes on from where it stands.
  for (let merged = work.pop(); merged !== undefined; merged = work.pop()) {
    const { state, history, point } = merged;
    for (const [lo, hi, { to }] of edgesOf(state)) {
      if (isEnough()) return undefined;
      const extended = extend(history, lo, hi);
      if (extended === undefined) break;
      if (!leadsTo(to, extended)) return state;
      follow({ state: to, history: extended, point });
    }
  }
  return undefined;
}

function* edgesOf({ edges }: LocalState): Generator<readonly [lo: number, hi: number, edge: LocalEdge]> {
  for (const [hi, byLo] of edges) for (const [lo, edge] of byLo) yield [lo, hi, edge];
}
