/** The benchmark's report, for people. */
import type { Measurement } from '../bench/measurement.js';
import { count, seconds } from '@shootdown/explore/report';
import type { CaseResult } from '../bench/run-bench.js';

const TITLES = [
  'case',
  'searcher',
  'states',
  'transitions',
  'search',
  'process',
  'M trans/s',
  'bytes/state',
  'peak MiB',
] as const;
const WIDTHS = [11, 15, 11, 12, 8, 8, 9, 11, 8] as const;

/** The titles of the table. */
export function benchHeading(): string {
  const titles = line(TITLES);
  return `${titles}\n${'-'.repeat(titles.length)}\n`;
}

/** The rows of one case, then its ratios by name. */
export function caseText(result: CaseResult): string {
  const { name, ours, oursUnreduced, spin, spinReduced } = result;
  const rows = [
    measured(name, 'ours', ours),
    measured('', '  no reduction', oursUnreduced),
    ...(spin === undefined ? [] : [measured('', 'spin', spin)]),
    ...(spinReduced === undefined ? [] : [measured('', '  with POR', spinReduced)]),
    ...ratios(result).map(([ratio, value]) => `  ${name} ${ratio} ${value.toFixed(2)}`),
  ];
  return `${rows.join('\n')}\n\n`;
}

function ratios({ ratio_to_spin, ratio_to_spin_por, ratio_unreduced }: CaseResult): [string, number][] {
  return Object.entries({ ratio_to_spin, ratio_to_spin_por, ratio_unreduced }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
}

function measured(
  name: string,
  searcher: string,
  { states, transitions, seconds: took, processSeconds, stateBytes, peakBytes }: Measurement,
): string {
  return line([
    name,
    searcher,
    count(states),
    count(transitions),
    seconds(took),
    seconds(processSeconds),
    (transitions / took / 1e6).toFixed(2),
    (stateBytes / states).toFixed(1),
    count(Math.round(peakBytes / 2 ** 20)),
  ]);
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => (i < 2 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]))).join('  ');
}
