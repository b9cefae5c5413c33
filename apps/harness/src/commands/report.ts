/** `report`: a counterexample as a file to look at or to send. */
import { Command } from '@commander-js/extra-typings';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { commandLine } from '../command-line.js';
import type { Context } from '../context.js';
import { EXIT, UsageError } from '../exit.js';
import { wantsFiles, writeFiles } from '../report/report-files.js';
import { ReportSchema, type ReportJson } from '../report/report-json.js';
import { reasonOf } from '../system-error.js';
import { replayed } from './replay.js';

/** Makes the command. */
export function reportCommand(context: Context): Command {
  const command = new Command('report')
    .summary('write a counterexample as a page for a browser')
    .description(
      'Writes a counterexample, from its token or from what --json printed, to a file that can be opened or sent without anything else.',
    )
    .argument(
      '<token|file>',
      'the word after `replay` at the end of a report; or a file with what `check --json` printed',
    )
    .option('--html <file>', 'one HTML file, to step through in a browser')
    .option('--open', 'open the page in a browser')
    .option('--trace <file>', 'write the counterexample as a trace for ui.perfetto.dev')
    .option('--mermaid <file>', 'write the counterexample as a sequence diagram of Mermaid')
    .option('--dot <file>', 'write who waits for whom at a deadlock as a graph of Graphviz')
    .addHelpText('after', examples);
  command.action(async (from, options) => {
    if (!wantsFiles(options))
      throw new UsageError(
        'report: expected where to write to: give --html FILE, --trace FILE, --mermaid FILE or --dot FILE, or --open to look at it at once',
      );
    const report = readReport(from, context.io.cwd) ?? (await replayed(from, context));
    if (report === undefined) {
      context.io.stderr.write('report: interrupted\n');
      context.finish(EXIT.UNKNOWN);
      return;
    }
    await writeFiles(report, options, context.io);
    context.finish(EXIT.EXPECTED);
  });
  return command as unknown as Command;
}

const examples = (): string => `
Examples:
  ${commandLine('report')} npu/atsd-shootdown@original::1.6bc5ef55.AA8MAQACAgw --html race.html
  ${commandLine('report')} answer.json --open`;

/** The report in a file, if there is such a file. */
function readReport(name: string, cwd: string): ReportJson | undefined {
  const file = path.resolve(cwd, name);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    if (/\.json$/i.test(name))
      throw new UsageError(`report: no such file: ${name}; write one with check SCENARIO --json > ${name}`);
    return undefined;
  }
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`report: cannot read ${name}: ${reasonOf(error)}`);
  }
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ReportSchema), text);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const where = v.getDotPath(issue);
  throw new UsageError(
    `report: ${name} is not what check --json printed: ${where === null ? '' : `${where}: `}${issue.message}`,
  );
}
