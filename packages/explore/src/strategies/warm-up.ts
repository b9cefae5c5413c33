/** A look at a model before the search: what is learnt here does not make it begin again later. */
import { DepthFirst } from './dfs.js';
import type { Engine } from '../engine/engine.js';
import { Prng } from '../base/prng.js';
import { PlacesChanged, SearchRestart } from '../base/restart.js';
import { DeadlockUndecided, canProgress } from '../verdict/deadlock.js';
import { VisitedTable } from './visited.js';
import { lowest } from '../base/thread-set.js';
import { choiceCount } from '../view/running-system.js';

/** So many walks in a row must teach nothing new. */
const WALKS_IN_VAIN = 3;
/** A walk ends after so many steps in a row that taught nothing new. */
const STEPS_IN_VAIN = 60;
/** Bounds, for large models: of walks, of their steps, and of the steps of generators. */
const MOST_WALKS = 400;
const MOST_STEPS = 20_000;
const MOST_GENERATOR_STEPS = 200_000;

/**
 * Walks at random for a moment to learn what is shared and what is live, so that the search seldom begins again.
 *
 * @param mostGeneratorSteps - ends with the walk that comes to so many
 */
export function warmUp(engine: Engine, mostGeneratorSteps: number = MOST_GENERATOR_STEPS): void {
  engine.isWarmingUp = true;
  try {
    walks(engine, mostGeneratorSteps);
  } finally {
    engine.isWarmingUp = false;
  }
}

function walks(engine: Engine, mostGeneratorSteps: number): void {
  const prng = Prng.ofSeed(1);
  let inVain = 0;
  let left = MOST_STEPS;
  for (let count = 0; inVain < WALKS_IN_VAIN && count < MOST_WALKS && left > 0; count++) {
    const known = newsOf(engine);
    try {
      left -= walk(engine, prng, left, mostGeneratorSteps);
    } catch (error) {
      if (error instanceof DeadlockUndecided) break; // the search will say so
      if (!(error instanceof PlacesChanged)) throw error;
      engine.relearn();
    }
    inVain = newsOf(engine) > known ? 0 : inVain + 1;
  }
}

/** Grows with what a walk teaches. */
function newsOf(engine: Engine): number {
  return engine.histories.runs + engine.learnt;
}

/** Returns how many steps of those left it took. */
function walk(engine: Engine, prng: Prng, left: number, mostGeneratorSteps: number): number {
  engine.reset();
  engine.observe();
  let steps = 0;
  let known = newsOf(engine);
  for (let inVain = 0; inVain < STEPS_IN_VAIN && steps < left; inVain++, steps++) {
    engine.deadline?.check();
    const thread = anyThatGoesOn(engine, prng);
    if (thread === undefined || engine.runEnded || engine.bug !== undefined || !engine.isWithin()) break;
    engine.step(thread, prng.below(choiceCount(engine, thread)));
    engine.observe(0);
    engine.memory.undoTop = 0;
    if (engine.histories.steps > mostGeneratorSteps) return left;
    if (newsOf(engine) === known) continue;
    known = newsOf(engine);
    inVain = 0;
  }
  return steps;
}

/** Transitions of a look ahead, and of all its beginnings together. */
const AHEAD = 20_000;
const AHEAD_AT_MOST = 4 * AHEAD;
/** Of them, between two looks at the clock. */
const PART = 50;

/**
 * Searches depth first for a moment, to learn what is met only far from the initial state: a search in breadth would meet it
 * late, and begin again then.
 */
export function probeDeep(engine: Engine): void {
  for (let left = AHEAD_AT_MOST; left > 0;) {
    let search: DepthFirst | undefined;
    try {
      engine.reset();
      search = new DepthFirst(engine, new VisitedTable(2 ** 24), true);
      search.begin();
      for (let rest = AHEAD; rest > 0 && !search.advance(PART); rest -= PART) engine.deadline?.check();
      break;
    } catch (error) {
      if (error instanceof DeadlockUndecided) break; // the search will say so
      if (!(error instanceof SearchRestart)) throw error;
      engine.beginAgain(error);
      left -= search?.transitions ?? 0;
    }
  }
  engine.forgetLockOrder();
}

/** A random enabled thread whose spinning is not in vain, if there is one. */
function anyThatGoesOn(engine: Engine, prng: Prng): number | undefined {
  for (let bits = engine.enabled(); bits !== 0;) {
    let pick = bits;
    for (let skip = prng.below(8); skip > 0 && (pick & (pick - 1)) !== 0; skip--) pick &= pick - 1;
    const thread = lowest(pick);
    if (canProgress(engine, thread)) return thread;
    bits &= ~(1 << thread);
  }
  return undefined;
}
