/** `mutate`: each operation of the code left out or weakened, to see which scenario notices. */
import { Command } from '@commander-js/extra-typings';
import type { MutationPlan } from '@shootdown/machine';
import path from 'node:path';
import { mutationPackages, type MutationPackage as Shipped } from '../catalogue.js';
import { libraryOf, type Context } from '../context.js';
import { EXIT, UsageError, type ExitCode } from '../exit.js';
import { findScenario, modelFileOf, type Chosen } from '../find-scenario.js';
import { MutationPool } from '../mutate/pool.js';
import { scoreOf, type MutationPackage, type Run, type Score } from '../mutate/score.js';
import { positiveNumber, wholeNumber } from '../option-values.js';
import { textLine } from '../progress.js';
import { countsText, scoreJson, scoreText } from '../report/mutation-text.js';
import { selectVariants } from '../selection.js';

const LIMIT_SECONDS = 20;
const MAX_WORKERS = 64;

/** Makes the command. */
export function mutateCommand(context: Context): Command {
  const command = new Command('mutate')
    .summary('which scenario notices what is taken out of the code')
    .description(
      'Takes out or weakens each lock, barrier, ordering, flush, wait, wake-up and reference operation of the code that holds, one at a time, and runs all scenarios of its package that hold: each mutant is killed, explained, or survives.',
    )
    .argument(
      '[pattern...]',
      'whose code: package, subsystem, scenario, scenario@variant, a pattern, or your own model file',
    )
    .option('--max-seconds <n>', 'stop a search after so long', positiveNumber, LIMIT_SECONDS)
    .option('--workers <n>', 'mutants that run at a time', wholeNumber(1, MAX_WORKERS), 1)
    .option('--json', 'print a JSON array, one object a package');
  command.action(async (patterns, { maxSeconds, workers, json }) => {
    const { io } = context;
    const packages = await packagesOf(context, patterns);
    const pool = new MutationPool(workers, io.cwd);
    const line = textLine(io.stderr);
    const stop = (): void => void pool.close();
    io.interrupted.addEventListener('abort', stop, { once: true });
    const scores: Score[] = [];
    try {
      for (const one of packages) {
        const how = {
          pool,
          maxSeconds,
          interrupted: io.interrupted,
          progress: (text: string) => {
            line.show(() => text);
          },
        };
        const score = await untilInterrupted(scoreOf(one, how), io.interrupted);
        line.clear();
        if (score === undefined) break;
        scores.push(score);
        if (json !== true) io.stdout.write(scoreText(score, io.stdout, io.cwd));
      }
    } finally {
      line.clear();
      io.interrupted.removeEventListener('abort', stop);
      await pool.close();
    }
    if (json === true) io.stdout.write(`${JSON.stringify(scores.map((score) => scoreJson(score, io.cwd)))}\n`);
    else if (scores.length > 1) io.stdout.write(`\nall: ${countsText(sum(scores))}\n`);
    context.finish(exitOf(scores, packages.length));
  });
  return command as unknown as Command;
}

async function untilInterrupted<T>(work: Promise<T>, interrupted: AbortSignal): Promise<T | undefined> {
  const end = new Promise<undefined>((resolve) => {
    if (interrupted.aborted) resolve(undefined);
    interrupted.addEventListener(
      'abort',
      () => {
        resolve(undefined);
      },
      { once: true },
    );
  });
  return Promise.race([work, end]);
}

function sum(scores: readonly Score[]): Pick<Score, 'killed' | 'explained' | 'survived'> {
  return {
    killed: scores.flatMap(({ killed }) => killed),
    explained: scores.flatMap(({ explained }) => explained),
    survived: scores.flatMap(({ survived }) => survived),
  };
}

function exitOf(scores: readonly Score[], wanted: number): ExitCode {
  if (scores.some(({ survived, wrong }) => survived.length > 0 || wrong.length > 0)) return EXIT.UNEXPECTED;
  return scores.length < wanted || scores.some(({ isComplete }) => !isComplete) ? EXIT.UNKNOWN : EXIT.EXPECTED;
}

async function packagesOf(context: Context, patterns: readonly string[]): Promise<readonly MutationPackage[]> {
  const packages = await mutationPackages();
  const own: Chosen[] = [];
  const globs: string[] = [];
  for (const pattern of patterns) {
    if (/\.[cm]?[jt]s(?:[#@].*)?$/.test(pattern)) own.push(await findScenario(pattern, libraryOf(context)));
    else globs.push(...namedBy(pattern, packages));
  }
  const chosen =
    patterns.length > 0 && globs.length === 0 ? [] : selectVariants(await context.catalogue.all(), globs, 'mutate');
  const shipped = packages.map((one) => packageOf(one, chosen, packages)).filter(({ subjects }) => subjects.length > 0);
  const all = [...own.map((one) => ownPackage(one, context, packages)), ...shipped];
  if (all.length === 0) throw new UsageError('mutate: nothing that was named has a variant that is expected to hold');
  return all;
}

/** A package stands for its scenarios. */
function namedBy(pattern: string, packages: readonly Shipped[]): readonly string[] {
  return packages.find(({ name }) => name === pattern)?.scenarios.map(({ name }) => name) ?? [pattern];
}

const holds = ({ scenario, variant }: Chosen): boolean => scenario.variants[variant].expect === 'holds';
const runOf = ({ called, variant }: Chosen): Run => ({ called, variant });

function packageOf(
  { name, scenarios, plan }: Shipped,
  chosen: readonly Chosen[],
  packages: readonly Shipped[],
): MutationPackage {
  const known = packages.flatMap((one) => one.scenarios);
  const others = (plan.scenarios ?? []).flatMap((one) => known.filter((scenario) => scenario.name === one));
  const all = selectVariants([...scenarios, ...others], [], 'mutate').filter(holds);
  const subjects = chosen.filter((one) => holds(one) && scenarios.includes(one.scenario));
  const folders = [`/packages/${name}/`, `/@shootdown/${name}/`];
  const isOwn = (file: string): boolean => folders.some((folder) => file.includes(folder));
  return { name, runs: all.map(runOf), subjects: subjects.map(runOf), plan: wholePlan(plan, packages), isOwn };
}

/** What the operations of all packages are: code calls what is below it. */
function wholePlan({ equivalents }: MutationPlan, packages: readonly Shipped[]): MutationPlan {
  return {
    operations: Object.assign({}, ...packages.map(({ plan }) => plan.operations)) as MutationPlan['operations'],
    equivalents,
  };
}

function ownPackage(chosen: Chosen, { io }: Context, packages: readonly Shipped[]): MutationPackage {
  const file = modelFileOf(chosen, io.cwd) ?? '';
  const runs = Object.keys(chosen.scenario.variants)
    .map((variant) => ({ ...chosen, variant }))
    .filter(holds)
    .map(runOf);
  const isOwn = (one: string): boolean => path.dirname(one).startsWith(path.dirname(file));
  return {
    name: chosen.called,
    runs,
    subjects: runs,
    plan: wholePlan({ operations: {}, equivalents: [] }, packages),
    isOwn,
  };
}
