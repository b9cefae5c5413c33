/** A counterexample for people: the table, what broke, and how to see it again. */
import type { System } from '@shootdown/machine';
import type { Violation } from '../check.js';
import type { TraceStep } from '../trace.js';
import { stuckRows } from './stuck-rows.js';
import { rowsOf } from './trace-rows.js';
import { traceTable } from './trace-table.js';
import { wrap } from './wrap.js';

/** How a counterexample is drawn. */
export interface CounterexampleOptions {
  /** Characters a line, default 80. */
  readonly width?: number;
  /** Every step, not only those by which threads influence each other; default false. */
  readonly everyStep?: boolean;
  /** What to type to see it again. */
  readonly replay?: string | undefined;
}

/** What broke, and the steps that lead there. */
export interface Counterexample {
  readonly violation: Violation;
  readonly trace?: readonly TraceStep[];
}

/** Draws a counterexample. */
export function counterexampleText(
  { violation, trace = [] }: Counterexample,
  system: System,
  { width = 80, everyStep = false, replay }: CounterexampleOptions = {},
): string {
  const threads = system.threads.map(({ name }) => name);
  const stuck = stuckRows(violation, threads);
  const rows = rowsOf(trace, system.layout, { everyStep, keepLast: stuck.length === 0 });
  return [
    traceTable([...rows.map((row) => [row]), ...(stuck.length === 0 ? [] : [stuck])], threads, width),
    '',
    ...wrap(`${violationName(violation)}: ${violation.message}`, width, '  '),
    ...(replay === undefined ? [] : ['', `replay: ${replay}`]),
  ].join('\n');
}

/** `invariant (mutual-exclusion)`. */
export function violationName({ kind, name }: Pick<Violation, 'kind' | 'name'>): string {
  return name === kind ? kind : `${kind} (${name})`;
}
