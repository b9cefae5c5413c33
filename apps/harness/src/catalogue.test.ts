import { describe, expect, test } from 'vitest';
import { benchScenarios } from './bench/cases.js';
import { catalogue } from './catalogue.js';
import { flawOf } from './scenario-shape.js';

const scenarios = await catalogue.all();

describe('every scenario that ships', () => {
  test('has a name of its own', () => {
    const names = scenarios.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    expect(names).toContain('locks/peterson');
  });

  test.each([...scenarios, ...benchScenarios].map((scenario) => [scenario.name, scenario] as const))(
    '%s is well formed',
    (_, scenario) => {
      expect(flawOf(scenario)).toBeUndefined();
    },
  );

  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    '%s has a variant that must be violated beside one that holds',
    (_, { variants }) => {
      const expected = Object.values(variants).map(({ expect: verdict }) => verdict === 'holds');
      if (expected.includes(true)) expect(expected).toContain(false);
    },
  );

  test.each(scenarios.map(({ name }) => name))('%s is found by its name, without loading the others', async (name) => {
    expect((await catalogue.named(name))?.name).toBe(name);
  });

  test('no other name finds one', async () => {
    expect(await catalogue.named('locks/petersen')).toBeUndefined();
    expect(await catalogue.named('none/at-all')).toBeUndefined();
  });
});
