/** Which step is looked at and which are listed, as the address of the page says: a link to it shows the same. */
import type { Run } from './run.js';

/** What a reader has chosen. */
export interface Selection {
  /** 0 for before the first step. */
  readonly position: number;
  /** Every step, not only those that matter. */
  readonly all: boolean;
  readonly text: string;
  readonly thread: string;
  readonly func: string;
  readonly field: string;
}

/** Reads the part of an address behind `#`. */
export function selectionIn(hash: string, { trace }: Run): Selection {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const position = Number(words.get('step') ?? NaN);
  const first = trace.findIndex(({ shown }) => shown);
  return {
    position: Number.isInteger(position) && position >= 0 && position <= trace.length ? position : first + 1,
    all: words.has('all') || first < 0,
    text: words.get('text') ?? '',
    thread: words.get('thread') ?? '',
    func: words.get('func') ?? '',
    field: words.get('field') ?? '',
  };
}

/** The part of an address behind `#` that shows this. */
export function hashOf({ position, all, ...filters }: Selection): string {
  const words = new URLSearchParams({ step: String(position) });
  if (all) words.set('all', '');
  for (const [name, value] of Object.entries(filters)) if (value !== '') words.set(name, value);
  return `#${words.toString().replace('all=', 'all')}`;
}

/** The positions of the steps that are listed. */
export function listed(run: Run, { all, text, thread, func, field }: Omit<Selection, 'position'>): number[] {
  const wanted = text.toLowerCase();
  const positions: number[] = [];
  for (const [i, step] of run.trace.entries()) {
    if (!all && !step.shown) continue;
    if (thread !== '' && step.thread !== thread) continue;
    if (func !== '' && !functionsOf(run, i).includes(func)) continue;
    if (field !== '' && step.target !== field && !step.changes.some(({ target }) => target === field)) continue;
    if (wanted !== '' && !textOf(run, i).includes(wanted)) continue;
    positions.push(i + 1);
  }
  return positions;
}

function functionsOf({ recording, trace }: Run, i: number): readonly string[] {
  const stack = recording.stacks[recording.steps[i]?.stack ?? -1];
  return stack === undefined ? [trace[i].func] : stack.map(({ func }) => func);
}

function textOf({ trace }: Run, i: number): string {
  const { thread, func, op, target, before, after, result, changes } = trace[i];
  const cells = changes.flatMap((one) => [one.target, one.before, one.after]);
  return [thread, func, op, target, before, after, result, ...cells].join(' ').toLowerCase();
}
