/** `simulate`: how long variants take in virtual time, side by side with what formulas say. */
import { Command, Option } from '@commander-js/extra-typings';
import type { Scenario } from '@shootdown/machine';
import { commandLine } from '../command-line.js';
import { libraryOf, type Context } from '../context.js';
import { EXIT, UsageError } from '../exit.js';
import { findScenario } from '../find-scenario.js';
import { collect } from '../option-values.js';
import { comparisonJson, comparisonText } from '../report/comparison-text.js';
import { compare, type ComparisonResult } from '../simulate/compare.js';
import { parseSweep } from '../simulate/range.js';
import { writeWhole } from '../write-whole.js';

/** Makes the command. */
export function simulateCommand(context: Context): Command {
  const command = new Command('simulate')
    .summary('compare variants in virtual time')
    .description(
      'Runs the variants that a scenario compares once for each size, every step taking as long as the scenario says, and prints how long they take beside what a formula says.',
    )
    .argument(
      '[scenario]',
      'a scenario that says how long its steps take, or the path of your own model; without it those there are are listed',
    )
    .addOption(
      new Option(
        '--set <k=v,...>',
        'sizes that differ from the defaults; one of them may be a range, k=a..b',
      ).argParser(collect),
    )
    .option('--svg <file>', 'write a plot')
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples);
  command.action(async (name, { set = [], svg, json }) => {
    const { io } = context;
    if (name === undefined) {
      if (set.length > 0 || svg !== undefined)
        throw new UsageError(
          `simulate: expected a scenario in front of the options; ${those(await comparing(context))}`,
        );
      io.stdout.write(
        json === true
          ? `${JSON.stringify((await comparing(context)).map(({ name }) => name))}\n`
          : listText(await comparing(context)),
      );
      context.finish(EXIT.EXPECTED);
      return;
    }
    const { scenario, called } = await findScenario(withoutVariant(name), libraryOf(context));
    const { comparison } = scenario;
    if (comparison === undefined)
      throw new UsageError(`${called} compares nothing in virtual time; ${those(await comparing(context))}`);
    const sweep = parseSweep(scenario, comparison, set);
    let result: ComparisonResult;
    try {
      result = await compare(called, scenario, comparison, sweep, io.interrupted);
    } catch (error) {
      if (!io.interrupted.aborted) throw error;
      context.finish(EXIT.UNKNOWN);
      return;
    }
    if (svg !== undefined) {
      const { comparisonSvg } = await import('../report/comparison-svg.js');
      writeWhole('--svg', svg, io.cwd, comparisonSvg(result));
    }
    io.stdout.write(json === true ? `${JSON.stringify(comparisonJson(result))}\n` : comparisonText(result, io.stdout));
    context.finish(EXIT.EXPECTED);
  });
  return command as unknown as Command;
}

const examples = (): string => `
Without a range, all values of one size are taken, which the scenario names.

Examples:
  ${commandLine('simulate')} notifier/multi-gpu --set gpus=1..16
  ${commandLine('simulate')} notifier/multi-gpu --set gpus=8,finishes=1..8
  ${commandLine('simulate')} notifier/multi-gpu --set flush=random,seed=7 --svg two-pass.svg`;

function withoutVariant(name: string): string {
  const [, scenario, variant] = /^([^/@]+\/[^/@]+)@([^@]*)$/.exec(name) ?? [];
  if (variant !== undefined)
    throw new UsageError(`simulate compares the variants that the scenario names; leave @${variant} out: ${scenario}`);
  return name;
}

async function comparing({ catalogue }: Context): Promise<readonly Scenario[]> {
  return (await catalogue.all()).filter(({ comparison }) => comparison !== undefined);
}

/** What there is to compare, for who named nothing. */
function listText(scenarios: readonly Scenario[]): string {
  const lines = scenarios.flatMap(({ name, asks, comparison }) => [
    name,
    `  ${asks}`,
    `  compares ${Object.keys(comparison?.variants ?? {}).join(', ')} over ${comparison?.over ?? ''}`,
    `  ${commandLine('simulate', name)}`,
  ]);
  return lines.length === 0 ? 'no scenario compares anything in virtual time\n' : `${lines.join('\n')}\n`;
}

function those(scenarios: readonly Scenario[]): string {
  const names = scenarios.map(({ name }) => name);
  return names.length === 0 ? 'none does' : `those that do: ${names.join(', ')}`;
}
