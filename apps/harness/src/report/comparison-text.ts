/** A comparison in virtual time, for people and as JSON. */
import { wrap } from '@shootdown/explore/report';
import { givenText } from '../given.js';
import type { Output } from '../io.js';
import type { ComparisonResult, ComparisonRow } from '../simulate/compare.js';
import { widthOf } from './style.js';

/** Microseconds, as the table has them. */
export function microseconds(nanoseconds: number): string {
  return (nanoseconds / 1000).toFixed(2);
}

/** The heading and the table: beside each variant what its formula says, then how often the others fit into the first. */
export function comparisonText(result: ComparisonResult, output: Output): string {
  const { scenario, comparison, over, given, rows } = result;
  const [first, ...others] = Object.keys(comparison.variants);
  const titles = [
    over,
    ...Object.entries(comparison.variants).flatMap(([variant, { about }]) => [variant, about]),
    ...others.map((variant) => `${first} / ${variant}`),
  ];
  const cells = rows.map(cellsOf);
  const widths = titles.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i].length)));
  const line = (row: readonly string[]): string => row.map((cell, i) => cell.padStart(widths[i])).join('  ');
  const width = widthOf(output);
  return [
    scenario.name,
    ...wrap(`  ${comparison.measures}: microseconds of virtual time, and what the formula says`, width, '  '),
    ...wrap(`  given: ${givenText(given)}`, width, '  '),
    '',
    line(titles),
    '-'.repeat(line(titles).length),
    ...cells.map(line),
    '',
  ].join('\n');
}

function cellsOf({ value, taken }: ComparisonRow): readonly string[] {
  return [
    String(value),
    ...taken.flatMap(({ model, closedForm }) => [microseconds(model), microseconds(closedForm)]),
    ...taken.slice(1).map(({ speedup }) => speedup.toFixed(2)),
  ];
}

/** What `--json` prints. Times are nanoseconds. */
export function comparisonJson({ scenario, comparison, over, given, rows }: ComparisonResult): object {
  return {
    scenario: scenario.name,
    measures: comparison.measures,
    unit: 'ns',
    closedForms: Object.fromEntries(Object.entries(comparison.variants).map(([name, { about }]) => [name, about])),
    given,
    over,
    rows: rows.map(({ value, taken }) => ({
      [over]: value,
      variants: Object.fromEntries(taken.map(({ variant, ...times }) => [variant, times])),
    })),
  };
}
