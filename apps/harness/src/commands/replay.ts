/** `replay`: one counterexample again, without searching. */
import { Command } from '@commander-js/extra-typings';
import { Deadline, StaleSchedule, Stopped, replay, type SearchResult } from '@shootdown/explore';
import type { System } from '@shootdown/machine';
import { libraryOf, type Context } from '../context.js';
import { EXIT, UsageError } from '../exit.js';
import { variantOf } from '../find-scenario.js';
import { evidenceJson, pendingJson, stepJson } from '../report/answer-json.js';
import { brokenText, headingText } from '../report/answer-text.js';
import { recordingOf } from '../report/recording-json.js';
import type { ReportJson } from '../report/report-json.js';
import { styleFor } from '../report/style.js';
import { blamingTheModel, buildSystem } from '../search.js';
import { formatToken, parseToken, type Counterexample } from '../token.js';

type Replayed = Pick<SearchResult, 'violation' | 'trace' | 'evidence' | 'pending' | 'schedule'>;

/** Makes the command. */
export function replayCommand(context: Context): Command {
  const command = new Command('replay')
    .summary('run a counterexample again')
    .description(
      'Runs one counterexample again, step by step, without searching. A token of a model that has changed since is refused.',
    )
    .argument('<token>', 'the word after `replay` at the end of a report')
    .option('--steps', 'print every step of the counterexample')
    .option('--json', 'print one JSON object');
  command.action(async (token, options) => {
    const { stdout } = context.io;
    const counterexample = await parseToken(token, libraryOf(context));
    const { chosen, given, only } = counterexample;
    const system = buildSystem(chosen, given, only);
    const deadline = deadlineOf(context);
    const replayed = run(counterexample, system, deadline);
    if (replayed === undefined) {
      context.io.stderr.write('replay: interrupted\n');
      context.finish(EXIT.UNKNOWN);
      return;
    }
    if (options.json === true)
      stdout.write(`${JSON.stringify(replayJson(counterexample, replayed, system, deadline, context.io.cwd))}\n`);
    else stdout.write(replayText(counterexample, replayed, system, options.steps === true));
    context.finish(EXIT.EXPECTED);
  });
  return command as unknown as Command;

  function replayText(counterexample: Counterexample, replayed: Replayed, system: System, steps: boolean): string {
    const { stdout, cwd } = context.io;
    const { chosen, given, only } = counterexample;
    const { violation } = replayed;
    if (violation === undefined) throw new UsageError('replay: nothing is broken at the end of this token');
    const heading = headingText(chosen, given, only === undefined ? '' : `only=${only.join(',')}`, stdout);
    const verdict = styleFor(stdout)('red', `violated: ${violation.kind}, again`);
    return `${heading}\n${verdict}\n\n${brokenText({ ...replayed, violation }, system, formatToken(counterexample), stdout, { steps, cwd })}\n`;
  }
}

/** What `replay --json` prints of a token; nothing when there was no time to run it. */
export async function replayed(token: string, context: Context): Promise<ReportJson | undefined> {
  const counterexample = await parseToken(token, libraryOf(context));
  const { chosen, given, only } = counterexample;
  const system = buildSystem(chosen, given, only);
  const deadline = deadlineOf(context);
  const told = run(counterexample, system, deadline);
  return told === undefined ? undefined : replayJson(counterexample, told, system, deadline, context.io.cwd);
}

function deadlineOf({ io: { watch } }: Context): Deadline {
  return new Deadline(Infinity, () => watch?.stopAt ?? Infinity);
}

/** Answers nothing when there was no time to run it. */
function run({ chosen, schedule, only }: Counterexample, system: System, deadline: Deadline): Replayed | undefined {
  const { name } = chosen.scenario;
  return blamingTheModel(name, () => {
    try {
      return replay(system, schedule, only, true, deadline);
    } catch (error) {
      if (error instanceof Stopped) return undefined;
      if (error instanceof StaleSchedule) throw new UsageError(`replay: ${name}@${chosen.variant}: ${error.message}`);
      throw error;
    }
  });
}

function replayJson(
  counterexample: Counterexample,
  { violation, trace = [], evidence = [], pending = [], schedule }: Replayed,
  system: System,
  deadline: Deadline,
  cwd: string,
): ReportJson & { readonly only?: readonly string[] } {
  const { chosen, given, only } = counterexample;
  const recording = schedule === undefined ? undefined : recordingOf(system, schedule, only, deadline, cwd);
  return {
    scenario: chosen.scenario.name,
    variant: chosen.variant,
    asks: chosen.scenario.asks,
    given: { ...given },
    ...(only !== undefined && { only }),
    verdict: 'violated',
    expected: variantOf(chosen).expect,
    ...(violation !== undefined && { violation: { ...violation } }),
    trace: trace.map((one) => stepJson(one, cwd)),
    evidence: evidence.map((one) => evidenceJson(one, cwd)),
    pending: pending.map((one) => pendingJson(one, cwd)),
    ...(recording !== undefined && { recording }),
    replay: formatToken(counterexample),
  };
}
