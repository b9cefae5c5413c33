/**
 * A schedule as a short text: `1.FINGERPRINT.STEPS`. The first field is the format's version; STEPS is base64url of
 * variable-length numbers, run-length coded; FINGERPRINT is a hash of what every step of the counterexample did, so that
 * a model that has changed is noticed instead of replaying something else. Where functions come back to where they were through
 * loops of their own, a fourth field names these, for who goes round in one is stuck.
 */
import { fromBase64url, toBase64url } from '../base/base64url.js';
import { hashText } from '@shootdown/machine';
import { RESTART, type Decision } from '../base/schedule.js';
import type { TraceStep } from './trace.js';

/** Version of the text form; a text of another version is refused. */
export const SCHEDULE_VERSION = 1;

/** Steps of a schedule, at most: what a text says of lengths is not to be believed. */
const MOST_STEPS = 4_000_000;

/** A text that is no schedule, or one of a model that has changed since. */
export class StaleSchedule extends Error {}

/** What a schedule text says. */
export interface ParsedSchedule {
  readonly fingerprint: string;
  readonly schedule: readonly Decision[];
  /** Short names of the loops through which functions come back to where they were. */
  readonly loops: readonly string[];
}

/** Eight hexadecimal digits that stand for what each step did. */
export function fingerprintOf(steps: readonly TraceStep[]): string {
  const text = steps.map(({ identity }) => identity).join('\n');
  const [a] = hashText(text);
  return (a >>> 0).toString(16).padStart(8, '0');
}

/** The text form of a schedule. */
export function formatSchedule(
  schedule: readonly Decision[],
  fingerprint: string,
  loops: readonly string[] = [],
): string {
  const numbers: number[] = [];
  for (let i = 0; i < schedule.length;) {
    const { thread, choice } = schedule[i];
    let end = i + 1;
    while (schedule[end]?.thread === thread && schedule[end]?.choice === choice) end++;
    numbers.push((thread << 1) | (choice > 0 ? 1 : 0), end - i);
    if (choice > 0) numbers.push(choice);
    i = end;
  }
  const steps = toBase64url(numbers.flatMap(variableLength));
  return [SCHEDULE_VERSION, fingerprint, steps, ...(loops.length === 0 ? [] : [loops.join('-')])].join('.');
}

/**
 * Reads the text form.
 *
 * @throws {@link StaleSchedule} when it is none, or one of another version
 */
export function parseSchedule(text: string): ParsedSchedule {
  const match = /^(\d+)\.([0-9a-f]{8})\.([A-Za-z0-9_-]*)(?:\.([a-z0-9-]+))?$/.exec(text);
  if (match === null)
    throw new StaleSchedule(
      `expected a schedule like 1.0123abcd.AAEC, got ${JSON.stringify(text)}; copy the whole token`,
    );
  if (Number(match[1]) !== SCHEDULE_VERSION)
    throw new StaleSchedule(
      `the token is of format version ${match[1] ?? ''}, this program writes and reads version ${SCHEDULE_VERSION}; run check again`,
    );
  const bytes = fromBase64url(match[3] ?? '');
  if (bytes === undefined) throw damaged();
  const numbers = readNumbers(bytes);
  const schedule: Decision[] = [];
  for (let i = 0; i < numbers.length;) {
    const head = numbers[i++];
    const count = numbers[i++];
    const choice = (head & 1) === 1 ? numbers[i++] : 0;
    // Nobody begins again twice in a row.
    const isRepeated = head >>> 1 === RESTART && count !== 1;
    if (count === undefined || choice === undefined || !isPlausible(head, choice) || isRepeated) throw damaged();
    if (schedule.length + count > MOST_STEPS)
      throw new StaleSchedule(
        `expected a schedule of at most ${MOST_STEPS} steps, got more: the token is damaged; copy the whole token`,
      );
    const action = { thread: head >>> 1, choice };
    for (let k = 0; k < count; k++) schedule.push(action);
  }
  const fingerprint = match[2] ?? '';
  const loops = match[4]?.split('-') ?? [];
  if (formatSchedule(schedule, fingerprint, loops) !== text) throw damaged();
  return { fingerprint, schedule, loops };
}

function damaged(): StaleSchedule {
  return new StaleSchedule('the token is damaged; copy the whole token');
}

/** Whether numbers can be a thread and an alternative. */
function isPlausible(head: number, choice: number): boolean {
  return head >>> 1 <= RESTART && head < 2 ** 31 && choice < 2 ** 31;
}

function variableLength(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

function readNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte >= 128) continue;
    numbers.push(value);
    value = 0;
    scale = 1;
  }
  return numbers;
}
