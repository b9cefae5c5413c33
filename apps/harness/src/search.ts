/** One search of one variant: built, driven to its end with progress, judged. */
import {
  Check,
  ForeignSnapshot,
  STRATEGIES,
  mayCount,
  replay,
  type Agency,
  type Samplers,
  type Snapshot,
  type SearchOptions,
  type SearchResult,
  type Strategy,
} from '@shootdown/explore';
import { ImpureModel, ModelError, numberingKfuncs, buildScenario, type System } from '@shootdown/machine';
import { setImmediate } from 'node:timers/promises';
import type { CheckpointFile } from './checkpoint.js';
import { EXIT, UsageError, type ExitCode } from './exit.js';
import { variantOf, type Chosen } from './find-scenario.js';
import type { GivenValues } from './given.js';
import type { ProgressLine } from './progress.js';
import { formatToken } from './token.js';

/** What is searched, and how. */
export interface Question {
  readonly chosen: Chosen;
  readonly given: GivenValues;
  readonly options: SearchOptions;
}

/** What a search found, and whether that was expected. */
export interface Answer {
  readonly question: Question;
  readonly system: System;
  readonly result: SearchResult;
  /** Token that replays the counterexample. */
  readonly replay: string | undefined;
  readonly exit: ExitCode;
}

/** Builds the model. Whatever the scenario's own code throws is the user's to fix. */
export function buildSystem(
  { scenario, variant }: Chosen,
  given: GivenValues,
  only: readonly string[] | undefined,
): System {
  return blamingTheModel(scenario.name, () =>
    numberingKfuncs(() => buildScenario(scenario, { given, variant, checks: (kindOrRule) => mayCount(only, kindOrRule) })),
  );
}

/** The strategy of a variant, unless told otherwise. */
export function strategyOf(chosen: Chosen, wanted: Strategy | undefined): Strategy {
  const own = variantOf(chosen).strategy;
  if (wanted !== undefined || own === undefined) return wanted ?? 'dfs';
  const known = STRATEGIES.find((strategy) => strategy === own);
  if (known === undefined)
    throw new UsageError(
      `${chosen.scenario.name}@${chosen.variant}: expected a strategy of ${STRATEGIES.join(', ')}, got ${own}`,
    );
  return known;
}

/** What counts as a violation of a variant, unless told otherwise; `undefined` for everything. */
export function onlyOf(chosen: Chosen, wanted: readonly string[] | undefined): Pick<SearchOptions, 'only'> {
  const only = wanted ?? variantOf(chosen).only;
  return only === undefined ? {} : { only };
}

/** What a search may be given besides the question. */
export interface Aids {
  /** Told what the search reached. */
  readonly reach?: { readonly add: (variant: string, check: Check) => void } | undefined;
  /** Other threads. */
  readonly crew?: (Agency & Samplers) | undefined;
  /** Where the search is kept. */
  readonly checkpoint?: CheckpointFile | undefined;
  /** A search to go on with. */
  readonly snapshot?: Snapshot | undefined;
}

/** After Ctrl-C the search goes on for so long at most, until it can be told as it stands. */
const LAST_STEPS_MS = 2000;

/**
 * Searches. Gives way to the event loop all the time, so that Ctrl-C is seen.
 *
 * @throws {@link UsageError} when the model is none
 */
