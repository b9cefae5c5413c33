/** A look at a model before the search: what is learnt here does not make it begin again later. */
import type { Engine } from './engine.js';
import { Prng } from './prng.js';
import { LivenessChanged } from './restart.js';
import { StuckUndecided, canGoOn, lowest, waysOf } from './stuck.js';

const SCOUT_RUNS = 6;
const SCOUT_RUNS_AT_MOST = 400;
const SCOUT_STEPS = 150;

/** Walks at random for a moment to learn what is shared and what is live, so that the search seldom begins again. */
export function scout(engine: Engine): void {
  const prng = new Prng(1);
  engine.isScouting = true;
  let left = SCOUT_RUNS;
  for (let run = 0; left > 0 && run < SCOUT_RUNS_AT_MOST; run++) {
    try {
      walk(engine, prng);
      left--;
    } catch (error) {
      if (error instanceof StuckUndecided) break; // the search will say so
      if (!(error instanceof LivenessChanged)) throw error;
      engine.relearn();
    }
  }
  engine.isScouting = false;
}

function walk(engine: Engine, prng: Prng): void {
  engine.reset();
  engine.observe();
  for (let i = 0; i < SCOUT_STEPS; i++) {
    const thread = anyThatGoesOn(engine, prng);
    if (thread === undefined || engine.cut || engine.bug !== undefined || !engine.isWithin()) return;
    engine.step(thread, prng.below(waysOf(engine, thread)));
    engine.memory.undoTop = 0;
    engine.observe();
  }
}

/** A random enabled thread whose spinning is not in vain, if there is one. */
function anyThatGoesOn(engine: Engine, prng: Prng): number | undefined {
  for (let bits = engine.enabled(); bits !== 0;) {
    let pick = bits;
    for (let skip = prng.below(8); skip > 0 && (pick & (pick - 1)) !== 0; skip--) pick &= pick - 1;
    const thread = lowest(pick);
    if (canGoOn(engine, thread)) return thread;
    bits &= ~(1 << thread);
  }
  return undefined;
}
