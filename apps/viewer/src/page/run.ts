/** A counterexample that can be asked for any of its positions: 0 is before the first step, `n` is after the `n`th. */
import type { Cell, Recording, Report, Step, ThreadState } from '../report.js';

/** Positions apart at which the whole state is kept. */
const KEYFRAME = 128;

/** What a cell's value went from and to: the position of who stored it and of who read it. */
export interface Flow {
  readonly cell: number;
  /** 0 where the value is of the initial state. */
  readonly from: number;
  readonly to: number;
}

const EMPTY: Recording = { threads: [], cells: [], stacks: [], start: [], steps: [], code: {} };

/** Kinds of violation that no step commits: what the threads would do next is what is wrong. */
const OF_STATES: ReadonlySet<string> = new Set(['deadlock', 'livelock', 'data-race']);

/** Readers of one value that are told of. */
const MOST_READERS = 20;

/** A counterexample and what is derived of it. */
export class Run {
  readonly report: Report;
  readonly trace: readonly Step[];
  readonly recording: Recording;
  readonly #values: string[][] = [];
  readonly #threads: ThreadState[][] = [];
  /** Positions that wrote each cell, ascending; and that read it. */
  readonly #writers: number[][];
  readonly #readers: number[][];

  constructor(report: Report) {
    this.report = report;
    this.trace = report.trace ?? [];
    this.recording = report.recording ?? EMPTY;
    const { cells, steps, start } = this.recording;
    this.#writers = cells.map(() => []);
    this.#readers = cells.map(() => []);
    const values = cells.map(({ value }) => value);
    const threads = [...start];
    for (let at = 0; at <= steps.length; at++) {
      if (at > 0) this.#apply(at, values, threads);
      if (at % KEYFRAME !== 0) continue;
      this.#values.push([...values]);
      this.#threads.push([...threads]);
    }
    for (const [i, { read, wrote }] of steps.entries()) {
      for (const cell of read) this.#readers[cell].push(i + 1);
      for (const [cell] of wrote) this.#writers[cell].push(i + 1);
    }
  }

  /** Steps of the trace. */
  get length(): number {
    return this.trace.length;
  }

  /** The position of the step that broke the rule, where it was broken by a step; else 0. */
  get breaking(): number {
    const { violation } = this.report;
    return violation === undefined || OF_STATES.has(violation.kind) ? 0 : this.length;
  }

  get cells(): readonly Cell[] {
    return this.recording.cells;
  }

  /** What every cell holds at a position. */
  valuesAt(position: number): readonly string[] {
    return this.#at(position).values;
  }

  /** How every thread stands at a position. */
  threadsAt(position: number): readonly ThreadState[] {
    return this.#at(position).threads;
  }

  /** Where the values come from that the step before a position read, and who reads what it wrote. */
  flowsAt(position: number): { readonly from: readonly Flow[]; readonly to: readonly Flow[] } {
    const { steps } = this.recording;
    if (position < 1 || position > steps.length) return { from: [], to: [] };
    const { read, wrote } = steps[position - 1];
    const from = read.map((cell) => ({ cell, from: before(this.#writers[cell], position), to: position }));
    const to = wrote.flatMap(([cell]) => {
      const writers = this.#writers[cell];
      const next = writers[firstAbove(writers, position)] ?? Infinity;
      const readers = this.#readers[cell];
      const first = firstAbove(readers, position);
      return readers
        .slice(first, first + MOST_READERS)
        .filter((reader) => reader <= next)
        .map((reader) => ({ cell, from: position, to: reader }));
    });
    return { from, to };
  }

  #at(position: number): { values: string[]; threads: ThreadState[] } {
    const frame = Math.min(Math.floor(position / KEYFRAME), this.#values.length - 1);
    const values = [...this.#values[frame]];
    const threads = [...this.#threads[frame]];
    const last = Math.min(position, this.recording.steps.length);
    for (let at = frame * KEYFRAME + 1; at <= last; at++) this.#apply(at, values, threads);
    return { values, threads };
  }

  #apply(position: number, values: string[], threads: ThreadState[]): void {
    const step = this.recording.steps[position - 1];
    for (const [cell, value] of step.wrote) values[cell] = value;
    for (const state of step.threads) threads[state.thread] = state;
  }
}

/** Index of the first number above a limit in an ascending array. */
function firstAbove(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The last number below a limit, or 0. */
function before(numbers: readonly number[], limit: number): number {
  return numbers[firstAbove(numbers, limit - 1) - 1] ?? 0;
}
