/** `check`: one search of one variant. */
import { Command, Option } from '@commander-js/extra-typings';
import { STRATEGIES, stateGraph, type SearchOptions, type Snapshot, type StateGraph } from '@shootdown/explore';
import { inspecting, type Unreached } from '@shootdown/unreached';
import type { Model } from '@shootdown/litmus';
import { givenOf } from '@shootdown/machine';
import type { Answer, Question } from '../answer.js';
import { commandLine } from '../command-line.js';
import { libraryOf, type Context } from '../context.js';
import { CheckpointFile, readCheckpoint } from '../checkpoint.js';
import { UsageError } from '../exit.js';
import { findScenario, isOwnModel, type Chosen } from '../find-scenario.js';
import { givenText, parseSettings } from '../given.js';
import type { Io } from '../io.js';
import { findTests } from '../litmus/find-tests.js';
import { KERNEL_VERSIONS } from '../litmus/kernel-versions.js';
import { undeclared } from '../only.js';
import { otherViolations, type OtherAnswer } from '../other-violations.js';
import { collect, nameList, positiveNumber, wholeNumber } from '../option-values.js';
import { progressLine } from '../progress.js';
import { answerJson } from '../report/answer-json.js';
import { answerText, headingText } from '../report/answer-text.js';
import { recordingOf, type RecordingJson } from '../report/recording-json.js';
import { wantsFiles, writeFiles, writeTestResults } from '../report/report-files.js';
import { unreachedText } from '../report/unreached-text.js';
import { ScenarioReach } from '../scenario-reach.js';
import { buildSystem, onlyOf, search, strategyOf, withinTime } from '../search.js';
import { WorkerThreads } from '../worker-threads.js';
import { workerModelOf } from '../worker-model.js';
import { writeWhole } from '../write-whole.js';

const SIZES = ['default', 'suite'] as const;
const MAX_SEED = 2 ** 32 - 1;
/** More threads than this are a slip of the finger, and take all memory before they search. */
const MAX_WORKERS = 256;

