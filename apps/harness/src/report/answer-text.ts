/** The report of one search, for people. */
import type { SamplingFigures, SearchResult } from '@shootdown/explore';
import {
  bytesText,
  count,
  counterexampleText,
  rate,
  seconds,
  wrap,
  type Counterexample,
} from '@shootdown/explore/report';
import type { System } from '@shootdown/machine';
import { EXIT } from '../exit.js';
import { variantOf, type Chosen } from '../find-scenario.js';
import { givenText, type GivenValues } from '../given.js';
import type { Output } from '../io.js';
import type { Answer } from '../search.js';
import stringWidth from 'string-width';
import { paintFor, styleFor, widthOf, type Style } from './style.js';

/** What ended a search that saw neither a violation nor every state, and what the user may do. */
const BOUNDS: Readonly<Record<string, string>> = {
  states: 'stopped by --max-states',
  seconds: 'stopped by --max-seconds',
  memory: 'out of the memory allowed; raise --max-memory, or look for a bug with --strategy pct',
  runs: 'stopped by --max-runs',
  interrupted: 'interrupted',
  'device closure': 'could not decide whether a state is stuck, for the devices of this model run too long',
};

/** How a report is printed. */
export interface ReportOptions {
  /** Every step of the counterexample. */
  readonly steps: boolean;
  /** Folder that source positions are told from. */
  readonly cwd: string;
}

/** What is asked, of which code, at which sizes. */
export function headingText(chosen: Chosen, given: GivenValues, how: string, output: Output): string {
  const style = styleFor(output);
  const width = widthOf(output);
  const { about } = variantOf(chosen);
  const sizes = [givenText(given), how].filter((text) => text !== '').join(', ');
  return [
    style('bold', `${chosen.called}@${chosen.variant}`),
    ...wrap(`  ${chosen.scenario.asks}`, width, '  '),
    ...wrap(`  code: ${about}`, width, '    '),
    ...(sizes === '' ? [] : wrap(`  given: ${sizes}`, width, '    ')),
    '',
  ].join('\n');
}

/** The verdict, what it took, and the counterexample. */
export function answerText(answer: Answer, output: Output, options: ReportOptions): string {
  const { result, system, replay } = answer;
  const style = styleFor(output);
  const lines = [verdictText(answer, style), ...wrap(`  ${figures(result)}`, widthOf(output), '  ')];
  const { violation } = result;
  if (violation !== undefined) lines.push('', brokenText({ ...result, violation }, system, replay, output, options));
  return `${lines.join('\n')}\n`;
}

/** The table, what broke, and how to see it again. */
export function brokenText(
  counterexample: Counterexample,
  system: System,
  token: string | undefined,
  output: Output,
  { steps, cwd }: ReportOptions,
): string {
  const replay = token === undefined ? undefined : `npm start -- replay ${token}`;
  return counterexampleText(counterexample, system, {
    width: widthOf(output),
    everyStep: steps,
    cwd,
    replay,
    hint: '--steps shows all',
    measure: stringWidth,
    paint: paintFor(output),
  });
}

/** `violated: deadlock, as expected`. */
function verdictText({ question, result, exit }: Answer, style: Style): string {
  const { expect, rule } = variantOf(question.chosen);
  const expected = rule === undefined ? expect : `${expect} (${rule})`;
  const { verdict, violation, bound = '' } = result;
  if (verdict === 'unknown')
    return style('yellow', `unknown: ${BOUNDS[bound] ?? bound}; nothing is broken so far, expected ${expected}`);
  const got = violation === undefined ? 'holds' : `violated: ${violation.kind}`;
  const isExpected = exit === EXIT.EXPECTED;
  const colour = violation === undefined ? 'green' : 'yellow';
  return style(isExpected ? colour : 'red', isExpected ? `${got}, as expected` : `${got}, but expected ${expected}`);
}

function figures({ states, transitions, depth, bytes, seconds: elapsed, sampling, workers }: SearchResult): string {
  return [
    ...(sampling === undefined ? [] : samplingFigures(sampling, elapsed)),
    `${count(states)} states`,
    `${count(transitions)} transitions`,
    `depth ${count(depth)}`,
    bytesText(bytes),
    seconds(elapsed),
    rate(transitions, elapsed),
    ...(workers === 1 ? [] : [`${workers} workers`]),
  ].join(', ');
}

function samplingFigures({ runs, changePoints }: SamplingFigures, elapsed: number): string[] {
  return [
    ...(changePoints === undefined
      ? []
      : [`found with ${changePoints} change ${changePoints === 1 ? 'point' : 'points'}`]),
    `${count(runs)} runs`,
    `${count(Math.round(runs / elapsed))} runs/s`,
  ];
}
