/** How much sooner two threads finish a large search than one, and what the visited table takes. */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { UsageError } from '../exit.js';
import { AnswerSchema } from '../report/answer-json.js';
import { median, type Measurement } from './measurement.js';
import { runProcess } from './run-process.js';

const CLI = fileURLToPath(new URL('../cli.js', import.meta.url));

/** One large search, as arguments of `check`. */
export interface SpeedUpCase {
  readonly name: string;
  readonly args: readonly string[];
}

/** Every one. The second visits more than ten million states. */
export const speedUpCases: readonly SpeedUpCase[] = [
  {
    name: 'workers-atsd-3',
    args: ['npu/atsd-shootdown', '--set', 'threads=3,regs=2', '--no-symmetry'],
  },
  {
    name: 'workers-philosophers-8',
    args: ['locks/philosophers@ordered', '--set', 'threads=8,rounds=2', '--no-reduction'],
  },
];

/** Medians of one and of two threads. */
export interface SpeedUpResult {
  readonly name: string;
  readonly one: Measurement;
  readonly two: Measurement;
  /** Seconds of one thread by those of two; the totals were checked to be equal. */
  readonly speedUp: number;
}

/** Measures one case, one thread and two in turn. */
export async function speedUp(
  { name, args }: SpeedUpCase,
  runs: number,
  run: (args: readonly string[]) => Promise<Measurement>,
): Promise<SpeedUpResult> {
  const results: [Measurement[], Measurement[]] = [[], []];
  for (let i = 0; i < runs; i++)
    for (const workers of [1, 2]) results[workers - 1].push(await run([...args, '--workers', String(workers)]));
  const [one, two] = results.map(median);
  if (one.states !== two.states || one.transitions !== two.transitions)
    throw new Error(`${name}: one thread visits ${one.states} states, two visit ${two.states}`);
  return { name, one, two, speedUp: one.seconds / two.seconds };
}

/** One search by the built program, in a process of its own that may use every core. */
export async function runCheck(args: readonly string[], interrupted: AbortSignal): Promise<Measurement> {
  if (!existsSync(CLI)) throw new UsageError('bench: it measures the built program; run it with npm start -- bench');
  const command = [process.execPath, CLI, 'check', ...args, '--json'];
  const { stdout, seconds, peakBytes } = await runProcess(command, process.cwd(), interrupted);
  const answer = v.parse(v.pipe(v.string(), v.parseJson(), AnswerSchema), stdout);
  const { states, transitions, bytes } = answer;
  return { seconds: answer.seconds, processSeconds: seconds, states, transitions, stateBytes: bytes, peakBytes };
}

/** The lines of the report. */
export function speedUpText({ name, one, two, speedUp: ratio }: SpeedUpResult): string {
  const line = (threads: string, { states, seconds, stateBytes, peakBytes }: Measurement): string =>
    [
      `${name} ${threads}: ${states.toLocaleString('en-US')} states in ${seconds.toFixed(2)} s`,
      `${(stateBytes / states).toFixed(1)} bytes a state`,
      `peak ${Math.round(peakBytes / 2 ** 20).toLocaleString('en-US')} MiB`,
    ].join(', ');
  return `${line('1 worker', one)}\n${line('2 workers', two)}\n  ${name} speed_up ${ratio.toFixed(2)}\n\n`;
}
