/** What is asked of {@link SearchOptions} at the entry, for callers without a compiler and numbers that come from elsewhere. */
import { VIOLATION_KINDS, editDistance, suggestion, textOf, type System } from '@shootdown/machine';
import { namesIn } from '../base/only.js';
import type { SearchOptions } from '../base/options.js';
import { STRATEGIES } from '../base/strategies.js';

/** The names there are; a record, so that the compiler notices a new one. */
const NAMES: Readonly<Record<keyof SearchOptions, true>> = {
  strategy: true,
  seed: true,
  only: true,
  maxStates: true,
  maxSeconds: true,
  maxMemoryMiB: true,
  maxRuns: true,
  changePoints: true,
  reduction: true,
  partialOrder: true,
  symmetry: true,
  deadAnswers: true,
  hashSeed: true,
  maxModelSteps: true,
  checkPurity: true,
  shrink: true,
  slice: true,
};
const SWITCHES = ['reduction', 'partialOrder', 'symmetry', 'deadAnswers', 'checkPurity', 'shrink'] as const;

/** A seed is a 32-bit unsigned integer. */
const MOST_SEED = 2 ** 32 - 1;

/**
 * Checks the options of a search.
 *
 * @throws TypeError for an option that there is not, or of another type
 * @throws RangeError for a strategy that there is not, a number out of its range, and an `only` that nothing can be among
 */
export function assertOptions(options: SearchOptions): void {
  for (const name of Object.keys(options))
    if (!Object.hasOwn(NAMES, name))
      throw new TypeError(
        `there is no option ${JSON.stringify(name)}; ${suggestion(name, Object.keys(NAMES), 'there are')}`,
      );
  for (const name of SWITCHES) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== 'boolean')
      throw new TypeError(`${name}: expected true or false, got ${textOf(value)}`);
  }
  assertStrategy(options.strategy);
  assertNames(options.only);
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

/** Names this long are taken for misspelt when so few letters differ; shorter ones may well be two rules. */
const LONG = 6;
const FEW = 2;

/**
 * Checks the names of what counts as far as that can be: model code may report rules of any name.
 *
 * @throws RangeError for a name that is all but a violation kind or a condition of the system
 */
export function assertOnly(only: readonly string[] | undefined, { invariants, finals }: System): void {
  const known = [...VIOLATION_KINDS, ...Object.keys(invariants ?? {}), ...Object.keys(finals ?? {})];
  for (const name of namesIn(only ?? [])) {
    if (known.includes(name) || name.length < LONG) continue;
    const meant = known.find((one) => editDistance(name.toLowerCase(), one.toLowerCase()) <= FEW);
    if (meant !== undefined)
      throw new RangeError(
        `only: no violation kind or condition is called ${JSON.stringify(name)}; did you mean ${meant}?`,
      );
  }
}

function assertStrategy(strategy: string | undefined): void {
  const known: readonly string[] = STRATEGIES;
  if (strategy === undefined || known.includes(strategy)) return;
  throw new RangeError(
    `expected a strategy of ${known.join(', ')}, got ${textOf(strategy)}; ${suggestion(strategy, known, 'there are')}`,
  );
}

function assertNames(only: unknown): void {
  if (only === undefined || (Array.isArray(only) && only.every((name) => typeof name === 'string'))) return;
  throw new TypeError(`only: expected an array of violation kinds and names, got ${textOf(only)}`);
}

function assertWhole(name: string, value: number | undefined, least: number, most = Infinity): void {
  if (value === undefined || (value === Infinity && most === Infinity)) return;
  if (!Number.isInteger(value) || value < least || value > most)
    throw new RangeError(
      `${name}: expected a whole number ${most === Infinity ? `>= ${least}` : `from ${least} to ${most}`}, got ${value}`,
    );
}
