/** From the steps of a counterexample to the rows of its table: what a reader needs, in the kernel's words. */
import type { Evidence } from '../counterexample/evidence.js';
import type { CellChange } from '../counterexample/notation.js';
import type { TraceStep } from '../counterexample/trace.js';
import { WORD_GHOST, type Layout } from '@shootdown/machine';
import { TIE } from './wrap.js';

/** One row: a thread does something. */
export interface TraceRow {
  readonly thread: string;
  readonly func: string;
  readonly text: string;
  /** Number of the step in the run; absent for what is none. */
  readonly step?: number;
  /** Source position, `file:line:column`. */
  readonly site?: string;
}

/** What a row tells of a step. */
type StepCells = Pick<TraceStep, 'op' | 'target' | 'before' | 'after' | 'result' | 'changes'>;

/** What the layout says of a field that a step names. */
interface Field {
  readonly isGhost: boolean;
  readonly isLock: boolean;
}

/** Most reads folded into one row that are named. */
const READS_NAMED = 3;
/** Most values of a field that are named where it changed again and again. */
const VALUES_NAMED = 5;
/** Most cells that are named besides a step's target, and of those that a mark tells of. */
const CELLS_NAMED = 2;

/** Which steps become rows. */
export interface RowOptions {
  /** Also those that only the curious read: what no other thread noticed, each read by itself. */
  readonly everyStep: boolean;
}

/** The rows of a counterexample. */
export function rowsOf(trace: readonly TraceStep[], layout: Layout, { everyStep }: RowOptions): TraceRow[] {
  const fields = fieldsOf(layout);
  const shown = trace.filter((step) => everyStep || step.matters);
  const named = new Set(
    shown.flatMap((step) => (step.says ? step.changes.map(({ target }) => target) : [step.target])),
  );
  const gaps = everyStep ? new Map<TraceStep, TraceRow>() : gapsBefore(trace, named, fields);
  const rows: TraceRow[] = [];
  for (let i = 0; i < shown.length;) {
    const one = shown[i];
    const gap = gaps.get(one);
    if (gap !== undefined) rows.push(gap);
    const steps = everyStep ? [one] : shown.slice(i, i + foldedFrom(shown, i, gaps, named));
    const text = steps.length === 1 ? stepText(one, fields.get(one.target), named) : foldedText(steps);
    rows.push({ thread: one.thread, func: one.func, text, ...(one.step > 0 && { step: one.step, site: one.site }) });
    i += steps.length;
  }
  return rows;
}

/**
 * For steps that find a cell otherwise than the row before left it, a row that says what is left out there.
 *
 * @param named - the cells that rows are about
 */
function gapsBefore(
  trace: readonly TraceStep[],
  named: ReadonlySet<string>,
  fields: ReadonlyMap<string, Field>,
): Map<TraceStep, TraceRow> {
  const hidden = new Map<string, { last: TraceStep; values: string[] }>();
  const gaps = new Map<TraceStep, TraceRow>();
  for (const step of trace) {
    if (step.thread === '') hidden.clear();
    for (const { target, before, after } of step.matters ? [] : step.changes)
      if (named.has(target))
        hidden.set(target, { last: step, values: [...(hidden.get(target)?.values ?? [before]), after] });
    if (!step.matters) continue;
    const printed = [step.target, ...besides(step, named).map(({ target }) => target)];
    const left = printed.flatMap((target) => {
      const gap = hidden.get(target);
      hidden.delete(target);
      return gap === undefined || fields.get(target)?.isLock === true ? [] : [{ target, ...gap }];
    });
    const last = left.at(-1)?.last;
    if (last === undefined) continue;
    const texts = left.slice(0, CELLS_NAMED).map(({ target, values }) => `${target} ${valuesText(values)}`);
    const more = left.length > CELLS_NAMED ? ` and ${left.length - CELLS_NAMED} more` : '';
    gaps.set(step, { thread: last.thread, func: last.func, text: `... ${texts.join(', ')}${more}` });
  }
  return gaps;
}

/** How many steps from the `i`th on become one row. */
function foldedFrom(
  steps: readonly TraceStep[],
  i: number,
  gaps: ReadonlyMap<TraceStep, TraceRow>,
  named: ReadonlySet<string>,
): number {
  const goOn = isRead(steps[i]) ? areReadsOfOneKind : changesOn;
  let end = i + 1;
  while (end < steps.length && !gaps.has(steps[end]) && goOn(steps[end - 1], steps[end], named)) end++;
  return end - i;
}

function areReadsOfOneKind(one: TraceStep, next: TraceStep): boolean {
  return (['thread', 'func', 'op'] as const).every((key) => one[key] === next[key]) && isRead(next);
}

/** Whether two steps change one field in the same way, the second from where the first left it. */
function changesOn(one: TraceStep, next: TraceStep, named: ReadonlySet<string>): boolean {
  return (
    next.target !== '' &&
    (['thread', 'func', 'op', 'target'] as const).every((key) => one[key] === next[key]) &&
    [one, next].every((step) => step.before !== step.after && besides(step, named).length === 0) &&
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
    /(?:^|_)(?:read|load)(?:_|$)|^READ_ONCE$|^rcu_dereference/i.test(op)
  );
}

function foldedText(steps: readonly TraceStep[]): string {
  const [{ op, target, before }] = steps;
  if (!isRead(steps[0])) return `${op} ${target} ${valuesText([before, ...steps.map(({ after }) => after)])}`;
  const latest = new Map(steps.map((step) => [step.target, step.after]));
  const named = [...latest].slice(0, READS_NAMED).map(([cell, value]) => `${cell}${TIE}=${TIE}${value}`);
  const more = latest.size - named.length;
  return `${op} ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The values that a field had in turn: all, or the first and the last ones. */
function valuesText(values: readonly string[]): string {
  const named = values.length > VALUES_NAMED ? [values[0], '...', ...values.slice(2 - VALUES_NAMED)] : values;
  return named.join(`${TIE}->${TIE}`);
}

/** What a step did, in one line. */
function stepText(step: StepCells, field: Field | undefined, named?: ReadonlySet<string>): string {
  const others = besides(step, named).map(({ target, before, after }) => `${target} ${valuesText([before, after])}`);
  return [ownText(step, field), ...others].join(', ');
}

function ownText({ op, target, before, after, result }: StepCells, field: Field | undefined): string {
  const answer = result === '' ? '' : `${TIE}=${TIE}${result}`;
  if (target === '') return op + answer;
  if (before === '' && after === '') return `${op} ${target}${answer}`;
  if (field?.isLock === true) return `${op} ${lockName(target)}${answer}`;
  // What only looked is told by what it saw; a store that changed nothing may be the whole point.
  if (before !== after || result === '') return `${op} ${target} ${valuesText([before, after])}`;
  const isOfCell = result === before || result === 'true' || result === 'false';
  return isOfCell ? `${op} ${target}${answer}` : `${op} ${target}${TIE}(${before})${answer}`;
}

/** The cells besides its target that a step changed and that rows are about; all of them where it has no target. */
function besides({ target, changes }: StepCells, named: ReadonlySet<string> = new Set()): readonly CellChange[] {
  const others = changes.filter((change) => change.target !== target && change.before !== change.after);
  return (target === '' ? others : others.filter((change) => named.has(change.target))).slice(0, CELLS_NAMED);
}

/** What each piece of evidence did, in the same words. */
export function evidenceTexts(evidence: readonly (Evidence | StepCells)[], layout: Layout): string[] {
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
