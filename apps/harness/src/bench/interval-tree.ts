/** The benchmark of `@shootdown/interval-tree`: against other trees in JavaScript, and against the same algorithm in C. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { oneCore, runProcess } from './run-process.js';

/** Its name among the cases. */
export const INTERVAL_TREE = 'interval-tree';

const FOLDER = fileURLToPath(new URL('../../../../packages/interval-tree/', import.meta.url));

const phases = { insert: v.number(), query: v.number(), remove: v.number() };

/** What the benchmark prints with `--json`. */
export const IntervalTreeSchema = v.object({
  /** Random intervals that are inserted one by one, asked for, and removed one by one. */
  intervals: v.number(),
  /** Intervals found by all queries together, the same for every tree. */
  matches: v.number(),
  /** Medians of each tree. */
  milliseconds: v.array(v.object({ name: v.string(), ...phases })),
  /** Our time by another's, the median over all turns: below 1, ours is faster. */
  ratios: v.array(v.object({ name: v.string(), ...phases })),
  /** Trees that did not do all that was asked. */
  flaws: v.array(v.object({ name: v.string(), flaw: v.string() })),
  /** Trees that could not be run. */
  skipped: v.array(v.object({ name: v.string(), reason: v.string() })),
});
/** What it found. */
export type IntervalTreeResult = v.InferOutput<typeof IntervalTreeSchema>;

/** Why it cannot be run here; `undefined` when it can. */
export function whyNoIntervalTree(folder: string = FOLDER): string | undefined {
  const missing = ['bench/run.mjs', 'dist/index.js'].find((file) => !existsSync(path.join(folder, file)));
  return missing === undefined ? undefined : `${missing} is not in ${folder}`;
}

/**
 * Runs it.
 *
 * @param runs - processes of each tree, at least 1
 */
export async function benchIntervalTree(runs: number, interrupted: AbortSignal): Promise<IntervalTreeResult> {
  const command = [...oneCore(), process.execPath, path.join('bench', 'run.mjs'), '--json', '--repeats', String(runs)];
  const { stdout } = await runProcess(command, FOLDER, interrupted);
  return v.parse(IntervalTreeSchema, JSON.parse(stdout));
}

/** Its part of the report. */
export function intervalTreeText({ intervals, ratios, flaws, skipped }: IntervalTreeResult): string {
  const width = Math.max(...ratios.map(({ name }) => name.length));
  const line = (name: string, cells: readonly string[]): string =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(9)).join('')}`;
  return `${[
    `${INTERVAL_TREE}: ratios of times for ${intervals} random intervals, below 1 is faster`,
    line('', ['insert', 'query', 'remove']),
    ...ratios.map(({ name, insert, query, remove }) =>
      line(
        name,
        [insert, query, remove].map((ratio) => ratio.toFixed(2)),
      ),
    ),
    ...flaws.map(({ name, flaw }) => `  note: ${name} ${flaw}`),
    ...skipped.map(({ name, reason }) => `  left out: ${name}: ${reason}`),
  ].join('\n')}\n`;
}
