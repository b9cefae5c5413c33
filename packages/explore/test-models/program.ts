/**
 * Small concurrent programs as data, so that two programs that share no code can run them: the naive reference explorer
 * and the search engine. Values are small numbers; each function has one parameter and two registers.
 */

/** A number computed from registers. */
export type Expression =
  | { readonly k: 'const'; readonly v: number }
  | { readonly k: 'reg'; readonly r: number }
  /** `(register + v) & 3`. */
  | { readonly k: 'plus'; readonly r: number; readonly v: number };

/** Compares a register with a number. */
export interface Condition {
  readonly r: number;
  readonly negated: boolean;
  readonly v: number;
}

/** A statement that is one request. */
export type Step =
  | { readonly s: 'read'; readonly cell: number; readonly plain: boolean; readonly dst: number }
  | { readonly s: 'write'; readonly cell: number; readonly plain: boolean; readonly e: Expression }
  /** `dst` -1: the old value is dropped. */
  | {
      readonly s: 'rmw';
      readonly rmw: 'xchg' | 'add' | 'or' | 'and' | 'xor';
      readonly cell: number;
      readonly e: Expression;
      readonly dst: number;
    }
  | {
      readonly s: 'cmpxchg';
      readonly cell: number;
      readonly expected: number;
      readonly e: Expression;
      readonly dst: number;
    }
  | { readonly s: 'lock'; readonly lock: number }
  | { readonly s: 'unlock'; readonly lock: number }
  | { readonly s: 'trylock'; readonly lock: number; readonly dst: number }
  | {
      readonly s: 'wait';
      readonly cell: number;
      readonly negated: boolean;
      readonly mask: number;
      readonly v: number;
      readonly dst: number;
    }
  | { readonly s: 'choose'; readonly ways: number; readonly dst: number }
  | { readonly s: 'fence' }
  /** `when` cell `when` equals `v`: returns `from`, and stores `from + add` in `to`. */
  | {
      readonly s: 'op';
      readonly when: number;
      readonly v: number;
      readonly from: number;
      readonly to: number;
      readonly add: number;
      readonly dst: number;
    }
  /** Adds to the guarded cell in an operation that names its guard. */
  | { readonly s: 'guarded'; readonly add: number; readonly dst: number };

/** A statement. */
export type Statement =
  | Step
  | {
      readonly s: 'if';
      readonly c: Condition;
      readonly then: readonly Statement[];
      readonly else: readonly Statement[];
    }
  | { readonly s: 'locked'; readonly lock: number; readonly body: readonly Statement[] }
  | { readonly s: 'assert'; readonly c: Condition; readonly rule: string }
  | { readonly s: 'warn'; readonly c: Condition; readonly rule: string }
  | { readonly s: 'call'; readonly body: readonly Statement[]; readonly e: Expression; readonly dst: number }
  /** Answers register 0 when `c` holds at the end of an attempt. */
  | {
      readonly s: 'spin';
      readonly body: readonly Statement[];
      readonly c: Condition;
      readonly e: Expression;
      readonly dst: number;
    };

/** One thread. */
export interface ProgramThread {
  readonly body: readonly Statement[];
  readonly isDevice: boolean;
  readonly isDaemon?: boolean;
  readonly repeat: boolean;
}

/** Two cells that must not have these values at once; from {@link LOCKS} on a lock, 0 while nobody holds it. */
export interface Forbidden {
  readonly a: number;
  readonly va: number;
  readonly b: number;
  readonly vb: number;
}

/** A program. */
export interface Program {
  /** Set when all threads run the same code, and the search is told so. */
  readonly isSymmetric?: boolean;
  readonly threads: readonly ProgramThread[];
  readonly invariants: readonly Forbidden[];
  readonly final: Forbidden;
  /** States in which cell `cell` is above `max` are not explored. */
  readonly within: { readonly cell: number; readonly max: number } | undefined;
}

/** What the cells are called; `PLAIN` ones have no guard. */
export const CELLS = ['x', 'y', 'z', 'g', 'h', 'q', 'ghost'] as const;
/** Guarded by lock 0. */
export const G = 3;
/** Writes are guarded by lock 1. */
export const H = 4;
/** 64 bits wide. */
export const Q = 5;
export const GHOST = 6;
/** Locks follow the cells in a memory given as an array. */
export const LOCKS = CELLS.length;
export const LOCK_COUNT = 3;

/** The value of an expression. */
export function valueOf(e: Expression, registers: readonly number[]): number {
  if (e.k === 'const') return e.v;
  return e.k === 'reg' ? registers[e.r] & 3 : (registers[e.r] + e.v) & 3;
}

/** Whether a condition holds. */
export function isTrue(c: Condition, registers: readonly number[]): boolean {
  return (registers[c.r] === c.v) !== c.negated;
}
