/** A counterexample for people: the table, what broke, and how to see it again. */
import type { System } from '@shootdown/machine';
import type { Violation } from '../check.js';
import type { TraceStep } from '../trace.js';
import type { Evidence } from '../evidence.js';
import { evidenceText } from './evidence-text.js';
import { pendingRows } from './pending-rows.js';
import { rowsOf } from './trace-rows.js';
import { traceTable } from './trace-table.js';
import { wrap } from './wrap.js';

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
}

/** What broke, and the steps that lead there. */
export interface Counterexample {
  readonly violation: Violation;
  readonly trace?: readonly TraceStep[] | undefined;
  readonly evidence?: readonly Evidence[] | undefined;
}

/** Draws a counterexample. */
export function counterexampleText(
  { violation, trace = [], evidence = [] }: Counterexample,
  system: System,
  { width = 80, everyStep = false, cwd = process.cwd(), replay }: CounterexampleOptions = {},
): string {
  const threads = system.threads.map(({ name }) => name);
  const pending = pendingRows(violation, evidence, threads, system.layout);
  const rows = rowsOf(trace, system.layout, { everyStep, keepLast: false });
  return [
    traceTable([...rows.map((row) => [row]), ...(pending.length === 0 ? [] : [pending])], threads, width),
    '',
    ...wrap(`${violationName(violation)}: ${violation.message}`, width, '  '),
    ...(evidence.length === 0 ? [] : ['', ...evidenceText(evidence, system.layout, width, cwd)]),
    ...(replay === undefined ? [] : ['', `replay: ${replay}`]),
  ].join('\n');
}

/** `invariant (mutual-exclusion)`. */
export function violationName({ kind, name }: Pick<Violation, 'kind' | 'name'>): string {
  return name === kind ? kind : `${kind} (${name})`;
}