/** Makes the command. */
export function checkCommand(context: Context): Command {
  const command = new Command('check')
    .summary('search one scenario, or answer litmus tests')
    .description(
      "Explores one variant of a scenario under every interleaving; without a variant it takes the first, the code as it should be. Litmus tests are answered under the kernel's memory model.",
    )
    .argument(
      '<scenario[@variant]>',
      'a name that `list` prints; the path of your own model: file.ts, file.ts@variant, file.ts#scenario@variant; or a litmus test: file.litmus, or a folder of them',
    )
    .addOption(new Option('--set <k=v,...>', 'sizes that differ from the defaults').argParser(collect))
    .addOption(
      new Option('--size <size>', 'which sizes to begin with: those of the suite are smaller')
        .choices(SIZES)
        .default(SIZES[0]),
    )
    .addOption(new Option('--strategy <name>', 'how to search').choices(STRATEGIES))
    .option('--seed <n>', 'seed of random, pct and portfolio (default: 1)', wholeNumber(0, MAX_SEED))
    .option('--change-points <n>', 'priority changes a run of pct (default: 3)', wholeNumber(0))
    .addOption(
      new Option(
        '--only <kind-or-name,...>',
        'violations that count, or with a - in front do not; the search goes on past those',
      ).argParser(nameList),
    )
    .option('--all', 'search on past each violation, and tell every rule that is broken')
    .option('--max-states <n>', 'stop after so many states', wholeNumber(1))
    .option('--max-seconds <n>', 'stop after so long', positiveNumber)
    .option('--max-memory <MiB>', 'stop when the states visited take so much (default: 4096)', positiveNumber)
    .option('--max-runs <n>', 'stop random, pct and portfolio after so many runs', wholeNumber(1))
    .option('--workers <n>', 'threads that search; dfs and portfolio only', wholeNumber(1, MAX_WORKERS), 1)
    .option('--checkpoint <file>', 'keep the search in a file, every minute and when it is stopped')
    .option('--checkpoint-seconds <n>', 'keep it more or less often (default: 60)', positiveNumber)
    .option('--resume <file>', 'go on with a search that --checkpoint kept')
    .option(
      '--hash-seed <n>',
      'tell states apart by another hash: what one hash takes for one state, another does not (default: 0)',
      wholeNumber(0, MAX_SEED),
    )
    .option('--no-symmetry', 'tell states apart that differ only in the order of interchangeable members')
    .option('--no-reduction', 'make every access a schedule point')
    .option('--no-partial-order', 'try independent steps in every order')
    .option(
      '--check-purity',
      'run model code twice and in another order, to find what is not a pure function; always on for your own models',
    )
    .option('--steps', 'print every step of the counterexample')
    .option('--explain', 'litmus: say why, with an execution, or with the cycle that forbids it')
    .addOption(
      new Option('--kernel <version>', "litmus: of which version the kernel's memory model is")
        .choices(KERNEL_VERSIONS)
        .default(KERNEL_VERSIONS[0]),
    )
    .option('--sc', 'litmus: answer under sequential consistency as well')
    .option('--tso', "litmus: answer under x86's store buffers as well")
    .option('--test-seconds <n>', 'litmus: stop each test after so long (default: 60 in a folder)', positiveNumber)
    .option('--json', 'print one JSON object')
    .option('--html <file>', 'write the counterexample as a page for a browser')
    .option('--open', 'open that page')
    .option('--trace <file>', 'write the counterexample as a trace for ui.perfetto.dev')
    .option('--mermaid <file>', 'write the counterexample as a sequence diagram of Mermaid')
    .option('--dot <file>', 'write who waits for whom at a deadlock as a graph of Graphviz')
    .option('--graph <file>', 'write all states of a small model, and the steps between them, as a graph of Graphviz')
    .option('--junit <file>', 'write the verdict as a test result for continuous integration')
    .addHelpText('after', examples);
  command.action(async (name, options) => {
    const { io } = context;
    const tests = findTests(name, io.cwd);
    refuseOthers(command, tests !== undefined);
    if (options.all === true) refuseWithAll(command);
    if (tests !== undefined) {
      const { explain = false, json = false, sc = false, tso = false, kernel, maxSeconds, testSeconds } = options;
      const models: Model[] = [...(sc ? ['sc' as const] : []), ...(tso ? ['tso' as const] : [])];
      // The parser is large, and most models are none of its.
      const { checkLitmus, rulesOf } = await import('../litmus/check-litmus.js');
      await checkLitmus(context, tests, { explain, json, rules: rulesOf(kernel), models, maxSeconds, testSeconds });
      return;
    }
    const chosen = await findScenario(name, libraryOf(context));
    const given = {
      ...givenOf(chosen.scenario, chosen.variant, options.size),
      ...parseSettings(chosen.scenario, options.set ?? []),
    };
    const question = { chosen, given, options: searchOptions(chosen, options) };
    const workers = workersFor(options.workers, question.options, options.strategy !== undefined, io);
    const { checkpoint, snapshot } = keptIn(options, question, io);
    warnOfNames(question, io);
    if (options.json !== true)
      io.stdout.write(
        headingText(
          chosen,
          given,
          [sizeText(question), howText(question.options)].filter(Boolean).join(', '),
          io.stdout,
        ),
      );
    const reach = new ScenarioReach(chosen);
    const workerThreads = workerThreadsOf(question, workers, io.cwd);
    const line = progressLine(io.stderr, `${chosen.called}@${chosen.variant}`);
    const answer = await search(question, line, io.interrupted, {
      reach,
      workerThreads,
      checkpoint,
      snapshot,
      watch: io.watch,
    }).finally(() => workerThreads?.close());
    const text = (more: Parameters<typeof answerJson>[2] = {}): string =>
      options.json === true
        ? `${JSON.stringify(answerJson(answer, io.cwd, more))}\n`
        : `\n${answerText(answer, io.stdout, { steps: options.steps === true, cwd: io.cwd })}`;
    io.watch?.answered(text(), answer.exit);
    if (options.all === true && answer.result.verdict === 'violated') {
      const run = (asked: Question): Promise<Answer> => {
        const threads = workerThreadsOf(asked, workers, io.cwd);
        return search(asked, line, io.interrupted, { workerThreads: threads, watch: io.watch }).finally(() =>
          threads?.close(),
        );
      };
      const found: OtherAnswer[] = [{ answer, past: [] }];
      for await (const other of otherViolations(answer, run)) {
        found.push(other);
        io.watch?.answered(allText(found, options, io), answer.exit);
      }
      io.stdout.write(allText(found, options, io));
      context.finish(answer.exit);
      return;
    }
    const unreached = unreachedOf(answer, reach, io);
    const recording = options.json === true || wantsFiles(options) ? recordedOf(answer, io.cwd) : undefined;
    io.stdout.write(text({ unreached, recording }));
    if (wantsFiles(options)) await writeFiles(answerJson(answer, io.cwd, { recording }), options, io);
    if (options.graph !== undefined) await writeGraph(answer, options.graph, io);
    if (options.junit !== undefined)
      await writeTestResults(options.junit, [{ exit: answer.exit, json: answerJson(answer, io.cwd) }], io);
    if (options.json !== true) io.stderr.write(unreachedText(`${chosen.called}@${chosen.variant}`, unreached ?? []));
    if (answer.result.verdict === 'unknown' && checkpoint?.isWritten === true)
      io.stderr.write(`${checkpoint.advice}\n`);
    context.finish(answer.exit);
  });
  return command as unknown as Command;
}

