/** `list`: every scenario and variant. */
import { Command } from '@commander-js/extra-typings';
import { wrap } from '@shootdown/explore/report';
import type { Scenario, Variant } from '@shootdown/machine';
import type { Context } from '../context.js';
import { EXIT } from '../exit.js';
import { allowed, givenText } from '../given.js';
import { styleFor, widthOf, type Style } from '../report/style.js';
import { selectVariants } from '../selection.js';

/** Makes the command. */
export function listCommand(context: Context): Command {
  const command = new Command('list')
    .summary('what can be checked')
    .description('Prints every scenario: what it asks, what may be set, and what is expected of each variant.')
    .argument('[pattern...]', 'only what matches: subsystem, scenario, scenario@variant, or a pattern with * and ?')
    .option('--filter <glob>', 'the same as a pattern')
    .option('--json', 'print a JSON array');
  command.action(async (patterns, { filter, json }) => {
    const { stdout } = context.io;
    const style = styleFor(stdout);
    const selected = selectVariants(
      await context.catalogue.all(),
      [...patterns, ...(filter === undefined ? [] : [filter])],
      filter === undefined ? 'list' : '--filter',
    );
    const scenarios = [...new Set(selected.map(({ scenario }) => scenario))];
    const text = scenarios.map((scenario) => scenarioText(scenario, style, widthOf(stdout))).join('\n');
    stdout.write(json === true ? `${JSON.stringify(scenarios.map(scenarioJson))}\n` : text);
    context.finish(EXIT.EXPECTED);
  });
  return command as unknown as Command;
}

function scenarioText(scenario: Scenario, style: Style, width: number): string {
  const line = (text: string): string[] => wrap(text, width, '      ');
  const sizes = Object.entries(scenario.given).map(([name, spec]) => {
    const small = spec.suite === undefined || spec.suite === spec.default ? '' : `, ${String(spec.suite)} in the suite`;
    return `    ${name}: ${spec.about ?? ''} (${allowed(spec)}; default ${String(spec.default)}${small})`;
  });
  return [
    style('bold', scenario.name),
    ...wrap(`  ${scenario.asks}`, width, '  '),
    ...wrap(`  source: ${scenario.source}`, width, '    '),
    ...(sizes.length === 0 ? [] : ['  given:', ...sizes.flatMap(line)]),
    '  variants:',
    ...Object.entries(scenario.variants).flatMap(([name, variant]) => line(`    ${variantText(name, variant)}`)),
    '',
  ].join('\n');
}

function variantText(name: string, { expect, rule, about, finding, source, given }: Variant): string {
  const expected = rule === undefined ? expect : `${expect} (${rule})`;
  const notes = [
    ...(given === undefined ? [] : [givenText(given)]),
    ...(source === undefined ? [] : [source]),
    ...(finding === true ? ['finding: never reported'] : []),
  ];
  return `${name}: ${expected}. ${about ?? ''}${notes.length === 0 ? '' : ` [${notes.join('; ')}]`}`;
}

function scenarioJson({ name, asks, source, given, variants }: Scenario): object {
  return {
    name,
    asks,
    source,
    given,
    variants: Object.entries(variants).map(([variant, description]) => ({ name: variant, ...description })),
  };
}
