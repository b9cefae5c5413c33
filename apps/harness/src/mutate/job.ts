/** What a worker of a mutation run does: one search of one variant, as it is or mutated. */
import { Check, mayCount, type Strategy } from '@shootdown/explore';
import {
  ModelError,
  buildScenario,
  codeOf,
  givenOf,
  numberingKfuncs,
  withSites,
  type Mutation,
  type Scenario,
} from '@shootdown/machine';
import { siteOf, type SeenSite } from './mutants.js';

/** A search of one variant. */
export interface Job {
  /** The scenario, as it is called. */
  readonly called: string;
  readonly variant: string;
  readonly maxSeconds: number;
  /** What is mutated; absent for the code as it is, whose steps are then told. */
  readonly mutation: Mutation | undefined;
}

/** What came of it. */
export interface JobResult {
  readonly verdict: 'holds' | 'violated' | 'unknown' | 'error';
  /** Kind and rule of the violation. */
  readonly kind?: string;
  readonly rule?: string;
  /** The bound that was hit. */
  readonly bound?: string;
  /** What the model or the program says of itself. */
  readonly error?: string;
  readonly states: number;
  readonly seconds: number;
  readonly sites: readonly SeenSite[];
}

/** Searches. */
export function runJob(scenario: Scenario, { variant, maxSeconds, mutation }: Job): JobResult {
  const { only, strategy } = scenario.variants[variant];
  const begun = performance.now();
  const seen = new Map<string, SeenSite>();
  let states = 0;
  const told = (result: Omit<JobResult, 'states' | 'seconds' | 'sites'>): JobResult => ({
    ...result,
    states,
    seconds: (performance.now() - begun) / 1000,
    sites: [...seen.values()],
  });
  try {
    const given = givenOf(scenario, variant, 'suite');
    const checks = (kindOrRule: string): boolean => mayCount(only, kindOrRule);
    const more = mutation === undefined ? [] : [mutation];
    const system = numberingKfuncs(() => buildScenario(scenario, { given, variant, checks }, more));
    const check = new Check(system, {
      strategy: (strategy ?? 'dfs') as Strategy,
      checkPurity: false,
      shrink: false,
      maxSeconds,
      ...(only !== undefined && { only }),
    });
    const code = codeOf(system);
    const around = mutation === undefined ? withSites : <T>(body: () => T): T => body();
    if (mutation === undefined && code !== undefined)
      code.listener = ({ fn, request, at }) => {
        if (at === undefined) return;
        const site = siteOf(request, fn.kname, at, (address) => code.pathOf(address));
        seen.set(JSON.stringify([at, site.kname, site.label, site.of]), site);
      };
    while (!around(() => check.advance())) states = check.progress().states;
    states = check.progress().states;
    const { found } = check;
    if (found !== undefined) return told({ verdict: 'violated', kind: found.kind, rule: found.name });
    const { verdict, bound } = around(() => check.result());
    return told({ verdict, ...(bound !== undefined && { bound }) });
  } catch (error) {
    return told({
      verdict: 'error',
      error: error instanceof ModelError ? error.message : String((error as Error).stack),
    });
  }
}
