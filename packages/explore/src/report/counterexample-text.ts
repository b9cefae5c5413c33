/** A counterexample for people: the table, what broke, and how to see it again. */
import type { System, ViolationKind } from '@shootdown/machine';
import type { Violation } from '../api/result.js';
import type { TraceStep } from '../counterexample/trace.js';
import type { Evidence } from '../counterexample/evidence.js';
import type { Pending } from '../counterexample/pending.js';
import { evidenceText } from './evidence-text.js';
import { pendingRows } from './pending-rows.js';
import { rowsOf } from './trace-rows.js';
import { traceTable, type Paint } from './trace-table.js';
import { wrap, type Measure } from './wrap.js';

/** How a counterexample is drawn. */
export interface CounterexampleOptions {
  /** Characters a line, default 80. */
  readonly width?: number;
  /** Every step, not only those by which threads influence each other; default false. */
  readonly everyStep?: boolean;
  /** Folder that source positions are told from, default the current one. */
  readonly cwd?: string;
  /** What to type to see it again. */
  readonly replay?: string | undefined;
  /** What to do to see every step, such as `--steps shows all`. */
  readonly hint?: string | undefined;
  /** How many columns of a terminal a text takes; by default characters are counted. */
  readonly measure?: Measure | undefined;
  /** Colours parts of the table; by default nothing is coloured. */
  readonly paint?: Paint | undefined;
}

/** What broke, and the steps that lead there. */
export interface Counterexample {
  readonly violation: Violation;
  readonly trace?: readonly TraceStep[] | undefined;
  readonly evidence?: readonly Evidence[] | undefined;
  readonly pending?: readonly Pending[] | undefined;
}

/** Draws a counterexample. */
export function counterexampleText(
  { violation, trace = [], evidence = [], pending = [] }: Counterexample,
  system: System,
  { width = 80, everyStep = false, cwd = process.cwd(), replay, hint, measure, paint }: CounterexampleOptions = {},
): string {
  const { layout } = system;
  const threads = system.threads.map(({ name }) => name);
  const rows = rowsOf(trace, layout, { everyStep });
  const ends = pendingRows(pending, layout);
  const drawn = [...rows.map((row) => [row]), ...(ends.length === 0 ? [] : [ends])];
  return [
    rows.length === 0 && !STUCK.has(violation.kind)
      ? 'in the initial state, before any step'
      : traceTable(drawn, threads, { width, places: everyStep, measure, paint }),
    ...(everyStep ? [] : leftOut(trace, hint)),
    '',
    ...wrap(`${violationName(violation)}: ${violation.message}`, width, '  ', measure),
    ...(evidence.length === 0 ? [] : ['', ...evidenceText(evidence, layout, width, cwd)]),
    ...(replay === undefined ? [] : ['', `replay: ${replay}`]),
  ].join('\n');
}

/** Kinds that a table without steps tells: how the threads stand. */
const STUCK: ReadonlySet<ViolationKind> = new Set(['deadlock', 'data-race']);

/** How many of the steps are in the table, where they are not all. */
function leftOut(trace: readonly TraceStep[], hint: string | undefined): string[] {
  const steps = trace.filter(({ step }) => step > 0);
  const shown = steps.filter(({ matters }) => matters);
  if (shown.length === steps.length) return [];
  return ['', `${shown.length} of ${steps.length} steps shown${hint === undefined ? '' : `, ${hint}`}`];
}

/** `invariant (mutual-exclusion)`. */
export function violationName({ kind, name }: Pick<Violation, 'kind' | 'name'>): string {
  return name === kind ? kind : `${kind} (${name})`;
}
