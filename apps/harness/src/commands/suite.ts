/** `suite`: every scenario and variant at a size that takes seconds. */
import { Command } from '@commander-js/extra-typings';
import { seconds } from '@shootdown/explore/report';
import { inspecting, type Unreached } from '@shootdown/explore/unreached';
import { givenOf, type Scenario } from '@shootdown/machine';
import { commandLine } from '../command-line.js';
import type { Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit.js';
import { variantOf, type Chosen } from '../find-scenario.js';
import { positiveNumber } from '../option-values.js';
import { progressLine } from '../progress.js';
import { answerJson } from '../report/answer-json.js';
import { styleFor } from '../report/style.js';
import { SuiteTable } from '../report/suite-table.js';
import { brokenText, headingText } from '../report/answer-text.js';
import { unreachedText } from '../report/unreached-text.js';
import { ScenarioReach } from '../scenario-reach.js';
import { onlyOf, search, strategyOf, type Answer } from '../search.js';
import { selectVariants } from '../selection.js';

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
    .option('--json', 'print one JSON object');
  command.action(async (patterns, { filter, maxSeconds, coverage, json }) => {
    const all = selectVariants(
      context.catalogue,
      [...patterns, ...(filter === undefined ? [] : [filter])],
      filter === undefined ? 'suite' : '--filter',
    );
    const reaches = coverage === true ? new Map<Scenario, ScenarioReach>() : undefined;
    const answers = await runAll(
      context,
      all,
      maxSeconds,
      json === true ? undefined : new SuiteTable(all, context.io.stdout),
      reaches,
    );
    const unreached = reaches === undefined ? undefined : unreachedBy(answers, reaches, context.io.cwd);
    const exit = verdictOf(answers, all.length);
    context.io.stdout.write(
      json === true
        ? `${JSON.stringify(suiteJson(answers, exit, unreached, context.io.cwd))}\n`
        : shownText(context, answers) + summaryText(context, answers, all.length, exit),
    );
    if (json !== true)
      for (const [{ name }, found] of unreached ?? []) context.io.stderr.write(unreachedText(name, found));
    context.finish(exit);
  });
  return command as unknown as Command;
}

async function runAll(
  { io }: Context,
  all: readonly Chosen[],
  maxSeconds: number,
  table: SuiteTable | undefined,
  reaches: Map<Scenario, ScenarioReach> | undefined,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  table?.begin();
  for (const chosen of all) {
    if (io.interrupted.aborted) break;
    const given = givenOf(chosen.scenario, chosen.variant, 'suite');
    const question = {
      chosen,
      given,
      options: {
        strategy: strategyOf(chosen, undefined),
        ...onlyOf(chosen, undefined),
        maxSeconds,
        shrink: table === undefined || isShown(chosen), // nobody sees the others
      },
    };
    const reach = reaches === undefined ? undefined : (reaches.get(chosen.scenario) ?? new ScenarioReach(chosen));
    if (reach !== undefined) reaches?.set(chosen.scenario, reach);
    const answer = await search(
      question,
      progressLine(io.stderr, `${chosen.called}@${chosen.variant}`),
      io.interrupted,
      { reach },
    );
    table?.row(answer);
    answers.push(answer);
  }
  return answers;
}

const isShown = (chosen: Chosen): boolean => variantOf(chosen).isShown === true;

/** Wrong beats unknown beats right. */
function verdictOf(answers: readonly Answer[], wanted: number): ExitCode {
  if (answers.some(({ exit }) => exit === EXIT.UNEXPECTED)) return EXIT.UNEXPECTED;
  return answers.length < wanted || answers.some(({ exit }) => exit === EXIT.UNKNOWN) ? EXIT.UNKNOWN : EXIT.EXPECTED;
}

const totalSeconds = (answers: readonly Answer[]): number =>
  answers.reduce((sum, { result }) => sum + result.seconds, 0);

/** What no variant of a scenario reached, for the scenarios of which nothing is broken in some variant. */
function unreachedBy(
  answers: readonly Answer[],
  reaches: ReadonlyMap<Scenario, ScenarioReach>,
  cwd: string,
): Map<Scenario, Unreached[]> {
  const passed = new Set(
    answers
      .filter(({ result }) => result.verdict !== 'violated' && result.bound !== 'interrupted')
      .map(({ question }) => question.chosen.scenario),
  );
  return inspecting(
    (inspection) =>
      new Map([...passed].map((scenario) => [scenario, reaches.get(scenario)?.unreached(cwd, inspection) ?? []])),
  );
}

function suiteJson(
  answers: readonly Answer[],
  exit: ExitCode,
  unreached: ReadonlyMap<Scenario, Unreached[]> | undefined,
  cwd: string,
): object {
  const results = answers.map((answer) => ({
    ...answerJson(
      answer,
      cwd,
      answer.result.verdict === 'violated' ? undefined : unreached?.get(answer.question.chosen.scenario),
    ),
    asExpected: answer.exit === EXIT.EXPECTED,
  }));
  return { asExpected: exit === EXIT.EXPECTED, seconds: totalSeconds(answers), results };
}

/** The counterexamples that the scenarios want seen: those that a commit message told. */
function shownText({ io }: Context, answers: readonly Answer[]): string {
  return answers
    .filter(({ question, replay }) => isShown(question.chosen) && replay !== undefined)
    .map(({ question: { chosen, given }, result, system, replay }) => {
      const heading = headingText(chosen, given, '', io.stdout);
      const { violation, trace, evidence } = result;
      if (violation === undefined || trace === undefined) return '';
      const found = { violation, trace, evidence };
      return `\n${heading}\n${brokenText(found, system, replay, io.stdout, { steps: false, cwd: io.cwd })}\n`;
    })
    .join('');
}

function summaryText({ io }: Context, answers: readonly Answer[], wanted: number, exit: ExitCode): string {
  const style = styleFor(io.stdout);
  const good = answers.filter((answer) => answer.exit === EXIT.EXPECTED).length;
  const left = wanted - answers.length;
  const tail = [...(left > 0 ? [`${left} not run`] : []), seconds(totalSeconds(answers))].join(', ');
  const lines = [style(exit === EXIT.EXPECTED ? 'green' : 'red', `${good} of ${wanted} verdicts as expected, ${tail}`)];
  for (const { question, exit: one, replay } of answers) {
    if (one === EXIT.EXPECTED) continue;
    const name = `${question.chosen.called}@${question.chosen.variant}`;
    lines.push(
      replay === undefined
        ? `${name}: see ${commandLine('check', name, '--size suite')}`
        : `${name}: replay: ${commandLine('replay', replay)}`,
    );
  }
  return `\n${lines.join('\n')}\n`;
}
