/** The program: from arguments to an exit code. */
import { Command, CommanderError } from '@commander-js/extra-typings';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { catalogue as everything, type Catalogue } from './catalogue.js';
import { commandLine } from './command-line.js';
import { benchCommand } from './commands/bench.js';
import { checkCommand } from './commands/check.js';
import { listCommand } from './commands/list.js';
import { mutateCommand } from './commands/mutate.js';
import { newCommand } from './commands/new.js';
import { replayCommand } from './commands/replay.js';
import { reportCommand } from './commands/report.js';
import { simulateCommand } from './commands/simulate.js';
import { suiteCommand } from './commands/suite.js';
import { watchCommand } from './commands/watch.js';
import type { Context } from './context.js';
import { eatenByNpm } from './eaten-options.js';
import { EXIT, UsageError, type ExitCode } from './exit.js';
import { crashText } from './crash.js';
import type { Io } from './io.js';
import { isSystemError, reasonOf } from './system-error.js';

/**
 * Runs the program.
 *
 * @param args - as typed after the program's name; none means `suite`
 * @param catalogue - the scenarios it knows
 * @returns the exit code
 */
export async function run(args: readonly string[], io: Io, catalogue: Catalogue = everything): Promise<ExitCode> {
  let code: ExitCode = EXIT.EXPECTED;
  const context: Context = { io, catalogue, finish: (now) => (code = now) };
  try {
    const root = program(context);
    refuseEaten(root, args, io);
    await root.parseAsync(withCommand(root, args), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.EXPECTED : EXIT.USAGE;
    if (error instanceof UsageError || isSystemError(error)) {
      io.stderr.write(`shootdown: ${error instanceof UsageError ? error.message : `${reasonOf(error)}${of(error)}`}\n`);
      return EXIT.USAGE;
    }
    io.stderr.write(crashText(error, args));
    return EXIT.CRASH;
  }
}

/** Without a command it is the suite, with its options too. */
function withCommand(root: Command, args: readonly string[]): string[] {
  if (args.length === 0) return ['suite'];
  if (args[0] === 'version') return ['--version', ...args.slice(1)];
  const isOfRoot = ['-h', '--help', '-V', '--version'].includes(args[0]);
  const hasCommand = args.some((arg) => root.commands.some((command) => command.name() === arg));
  return args[0].startsWith('-') && !isOfRoot && !hasCommand ? ['suite', ...args] : [...args];
}

function refuseEaten(root: Command, args: readonly string[], { env = {} }: Io): void {
  const known = root.commands.flatMap(({ options }) => options.flatMap(({ long }) => long ?? []));
  const eaten = eatenByNpm(env, known).filter((option) => !args.includes(option));
  if (eaten.length === 0) return;
  throw new UsageError(
    `npm took ${eaten.join(' ')} for itself; put -- in front of what is meant for this program: npm start -- ${[...args, ...eaten].join(' ')}`,
  );
}

/** The version of this package. */
function versionText(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return `shootdown ${(JSON.parse(manifest) as { readonly version: string }).version}, node ${process.version}`;
}

/** The file that the system would not give. */
function of({ path }: NodeJS.ErrnoException): string {
  return path === undefined ? '' : `: ${path}`;
}

function program(context: Context): Command {
  const { stdout, stderr } = context.io;
  const output = {
    writeOut: stdout.write,
    writeErr: stderr.write,
    getOutHelpWidth: () => stdout.columns ?? 80,
    getErrHelpWidth: () => stderr.columns ?? 80,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  };
  const root: Command = new Command('shootdown')
    .description("Explores the kernel's TLB shootdown protocols under every interleaving.")
    .version(versionText(), '-V, --version', 'print the version')
    .addHelpText('after', `\nWithout a command it runs the suite. Start with \`${commandLine('list')}\`.`)
    .showHelpAfterError('(add --help for what is allowed)');
  for (const make of [
    suiteCommand,
    listCommand,
    checkCommand,
    watchCommand,
    replayCommand,
    reportCommand,
    simulateCommand,
    mutateCommand,
    benchCommand,
    newCommand,
  ])
    root.addCommand(make(context).showHelpAfterError('(add --help for what is allowed)'));
  for (const command of [root, ...root.commands]) command.exitOverride().configureOutput(output);
  return root;
}
