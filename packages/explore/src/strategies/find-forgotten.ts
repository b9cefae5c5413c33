/** Looks into the requests that were made and not yielded: was the `yield*` forgotten, or is it on another path? */
import { withSites, type ModelError, type System } from '@shootdown/machine';
import { DepthFirst } from './dfs.js';
import { Engine } from '../engine/engine.js';
import { FRAMES, Places, forgottenYield } from '../learn/forgotten-yields.js';
import { SearchRestart } from '../base/restart.js';
import { warmUp } from './warm-up.js';
import { DeadlockUndecided } from '../verdict/deadlock.js';
import { VisitedTable } from './visited.js';

/** Histories that are run again, and bounds of the look for others. */
const MOST_HISTORIES = 2000;
const MOST_GENERATOR_STEPS = 10_000;
const MOST_TRANSITIONS = 20_000;
const SLICE = 500;

/**
 * The error for a request that is made and never yielded, if there is one.
 *
 * @param engine - whose functions were run
 * @param isComplete - whether they were run in every way; else ways are looked for in which the request is yielded
 */
export function findForgotten(system: System, engine: Engine, isComplete: boolean): ModelError | undefined {
  const { requests } = engine.histories;
  if (!requests.hasSuspects) return undefined;
  const places = new Places();
  const { suspects } = requests;
  requests.settle();
  const depth = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  try {
    engine.histories.watchRequests(suspects, MOST_HISTORIES, places);
    if (places.forgotten !== undefined && !isComplete) lookAround(system, places);
  } finally {
    Error.stackTraceLimit = depth;
  }
  return places.forgotten === undefined ? undefined : forgottenYield(places.forgotten, system.layout);
}

/** Runs the model for a moment, whatever breaks, and notes where its requests are made and yielded. */
function lookAround(system: System, places: Places): void {
  const engine = new Engine(system, {
    reduction: false,
    deadAnswers: true,
    symmetry: false,
    partialOrder: false,
    counts: () => false,
  });
  const { histories } = engine;
  histories.requests.watching(places, () => {
    withSites(() => {
      try {
        warmUp(engine, MOST_GENERATOR_STEPS);
        engine.reset();
        const search = new DepthFirst(engine, new VisitedTable(2 ** 24), true);
        search.begin();
        while (search.transitions < MOST_TRANSITIONS && histories.steps < 2 * MOST_GENERATOR_STEPS)
          if (search.advance(SLICE)) break;
      } catch (error) {
        if (!(error instanceof DeadlockUndecided || error instanceof SearchRestart)) throw error;
      }
    });
  });
}
