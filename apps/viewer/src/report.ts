/** What the page shows: a counterexample as data, as `check --json` prints it. */

/** A cell that a step changed, its values as text. */
export interface CellChange {
  readonly target: string;
  readonly before: string;
  readonly after: string;
}

/** What a thread did, or is about to do. */
export interface Access {
  readonly thread: string;
  /** Innermost function. */
  readonly func: string;
  /** The kernel's name of the operation. */
  readonly op: string;
  /** Path of the field; empty where the step touches none. */
  readonly target: string;
  readonly before: string;
  readonly after: string;
  /** What it returned; empty for nothing. */
  readonly result: string;
}

/** One step of the trace; without a thread, what stands between runs. */
export interface Step extends Access {
  /** Its number in the run, from 1; 0 for what stands between runs. */
  readonly step: number;
  readonly changes: readonly CellChange[];
  /** `file:line` of the request; empty where it is not known. */
  readonly source: string;
  /** Whether a reader needs it to see what went wrong. */
  readonly shown: boolean;
  /** Whether it broke the rule, or the rule would not have been broken without it. */
  readonly decisive: boolean;
}

/** A step and the part it plays in the violation. */
export interface Evidence extends Access {
  readonly role: string;
  /** Its number in the run; 0 for the initial state; one more than the last for what is still to come. */
  readonly step: number;
  readonly holding: readonly string[];
  readonly stack: readonly { readonly func: string; readonly site: string }[];
}

/** How a thread stands at the end that has not ended. */
export interface Pending {
  readonly thread: string;
  readonly func: string;
  readonly how: string;
  readonly steps: readonly (Omit<Access, 'thread'> & { readonly source: string })[];
}

/** A function on a stack. */
export interface Frame {
  readonly func: string;
  /** `file:line`; empty in the primitives and where it is not known. */
  readonly site: string;
}

/** A cell, and what it held before the first step. */
export interface Cell {
  readonly path: string;
  readonly role: 'field' | 'lock' | 'object' | 'specification';
  readonly value: string;
}

/** How a thread stands between two steps. */
export interface ThreadState {
  /** Its place in {@link Recording.threads}. */
  readonly thread: number;
  readonly how: 'next' | 'waits' | 'stopped' | 'ended';
  readonly op: string;
  readonly target: string;
  /** Its place in {@link Recording.stacks}. */
  readonly stack: number;
}

/** What memory held and where the threads stood, step by step. */
export interface Recording {
  readonly threads: readonly {
    readonly name: string;
    readonly kind: 'kernel' | 'daemon' | 'device';
    readonly cpu?: number | undefined;
  }[];
  readonly cells: readonly Cell[];
  readonly stacks: readonly (readonly Frame[])[];
  readonly start: readonly ThreadState[];
  readonly steps: readonly {
    readonly stack: number;
    readonly read: readonly number[];
    readonly wrote: readonly (readonly [cell: number, value: string])[];
    readonly threads: readonly ThreadState[];
  }[];
  /** Source lines by `file:line`, where the files could be read. */
  readonly code: Readonly<Record<string, string>>;
}

/** A report. Without a trace it is of a search that found nothing. */
export interface Report {
  readonly scenario: string;
  readonly variant: string;
  readonly asks: string;
  readonly given: Readonly<Record<string, number | string | boolean>>;
  readonly verdict: 'holds' | 'violated' | 'unknown';
  readonly expected: string;
  readonly violation?: { readonly kind: string; readonly name: string; readonly message: string } | undefined;
  readonly trace?: readonly Step[] | undefined;
  readonly evidence?: readonly Evidence[] | undefined;
  readonly pending?: readonly Pending[] | undefined;
  readonly recording?: Recording | undefined;
  /** Token that replays it. */
  readonly replay?: string | undefined;
}