export async function search(
  question: Question,
  progress: ProgressLine,
  interrupted: AbortSignal,
  { reach, crew, checkpoint, snapshot }: Aids = {},
): Promise<Answer> {
  const { chosen, given, options } = question;
  const { name } = chosen.scenario;
  const system = buildSystem(chosen, given, options.only);
  try {
    const help = {
      ...(crew && { agency: crew, samplers: crew }),
      ...(snapshot && { snapshot }),
      rebuild: () => buildSystem(chosen, given, options.only),
    };
    const check = blamingTheModel(name, () => new Check(system, options, help));
    let deadline = Infinity;
    while (!blamingTheModel(name, () => check.advance())) {
      progress.show(check.progress());
      await setImmediate();
      if (interrupted.aborted) deadline = Math.min(deadline, performance.now() + LAST_STEPS_MS);
      const isKept = checkpoint !== undefined && (checkpoint.isDue || interrupted.aborted) && keep(check, checkpoint);
      if (interrupted.aborted && (isKept || checkpoint === undefined || performance.now() > deadline))
        check.stop('interrupted');
    }
    const found = blamingTheModel(name, () => check.result());
    if (checkpoint !== undefined && found.verdict === 'unknown' && found.bound !== 'interrupted')
      keep(check, checkpoint);
    const result = blamingTheModel(name, () => confirmed(system, found, options));
    // Who interrupts wants the prompt back.
    if (result.bound !== 'interrupted')
      blamingTheModel(name, () => {
        reach?.add(chosen.variant, check);
      });
    const { schedule } = result;
    const token = schedule === undefined ? undefined : formatToken({ chosen, given, only: options.only, schedule });
    return { question, system, result, replay: token, exit: judge(chosen, result) };
  } finally {
    progress.clear();
  }
}

/** Writes the checkpoint, if the search can be told at this moment; answers whether it could. */
function keep(check: Check, checkpoint: CheckpointFile): boolean {
  const snapshot = check.snapshot();
  if (snapshot !== undefined) checkpoint.write(snapshot);
  return snapshot !== undefined;
}

/** The result with its counterexample run again: nothing is reported that does not replay, and what is told is that run. */
function confirmed(system: System, result: SearchResult, { only, shrink }: SearchOptions): SearchResult {
  const { schedule } = result;
  return schedule === undefined ? result : { ...result, ...replay(system, schedule, only, shrink !== false) };
}

/** The exit code that says whether a verdict is the expected one. */
export function judge(chosen: Chosen, { verdict, violation }: Pick<SearchResult, 'verdict' | 'violation'>): ExitCode {
  if (verdict === 'unknown') return EXIT.UNKNOWN;
  const { expect, rule } = variantOf(chosen);
  const isExpected =
    violation === undefined
      ? expect === 'holds'
      : violation.kind === expect && (rule ?? violation.name) === violation.name;
  return isExpected ? EXIT.EXPECTED : EXIT.UNEXPECTED;
}

/** Runs model code. An exception in it is told as a fault of the model, with the lines of the model it came through. */
export function blamingTheModel<T>(name: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof Error)) throw error;
    if (error instanceof ForeignSnapshot)
      throw new UsageError(
        `--resume: the model or the program has changed since the checkpoint was written (${error.message}); search again without --resume`,
      );
    if (error instanceof ImpureModel || error instanceof ModelError)
      throw new UsageError(`${name}: ${withoutOurFrames(error.message)}${modelFrame(error)}`);
    throw new UsageError(`${name}: the model failed: ${withoutOurFrames(error.stack ?? error.message)}`);
  }
}

/** Where model code asked for what the machine refused, as a line of its own; empty where the message says it. */
function modelFrame({ message, cause, stack = '' }: Error): string {
  if (cause !== undefined || /\n\s+at /.test(message)) return '';
  const [, frame] = withoutOurFrames(stack.slice(stack.indexOf(message) + message.length)).split('\n');
  return frame === undefined ? '' : `\n${frame}`;
}

/** A stack without the frames of the engine, which say nothing about the model. */
function withoutOurFrames(text: string): string {
  const isOurs = (line: string): boolean =>
    /^\s+at .*(?:<anonymous>\)|node:|[\\/](?:machine|explore|harness)[\\/](?:src|dist)[\\/](?!.*scenarios)|[\\/]commander[\\/])/.test(
      line,
    );
  return text
    .split('\n')
    .filter((line) => !isOurs(line))
    .join('\n');
}
