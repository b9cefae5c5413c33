/** `bench`: our speed, side by side with Spin where it is installed. */
import { Command } from '@commander-js/extra-typings';
import type { Scenario } from '@shootdown/machine';
import { cpus } from 'node:os';
import process from 'node:process';
import { benchCases, benchScenarios, type BenchCase } from '../bench/cases.js';
import { hunt, huntCases, huntText, type HuntCase, type HuntResult } from '../bench/hunt.js';
import {
  INTERVAL_TREE,
  benchIntervalTree,
  intervalTreeText,
  whyNoIntervalTree,
  type IntervalTreeResult,
} from '../bench/interval-tree.js';
import { LITMUS, benchLitmus, litmusText, whyNoLitmus, type LitmusResult } from '../bench/litmus.js';
import { runOurs } from '../bench/ours.js';
import { runCase, type Bench, type CaseResult } from '../bench/run-bench.js';
import { oneCore } from '../bench/run-process.js';
import { runCheck, speedUp, speedUpCases, speedUpText, type SpeedUpResult } from '../bench/speed-up.js';
import { compile, remove, runVerifier, whyNoSpin } from '../bench/spin.js';
import { VIEWER, benchViewer, viewerText, whyNoViewer, type ViewerResult } from '../bench/viewer.js';
import type { Context } from '../context.js';
import { EXIT, UsageError } from '../exit.js';
import { matchesGlob } from '../glob.js';
import { wholeNumber } from '../option-values.js';
import { benchHeading, caseText } from '../report/bench-text.js';

const RUNS = 5;
/** Runs of what takes long. */
const SPEED_UP_RUNS = 3;

const caseNames = [
  ...[...benchCases, ...speedUpCases, ...huntCases].map(({ name }) => name),
  INTERVAL_TREE,
  LITMUS,
  VIEWER,
].join(', ');

/** Makes the command. */
export function benchCommand(context: Context): Command {
  const command = new Command('bench')
    .summary('measure, side by side with Spin')
    .description(
      'Measures whole searches, each run in a process of its own on one core, in turn with Spin where it is installed.',
    )
    .option('--runs <n>', 'runs of each; the median counts', wholeNumber(1), RUNS)
    .option('--filter <glob>', `cases to run: ${caseNames}`)
    .option('--json', 'print one JSON object')
    .addHelpText('after', MEANING);
  command.action(async ({ runs, filter, json }) => {
    const { io } = context;
    const reason = whyNoSpin();
    const scenarios = await context.catalogue.all();
    const cases = selected(scenarios, filter, io);
    const print = (text: string): void => {
      if (json !== true) io.stdout.write(text);
    };
    print(`${machineText(runs, reason)}\n\n${cases.length > 0 ? benchHeading() : ''}`);
    const results: CaseResult[] = [];
    const hunts: HuntResult[] = [];
    const speedUps: SpeedUpResult[] = [];
    let intervalTree: IntervalTreeResult | undefined;
    let litmus: LitmusResult | undefined;
    let viewer: ViewerResult | undefined;
    try {
      for (const one of cases) {
        results.push(await runCase(one, benchOf(context, reason === undefined), runs));
        print(caseText(results[results.length - 1]));
      }
      for (const one of named(speedUpCases, filter)) {
        io.stderr.write(`${one.name}\n`);
        speedUps.push(await speedUp(one, Math.min(runs, SPEED_UP_RUNS), (args) => runCheck(args, io.interrupted)));
        print(speedUpText(speedUps[speedUps.length - 1]));
      }
      for (const one of selectedHunts(scenarios, filter))
        for (const strategy of one.strategies) {
          hunts.push(await hunt(one, one.found, strategy, { interrupted: io.interrupted }));
          print(huntText(hunts[hunts.length - 1]));
        }
      if (isWanted(context, filter, INTERVAL_TREE, whyNoIntervalTree)) {
        io.stderr.write(`${INTERVAL_TREE}: ${runs} runs\n`);
        intervalTree = await benchIntervalTree(runs, io.interrupted);
        print(intervalTreeText(intervalTree));
      }
      if (isWanted(context, filter, LITMUS, whyNoLitmus)) {
        io.stderr.write(`${LITMUS}: ${runs} runs\n`);
        litmus = await benchLitmus(runs, io.interrupted);
        print(litmusText(litmus));
      }
      if (isWanted(context, filter, VIEWER, whyNoViewer)) {
        io.stderr.write(`${VIEWER}: ${runs} runs\n`);
        viewer = await benchViewer(runs, io.interrupted);
        print(viewerText(viewer));
      }
    } catch (error) {
      if (!io.interrupted.aborted) throw error;
      context.finish(EXIT.UNKNOWN);
      return;
    }
    const noSpin = reason === undefined ? {} : { noSpin: reason };
    if (json === true)
      io.stdout.write(
        `${JSON.stringify({ ...machine(), runs, ...noSpin, cases: results, speedUps, hunts, intervalTree, litmus, viewer })}\n`,
      );
    context.finish(EXIT.EXPECTED);
  });
  return command;
}

