/** How soon sampling finds a bug that is known to be there: seconds to the first counterexample, over many seeds. */
import { Check, mayCount, type Strategy } from '@shootdown/explore';
import { givenOf, buildScenario, type Scenario } from '@shootdown/machine';
import { setImmediate } from 'node:timers/promises';

/** A broken variant to be found broken, at the scenario's default sizes. */
export interface HuntCase {
  readonly name: string;
  readonly scenario: string;
  readonly variant: string;
  readonly strategies: readonly Strategy[];
}

/** Every hunt. */
export const huntCases: readonly HuntCase[] = [
  { name: 'asid-pin-v1', scenario: 'asid/pinning', variant: 'v1', strategies: ['pct', 'portfolio', 'random'] },
];

/** Seeds of each strategy, and seconds after which one counts as in vain. */
export const HUNT_SEEDS = 20;
export const HUNT_SECONDS = 5;

/** What came of one strategy. Times are of the search alone, with warm code from the second seed on. */
export interface HuntResult {
  readonly name: string;
  readonly strategy: Strategy;
  readonly seeds: number;
  readonly found: number;
  /** Seconds after which a seed counts as in vain. */
  readonly limit: number;
  /** Seconds to the first counterexample, those in vain taken for the longest; `undefined` where the median is in vain. */
  readonly median: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** Runs one strategy under seeds 1, 2 and so on. */
export async function hunt(
  { name, variant }: HuntCase,
  scenario: Scenario,
  strategy: Strategy,
  {
    seeds = HUNT_SEEDS,
    limit = HUNT_SECONDS,
    interrupted,
  }: { seeds?: number; limit?: number; interrupted: AbortSignal },
): Promise<HuntResult> {
  const times: number[] = [];
  for (let seed = 1; seed <= seeds; seed++)
    times.push(await once(scenario, variant, strategy, seed, limit, interrupted));
  times.sort((a, b) => a - b);
  const at = (index: number): number | undefined => (Number.isFinite(times[index]) ? times[index] : undefined);
  return {
    name,
    strategy,
    seeds,
    found: times.filter(Number.isFinite).length,
    limit,
    median: at(Math.floor((seeds - 1) / 2)),
    min: at(0),
    max: at(seeds - 1),
  };
}

/** Seconds until something is found; infinitely many if nothing is. */
async function once(
  scenario: Scenario,
  variant: string,
  strategy: Strategy,
  seed: number,
  limit: number,
  interrupted: AbortSignal,
): Promise<number> {
  const { only } = scenario.variants[variant];
  const system = buildScenario(scenario, {
    given: givenOf(scenario, variant),
    variant,
    checks: (kindOrRule) => mayCount(only, kindOrRule),
  });
  const options = { strategy, seed, maxSeconds: limit, shrink: false, ...(only !== undefined && { only }) };
  const check = new Check(system, options);
  while (!check.advance()) {
    await setImmediate();
    interrupted.throwIfAborted();
  }
  const { seconds } = check.progress();
  return check.result().verdict === 'violated' ? seconds : Infinity;
}

/** One line of the report. */
export function huntText({ name, strategy, seeds, found, limit, median, min, max }: HuntResult): string {
  const time = (value: number | undefined): string => (value === undefined ? 'never' : `${value.toFixed(2)} s`);
  return `${name} ${strategy}: found with ${found} of ${seeds} seeds in ${limit} s each; median ${time(median)}, min ${time(min)}, max ${time(max)}\n`;
}
