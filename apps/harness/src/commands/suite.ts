/** `suite`: every scenario and variant at a size that takes seconds. */
import { Command } from '@commander-js/extra-typings';
import { seconds } from '@shootdown/explore/report';
import { inspecting, type Unreached } from '@shootdown/unreached';
import { givenOf, type Scenario } from '@shootdown/machine';
import type { Answer, Question } from '../answer.js';
import { commandLine } from '../command-line.js';
import type { Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit.js';
import { variantOf, type Chosen } from '../find-scenario.js';
import { positiveNumber } from '../option-values.js';
import { progressLine } from '../progress.js';
import type { Io } from '../io.js';
import { answerJson, unreachedJson } from '../report/answer-json.js';
import { writeTestResults } from '../report/report-files.js';
import { styleFor } from '../report/style.js';
import { SuiteTable } from '../report/suite-table.js';
import { brokenText, headingText } from '../report/answer-text.js';
import { unreachedText } from '../report/unreached-text.js';
import { ScenarioReach } from '../scenario-reach.js';
import { nothingKnown, onlyOf, search, strategyOf } from '../search.js';
import { selectVariants } from '../selection.js';
import type { SuiteEntry, SuiteStand } from '../suite-stand.js';

const LIMIT_SECONDS = 60;

/** Makes the command. */
export function suiteCommand(context: Context): Command {
  const command = new Command('suite')
    .summary('check everything at its small size (the default)')
    .description('Checks every scenario and variant at its suite size and compares each verdict with the expected one.')
    .argument('[pattern...]', 'only what matches: subsystem, scenario, scenario@variant, or a pattern with * and ?')
    .option('--filter <glob>', 'the same as a pattern')
    .option('--max-seconds <n>', 'stop a search after so long', positiveNumber, LIMIT_SECONDS)
    .option('--coverage', 'warn of model code that no variant of a scenario reaches')
    .option('--json', 'print one JSON object')
    .option('--junit <file>', 'write the verdicts as test results for continuous integration');
  command.action(async (patterns, { filter, maxSeconds, coverage, json, junit }) => {
    const { io } = context;
    const scenarios = await context.catalogue.all();
    const all = selectVariants(
      scenarios,
      [...patterns, ...(filter === undefined ? [] : [filter])],
      filter === undefined ? 'suite' : '--filter',
    );
    const reaches = coverage === true ? new Map<Scenario, ScenarioReach>() : undefined;
    const table = json === true ? undefined : new SuiteTable(all, io.stdout);
    const entries = await runAll(context, all, { maxSeconds, table, reaches });
    const exit = verdictOf(entries, all.length);
    const text = (unreached?: ReadonlyMap<string, Unreached[]>): string =>
      json === true
        ? `${JSON.stringify(suiteJson(entries, exit, unreached))}\n`
        : entries.map(({ shown }) => shown).join('') + summaryText(context, entries, all.length, exit);
    io.watch?.answered(text(), exit);
    const unreached = reaches === undefined ? undefined : unreachedBy(scenarios, entries, reaches, io.cwd);
    io.stdout.write(text(unreached));
    if (junit !== undefined) await writeTestResults(junit, entries, io);
    if (json !== true) for (const [name, found] of unreached ?? []) io.stderr.write(unreachedText(name, found));
    context.finish(exit);
  });
  return command as unknown as Command;
}

interface How {
  readonly maxSeconds: number;
  readonly table: SuiteTable | undefined;
  readonly reaches: Map<Scenario, ScenarioReach> | undefined;
}

async function runAll({ io }: Context, all: readonly Chosen[], how: How): Promise<readonly SuiteEntry[]> {
  const { maxSeconds, table, reaches } = how;
  const entries: SuiteEntry[] = [...(io.suite?.entries ?? [])];
  const keep = (entry: SuiteEntry): void => {
    entries.push(entry);
    io.watch?.ran(entry);
  };
  if (io.suite === undefined) table?.begin();
  for (const chosen of all.slice(entries.length)) {
    if (io.interrupted.aborted) break;
    const question = questionOf(chosen, maxSeconds, table);
    const isCut = entries.length === io.suite?.entries.length;
    const answer = isCut ? undefined : await searched(question, reaches, io);
    const row = answer ?? cutAnswer(question, io.suite?.cut);
    table?.row(row);
    keep({ ...told(row, io.cwd), shown: answer === undefined ? '' : shownText(answer, io) });
  }
  return entries;
}

function questionOf(chosen: Chosen, maxSeconds: number, table: SuiteTable | undefined): Question {
  return {
    chosen,
    given: givenOf(chosen.scenario, chosen.variant, 'suite'),
    options: {
      strategy: strategyOf(chosen, undefined),
      checkPurity: false, // tests have looked at these scenarios
      ...onlyOf(chosen, undefined),
      maxSeconds,
      shrink: table === undefined || isShown(chosen), // nobody sees the others
    },
  };
}

function searched(question: Question, reaches: How['reaches'], io: Io): Promise<Answer> {
  const { chosen } = question;
  const reach = reaches === undefined ? undefined : (reaches.get(chosen.scenario) ?? new ScenarioReach(chosen));
  if (reach !== undefined) reaches?.set(chosen.scenario, reach);
  const line = progressLine(io.stderr, `${chosen.called}@${chosen.variant}`);
  return search(question, line, io.interrupted, { reach, watch: io.watch, isInSuite: true });
}

/** What is known of a search that was ended from outside. */
function cutAnswer(question: Question, cut: SuiteStand['cut'] | undefined): SuiteAnswer {
  const result = { ...nothingKnown(question.options), ...cut?.progress, bound: cut?.bound ?? 'interrupted' };
  return { question, result, replay: undefined, exit: EXIT.UNKNOWN };
}

type SuiteAnswer = Pick<Answer, 'question' | 'result' | 'replay' | 'exit'>;

function told(answer: SuiteAnswer, cwd: string): Omit<SuiteEntry, 'shown'> {
  const { question, result, exit, replay } = answer;
  const { called, variant, scenario } = question.chosen;
  return {
    name: `${called}@${variant}`,
    scenario: scenario.name,
    verdict: result.verdict,
    bound: result.bound,
    seconds: result.seconds,
    exit,
    replay,
    json: answerJson(answer, cwd),
  };
}

const isShown = (chosen: Chosen): boolean => variantOf(chosen).isShown === true;

/** Wrong beats unknown beats right. */
function verdictOf(entries: readonly SuiteEntry[], wanted: number): ExitCode {
  if (entries.some(({ exit }) => exit === EXIT.UNEXPECTED)) return EXIT.UNEXPECTED;
  return entries.length < wanted || entries.some(({ exit }) => exit === EXIT.UNKNOWN) ? EXIT.UNKNOWN : EXIT.EXPECTED;
}

const totalSeconds = (entries: readonly SuiteEntry[]): number =>
  entries.reduce((sum, { seconds: one }) => sum + one, 0);

/** What no variant of a scenario reached, by its name, for the scenarios of which nothing is broken in some variant. */
function unreachedBy(
  scenarios: readonly Scenario[],
  entries: readonly SuiteEntry[],
  reaches: ReadonlyMap<Scenario, ScenarioReach>,
  cwd: string,
): Map<string, Unreached[]> {
  const passed = new Set(
    entries
      .filter(({ verdict, bound }) => verdict !== 'violated' && bound !== 'interrupted')
      .map(({ scenario }) => scenario),
  );
  return inspecting(
    (inspection) =>
      new Map(
        scenarios
          .filter(({ name }) => passed.has(name))
          .map((scenario) => [scenario.name, reaches.get(scenario)?.unreached(cwd, inspection) ?? []]),
      ),
  );
}

function suiteJson(
  entries: readonly SuiteEntry[],
  exit: ExitCode,
  unreached: ReadonlyMap<string, Unreached[]> | undefined,
): object {
  const results = entries.map(({ json, verdict, scenario, exit: one }) => {
    const found = verdict === 'violated' ? undefined : unreached?.get(scenario);
    return {
      ...json,
      ...(found !== undefined && { unreached: found.map(unreachedJson) }),
      asExpected: one === EXIT.EXPECTED,
    };
  });
  return { asExpected: exit === EXIT.EXPECTED, seconds: totalSeconds(entries), results };
}

/** The counterexample, if the scenario wants it seen: one that a commit message told. */
function shownText({ question: { chosen, given }, result, system, replay }: Answer, io: Io): string {
  const { violation, trace, evidence } = result;
  if (!isShown(chosen) || replay === undefined || violation === undefined || trace === undefined) return '';
  const heading = headingText(chosen, given, '', io.stdout);
  const found = { violation, trace, evidence };
  return `\n${heading}\n${brokenText(found, system, replay, io.stdout, { steps: false, cwd: io.cwd })}\n`;
}

function summaryText({ io }: Context, entries: readonly SuiteEntry[], wanted: number, exit: ExitCode): string {
  const style = styleFor(io.stdout);
  const good = entries.filter((entry) => entry.exit === EXIT.EXPECTED).length;
  const left = wanted - entries.length;
  const tail = [...(left > 0 ? [`${left} not run`] : []), seconds(totalSeconds(entries))].join(', ');
  const lines = [style(exit === EXIT.EXPECTED ? 'green' : 'red', `${good} of ${wanted} verdicts as expected, ${tail}`)];
  for (const { name, exit: one, replay } of entries) {
    if (one === EXIT.EXPECTED) continue;
    lines.push(
      replay === undefined
        ? `${name}: see ${commandLine('check', name, '--size suite')}`
        : `${name}: replay: ${commandLine('replay', replay)}`,
    );
  }
  return `\n${lines.join('\n')}\n`;
}
