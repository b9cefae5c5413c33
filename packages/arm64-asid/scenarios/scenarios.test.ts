import { checkSync, type SearchOptions, type SearchResult } from '@shootdown/explore';
import type { Given, Scenario } from '@shootdown/machine';
import { describe, expect, it, test } from 'vitest';
import * as exported from './index.js';

const { mutationPlan: _plan, ...scenarios } = exported;

const MINUTES = 10 * 60_000;

/** Searches a variant at its suite size, but for what is set. */
function run(
  scenario: Scenario,
  variant: string,
  set: Readonly<Record<string, Given>> = {},
  options: SearchOptions = {},
): SearchResult {
  const { given: always, suite, only, strategy } = scenario.variants[variant];
  const usual = Object.fromEntries(Object.entries(scenario.given).map(([name, spec]) => [name, spec.default]));
  const given = { ...usual, ...always, ...suite, ...set };
  const system = scenario.build({ given, variant, checks: () => true });
  return checkSync(system, {
    ...(strategy === undefined ? {} : { strategy: strategy as NonNullable<SearchOptions['strategy']> }),
    ...(only === undefined ? {} : { only }),
    shrink: false,
    ...options,
  });
}

describe.each(Object.values(scenarios))('$name at its suite size', (scenario) => {
  it.each(Object.entries(scenario.variants).map(([name, { expect: verdict, rule }]) => ({ name, verdict, rule })))(
    '$name: $verdict $rule',
    { timeout: MINUTES },
    ({ name, verdict, rule }) => {
      const result = run(scenario, name);
      expect(result.violation?.kind ?? result.verdict).toBe(verdict);
      expect(result.complete).toBe(verdict === 'holds');
      if (rule !== undefined) expect(result.violation?.name).toBe(rule);
    },
  );
});

describe('no reduction changes a verdict', () => {
  const off: readonly SearchOptions[] = [{ symmetry: false }, { reduction: false }, { deadAnswers: true }];
  const cases = [
    { scenario: scenarios.asidRollover, variant: 'merged', set: { tasks: 3, asids: 4, generations: 2, env: 'full' } },
    { scenario: scenarios.asidRollover, variant: 'merged', set: { tasks: 4, generations: 2, env: 'first-shot' } },
    { scenario: scenarios.asidRollover, variant: 'no-reserved', set: {} },
    { scenario: scenarios.asidPinning, variant: 'no-pinned-copy', set: {} },
    { scenario: scenarios.asidExit, variant: 'no-flush', set: { cpus: 1, asids: 3, generations: 3, env: 'full' } },
    { scenario: scenarios.asidExit, variant: 'shared', set: { tasks: 2, generations: 2 } },
  ].flatMap((each) => off.map((more) => ({ ...each, more })));

  it.each(cases)('$scenario.name@$variant $set, $more', { timeout: MINUTES }, ({ scenario, variant, set, more }) => {
    const usual = run(scenario, variant, set);
    const plain = run(scenario, variant, set, more);
    expect([plain.verdict, plain.violation?.kind]).toEqual([usual.verdict, usual.violation?.kind]);
    if (usual.verdict === 'holds') expect(plain.states).toBeGreaterThanOrEqual(usual.states);
  });
});

test('pins up to the limit of the code leave an ASID free: one CPU, 4 ASIDs', { timeout: MINUTES }, () => {
  const sizes = { cpus: 1, tasks: 4, asids: 4, generations: 2, pins: 2 };
  expect(run(scenarios.asidPinning, 'merged', sizes)).toMatchObject({ verdict: 'holds', complete: true });
  expect(run(scenarios.asidPinning, 'limit-minus-1', sizes).violation?.name).toBe('FreeAsidAfterRollover');
});

test('two CPUs, 5 ASIDs, one pin too many', { timeout: MINUTES }, () => {
  const sizes = { cpus: 2, tasks: 5, asids: 5, generations: 3, pins: 2, env: 'full' };
  const found = run(scenarios.asidPinning, 'limit-minus-1', sizes, { strategy: 'pct', changePoints: 20 });
  expect(found.violation?.name).toBe('FreeAsidAfterRollover');
});

test('the bug of the first version, where the last CPU has run the shared task all along', { timeout: MINUTES }, () => {
  const { violation } = run(scenarios.asidPinning, 'v1', { env: 'first-shot' }, { strategy: 'dfs' });
  expect(violation?.message).toMatch(/^T0 runs on P0 under ASID \d and on P1 under ASID 1$/);
});
