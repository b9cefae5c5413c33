/** What is asked of {@link SearchOptions} at the entry, for callers without a compiler and numbers that come from elsewhere. */
import type { SearchOptions } from './check.js';

/** A seed is a 32-bit unsigned integer. */
const MOST_SEED = 2 ** 32 - 1;

/**
 * Checks the options of a search.
 *
 * @throws RangeError for a number out of its range, and an `only` that nothing can be among
 */
export function assertOptions(options: SearchOptions): void {
  if (options.only?.length === 0)
    throw new RangeError('only: expected at least one kind or name, got none, and nothing would count; leave it out');
  for (const name of ['maxStates', 'maxRuns', 'changePoints'] as const) assertWhole(name, options[name], 0);
  assertWhole('slice', options.slice, 1);
  assertWhole('seed', options.seed, 0, MOST_SEED);
  assertWhole('hashSeed', options.hashSeed, 0, MOST_SEED);
  for (const name of ['maxSeconds', 'maxMemoryMiB'] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0)) throw new RangeError(`${name}: expected a number >= 0, got ${value}`);
  }
}

function assertWhole(name: string, value: number | undefined, least: number, most = Infinity): void {
  if (value === undefined || (value === Infinity && most === Infinity)) return;
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(
      `${name}: expected a whole number ${most === Infinity ? `>= ${least}` : `from ${least} to ${most}`}, got ${value}`,
    );
}
