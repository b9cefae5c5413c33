/**
 * `check FILE.litmus` and `check FOLDER`.
 */
import { setImmediate } from 'node:timers/promises';
import { explainLitmus, explainText, herdText, verdictOf } from '@shootdown/litmus';
import { CURRENT_RULES, RULES_BEFORE_V5_17, type Rules } from '@shootdown/lkmm';
import type { Context } from '../context.js';
import { EXIT, UsageError, type ExitCode } from '../exit.js';
import type { FoundTests } from './find-tests.js';
import type { KernelVersion } from './kernel-versions.js';
import { testJson } from './litmus-json.js';
import { LitmusTable, sumsText } from './litmus-table.js';
import {
  isUnexpected,
  runTest,
  tickOf,
  type Answered,
  type Bound,
  type Bounds,
  type Question,
  type Unanswered,
} from './run-test.js';

/** What the user wants to know. */
export interface LitmusOptions extends Question {
  readonly explain: boolean;
  readonly json: boolean;
  readonly maxSeconds: number | undefined;
  /** For each test. */
  readonly testSeconds: number | undefined;
}

/** Seconds that a test of a folder may take, where nothing else is said. */
const TEST_SECONDS = 60;

/** The rules of a version. */
export function rulesOf(version: KernelVersion): Rules {
  return version === 'now' ? CURRENT_RULES : RULES_BEFORE_V5_17;
}

/** Returns the tests, and ends with the exit code for that. */
export async function checkLitmus(context: Context, found: FoundTests, options: LitmusOptions): Promise<void> {
  context.finish(await (found.isFolder ? checkFolder(context, found, options) : checkFile(context, found, options)));
}

async function checkFile({ io }: Context, { tests: [file] }: FoundTests, options: LitmusOptions): Promise<ExitCode> {
  await Promise.resolve();
  const bounds = boundsOf(io, options, Infinity)(performance.now());
  const result = runTest(file, options, bounds);
  const why = result.kind === 'answered' && options.explain ? explanationOf(result, options, bounds) : undefined;
  if (options.json)
    io.stdout.write(`${JSON.stringify({ ...testJson(result), ...(why !== undefined && { explanation: why }) })}\n`);
  else if (result.kind === 'unanswered' && 'bound' in result.reason)
    io.stdout.write(`${file.name}: unknown, ${BOUNDS[result.reason.bound]}\n`);
  else if (result.kind === 'answered') {
    io.stdout.write(herdText(result.outcome, result.seconds));
    for (const { model, outcome } of result.beside)
      io.stdout.write(
        `${model}: ${verdictOf(outcome)} ${outcome.fitting} ${outcome.others}, states ${outcome.states.length}\n`,
      );
    if (isUnexpected(result)) io.stdout.write(`The file says: Result: ${result.expected ?? ''}\n`);
    if (why !== undefined) io.stdout.write(`\n${why}`);
  }
  if (result.kind === 'unanswered' && !('bound' in result.reason))
    throw new UsageError(`${file.name}: ${result.reason.message}`);
  return exitOf([result]);
}

async function checkFolder({ io }: Context, { tests }: FoundTests, options: LitmusOptions): Promise<ExitCode> {
  if (options.explain)
    throw new UsageError('--explain: expected one file.litmus, got a folder; explain its tests one by one');
  const begun = performance.now();
  const bounds = boundsOf(io, options, options.testSeconds ?? TEST_SECONDS);
  const table = new LitmusTable(
    tests.map(({ name }) => name),
    options.models,
    io.stdout,
  );
  if (!options.json) table.begin();
  const results: (Answered | Unanswered)[] = [];
  for (const test of tests) {
    // Lets messages and Ctrl-C in.
    if (results.length % 16 === 0) await setImmediate();
    const now = performance.now();
    const isStopped = io.interrupted.aborted || now > stopAt(io);
    const result: Answered | Unanswered = isStopped
      ? { kind: 'unanswered', name: test.name, reason: { bound: 'interrupted' } }
      : runTest(test, options, bounds(now));
    results.push(result);
    if (!options.json) table.row(result);
  }
  if (options.json) io.stdout.write(`${JSON.stringify(results.map(testJson))}\n`);
  else io.stdout.write(`\n${sumsText(results, (performance.now() - begun) / 1000)}`);
  return exitOf(results);
}

/** The bounds of a test that begins now. Those of the whole command count as well. */
function boundsOf(
  io: Context['io'],
  { maxSeconds, testSeconds }: LitmusOptions,
  eachSeconds: number,
): (now: number) => Bounds {
  const end = performance.now() + (maxSeconds ?? Infinity) * 1000;
  return (now) => ({ deadline: Math.min(end, now + (testSeconds ?? eachSeconds) * 1000), stopAt: () => stopAt(io) });
}

function stopAt({ interrupted, watch }: Context['io']): number {
  return interrupted.aborted ? -Infinity : (watch?.stopAt ?? Infinity);
}

function explanationOf({ test }: Answered, { rules }: Question, bounds: Bounds): string {
  try {
    return explainText(explainLitmus(test, { rules, tick: tickOf(bounds) }));
  } catch (error) {
    if ((error as Error).name !== 'OutOfBounds') throw error;
    return 'There was no time to explain it.\n';
  }
}

const BOUNDS: Readonly<Record<Bound, string>> = { seconds: 'the time was up', interrupted: 'it was interrupted' };

/** 1 if a test is answered otherwise than its file says, 3 if some are not answered. */
function exitOf(results: readonly (Answered | Unanswered)[]): ExitCode {
  if (results.some((result) => result.kind === 'answered' && isUnexpected(result))) return EXIT.UNEXPECTED;
  return results.every(({ kind }) => kind === 'answered') ? EXIT.EXPECTED : EXIT.UNKNOWN;
}
