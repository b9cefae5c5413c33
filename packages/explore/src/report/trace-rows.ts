/** From the steps of a counterexample to the rows of its table: what a reader needs, in the kernel's words. */
import type { Evidence } from '../evidence.js';
import type { TraceStep } from '../trace.js';
import { WORD_GHOST, type Layout } from '@shootdown/machine';
import { TIE } from './wrap.js';

/** One row: a thread does something. */
export interface TraceRow {
  readonly thread: string;
  readonly func: string;
  readonly text: string;
}

/** What the layout says of a field that a step names. */
interface Field {
  readonly isGhost: boolean;
  readonly isLock: boolean;
}

/** Most reads folded into one row that are named. */
const READS_NAMED = 3;
/** Most values of a field folded into one row that are named. */
const VALUES_NAMED = 5;
/** Which steps become rows. */
export interface RowOptions {
  /** Also those that only the curious read: what no other thread noticed, each read by itself. */
  readonly everyStep: boolean;
  /** The last one whatever it is, for it broke the rule. */
  readonly keepLast: boolean;
}

/** The rows of a counterexample. */
export function rowsOf(trace: readonly TraceStep[], layout: Layout, { everyStep, keepLast }: RowOptions): TraceRow[] {
  const fields = fieldsOf(layout);
  const steps = trace.filter((step, i) => everyStep || (keepLast && i === trace.length - 1) || step.matters);
  const rows: TraceRow[] = [];
  for (let i = 0; i < steps.length;) {
    const reads = everyStep ? 0 : readsFrom(steps, i);
    const changes = everyStep ? 0 : changesFrom(steps, i);
    let text = stepText(steps[i], fields.get(steps[i].target));
    if (reads > 1) text = foldedReads(steps.slice(i, i + reads));
    else if (changes > 1) text = foldedChanges(steps.slice(i, i + changes));
    rows.push({ thread: steps[i].thread, func: steps[i].func, text });
    i += Math.max(1, reads, changes);
  }
  return rows;
}

/** How many steps from the `i`th on are reads of one function. */
function readsFrom(steps: readonly TraceStep[], i: number): number {
  const { thread, func } = steps[i];
  let end = i;
  while (end < steps.length && steps[end].thread === thread && steps[end].func === func && isRead(steps[end])) end++;
  return end - i;
}

/** How many steps from the `i`th on change one field again and again in the same way, each from where the one before left it. */
function changesFrom(steps: readonly TraceStep[], i: number): number {
  let end = i + 1;
  while (end < steps.length && goesOn(steps[end - 1], steps[end])) end++;
  return end - i;
}

function goesOn(one: TraceStep, next: TraceStep): boolean {
  return (
    next.target !== '' &&
    (['thread', 'func', 'op', 'target'] as const).every((key) => one[key] === next[key]) &&
    [one, next].every(({ before, after }) => before !== after) &&
    one.after === next.before
  );
}

/** A step that only looked; a read-modify-write that changed nothing is told by its answer and stays a row. */
function isRead({ op, target, before, after, result }: TraceStep): boolean {
  return (
    target !== '' &&
    before !== '' &&
    before === after &&
    result === before &&
    /(?:^|_)(?:read|load)(?:_|$)|^READ_ONCE$|^rcu_dereference|^test_bit$/i.test(op)
  );
}

function foldedReads(steps: readonly TraceStep[]): string {
  const latest = new Map(steps.map(({ target, after }) => [target, after]));
  const named = [...latest].slice(0, READS_NAMED).map(([target, value]) => `${target}${TIE}=${TIE}${value}`);
  const more = latest.size - named.length;
  const ops = new Set(steps.map(({ op }) => op));
  const [op] = ops.size === 1 ? ops : ['read'];
  return `${op} ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The values that the field had in turn: all, or the first and the last ones. */
function foldedChanges(steps: readonly TraceStep[]): string {
  const { op, target, before } = steps[0];
  const values = [before, ...steps.map(({ after }) => after)];
  const named = values.length > VALUES_NAMED ? [before, '...', ...values.slice(2 - VALUES_NAMED)] : values;
  return `${op} ${target} ${named.join(`${TIE}->${TIE}`)}`;
}

function stepText(
  { op, target, before, after, result }: Pick<TraceStep, 'op' | 'target' | 'before' | 'after' | 'result'>,
  field: Field | undefined,
): string {
  const answer = result === '' ? '' : `${TIE}=${TIE}${result}`;
  if (target === '') return op + answer;
  if (before === '' && after === '') return `${op} ${target}${answer}`;
  if (field?.isLock === true) return `${op} ${lockName(target)}${answer}`;
  // What only looked is told by what it saw; a store that changed nothing may be the whole point.
  if (before !== after || result === '') return `${op} ${target} ${before}${TIE}->${TIE}${after}`;
  return `${op} ${target}${answer}`;
}

/** What each piece of evidence did, in the same words. */
export function evidenceTexts(evidence: readonly Evidence[], layout: Layout): string[] {
  const fields = fieldsOf(layout);
  return evidence.map((one) => stepText(one, fields.get(one.target)));
}

/** A lock is called as the kernel calls it, without the word that holds its owner. */
export function lockName(target: string): string {
  return target.replace(/\.(?:holder|owner|word|raw)$/, '');
}

function fieldsOf(layout: Layout): Map<string, Field> {
  const { flags, size } = layout.image;
  const fields = new Map<string, Field>();
  for (let address = 1; address < size; address++) {
    const isLock = layout.typeAt(address)?.type.lock !== undefined;
    const isGhost = (flags[address] & WORD_GHOST) !== 0;
    if (isLock || isGhost) fields.set(layout.nameOf(address), { isGhost, isLock });
  }
  return fields;
}
