/** Which steps of a counterexample read what other threads stored. */
import type { ReportJson } from './report-json.js';

type Step = NonNullable<ReportJson['trace']>[number];
type Recording = NonNullable<ReportJson['recording']>;

/** A value on its way from who stored it to another thread. */
export interface ValueFlow {
  /** Path of the cell. */
  readonly path: string;
  /** Places in the trace of the store and of the step that reads it. */
  readonly from: number;
  readonly to: number;
}

/** From each store to the first step of each other thread that reads it. */
export function valueFlows(trace: readonly Step[], { cells, steps }: Recording): ValueFlow[] {
  const writer = new Map<number, number>();
  const told = new Set<string>();
  const found: ValueFlow[] = [];
  for (const [to, { read, wrote }] of steps.entries()) {
    if (trace[to].thread === '') writer.clear(); // Another run begins, or a circle.
    for (const cell of read) {
      const from = writer.get(cell);
      const key = `${cell},${from},${trace[to].thread}`;
      if (from === undefined || trace[from].thread === trace[to].thread || told.has(key)) continue;
      told.add(key);
      found.push({ path: cells[cell].path, from, to });
    }
    for (const [cell] of wrote) writer.set(cell, to);
  }
  return found;
}