const examples = (): string => `
Examples:
  ${commandLine('check')} npu/atsd-shootdown@original
  ${commandLine('check')} npu/atsd-shootdown --size suite
  ${commandLine('check')} npu/atsd-shootdown --set threads=3,regs=2 --max-seconds 60
  ${commandLine('check')} ./my-model.ts@broken --strategy pct --seed 7
  ${commandLine('check')} ./my-model.ts --all
  ${commandLine('check')} ./my-test.litmus --explain

Exit status: 0 the verdict is the expected one, 1 it is not, 2 usage or model error, 3 unknown, 4 a fault of this program.`;

const LITMUS_ONLY = ['explain', 'kernel', 'sc', 'tso', 'testSeconds'];
const FOR_BOTH = ['json', 'maxSeconds'];

/** Options of the one kind of question make no sense with the other. */
function refuseOthers(command: Pick<Command, 'options' | 'getOptionValueSource'>, isLitmus: boolean): void {
  for (const { long, attributeName } of command.options.map((option) => ({
    long: option.long ?? '',
    attributeName: option.attributeName(),
  }))) {
    if (command.getOptionValueSource(attributeName) !== 'cli' || FOR_BOTH.includes(attributeName)) continue;
    if (LITMUS_ONLY.includes(attributeName) === isLitmus) continue;
    throw new UsageError(
      isLitmus
        ? `${long} is for scenarios; with a litmus test go: --explain, --kernel, --sc, --tso, --test-seconds, --max-seconds, --json`
        : `${long} is for litmus tests: a file.litmus, or a folder of them`,
    );
  }
}

/** Options that are about one search, or about one counterexample. */
const OF_ONE = [
  ...['checkpoint', 'checkpointSeconds', 'resume'],
  ...['html', 'open', 'trace', 'mermaid', 'dot', 'graph', 'junit'],
];

