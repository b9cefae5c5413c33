/** Compares variants in virtual time: each is run once a size, and put beside what its formula says. */
import {
  KernelBug,
  givenOf,
  strictGiven,
  runInVirtualTime,
  type Comparison,
  type Given,
  type Scenario,
  type TimedCall,
} from '@shootdown/machine';
import { setImmediate } from 'node:timers/promises';
import { UsageError } from '../exit.js';
import type { GivenValues } from '../given.js';
import { blamingTheModel, buildSystem } from '../search.js';
import type { Sweep } from './range.js';

/** What one variant took at one size. Times are nanoseconds. */
export interface Taken {
  readonly variant: string;
  /** What the run took. */
  readonly model: number;
  /** What the formula says. */
  readonly closedForm: number;
  /** How often it fits into what the first variant took. */
  readonly speedup: number;
}

/** One size. */
export interface ComparisonRow {
  readonly value: number;
  readonly taken: readonly Taken[];
}

/** All sizes. */
export interface ComparisonResult {
  readonly scenario: Scenario;
  readonly comparison: Comparison;
  readonly over: string;
  /** The sizes that are the same for all rows. */
  readonly given: GivenValues;
  readonly rows: readonly ComparisonRow[];
}

/**
 * Runs a comparison.
 *
 * @param called - what the user calls the scenario
 * @throws {@link UsageError} when the model breaks a rule, gets stuck, or never calls what is measured
 * @throws DOMException once interrupted
 */
export async function compare(
  called: string,
  scenario: Scenario,
  comparison: Comparison,
  sweep: Sweep,
  interrupted: AbortSignal,
): Promise<ComparisonResult> {
  const { over, values, settings } = sweep;
  const rows: ComparisonRow[] = [];
  for (const value of values) {
    await setImmediate();
    interrupted.throwIfAborted();
    rows.push({ value, taken: takenAt(called, scenario, comparison, { ...settings, [over]: value }) });
  }
  const [first] = Object.keys(comparison.variants);
  const { [over]: _, ...given } = givenOf(scenario, first, 'default', settings);
  return { scenario, comparison, over, given, rows };
}

function takenAt(called: string, scenario: Scenario, comparison: Comparison, settings: GivenValues): readonly Taken[] {
  const times = Object.entries(comparison.variants).map(([variant, { of }]) => {
    const given = givenOf(scenario, variant, 'default', settings);
    const model = longestCall({ called, scenario, variant, given, measures: comparison.measures });
    return { variant, model, closedForm: of(strictGiven(given)) };
  });
  return times.map((one) => ({ ...one, speedup: times[0].model / one.model }));
}

interface Run {
  readonly called: string;
  readonly scenario: Scenario;
  readonly variant: string;
  readonly given: Readonly<Record<string, Given>>;
  readonly measures: string;
}

/** Runs one variant; returns the nanoseconds that the longest call took. */
function longestCall({ called, scenario, variant, given, measures }: Run): number {
  const system = buildSystem({ called, scenario, variant }, given, undefined);
  const calls: TimedCall[] = [];
  const refuse = (why: string): never => {
    throw new UsageError(`${called}@${variant}: expected a run to its end, ${why}; see: check ${called}@${variant}`);
  };
  const onReturn = (call: TimedCall): void => {
    if (call.func === measures) calls.push(call);
  };
  blamingTheModel(called, () => {
    try {
      const { outcome, waits } = runInVirtualTime(system, { onReturn });
      if (outcome !== 'ended')
        refuse(`got ${outcome}: ${waits.map(({ thread, step }) => `${thread} waits for ${step}`).join(', ')}`);
    } catch (error) {
      if (error instanceof KernelBug) refuse(`got ${error.kind} (${error.rule}): ${error.message}`);
      throw error;
    }
  });
  if (calls.length === 0) refuse(`in which ${measures} is called`);
  return Math.max(...calls.map(({ begin, end }) => end - begin));
}
