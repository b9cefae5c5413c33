/** The counterexample as commit messages draw it: a column a thread, a row a step, plain ASCII. */
import type { TraceRow } from './trace-rows.js';
import { wrap } from './wrap.js';

const GAP = '  ';
const NARROWEST = 12;
const INDENT = '  ';

/**
 * Draws the table.
 *
 * @param rows - in the order they happened; those of one inner list happened at once
 * @param threads - every thread, in the model's order; those without a row get no column
 * @param width - characters a line
 */
export function traceTable(rows: readonly (readonly TraceRow[])[], threads: readonly string[], width: number): string {
  const columns = threads.filter((thread) => rows.flat().some((row) => row.thread === thread));
  const blocks = withFunctions(rows, columns);
  const longest = columns.map((_, i) =>
    Math.max(0, ...blocks.flatMap((block) => (typeof block === 'string' ? [] : block[i])).map((line) => line.length)),
  );
  const wanted = columns.map((thread, i) => Math.max(thread.length, longest[i]));
  const widths = fit(wanted, width - GAP.length * (columns.length - 1));
  const rule = row(
    widths.map((w) => '-'.repeat(w)),
    widths,
  );
  const lines = blocks.flatMap((block) =>
    typeof block === 'string' ? [across(block, rule)] : blockLines(block, widths),
  );
  return [row(columns, widths), rule, ...lines].join('\n');
}

/** What one row prints in each column, or what a line across says. */
type Block = readonly (readonly string[])[] | string;

/** A line across all columns that says something. */
function across(text: string, rule: string): string {
  return `-- ${text} `.padEnd(rule.length, '-').trimEnd();
}

/** The function is named where it changes in its column, on a line of its own. */
function withFunctions(rows: readonly (readonly TraceRow[])[], columns: readonly string[]): Block[] {
  const current = new Map<string, string>();
  return rows.map((row) => {
    if (row.every(({ thread }) => !columns.includes(thread))) return row[0]?.text ?? '';
    return columns.map((column) =>
      row.filter(({ thread }) => thread === column).flatMap((one) => cellOf(one, current)),
    );
  });
}

function cellOf({ thread, func, text }: TraceRow, current: Map<string, string>): string[] {
  const isNew = current.get(thread) !== func && func !== '';
  current.set(thread, func);
  return [...(isNew ? [`${func}:`] : []), `${INDENT}${text}`];
}

function blockLines(block: Exclude<Block, string>, widths: readonly number[]): string[] {
  const cells = block.map((lines, i) => lines.flatMap((text) => wrap(text, widths[i], continuation(text))));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) =>
    row(
      cells.map((lines) => lines[at] ?? ''),
      widths,
    ),
  );
}

function continuation(text: string): string {
  return text.startsWith(INDENT) ? `${INDENT}${INDENT}` : INDENT;
}

/** Widths that fit: every column what it wants, and the widest give way where that is too much. */
function fit(wanted: readonly number[], total: number): number[] {
  const widths = [...wanted];
  for (let sum = widths.reduce((a, b) => a + b, 0); sum > total; sum--) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest] <= NARROWEST) break;
    widths[widest]--;
  }
  return widths;
}

function row(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => cell.padEnd(widths[i]))
    .join(GAP)
    .trimEnd();
}
