/** Runs a counterexample again from its text. */
import type { System } from '@shootdown/machine';
import { Deadline } from '../base/deadline.js';
import { StaleSchedule, fingerprintOf, parseSchedule } from '../counterexample/schedule-text.js';
import { tell } from '../counterexample/trace.js';
import { unreducedEngine } from '../engine/engines.js';
import { TELLING_MS, explanation, type Explanation } from './explanation.js';

/** Steps that may follow in a schedule once something is broken: more were never written. */
const MOST_AFTERWARDS = 10_000;

/**
 * Runs one counterexample again, without searching.
 *
 * @param text - the schedule text of a {@link SearchResult}
 * @param tellsWhatMatters - find out which steps matter; otherwise all do
 * @param deadline - when to stop; what matters and evidence are left out then, and soon after the rest
 * @throws {@link StaleSchedule} when the model no longer does what it did
 * @throws {@link Stopped} when there was no time to run it
 */
export function replay(
  system: System,
  text: string,
  only?: readonly string[],
  tellsWhatMatters = true,
  deadline: Deadline = new Deadline(Infinity),
): Explanation {
  const { fingerprint, schedule, loops } = parseSchedule(text);
  const engine = unreducedEngine(system, only);
  engine.adoptPlaces({ loops });
  engine.deadline = deadline.later(TELLING_MS.steps);
  const stale = (why: string): StaleSchedule =>
    new StaleSchedule(`the model has changed since this token was made (${why}); run check again for a new one`);
  engine.reset();
  let bug = engine.bug ?? engine.broken(engine.enabled());
  for (const [i, action] of schedule.entries()) {
    if (!engine.canTake(action))
      throw stale(
        `${engine.system.threads[action.thread]?.name ?? `thread ${action.thread}`} cannot take step ${i + 1}`,
      );
    engine.take(action);
    bug = engine.bug ?? engine.broken(engine.enabled()) ?? bug;
    if (bug !== undefined && i + MOST_AFTERWARDS < schedule.length)
      throw stale(`it is broken at step ${i + 1} already`);
    if (engine.runEnded && i + 1 < schedule.length) throw stale(`the run ends at step ${i + 1}`);
  }
  const answer = bug === undefined ? undefined : explanation(engine, schedule, bug, tellsWhatMatters, deadline);
  const now = fingerprintOf(answer?.trace ?? tell(engine, schedule).steps);
  if (now !== fingerprint) throw stale(`its steps had the fingerprint ${fingerprint}, now ${now}`);
  if (answer === undefined) throw stale('nothing is broken at its end');
  return answer;
}
