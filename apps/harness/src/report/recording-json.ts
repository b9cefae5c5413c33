/** What memory held and where the threads stood at each step of a counterexample, for programs. */
import { Deadline, Stopped, record, type Recording } from '@shootdown/explore';
import { placeOf } from '@shootdown/explore/report';
import type { System } from '@shootdown/machine';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';

const Index = v.pipe(v.number(), v.integer(), v.minValue(0));

/** How a thread stands between two steps. */
const ThreadStateSchema = v.strictObject({
  /** Its place in `threads`. */
  thread: Index,
  how: v.picklist(['next', 'waits', 'stopped', 'ended']),
  /** The step that it takes next or waits to take. */
  op: v.string(),
  target: v.string(),
  /** Its place in `stacks`. */
  stack: Index,
});

/** The member `recording` of what `check --json` prints. */
export const RecordingSchema = v.strictObject({
  threads: v.array(
    v.strictObject({
      name: v.string(),
      kind: v.picklist(['kernel', 'daemon', 'device']),
      /** Where the model says on which CPU it runs. */
      cpu: v.optional(Index),
    }),
  ),
  /** The locks, and all cells that hold something at first or are read or written, with what they hold before the first step. */
  cells: v.array(
    v.strictObject({
      path: v.string(),
      role: v.picklist(['field', 'lock', 'object', 'specification']),
      value: v.string(),
    }),
  ),
  /** Call stacks, innermost function first; `site` is `file:line`, empty in the primitives. */
  stacks: v.array(v.array(v.strictObject({ func: v.string(), site: v.string() }))),
  /** How the threads stand before the first step. */
  start: v.array(ThreadStateSchema),
  /** One for each step of the trace. */
  steps: v.array(
    v.strictObject({
      stack: Index,
      /** Places in `cells`. */
      read: v.array(Index),
      /** Places in `cells`, and what they hold afterwards. */
      wrote: v.array(v.strictTuple([Index, v.string()])),
      /** The threads that stand differently afterwards. */
      threads: v.array(ThreadStateSchema),
    }),
  ),
  /** Source lines by `file:line`, where the files can be read. */
  code: v.record(v.string(), v.string()),
});

/** A recording as `check --json` prints it. */
export type RecordingJson = v.InferOutput<typeof RecordingSchema>;

/** Characters of a source line that are kept. */
const LONGEST_LINE = 200;

/**
 * Records a counterexample.
 *
 * @param schedule - its schedule text
 * @param cwd - folder that source positions are told from
 * @returns `undefined` when there was no time left
 */
export function recordingOf(
  system: System,
  schedule: string,
  only: readonly string[] | undefined,
  deadline: Deadline,
  cwd: string,
): RecordingJson | undefined {
  try {
    return recordingJson(record(system, schedule, only, deadline), cwd);
  } catch (error) {
    if (error instanceof Stopped) return undefined;
    throw error;
  }
}

function recordingJson({ threads, cells, stacks, start, steps }: Recording, cwd: string): RecordingJson {
  const told = stacks.map((frames) => frames.map(({ func, site }) => ({ func, site: placeOf(site, cwd) })));
  return {
    threads: threads.map((one) => ({ ...one })),
    cells: cells.map((one) => ({ ...one })),
    stacks: told,
    start: start.map((one) => ({ ...one })),
    steps: steps.map(({ stack, read, wrote, threads: states }) => ({
      stack,
      read: [...read],
      wrote: wrote.map(([cell, value]) => [cell, value]),
      threads: states.map((one) => ({ ...one })),
    })),
    code: codeAt(new Set(told.flat().map(({ site }) => site)), cwd),
  };
}

/** The source lines at these positions, without their indentation. */
function codeAt(places: ReadonlySet<string>, cwd: string): Record<string, string> {
  const files = new Map<string, readonly string[]>();
  const code: Record<string, string> = {};
  for (const place of places) {
    const [, file, line] = /^(.+):(\d+)$/.exec(place) ?? [];
    if (file === undefined) continue;
    const lines = files.get(file) ?? linesOf(path.resolve(cwd, file));
    files.set(file, lines);
    const text = lines[Number(line) - 1]?.trim().slice(0, LONGEST_LINE) ?? '';
    if (text !== '') code[place] = text;
  }
  return code;
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return []; // An installed package comes without its sources.
  }
}
