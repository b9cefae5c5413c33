import { describe, expect, test } from 'vitest';
import { peterson } from '../../scenarios/index.js';
import { check, type SearchOptions } from '../index.js';

describe('a search is refused', () => {
  test.each<[SearchOptions, string]>([
    [{ only: [] }, 'only: expected at least one kind or name, got none'],
    [{ maxStates: NaN }, 'maxStates: expected a whole number >= 0, got NaN'],
    [{ maxStates: -1 }, 'maxStates: expected a whole number >= 0, got -1'],
    [{ maxRuns: 1.5, strategy: 'pct' }, 'maxRuns: expected a whole number >= 0, got 1.5'],
    [{ slice: -1 }, 'slice: expected a whole number >= 1, got -1'],
    [{ changePoints: -1 }, 'changePoints: expected a whole number >= 0, got -1'],
    [{ seed: 2 ** 32 }, 'seed: expected a whole number from 0 to 4294967295, got 4294967296'],
    [{ maxSeconds: -1 }, 'maxSeconds: expected a number >= 0, got -1'],
    [{ maxMemoryMiB: NaN }, 'maxMemoryMiB: expected a number >= 0, got NaN'],
  ])('with %j', async (options, message) => {
    await expect(check(peterson, options)).rejects.toThrow(message);
    await expect(check(peterson, options)).rejects.toBeInstanceOf(RangeError);
  });

  test('and not with numbers that mean no bound', async () => {
    const { verdict } = await check(peterson, {
      maxStates: Infinity,
      maxSeconds: Infinity,
      maxRuns: Infinity,
      seed: 0,
    });
    expect(verdict).toBe('holds');
  });
});
