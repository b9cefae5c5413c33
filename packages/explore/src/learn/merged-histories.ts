/**
 * Histories that lead to one local state must go on alike, which holds if a function keeps nothing but what its program point
 * and its live variables tell. What it keeps elsewhere, in an object that nobody can look into, shows when a history that the search
 * did not run on is run on after all.
 */
import type { History } from './history-tree.js';
import type { LocalEdge, LocalState } from './local-state.js';

/**
 * Histories that are run on for one state and one program point at which they came together with the one that the search ran: so many
 * first, and as long as there is time for it four times as many as before.
 */
const FIRST_OF_POINT = 2;
const MOST_OF_POINT = 512;
/** What is known of how histories go on. */
export interface Continuations {
  /** A history with one more answer; `undefined` where it is too long for that. */
  readonly extend: (history: History, lo: number, hi: number) => History | undefined;
  /** Whether a history leads to a state. */
  readonly leadsTo: (state: LocalState, history: History) => boolean;
  /** Whether no more is to be run; where there was a first round already, that is sooner. */
  readonly isEnough: (isFirst: boolean) => boolean;
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
export function findUnlike(states: readonly LocalState[], continuations: Continuations): LocalState | undefined {
  for (let most = FIRST_OF_POINT; most <= MOST_OF_POINT; most *= 4) {
    const { unlike, isAll } = compare(states, continuations, most);
    if (unlike !== undefined || isAll || continuations.isEnough(false)) return unlike;
  }
  return undefined;
}

/** @param most - histories of one state and one program point at most */
function compare(
  states: readonly LocalState[],
  { extend, leadsTo, isEnough }: Continuations,
  most: number,
): { readonly unlike: LocalState | undefined; readonly isAll: boolean } {
  const followed = new Map<LocalState, Map<string, Set<History>>>();
  const work: Merged[] = [];
  let isAll = true;
  const follow = (merged: Merged): void => {
    const { state, history, point } = merged;
    const byPoint = followed.get(state) ?? new Map<string, Set<History>>();
    followed.set(state, byPoint);
    const known = byPoint.get(point) ?? new Set<History>();
    byPoint.set(point, known);
    if (known.has(history)) return;
    if (known.size >= most) isAll = false;
    else {
      known.add(history);
      work.push(merged);
    }
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
      if (isEnough(most === FIRST_OF_POINT)) return { unlike: undefined, isAll: false };
      const extended = extend(history, lo, hi);
      if (extended === undefined) break;
      if (!leadsTo(to, extended)) return { unlike: state, isAll: false };
      follow({ state: to, history: extended, point });
    }
  }
  return { unlike: undefined, isAll };
}

function* edgesOf({ edges }: LocalState): Generator<readonly [lo: number, hi: number, edge: LocalEdge]> {
  for (const [hi, byLo] of edges) for (const [lo, edge] of byLo) yield [lo, hi, edge];
}