/** @throws {@link UsageError} for an option that says nothing of several searches */
function refuseWithAll(command: Pick<Command, 'options' | 'getOptionValueSource'>): void {
  for (const option of command.options)
    if (OF_ONE.includes(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli')
      throw new UsageError(
        `${option.long ?? ''} is for one search, and --all searches several times; leave one of them out: \`report TOKEN\` writes files of each counterexample`,
      );
}

/** What several searches found, one after the other; in JSON an array. */
function allText(
  found: readonly OtherAnswer[],
  { json = false, steps = false }: { readonly json?: boolean; readonly steps?: boolean },
  { cwd, stdout }: Io,
): string {
  if (json) return `${JSON.stringify(found.map(({ answer }) => answerJson(answer, cwd)))}\n`;
  return found.map(({ answer, past }) => `\n${answerText(answer, stdout, { steps, cwd, past })}`).join('');
}

/**
 * Model code that was not reached, where that is asked and there is time to look; `undefined` where not. What a broken rule
 * or a bound cut off was not reached for that reason.
 */
function unreachedOf(answer: Answer, reach: ScenarioReach, io: Io): Unreached[] | undefined {
  const { verdict, bound } = answer.result;
  if (verdict === 'violated' || bound === 'interrupted') return undefined;
  let found: Unreached[] | undefined;
  const isDone =
    !answer.isReachCut &&
    withinTime(() => {
      found = inspecting((inspection) => reach.unreached(io.cwd, inspection, answer.deadline));
    });
  if (!isDone && verdict === 'holds')
    io.stderr.write('note: there was no time left to look for model code that was never reached\n');
  return found;
}

/** After the deadline of a search its counterexample is recorded for so long at most. */
const RECORDING_MS = 1000;

function recordedOf({ question, result, system, deadline }: Answer, cwd: string): RecordingJson | undefined {
  if (result.schedule === undefined) return undefined;
  return recordingOf(system, result.schedule, question.options.only, deadline.later(RECORDING_MS), cwd);
}

/** A picture of more states than these shows nothing. */
const MOST_STATES = 1000;

async function writeGraph({ question, system, deadline }: Answer, file: string, { cwd, stderr }: Io): Promise<void> {
  const { chosen, given, options } = question;
  let graph: StateGraph | undefined;
  const isDone = withinTime(() => {
    graph = stateGraph(system, { only: options.only, maxStates: MOST_STATES, deadline: deadline.later(GRAPH_MS) });
  });
  if (!isDone || graph?.isWhole !== true) {
    const why = isDone
      ? `there are more than ${MOST_STATES} states; give smaller sizes with --set`
      : 'there was no time left';
    stderr.write(`--graph: ${why}; nothing is written\n`);
    return;
  }
  // A large library, for a file that few want.
  const { stateGraphDot } = await import('../report/state-graph-dot.js');
  const title = [`${chosen.called}@${chosen.variant}`, givenText(given)].filter(Boolean).join(' ');
  writeWhole('--graph', file, cwd, stateGraphDot(graph, title));
  stderr.write(`the ${graph.states.length} states are in ${file}; \`dot -Tsvg ${file}\` draws them\n`);
}

/** After the deadline of a search its states are looked through for so long at most. */
const GRAPH_MS = 1000;

interface SearchFlags extends Pick<
  SearchOptions,
  | 'strategy'
  | 'seed'
  | 'only'
  | 'maxStates'
  | 'maxSeconds'
  | 'maxRuns'
  | 'changePoints'
  | 'checkPurity'
  | 'hashSeed'
  | 'symmetry'
  | 'reduction'
  | 'partialOrder'
> {
  readonly maxMemory?: number;
}

function searchOptions(
  chosen: Chosen,
  { maxMemory, ...wanted }: { [K in keyof SearchFlags]: SearchFlags[K] | undefined },
): SearchOptions {
  const { seed, only, maxStates, maxSeconds, maxRuns, changePoints, symmetry, reduction, partialOrder } = wanted;
  const { checkPurity, hashSeed } = wanted;
  return {
    strategy: strategyOf(chosen, wanted.strategy),
    ...(seed !== undefined && { seed }),
    ...onlyOf(chosen, only),
    ...(maxStates !== undefined && { maxStates }),
    ...(maxSeconds !== undefined && { maxSeconds }),
    ...(maxMemory !== undefined && { maxMemoryMiB: maxMemory }),
    ...(maxRuns !== undefined && { maxRuns }),
    ...(changePoints !== undefined && { changePoints }),
    ...(hashSeed !== undefined && { hashSeed }),
    ...(symmetry !== undefined && { symmetry }),
    ...(reduction !== undefined && { reduction }),
    ...(partialOrder === false && { partialOrder }),
    // Our own scenarios have been looked at; in a user's an impure thread would make the verdict wrong, unnoticed.
    checkPurity: checkPurity ?? isOwnModel(chosen),
  };
}

interface KeptSearch {
  readonly checkpoint: CheckpointFile | undefined;
  readonly snapshot: Snapshot | undefined;
}

/** Where the search is kept, and where one is kept that it goes on with. */
function keptIn(
  wanted: { readonly checkpoint?: string; readonly checkpointSeconds?: number; readonly resume?: string },
  question: Question,
  { cwd, stderr }: Io,
): KeptSearch {
  const { checkpoint, checkpointSeconds = 60, resume } = wanted;
  const { strategy = 'dfs' } = question.options;
  if ((checkpoint ?? resume) !== undefined && strategy !== 'dfs')
    throw new UsageError(
      `${checkpoint === undefined ? '--resume' : '--checkpoint'}: expected the strategy dfs, got ${strategy}: no other search can be kept in a file; leave the option out`,
    );
  return {
    checkpoint:
      checkpoint === undefined
        ? undefined
        : new CheckpointFile(checkpoint, cwd, question, checkpointSeconds, (text) => {
            stderr.write(`${text}\n`);
          }),
    snapshot: resume === undefined ? undefined : readCheckpoint(resume, cwd, question),
  };
}

/** As many threads as can search; one, with a warning, where the variant's own strategy is for one thread. */
function workersFor(workers: number, { strategy = 'dfs' }: SearchOptions, isWanted: boolean, io: Io): number {
  if (workers === 1 || strategy === 'portfolio' || strategy === 'dfs') return workers;
  const why = 'only dfs and portfolio are searched by several threads';
  if (isWanted)
    throw new UsageError(
      `--workers: expected 1 for the strategy ${strategy}, got ${workers}: ${why}; leave --workers out`,
    );
  io.stderr.write(
    `warning: --workers ${workers}: the variant's strategy is ${strategy}, and ${why}; it is searched by one\n`,
  );
  return 1;
}

function workerThreadsOf(question: Question, workers: number, cwd: string): WorkerThreads | undefined {
  return workers > 1 ? new WorkerThreads(workerModelOf(question, cwd), question.options, workers - 1) : undefined;
}

function warnOfNames({ chosen, given, options }: Question, io: Io): void {
  const { only } = options;
  if (only === undefined) return;
  const rules = Object.values(chosen.scenario.variants).flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  for (const name of undeclared(only, buildSystem(chosen, given, only), rules))
    io.stderr.write(
      `warning: --only ${name}: no violation kind or invariant of ${chosen.scenario.name} is called so; it counts only if model code reports a rule of that name\n`,
    );
}

/** Whose sizes these are, where the suite has others. */
function sizeText({ chosen: { scenario, variant }, given }: Question): string {
  const [usual, suite] = SIZES.map((size) => givenText(givenOf(scenario, variant, size)));
  if (usual === suite) return '';
  const got = givenText(given);
  return got === usual ? 'default size' : got === suite ? "the suite's size" : '';
}

/** How a search differs from the usual one, for its heading. */
function howText({ strategy, seed = 1, only, symmetry, reduction, partialOrder }: SearchOptions): string {
  return [
    ...(strategy === 'dfs' ? [] : [`strategy=${strategy ?? ''}`]),
    ...(strategy === 'dfs' || strategy === 'bfs' ? [] : [`seed=${seed}`]),
    ...(only === undefined ? [] : [`only=${only.join(',')}`]),
    ...(symmetry === false ? ['no symmetry'] : []),
    ...(reduction === false ? ['no reduction'] : []),
    ...(partialOrder === false ? ['no partial order reduction'] : []),
  ].join(' ');
}
