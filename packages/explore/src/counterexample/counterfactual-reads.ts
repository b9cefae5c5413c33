/** Which reads of a run could have come out otherwise: those of what another step had written, or was soon to overwrite. */
import type { Layout } from '@shootdown/machine';
import type { Counterfactual, SeenWords } from './counterfactual.js';
import type { Touch } from '../base/performed.js';
import { RESTART } from '../base/schedule.js';
import type { RunStep, WordChange } from './run-steps.js';

/** Reads of one step of what another wrote, whose influence is to be tried. */
export interface CounterfactualRead {
  readonly reader: number;
  readonly writer: number;
  readonly addresses: number[];
  readonly counterfactual: Counterfactual;
}

/** A run of so few steps that it is asked of every early look whether it decided. */
const SHORT = 40;

/**
 * Reads of what was written before, and of what is overwritten while the reader's iteration is still at it, or was waited for too early.
 *
 * @param ended - iterations that came to their end, and may have looked too early for it
 */
export function counterfactualReads(
  steps: readonly RunStep[],
  layout: Layout,
  ended: ReadonlySet<number>,
): CounterfactualRead[] {
  const candidates = new Map<string, CounterfactualRead>();
  const note = (reader: number, writer: number, address: number, seen: ReadonlyMap<number, SeenWords>): void => {
    const key = `${reader},${writer}`;
    const known = candidates.get(key) ?? {
      reader,
      writer,
      addresses: [],
      counterfactual: { thread: steps[reader].thread, seen },
    };
    known.addresses.push(address);
    candidates.set(key, known);
  };
  const isShort = steps.length <= SHORT;
  const lastOf = new Map(steps.map(({ iteration }, i) => [iteration, i]));
  /** For each cell, reads that it was changed after, by others. */
  const stale = new Map<number, number[]>();
  /** For each cell, the step that changed it last. */
  const written = new Map<number, number>();
  /** For each step, the cells that are as it left them, and what was there before. */
  const standing = new Map<number, Map<number, SeenWords>>();
  /** For each cell, the steps that read it as it is now. */
  const readers = new Map<number, number[]>();
  steps.forEach(({ thread, touched, changes, mayPretend }, step) => {
    if (thread === RESTART) for (const memory of [written, standing, readers, stale]) memory.clear();
    for (const address of mayPretend ? readsIn(touched) : []) {
      const writer = written.get(address);
      if (writer !== undefined) note(step, writer, address, new Map(standing.get(writer)));
      readers.set(address, [...(readers.get(address) ?? []), step]);
    }
    const cells = cellsChanged(changes, layout);
    const after = new Map([...cells].map(([address, cell]) => [address, cell.after]));
    for (const [address, { before }] of cells) {
      for (const reader of readers.get(address) ?? []) {
        const isStillAtIt = (lastOf.get(steps[reader].iteration) ?? 0) > step;
        const isTooEarly = isShort || steps[reader].isWait || ended.has(steps[reader].iteration);
        const mayCount = isStillAtIt || (isTooEarly && steps[reader].changes.length === 0);
        if (steps[reader].thread !== thread && mayCount) note(reader, step, address, after);
      }
      // Seen late enough, it may have been changed more than once.
      for (const reader of stale.get(address) ?? [])
        if (steps[reader].thread !== thread && (lastOf.get(steps[reader].iteration) ?? 0) > step)
          note(reader, step, address, after);
      stale.set(address, [...(stale.get(address) ?? []), ...(readers.get(address) ?? [])]);
      readers.delete(address);
      standing.get(written.get(address) ?? -1)?.delete(address);
      written.set(address, step);
      standing.set(step, (standing.get(step) ?? new Map<number, SeenWords>()).set(address, before));
    }
  });
  return [...candidates.values()];
}

function readsIn(touched: readonly Touch[]): Set<number> {
  return new Set(touched.filter(({ isWrite }) => !isWrite).map(({ address }) => address));
}

/** The cells that changed, by the address of their first word. */
function cellsChanged(
  changes: readonly WordChange[],
  layout: Layout,
): Map<number, { before: (number | undefined)[]; after: (number | undefined)[] }> {
  const cells = new Map<number, { before: (number | undefined)[]; after: (number | undefined)[] }>();
  for (const { address, old, value } of changes) {
    const field = layout.typeAt(address);
    const start = field?.start ?? address;
    const nothing = (): undefined[] => Array.from({ length: field?.type.words ?? 1 }, () => undefined);
    const cell = cells.get(start) ?? { before: nothing(), after: nothing() };
    cell.before[address - start] ??= old;
    cell.after[address - start] = value;
    cells.set(start, cell);
  }
  return cells;
}
