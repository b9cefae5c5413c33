/**
 * A litmus test as it is written.
 */
import type { AccessTag, FenceTag } from '@shootdown/lkmm';

/** Where something stands in the file: lines and columns from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A number, or the address of a global variable, or of one cell of an array. */
export type Literal = number | { readonly address: string; readonly index: number };

/** An operator of two operands. `&~` is the kernel's andnot. */
export type Operator = '+' | '-' | '*' | '/' | '&' | '|' | '^' | '&~' | '==' | '!=' | '<' | '>' | '<=' | '>=';

/** An expression. A `name` is a local variable, or a parameter, whose value is the address of the global of its name. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'binary'; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'load'; readonly address: Expression; readonly tag: AccessTag; readonly at: Position }
  | {
      readonly kind: 'xchg';
      readonly address: Expression;
      readonly value: Expression;
      readonly tag: AccessTag;
      readonly at: Position;
    }
  | {
      readonly kind: 'cmpxchg';
      readonly address: Expression;
      readonly old: Expression;
      readonly value: Expression;
      readonly tag: AccessTag;
      readonly at: Position;
    }
  | {
      readonly kind: 'atomic';
      readonly address: Expression;
      readonly operator: Operator;
      readonly value: Expression;
      /** What it is worth: the value after it, or the value before it. */
      readonly returns: 'new' | 'old';
      readonly tag: AccessTag;
      readonly at: Position;
    }
  | {
      readonly kind: 'add-unless';
      readonly address: Expression;
      readonly value: Expression;
      readonly unless: Expression;
      readonly at: Position;
    }
  | { readonly kind: 'trylock' | 'is-locked'; readonly address: Expression; readonly at: Position };

/** A statement. */
export type Statement =
  | { readonly kind: 'declare'; readonly name: string }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expression }
  | {
      readonly kind: 'store';
      readonly address: Expression;
      readonly value: Expression;
      readonly tag: AccessTag;
      readonly at: Position;
    }
  | {
      readonly kind: 'if';
      readonly condition: Expression;
      readonly then: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | {
      readonly kind: 'while';
      readonly condition: Expression;
      readonly body: readonly Statement[];
      readonly at: Position;
    }
  | { readonly kind: 'fence'; readonly fence: FenceTag; readonly at: Position }
  | { readonly kind: 'lock' | 'unlock' | 'sync-srcu'; readonly address: Expression; readonly at: Position }
  | { readonly kind: 'evaluate'; readonly value: Expression }
  | { readonly kind: 'block'; readonly body: readonly Statement[] };

/** One `Pn`. */
export interface Thread {
  readonly parameters: readonly string[];
  readonly body: readonly Statement[];
}

/** A global variable, a cell of one, or a local of a thread, as conditions and initial states name them. */
export type Place =
  | { readonly kind: 'global'; readonly name: string; readonly index: number }
  | { readonly kind: 'register'; readonly thread: number; readonly name: string };

/** One initial value. */
export interface Initial {
  readonly place: Place;
  readonly value: Literal;
}

/** What can be asked of a final state. */
export type Proposition =
  | { readonly kind: 'true' | 'false' }
  | { readonly kind: 'equal'; readonly left: Place; readonly right: Literal | Place }
  | { readonly kind: 'not'; readonly of: Proposition }
  | { readonly kind: 'and' | 'or' | 'implies'; readonly left: Proposition; readonly right: Proposition };

/** The last line of a test. */
export interface Condition {
  readonly quantifier: 'exists' | '~exists' | 'forall';
  readonly proposition: Proposition;
}

/** A whole test. */
export interface LitmusTest {
  readonly name: string;
  readonly initial: readonly Initial[];
  readonly threads: readonly Thread[];
  /** Places to show beside those of the condition. */
  readonly locations: readonly Place[];
  readonly filter: Proposition | undefined;
  readonly condition: Condition;
}
