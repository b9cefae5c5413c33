/** The report of one search, for people. */
import type { Progress, SamplingFigures, SearchResult, Violation } from '@shootdown/explore';
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
import { commandLine } from '../command-line.js';
import { EXIT } from '../exit.js';
import { variantOf, type Chosen } from '../find-scenario.js';
import { givenText, type GivenValues } from '../given.js';
import type { Output } from '../io.js';
import type { Answer } from '../answer.js';
import stringWidth from 'string-width';
import { paintFor, styleFor, widthOf, type Style } from './style.js';

/** What ended a search that saw neither a violation nor every state, and what the user may do. */
export const BOUNDS: Readonly<Record<string, string>> = {
  states: 'stopped by --max-states',
  seconds: 'stopped by --max-seconds',
  memory: 'out of the memory allowed; raise --max-memory, or look for a bug with --strategy pct',
  stack: 'the search itself needed more stack than there is; search smaller sizes',
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
  /** Rules found broken before, past which this search went on. */
  readonly past?: readonly string[];
}

/** What is asked, of which code, at which sizes. */
export function headingText(chosen: Chosen, given: GivenValues, how: string, output: Output): string {
  const style = styleFor(output);
  const width = widthOf(output);
  const { about = '' } = variantOf(chosen);
  const { asks } = chosen.scenario;
  const sizes = [givenText(given), how].filter((text) => text !== '').join(', ');
  return [
    style('bold', `${chosen.called}@${chosen.variant}`),
    ...(asks === '' ? [] : wrap(`  ${asks}`, width, '  ')),
    ...(about === '' ? [] : wrap(`  code: ${about}`, width, '    ')),
    ...(sizes === '' ? [] : wrap(`  given: ${sizes}`, width, '    ')),
    '',
  ].join('\n');
}

/** The verdict, what it took, and the counterexample. */
export function answerText(answer: Answer, output: Output, options: ReportOptions): string {
  const { result, system, replay } = answer;
  const style = styleFor(output);
  const width = widthOf(output);
  const { past = [] } = options;
  const verdict = past.length === 0 ? verdictText(answer, style) : pastText(result, past, style);
  const lines = [verdict, ...wrap(`  ${figures(result)}`, width, '  ')];
  for (const note of [...result.notes, ...neverAskedText(result)])
    lines.push(...wrap(`  note: ${note}`, width, '    '));
  const { violation } = result;
  if (violation !== undefined) {
    lines.push(...cutText(result));
    lines.push(
      '',
      isTooLong(result)
        ? longText(violation, replay)
        : brokenText({ ...result, violation }, system, replay, output, options),
    );
  }
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
  const replay = token === undefined ? undefined : commandLine('replay', token);
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

/** Steps of a table that somebody would read though nobody could say which of them matter. */
const MOST_STEPS = 200;

function isTooLong({ trace, tellingCutBy }: SearchResult): boolean {
  return trace === undefined || (tellingCutBy !== undefined && trace.length > MOST_STEPS);
}

/** A counterexample that there was no time to tell. */
function longText({ message }: Violation, token: string | undefined): string {
  return [message, ...(token === undefined ? [] : ['', `replay: ${commandLine('replay', token)}`])].join('\n');
}

/** What was left out for want of time. */
function cutText({ shrinkingCutBy, tellingCutBy }: SearchResult): string[] {
  return [
    ...(shrinkingCutBy === undefined ? [] : [`  not shrunk as far as it could be: ${BOUNDS[shrinkingCutBy]}`]),
    ...(tellingCutBy === undefined
      ? []
      : [`  not told in full: ${BOUNDS[tellingCutBy]}; replay it without a bound to see what matters`]),
  ];
}

/** The verdict that is expected of a variant. */
export function expectedText(chosen: Chosen): string {
  const { expect, rule } = variantOf(chosen);
  return rule === undefined ? expect : `${expect} (${rule})`;
}

/** `violated: deadlock, as expected`. */
function verdictText({ question, result, exit }: Answer, style: Style): string {
  const expected = expectedText(question.chosen);
  const { verdict, violation, bound = '', undecided } = result;
  const soFar =
    undecided === undefined
      ? 'nothing is broken so far'
      : `${undecided.join(', ')} undecided; everything else was searched to the end and holds`;
  if (verdict === 'unknown')
    return style('yellow', `unknown: ${BOUNDS[bound] ?? bound}; ${soFar}, expected ${expected}`);
  const got = violation === undefined ? 'holds' : `violated: ${violation.kind}`;
  const isExpected = exit === EXIT.EXPECTED;
  const colour = violation === undefined ? 'green' : 'yellow';
  return style(isExpected ? colour : 'red', isExpected ? `${got}, as expected` : `${got}, but expected ${expected}`);
}

/** What a search found that went on past other rules. */
function pastText({ verdict, violation, bound = '' }: SearchResult, past: readonly string[], style: Style): string {
  const names = past.join(', ');
  if (violation !== undefined) return style('red', `violated: ${violation.kind}, past ${names}`);
  if (verdict === 'holds') return `nothing else is broken, past ${names}`;
  return style('yellow', `unknown: ${BOUNDS[bound] ?? bound}; nothing else is broken so far, past ${names}`);
}

/** What the verdict says nothing of, for it was never asked. */
function neverAskedText({ neverAsked, verdict, sampling }: SearchResult): string[] {
  if (verdict === 'violated' || sampling !== undefined) return [];
  const { invariants, finals, guarded } = neverAsked;
  return [
    ...invariants.map((name) => `the invariant ${JSON.stringify(name)} was never asked`),
    ...finals.map((name) => `the final condition ${JSON.stringify(name)} was never asked: no end was reached`),
    ...(guarded.length === 0 ? [] : [`guarded, but never accessed: ${guarded.join(', ')}`]),
  ];
}

export function figures({
  states,
  transitions,
  depth,
  bytes,
  seconds: elapsed,
  sampling,
  workers = 1,
  collision,
}: Progress & Partial<SearchResult>): string {
  return [
    ...(sampling === undefined ? [] : samplingFigures(sampling, elapsed)),
    `${count(states)} states`,
    `${count(transitions)} transitions`,
    `depth ${count(depth)}`,
    bytesText(bytes),
    ...(collision === undefined ? [] : [`chance of a missed state ${collision.toExponential(0)}`]),
    seconds(elapsed),
    rate(transitions, elapsed),
    ...(workers === 1 ? [] : [`${workers} workers`]),
  ].join(', ');
}

function samplingFigures({ runs, cutRuns, changePoints }: SamplingFigures, elapsed: number): string[] {
  return [
    ...(changePoints === undefined
      ? []
      : [`found with ${changePoints} change ${changePoints === 1 ? 'point' : 'points'}`]),
    `${count(runs)} ${runs === 1 ? 'run' : 'runs'}${cutRuns === 0 ? '' : `, ${count(cutRuns)} of them cut at 20,000 steps`}`,
    `${count(Math.round(runs / elapsed))} runs/s`,
  ];
}
