/** The report of one search, for people. */
import type { SearchResult } from '@shootdown/explore';
import type { System } from '@shootdown/machine';
import { EXIT } from '../exit.js';
import { variantOf, type Chosen } from '../find-scenario.js';
import { givenText, type GivenValues } from '../given.js';
import type { Output } from '../io.js';
import type { Answer } from '../search.js';
import { evidenceText } from './evidence-text.js';
import { bytesText, count, rate, seconds } from './numbers.js';
import { pendingRows } from './pending-rows.js';
import { styleFor, widthOf, type Style } from './style.js';
import { rowsOf } from './trace-rows.js';
import { traceTable } from './trace-table.js';
import { wrap } from './wrap.js';

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
  if (result.violation !== undefined) lines.push('', counterexampleText(result, system, replay, output, options));
  return `${lines.join('\n')}\n`;
}

/** The table, what broke, and how to see it again. */
export function counterexampleText(
  { violation, trace = [], evidence = [] }: Pick<SearchResult, 'violation' | 'trace' | 'evidence'>,
  system: System,
  replay: string | undefined,
  output: Output,
  { steps, cwd }: ReportOptions,
): string {
  if (violation === undefined) return '';
  const width = widthOf(output);
  const threads = system.threads.map(({ name }) => name);
  const pending = pendingRows(violation, evidence, threads, system.layout);
  const rows = rowsOf(trace, system.layout, { everyStep: steps, keepLast: pending.length === 0 });
  const name = violation.name === violation.kind ? violation.kind : `${violation.kind} (${violation.name})`;
  return [
    traceTable([...rows.map((row) => [row]), ...(pending.length === 0 ? [] : [pending])], threads, width),
    '',
    ...wrap(`${name}: ${violation.message}`, width, '  '),
    ...(evidence.length === 0 ? [] : ['', ...evidenceText(evidence, system.layout, width, cwd)]),
    ...(replay === undefined ? [] : ['', `replay: npm start -- replay ${replay}`]),
  ].join('\n');
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
  return style(isExpected ? 'green' : 'red', isExpected ? `${got}, as expected` : `${got}, but expected ${expected}`);
}

function figures({ states, transitions, depth, bytes, seconds: elapsed }: SearchResult): string {
  return [
    `${count(states)} states`,
    `${count(transitions)} transitions`,
    `depth ${count(depth)}`,
    bytesText(bytes),
    seconds(elapsed),
    rate(transitions, elapsed),
  ].join(', ');
}
