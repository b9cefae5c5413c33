/** Tells a counterexample: shrinks it, and says what happens in it, as far as there is time. */
import type { KernelBug } from '@shootdown/machine';
import type { Deadline } from '../base/deadline.js';
import { exhaustedBy, type Exhausted } from '../base/resources.js';
import type { Decision } from '../base/schedule.js';
import { evidenceOf, located as locatedBug } from '../counterexample/evidence.js';
import { pendingOf } from '../counterexample/pending.js';
import { fingerprintOf, formatSchedule } from '../counterexample/schedule-text.js';
import { shrink, type BreakingRun } from '../counterexample/shrink.js';
import { tell } from '../counterexample/trace.js';
import type { Engine } from '../engine/engine.js';
import type { SearchResult } from './result.js';

/** A counterexample is told for so long after the time is over; first to go without is what matters in it, then evidence. */
export const TELLING_MS = { matters: 400, evidence: 700, steps: 900 };

/** What a result says of a counterexample. */
export type Explanation = Pick<
  SearchResult,
  'violation' | 'trace' | 'evidence' | 'pending' | 'schedule' | 'shrinkingCutBy' | 'tellingCutBy'
>;

/** Tells a counterexample, as far as there is time: every step matters, and evidence is missing, where there is none left. */
export function explanation(
  first: Engine,
  schedule: readonly Decision[],
  bug: KernelBug,
  tellsWhatMatters: boolean,
  deadline: Deadline,
): Explanation {
  let engine = first;
  let cutBy: Exhausted | undefined;
  const within = <T>(milliseconds: number, body: () => T): T | undefined => {
    engine.deadline = deadline.later(milliseconds);
    try {
      return body();
    } catch (error) {
      cutBy = exhaustedBy(error);
      engine = engine.anew();
      return undefined;
    }
  };
  const located = within(TELLING_MS.matters, () => locatedBug(engine, schedule, bug)) ?? bug;
  const told = tellsWhatMatters ? within(TELLING_MS.matters, () => tell(engine, schedule, located).steps) : undefined;
  const steps = told ?? within(TELLING_MS.steps, () => tell(engine, schedule).steps);
  const evidence = within(TELLING_MS.evidence, () => evidenceOf(engine, schedule, located));
  const pending =
    steps === undefined ? undefined : within(TELLING_MS.evidence, () => pendingOf(engine, schedule, located, steps));
  return {
    violation: { kind: located.kind, name: located.rule, message: located.message },
    ...(steps !== undefined && {
      trace: steps,
      schedule: formatSchedule(schedule, fingerprintOf(steps), engine.places.loops),
    }),
    ...(evidence !== undefined && { evidence }),
    ...(pending !== undefined && { pending }),
    ...(cutBy !== undefined && { tellingCutBy: cutBy }),
  };
}

/** As {@link shrink}, but the whole schedule if there is no time for that. */
export function shrunk(
  engine: Engine,
  schedule: readonly Decision[],
  bug: KernelBug,
  deadline: Deadline,
): BreakingRun | undefined {
  engine.deadline = deadline;
  try {
    return shrink(engine, schedule, bug);
  } catch (error) {
    return { schedule, bug, cutBy: exhaustedBy(error) };
  }
}
