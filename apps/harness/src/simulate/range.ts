/** Sizes of a comparison: `--set` with one range. */
import type { Comparison, Scenario } from '@shootdown/machine';
import { UsageError } from '../exit.js';
import { parseSettings, type GivenValues } from '../given.js';

/** Rows of a table that somebody would read. */
const MOST_ROWS = 1000;

/** One size that goes through a range, and the others, which do not change. */
export interface Sweep {
  /** Name of the size. */
  readonly over: string;
  /** Its values, rising. */
  readonly values: readonly number[];
  readonly settings: GivenValues;
}

/**
 * Reads `k=v` and `k=a..b` texts. Without a range the comparison's own size goes from its least to its greatest value, or,
 * where it is set, has that value alone.
 *
 * @param texts - each `k=v` or several joined by commas
 * @throws {@link UsageError} for an unknown name, a value out of range, a range of what is no number, and a second range
 */
export function parseSweep(scenario: Scenario, { over }: Comparison, texts: readonly string[]): Sweep {
  const pairs = texts.flatMap((text) => text.split(','));
  const ranges = pairs.flatMap((pair) => {
    const [, name, from, to] = RANGE.exec(pair) ?? [];
    return name === undefined ? [] : [{ name: name.trim(), from, to }];
  });
  const settings = parseSettings(
    scenario,
    pairs.filter((pair) => !RANGE.test(pair)),
  );
  if (ranges.length > 1)
    throw new UsageError(`--set: expected at most one range, got ${ranges.map(({ name }) => name).join(' and ')}`);
  const [{ name, from, to } = wholeRange(scenario, over, settings)] = ranges;
  if (ranges.length > 0 && Object.hasOwn(settings, name))
    throw new UsageError(`--set ${name}: expected a value or a range, got both`);
  return { over: name, values: valuesOf(name, numberOf(scenario, name, from), numberOf(scenario, name, to)), settings };
}

const RANGE = /^([^=]+)=(.*?)\.\.(.*)$/;

function wholeRange(
  { given }: Scenario,
  name: string,
  settings: GivenValues,
): { name: string; from: string; to: string } {
  const { min, max } = given[name];
  return { name, from: String(settings[name] ?? min), to: String(settings[name] ?? max) };
}

function numberOf(scenario: Scenario, name: string, text: string): number {
  const value = parseSettings(scenario, [`${name}=${text.trim()}`])[name];
  if (typeof value !== 'number')
    throw new UsageError(`--set ${name}: expected a range of numbers only, got one of texts`);
  return value;
}

function valuesOf(name: string, from: number, to: number): readonly number[] {
  if (to < from) throw new UsageError(`--set ${name}: expected a range from less to more, got ${from}..${to}`);
  if (to - from >= MOST_ROWS)
    throw new UsageError(`--set ${name}: expected at most ${MOST_ROWS} values, got ${to - from + 1}`);
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
