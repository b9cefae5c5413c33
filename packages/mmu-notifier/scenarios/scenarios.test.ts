import { check } from '@shootdown/explore';
import { describe, expect, it } from 'vitest';
import * as scenarios from './index.js';

const MINUTES = 10 * 60_000;

describe.each(Object.values(scenarios))('$name at its suite size', (scenario) => {
  it.each(Object.entries(scenario.variants).map(([name, { expect: verdict, rule }]) => ({ name, verdict, rule })))(
    '$name: $verdict $rule',
    { timeout: MINUTES },
    async ({ name, verdict, rule }) => {
      const result = await check(scenario, { variant: name, size: 'suite' });
      const { kind, name: broken } = result.violation ?? {};
      expect([kind ?? result.verdict, rule === undefined ? undefined : broken]).toEqual([verdict, rule]);
      expect(result.complete).toBe(verdict === 'holds');
    },
  );
});
