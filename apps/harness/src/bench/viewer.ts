/** The benchmark of `@shootdown/viewer`: how soon a long report is seen, and how soon the next step is. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { runProcess } from './run-process.js';

/** Its name among the cases. */
export const VIEWER = 'viewer';

const FOLDER = fileURLToPath(new URL('../../../viewer/', import.meta.url));
const CHROMIUM = '/usr/bin/chromium';

/** What the benchmark prints. */
export const ViewerSchema = v.object({
  /** Of the counterexample that is shown. */
  steps: v.number(),
  /** Milliseconds until something is painted, the median over all runs. */
  firstPaint: v.number(),
  /** Milliseconds until the next step is laid out, the median over all runs. */
  step: v.number(),
  /** Of the page without its counterexample. */
  kilobytes: v.number(),
});
/** What it found. */
export type ViewerResult = v.InferOutput<typeof ViewerSchema>;

/** Why it cannot be run here; `undefined` when it can. */
export function whyNoViewer(folder: string = FOLDER, browser: string = CHROMIUM): string | undefined {
  if (!existsSync(browser)) return `there is no ${browser}`;
  const missing = ['bench/run.ts', 'dist/viewer.html'].find((file) => !existsSync(path.join(folder, file)));
  return missing === undefined ? undefined : `${missing} is not in ${folder}`;
}

/**
 * Runs it.
 *
 * @param runs - times that the page is opened, at least 1
 */
export async function benchViewer(runs: number, interrupted: AbortSignal): Promise<ViewerResult> {
  const loader = path.join('..', '..', 'tooling', 'vitest-config', 'register.js');
  const command = [
    process.execPath,
    '--conditions=@shootdown/source',
    `--import=./${loader}`,
    path.join('bench', 'run.ts'),
    String(runs),
  ];
  const { stdout } = await runProcess(command, FOLDER, interrupted);
  return v.parse(ViewerSchema, JSON.parse(stdout));
}

/** Its part of the report. */
export function viewerText({ steps, firstPaint, step, kilobytes }: ViewerResult): string {
  return `${VIEWER}: ${steps} steps, first paint ${firstPaint} ms, a step ${step} ms, ${kilobytes} kB without its trace\n`;
}
