/** One search of one variant: built, driven to its end with progress, judged. */
import {
  Check,
  type Deadline,
  ForeignSnapshot,
  STRATEGIES,
  Stopped,
  mayCount,
  replay,
  type WorkerSource,
  type Samplers,
  type Snapshot,
  type SearchOptions,
  type SearchResult,
  type Strategy,
} from '@shootdown/explore';
import {
  ImpureModel,
  ModelError,
  numberingKfuncs,
  buildScenario,
  type Scenario,
  type System,
} from '@shootdown/machine';
import { setImmediate } from 'node:timers/promises';
import type { Answer, Question } from './answer.js';
import type { CheckpointFile } from './checkpoint.js';
import { EXIT, UsageError, type ExitCode } from './exit.js';
import { variantOf, type Chosen } from './find-scenario.js';
import { GlobalVariables } from './global-variables.js';
import { loadedAnew, whyLoadedOnce } from './loaded-anew.js';
import { givenText, type GivenValues } from './given.js';
import type { ProgressLine } from './progress.js';
import { answerJson } from './report/answer-json.js';
import { expectedText } from './report/answer-text.js';
import { formatToken } from './token.js';
import { UNWATCHED, type Watch, type Watched } from './watch.js';

/** Builds the model. Whatever the scenario's own code throws is the user's to fix. */
export function buildSystem(
  { scenario, variant }: Chosen,
  given: GivenValues,
  only: readonly string[] | undefined,
): System {
  const system = blamingTheModel(scenario.name, () =>
    numberingKfuncs(() =>
      buildScenario(scenario, { given, variant, checks: (kindOrRule) => mayCount(only, kindOrRule) }),
    ),
  );
  const { threads } = system as Partial<System>;
  if (threads !== undefined && threads.length > MOST_THREADS)
    throw new UsageError(
      `${scenario.name}@${variant}: expected at most ${MOST_THREADS} threads, got ${threads.length} with ${givenText(given)}; give smaller sizes with --set`,
    );
  return system;
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

/** Threads are bits of a word. */
const MOST_THREADS = 31;

/** What a search may be given besides the question. */
export interface Aids {
  /** Told what the search reached. */
  readonly reach?: { readonly add: (variant: string, check: Check) => void } | undefined;
  /** Other threads. */
  readonly workerThreads?: (WorkerSource & Samplers) | undefined;
  /** Where the search is kept. */
  readonly checkpoint?: CheckpointFile | undefined;
  /** A search to go on with. */
  readonly snapshot?: Snapshot | undefined;
  /** Who ends the search if it does not end by itself. */
  readonly watch?: Watch | undefined;
  readonly isInSuite?: boolean;
}

/** After Ctrl-C a search that is kept in a file goes on for so long at most, until it can be told as it stands. */
const LAST_STEPS_MS = 800;
/** So much later than the search has the second run of its counterexample to stop. */
const AGAIN_MS = 200;

/**
 * Searches. Gives way to the event loop all the time, so that Ctrl-C is seen.
 *
 * @throws {@link UsageError} when the model is none
 */
export async function search(
  question: Question,
  progress: ProgressLine,
  interrupted: AbortSignal,
  { reach, workerThreads, checkpoint, snapshot, watch = UNWATCHED, isInSuite = false }: Aids = {},
): Promise<Answer> {
  const { chosen, given, options } = question;
  const { name } = chosen.scenario;
  const isInterrupted = (): boolean => interrupted.aborted || watch.stopAt < Infinity;
  watch.begin(watchedOf(question, isInSuite));
  try {
    const system = buildSystem(chosen, given, options.only);
    const globals = new GlobalVariables();
    const stopAt = (): number => watch.stopAt + (checkpoint === undefined ? 0 : LAST_STEPS_MS);
    const help = {
      ...(workerThreads && { workerSource: workerThreads, samplers: workerThreads }),
      ...(snapshot && { snapshot }),
      stopAt,
      rebuild: () => buildSystem({ ...chosen, scenario: loadedAnew(chosen.scenario) }, given, options.only),
    };
    const check = blamingTheModel(name, () => new Check(system, options, help));
    let deadline = Infinity;
    while (!blamingTheModel(name, () => check.advance())) {
      const stand = check.progress();
      progress.show(stand);
      watch.progress(stand);
      await setImmediate();
      if (isInterrupted()) deadline = Math.min(deadline, performance.now() + LAST_STEPS_MS);
      const isKept =
        checkpoint !== undefined && (checkpoint.isDue || isInterrupted()) && keep(check, checkpoint, watch);
      if (isInterrupted() && (isKept || checkpoint === undefined || performance.now() > deadline))
        check.stop('interrupted');
    }
    const { found } = check;
    if (found !== undefined) watch.found(found, judge(chosen, { verdict: 'violated', violation: found }));
    const told = blamingTheModel(name, () => check.result());
    blamingTheModel(name, () => {
      globals.assertNoMore();
    });
    if (checkpoint !== undefined && told.verdict === 'unknown' && told.bound !== 'interrupted')
      keep(check, checkpoint, watch);
    const all = { ...told, notes: [...told.notes, ...notesOn(chosen.scenario)] };
    const result = blamingTheModel(name, () => confirmed(system, all, options, check.deadline));
    // Who interrupts wants the prompt back.
    const isReachCut = result.bound === 'interrupted' || !noted(chosen, check, reach);
    const { schedule } = result;
    const token = schedule === undefined ? undefined : formatToken({ chosen, given, only: options.only, schedule });
    return {
      question,
      system,
      result,
      replay: token,
      exit: judge(chosen, result),
      deadline: check.deadline,
      isReachCut,
    };
  } finally {
    progress.clear();
  }
}

function notesOn(scenario: Scenario): readonly string[] {
  const why = whyLoadedOnce(scenario);
  if (why === undefined) return [];
  return [
    `the model file could not be evaluated a second time, so a variable outside of the scenario that code of the model changes is not noticed: ${why}`,
  ];
}

/** Notes what the search reached, if there is time for it. */
function noted({ scenario, variant }: Chosen, check: Check, reach: Aids['reach']): boolean {
  return withinTime(() => {
    blamingTheModel(scenario.name, () => {
      reach?.add(variant, check);
    });
  });
}

/** Does something for which there may be no time left; returns whether it was done. */
export function withinTime(body: () => void): boolean {
  try {
    body();
    return true;
  } catch (error) {
    if (error instanceof Stopped) return false;
    throw error;
  }
}

/** What is told of a search to who ends it if it does not end by itself. */
function watchedOf(question: Question, isInSuite: boolean): Watched {
  const { chosen, options } = question;
  return {
    name: `${chosen.called}@${chosen.variant}`,
    maxSeconds: options.maxSeconds,
    expected: expectedText(chosen),
    json: answerJson({ question, result: nothingKnown(options), replay: undefined }, ''),
    isInSuite,
  };
}

/** The result of a search of which nothing is known. */
export function nothingKnown({ strategy = 'dfs', seed = 1, ...options }: SearchOptions): SearchResult {
  const { reduction = true, symmetry = true, partialOrder = reduction, deadAnswers = !reduction } = options;
  return {
    verdict: 'unknown',
    complete: false,
    strategy,
    seed,
    states: 0,
    transitions: 0,
    depth: 0,
    frontier: 0,
    bytes: 0,
    seconds: 0,
    workers: 1,
    localStates: 0,
    generatorRuns: 0,
    hashSeed: options.hashSeed ?? 0,
    collision: 0,
    notes: [],
    neverAsked: { invariants: [], finals: [], guarded: [] },
    reductions: { guarded: reduction, symmetry, partialOrder, deadAnswers: !deadAnswers },
  };
}

/** Writes the checkpoint, if the search can be told at this moment; returns whether it could. */
function keep(check: Check, checkpoint: CheckpointFile, watch: Watch): boolean {
  return watch.writing(() => {
    const snapshot = check.snapshot();
    if (snapshot !== undefined) checkpoint.write(snapshot);
    return snapshot !== undefined;
  });
}

/**
 * The result with its counterexample run again: nothing is reported that does not replay, and what is told is that run. Only
 * where there is no time left for that is the first run told.
 */
function confirmed(
  system: System,
  result: SearchResult,
  { only, shrink }: SearchOptions,
  deadline: Deadline,
): SearchResult {
  const { schedule, tellingCutBy } = result;
  if (schedule === undefined) return result;
  try {
    const tellsWhatMatters = shrink !== false && tellingCutBy === undefined;
    const { tellingCutBy: cutBy = tellingCutBy, ...again } = replay(
      system,
      schedule,
      only,
      tellsWhatMatters,
      deadline.later(AGAIN_MS),
    );
    return { ...result, ...again, ...(cutBy !== undefined && { tellingCutBy: cutBy }) };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { ...result, tellingCutBy: tellingCutBy ?? error.bound };
  }
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
    if (error instanceof UsageError || error instanceof Stopped || !(error instanceof Error)) throw error;
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
