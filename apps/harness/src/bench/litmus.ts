/** The benchmark of `@shootdown/litmus`: a folder of litmus tests in one process, against herd7's own times for them. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { oneCore, runProcess } from './run-process.js';

/** Its name among the cases. */
export const LITMUS = 'litmus';

/** The environment variable that names the folder. */
const FOLDER = 'SHOOTDOWN_LITMUS';
/** What herd7 said of the tests there, and how long it took for each. */
const TABLE = 'corpus-verdicts.tsv';
const ONCE = fileURLToPath(new URL('./litmus-once.js', import.meta.url));
/** A test for which herd7 took longer has no row in the table. */
const HERD7_SECONDS = 8;

const AnswersSchema = v.array(
  v.object({
    test: v.string(),
    verdict: v.optional(v.string()),
    positive: v.optional(v.number()),
    negative: v.optional(v.number()),
    states: v.optional(v.number()),
    flags: v.optional(v.array(v.string())),
    cpuSeconds: v.number(),
  }),
);

/** What the benchmark found. */
export interface LitmusResult {
  /** Tests that herd7 answered. */
  readonly tests: number;
  /** Those of them that are answered otherwise here, or not at all. */
  readonly different: readonly string[];
  /** What those tests took of all cores, with the compiler and the collector: the median of all runs. */
  readonly cpuSeconds: number;
  /** From the start of the process to its end, all other tests included. */
  readonly processSeconds: number;
  /** The sum of what herd7 took, one process a test. */
  readonly herd7CpuSeconds: number;
  /** herd7's time by ours. */
  readonly ratio: number;
  /** Tests of the folder that herd7 gave up. */
  readonly unlisted: number;
  /** Those of them that end here within herd7's time. */
  readonly unlistedEnded: number;
}

/** Why it cannot be run here; `undefined` when it can. */
export function whyNoLitmus(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const folder = env[FOLDER];
  if (folder === undefined) return `${FOLDER} names no folder of litmus tests`;
  if (!existsSync(path.join(folder, TABLE))) return `${folder} has no ${TABLE}`;
  return existsSync(ONCE) ? undefined : 'it measures the built program; run it with npm start -- bench';
}

/**
 * Runs it.
 *
 * @param runs - processes, at least 1
 */
export async function benchLitmus(runs: number, interrupted: AbortSignal): Promise<LitmusResult> {
  const folder = process.env[FOLDER] ?? '';
  const herd7 = readTable(readFileSync(path.join(folder, TABLE), 'utf8'));
  const results: LitmusResult[] = [];
  for (let run = 0; run < runs; run++) {
    const command = [...oneCore(), process.execPath, ONCE, folder, String(HERD7_SECONDS)];
    const { stdout, seconds } = await runProcess(command, process.cwd(), interrupted);
    results.push(compare(herd7, v.parse(v.pipe(v.string(), v.parseJson(), AnswersSchema), stdout), seconds));
  }
  return results.sort((a, b) => a.cpuSeconds - b.cpuSeconds)[results.length >> 1];
}

interface Herd7Answer {
  readonly answer: string;
  readonly seconds: number;
}

function readTable(text: string): Map<string, Herd7Answer> {
  const [titles, ...rows] = text.trim().split('\n');
  const column = (row: readonly string[], name: string): string => row[titles.split('\t').indexOf(name)] ?? '';
  return new Map(
    rows.map((line) => {
      const row = line.split('\t');
      const answer = ['verdict', 'positive', 'negative', 'states', 'flags'].map((name) => column(row, name)).join(' ');
      return [column(row, 'test'), { answer, seconds: Number(column(row, 'cpu_ms')) / 1000 }];
    }),
  );
}

/** Our answers beside herd7's. */
function compare(
  herd7: ReadonlyMap<string, Herd7Answer>,
  answers: v.InferOutput<typeof AnswersSchema>,
  processSeconds: number,
): LitmusResult {
  const listed = answers.filter(({ test }) => herd7.has(test));
  const unlisted = answers.filter(({ test }) => !herd7.has(test));
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const cpuSeconds = sum(listed.map((answer) => answer.cpuSeconds));
  const herd7CpuSeconds = sum(listed.map(({ test }) => herd7.get(test)?.seconds ?? 0));
  return {
    tests: listed.length,
    different: listed.filter((answer) => textOf(answer) !== herd7.get(answer.test)?.answer).map(({ test }) => test),
    cpuSeconds,
    processSeconds,
    herd7CpuSeconds,
    ratio: herd7CpuSeconds / cpuSeconds,
    unlisted: unlisted.length,
    unlistedEnded: unlisted.filter(({ verdict }) => verdict !== undefined).length,
  };
}

function textOf({ verdict, positive, negative, states, flags }: v.InferOutput<typeof AnswersSchema>[number]): string {
  return [verdict, positive, negative, states, flags?.join(',')].join(' ');
}

/** Its part of the report. */
export function litmusText(result: LitmusResult): string {
  const { tests, different, cpuSeconds, processSeconds, herd7CpuSeconds, ratio, unlisted, unlistedEnded } = result;
  return `${[
    `${LITMUS}: ${tests} tests in one process: ${cpuSeconds.toFixed(2)} s of CPU, herd7 ${herd7CpuSeconds.toFixed(2)} s, ratio ${ratio.toFixed(1)}; ${processSeconds.toFixed(2)} s from the start of the process to its end`,
    `  ${different.length} answered otherwise than by herd7${different.length === 0 ? '' : `: ${different.join(', ')}`}`,
    `  ${unlistedEnded} of ${unlisted} tests that herd7 gave up end here within ${HERD7_SECONDS} s`,
  ].join('\n')}\n`;
}
