import { expect, test } from 'vitest';
import { endless, twoRegisters } from '../../fixtures/scenarios.js';
import { hunt, huntText } from './hunt.js';

const interrupted = new AbortController().signal;

test('a hunt says how often and how soon it found something', async () => {
  const one = { name: 'two', scenario: twoRegisters.name, variant: 'careless', strategies: [] };
  const result = await hunt(one, twoRegisters, 'pct', { seeds: 3, limit: 5, interrupted });
  expect(result).toMatchObject({ found: 3, seeds: 3 });
  expect(huntText(result)).toMatch(/^two pct: found with 3 of 3 seeds in 5 s each; median \d\.\d\d s, min \d\.\d\d s,/);
});

test('and where it found nothing, it says never', async () => {
  const one = { name: 'none', scenario: endless.name, variant: 'counting', strategies: [] };
  const result = await hunt(one, endless, 'random', { seeds: 2, limit: 0.05, interrupted });
  expect(huntText(result)).toBe(
    'none random: found with 0 of 2 seeds in 0.05 s each; median never, min never, max never\n',
  );
});
