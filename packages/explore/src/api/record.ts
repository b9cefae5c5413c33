/** A counterexample run once more and recorded, for a viewer. */
import type { System } from '@shootdown/machine';
import { Deadline } from '../base/deadline.js';
import { recordingOf, type Recording } from '../counterexample/recording.js';
import { parseSchedule } from '../counterexample/schedule-text.js';
import { unreducedEngine } from '../engine/engines.js';

/**
 * Runs a counterexample once more and records it.
 *
 * @param text - the schedule text of a search's result
 * @throws {@link StaleSchedule} when it is no schedule
 * @throws {@link Stopped} when there was no time left
 */
export function record(
  system: System,
  text: string,
  only?: readonly string[],
  deadline: Deadline = new Deadline(Infinity),
): Recording {
  const { schedule, loops } = parseSchedule(text);
  const engine = unreducedEngine(system, only);
  engine.adoptPlaces({ loops });
  engine.deadline = deadline;
  return recordingOf(engine, schedule);
}
