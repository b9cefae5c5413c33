/** What a search learnt of its model and rests on, in a form that another thread or process can take over. */
import type { AskedKnown } from '../verdict/never-asked.js';
import type { EdgeKnown } from '../verdict/lock-order.js';
import type { PlacesKnown } from '../learn/place-knowledge.js';
import type { PointsKnown } from '../reduce/schedule-points.js';

/** Everything but the automaton itself, which a {@link Journal} tells. */
export interface Knowledge {
  readonly points: PointsKnown;
  readonly places: PlacesKnown;
  /** The program points whose access goes with one to a variable of the specification. */
  readonly fusedWithGhostStep: readonly string[];
  /** Whether states that a symmetry carries into each other are one. */
  readonly isSymmetric: boolean;
  /** Whether orders of steps are left out. */
  readonly leavesOutOrders: boolean;
  /** Whether some thread changed memory in a spin loop that it did not leave by that. */
  readonly mayLivelock: boolean;
  /** The broken rules that do not count and at which runs ended. */
  readonly lost: readonly string[];
  /** Whether an end was met. */
  readonly hasEnded: boolean;
  /** Words whose marked accesses were taken together with the choice before. */
  readonly followed: readonly number[];
  readonly lockOrder: readonly EdgeKnown[];
  readonly asked: AskedKnown;
  /** Numbers of the mutations that made a difference. */
  readonly mutated: readonly number[];
}

/** What taking over knowledge means for what was explored before: whether it does not count, and why. */
export type Outdated = 'no' | 'sharing' | 'places' | 'symmetry';

/** What was seen of whether leaving out orders of steps spares any. */
export interface OrdersTried {
  /** States with several movable threads, the threads movable there and those left out. */
  readonly states: number;
  readonly movable: number;
  readonly leftOut: number;
}

/** What the reductions of one search rest on. */
export interface SearchAssumptions {
  readonly orders: OrdersTried;
  /** Hashes of the control states of which it matters what may come after them, two integers each. */
  readonly reliedOn: Int32Array;
}