const MEANING = `
ratio_to_spin      our search time by Spin's without partial order reduction; at most 1 is good
ratio_to_spin_por  the same against Spin with partial order reduction
ratio_unreduced    the same with reductions off in both
speed_up           seconds of one worker by those of two
interval-tree      inserts, queries and removals, side by side with other trees and with C where gcc is installed
litmus             CPU seconds for the litmus tests in the folder that SHOOTDOWN_LITMUS names, beside herd7's in its
                   corpus-verdicts.tsv; a ratio of at least 20 is good
viewer             milliseconds until a report of 20,000 steps is painted, and of a step in it, in headless Chromium`;

/** Those whose name the filter lets through. */
function named<C extends { readonly name: string }>(cases: readonly C[], filter: string | undefined): C[] {
  return cases.filter(({ name }) => matchesGlob(filter ?? '*', name));
}

function selected(scenarios: readonly Scenario[], filter: string | undefined, { stderr }: Context['io']): BenchCase[] {
  const wanted = named(benchCases, filter);
  const others = [INTERVAL_TREE, LITMUS, VIEWER].map((name) => ({ name }));
  if (named([...benchCases, ...speedUpCases, ...huntCases, ...others], filter).length === 0)
    throw new UsageError(`--filter: nothing matches ${JSON.stringify(filter)}; cases: ${caseNames}`);
  return wanted.filter(({ name, ours }) => {
    const isKnown = [...scenarios, ...benchScenarios].some(
      (scenario) => scenario.name === ours.scenario && Object.hasOwn(scenario.variants, ours.variant),
    );
    if (!isKnown) stderr.write(`bench: ${name} left out: there is no ${ours.scenario}@${ours.variant}\n`);
    return isKnown;
  });
}

/** The hunts for bugs, with their scenarios. */
function selectedHunts(
  scenarios: readonly Scenario[],
  filter: string | undefined,
): (HuntCase & { readonly found: Scenario })[] {
  return named(huntCases, filter).flatMap((one) => {
    const found = scenarios.find(({ name }) => name === one.scenario);
    return found === undefined ? [] : [{ ...one, found }];
  });
}

/** Whether the filter lets a case through that can be run here. */
function isWanted(
  { io }: Context,
  filter: string | undefined,
  name: string,
  whyNot: () => string | undefined,
): boolean {
  if (!matchesGlob(filter ?? '*', name)) return false;
  const reason = whyNot();
  if (reason !== undefined) io.stderr.write(`bench: ${name} left out: ${reason}\n`);
  return reason === undefined;
}

function benchOf({ io }: Context, hasSpin: boolean): Bench {
  const { interrupted } = io;
  return {
    runOurs: ({ ours }, reduction) => runOurs(ours, reduction, interrupted),
    ...(hasSpin && {
      spin: {
        compile: ({ spin }, partialOrder) => compile(spin, partialOrder, interrupted),
        run: (verifier) => runVerifier(verifier, interrupted),
        remove,
      },
    }),
    progress: (text) => io.stderr.write(`${text}\n`),
  };
}

function machine(): { node: string; cpu: string; cores: number; pinned: boolean } {
  const all = cpus();
  return { node: process.version, cpu: all[0]?.model ?? 'unknown', cores: all.length, pinned: oneCore().length > 0 };
}

function machineText(runs: number, noSpin: string | undefined): string {
  const { node, cpu, cores, pinned } = machine();
  const where = `${cpu}, ${cores} cores, node ${node}; ${pinned ? 'each run on one core' : 'runs not bound to a core (no taskset)'}`;
  return `${where}; median of ${runs}, in turn${noSpin === undefined ? '' : `\nwithout Spin: ${noSpin}`}`;
}
