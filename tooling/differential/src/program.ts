/**
 * Programs as data, so that they can be made by number, shrunk and printed. {@link buildSystem} makes a model of one.
 *
 * A function has four numbers `r0` to `r3`, two pointers `h0` and `h1` to objects of the slab, two lists `a0` and `a1` of
 * numbers and, where members are interchangeable, a member `m`; a callee, a helper and an attempt of a spin loop have their own.
 */
import type { MemoryOrder, RmwKind } from '@shootdown/machine';

/** A number: a constant; modulo four, a register or the counter of the innermost counted loop, plus a constant. */
export type Expr =
  | { readonly is: 'const'; readonly value: number }
  | { readonly is: 'reg'; readonly reg: number; readonly plus: number }
  | { readonly is: 'count'; readonly plus: number };

/** A question about registers. */
export interface Test {
  readonly reg: number;
  readonly cmp: 'eq' | 'ne';
  readonly value: number;
}

/** A question about a variable, or whether a lock is free. `arg` is the first argument of the operation that asks. */
export type Look =
  | { readonly is: 'var'; readonly variable: number; readonly cmp: 'eq' | 'ne'; readonly value: number | 'arg' }
  | { readonly is: 'same'; readonly variable: number; readonly other: number }
  | { readonly is: 'free'; readonly lock: number };

/** Looks are made in order, and no further than needed. */
export interface Condition {
  readonly of: 'all' | 'any' | 'not all';
  readonly looks: readonly Look[];
}

/** How an access is made: the machine's own names, or one with a label and an order of its own. */
export interface Access {
  readonly label: string;
  readonly order: MemoryOrder;
}

/** What an operation does to a variable. */
export interface Effect {
  readonly variable: number;
  readonly to: { readonly is: 'value'; readonly value: number | 'arg' } | { readonly is: 'copy'; readonly of: number };
}

/** An operation of the program's own. Several may have one name. */
export interface OperationPart {
  readonly name: string;
  readonly when?: Condition | undefined;
  /** Effects happen where this holds. */
  readonly if?: Condition | undefined;
  readonly effects: readonly Effect[];
  /** The variable whose old value it answers; else whether its effects happened. */
  readonly answers?: number | undefined;
  readonly target?: number | undefined;
  readonly guard?: number | undefined;
}

/** A part of an expression: a number, or what makes a request in the midst of it. */
export type Term =
  | { readonly is: 'number'; readonly value: Expr }
  | { readonly is: 'read'; readonly variable: number; readonly how: Access }
  | { readonly is: 'xchg'; readonly variable: number; readonly value: number }
  | { readonly is: 'choose'; readonly ways: number }
  | { readonly is: 'assign'; readonly to: number; readonly term: Term }
  | { readonly is: 'either'; readonly test: Test; readonly one: Term; readonly other: Term }
  | { readonly is: 'and' | 'or'; readonly one: Term; readonly other: Term };

/** What becomes of terms: a sum, a list, two registers by one of two patterns, or arguments of a helper that reads a variable. */
export type TermUse = 'sum' | 'list' | 'array pattern' | 'object pattern' | 'arguments';

/** How a loop is written. */
export type LoopForm = 'for' | 'while' | 'do';

export type Hold = 'read' | 'write';

/** How one takes a lock by hand. `cmpxchg` and `spin` are right, the others are broken. */
export type OwnWay = 'cmpxchg' | 'spin' | 'look' | 'xchg' | 'wait';

/** One statement. */
export type Stmt =
  | { readonly s: 'read'; readonly variable: number; readonly how: Access; readonly to: number }
  | { readonly s: 'write'; readonly variable: number; readonly how: Access; readonly value: Expr }
  | {
      readonly s: 'rmw';
      readonly variable: number;
      readonly kind: RmwKind;
      readonly how: Access;
      readonly value: number;
      readonly to?: number | undefined;
    }
  | {
      readonly s: 'cas';
      readonly variable: number;
      readonly expected: number;
      readonly value: number;
      readonly to: number;
    }
  | {
      readonly s: 'wait';
      readonly variable: number;
      readonly differs: boolean;
      readonly value: number;
      readonly to: number;
    }
  | { readonly s: 'choose'; readonly ways: number; readonly to: number }
  | {
      readonly s: 'if';
      readonly test: Test;
      readonly form: 'if' | 'switch';
      readonly body: readonly Stmt[];
      readonly otherwise: readonly Stmt[];
    }
  | { readonly s: 'loop'; readonly times: number; readonly form: LoopForm; readonly body: readonly Stmt[] }
  | { readonly s: 'retry'; readonly form: LoopForm; readonly until: Test; readonly body: readonly Stmt[] }
  | { readonly s: 'break' }
  | { readonly s: 'continue' }
  | { readonly s: 'set reg'; readonly to: number; readonly value: Expr }
  | {
      readonly s: 'terms';
      readonly use: TermUse;
      readonly terms: readonly Term[];
      readonly to: number;
      readonly variable: number;
    }
  | { readonly s: 'list'; readonly list: number; readonly what: ListChange; readonly at: Expr; readonly value: Expr }
  | { readonly s: 'list get'; readonly list: number; readonly what: ListAnswer; readonly at: Expr; readonly to: number }
  | { readonly s: 'each'; readonly list: number; readonly to: number; readonly body: readonly Stmt[] }
  | { readonly s: 'helper'; readonly args: readonly Expr[]; readonly body: readonly Stmt[]; readonly to: number }
  | { readonly s: 'closure'; readonly body: readonly Stmt[] }
  | {
      readonly s: 'hand';
      readonly what: 'read twice' | 'write twice' | 'write each' | 'read until';
      readonly variable: number;
      readonly how: Access;
      readonly list: number;
      readonly value: Expr;
      readonly to: number;
    }
  | {
      readonly s: 'spin';
      readonly args: readonly Expr[];
      readonly body: readonly Stmt[];
      readonly until: Test;
      readonly to: number;
    }
  | { readonly s: 'call'; readonly func: number; readonly args: readonly Expr[]; readonly to: number }
  | { readonly s: 'op'; readonly ops: readonly number[]; readonly by: number; readonly arg: Expr; readonly to: number }
  | { readonly s: 'assert'; readonly test: Test; readonly how: 'bug' | 'warn' }
  | { readonly s: 'fence' }
  | { readonly s: 'return' }
  | { readonly s: 'ghost'; readonly ghost: number; readonly value: Expr }
  | { readonly s: 'take'; readonly lock: number; readonly hold: Hold }
  | { readonly s: 'release'; readonly lock: number; readonly hold: Hold }
  | { readonly s: 'locked'; readonly lock: number; readonly hold: Hold; readonly body: readonly Stmt[] }
  | { readonly s: 'try'; readonly lock: number; readonly hold: Hold; readonly body: readonly Stmt[] }
  | { readonly s: 'own'; readonly lock: number; readonly way: OwnWay; readonly body: readonly Stmt[] }
  | { readonly s: 'steal'; readonly lock: number }
  | { readonly s: 'peek'; readonly lock: number; readonly to: number }
  | { readonly s: 'might sleep' }
  | { readonly s: 'atomic'; readonly what: 'preempt' | 'irq'; readonly body: readonly Stmt[] }
  | { readonly s: 'handler'; readonly body: readonly Stmt[] }
  | { readonly s: 'alloc'; readonly to: number; readonly mayFail: boolean; readonly maySleep: boolean }
  | { readonly s: 'free'; readonly handle: number }
  | { readonly s: 'publish'; readonly slot: number; readonly handle: number | 'null' }
  | {
      readonly s: 'follow';
      readonly slot: number;
      readonly to: number;
      readonly how: 'READ_ONCE' | 'xchg NULL' | 'rcu';
    }
  | { readonly s: 'get'; readonly handle: number; readonly field: Field; readonly how: Access; readonly to: number }
  | { readonly s: 'set'; readonly handle: number; readonly field: Field; readonly how: Access; readonly value: Expr }
  | { readonly s: 'object lock'; readonly handle: number; readonly body: readonly Stmt[] }
  | { readonly s: 'unchecked'; readonly handle: number; readonly to: number }
  | { readonly s: 'kref'; readonly handle: number; readonly what: 'init' | 'get' | 'get unless zero' | 'put' }
  | { readonly s: 'rcu reader'; readonly body: readonly Stmt[] }
  | { readonly s: 'rcu'; readonly what: 'synchronize' | 'barrier' }
  | { readonly s: 'call rcu'; readonly handle: number }
  | { readonly s: 'wait event'; readonly on: WaitOn; readonly exclusive: boolean }
  | { readonly s: 'wake'; readonly all: boolean }
  | { readonly s: 'completion'; readonly what: 'wait' | 'timeout' | 'try' | 'complete' | 'complete all' }
  | { readonly s: 'member'; readonly what: 'choose' | 'load' | 'claim' }
  | { readonly s: 'member store'; readonly value: 'me' | 'm' | 'none' }
  | { readonly s: 'if me'; readonly body: readonly Stmt[]; readonly otherwise: readonly Stmt[] }
  | { readonly s: 'flag get'; readonly whose: 'me' | 'm'; readonly per: 'member' | 'thread'; readonly to: number }
  | { readonly s: 'flag set'; readonly whose: 'me' | 'm'; readonly per: 'member' | 'thread'; readonly value: number };

/** How a list changes; `alias` makes it the same as the other one. A list has three elements at most. */
export type ListChange = 'make' | 'push' | 'set' | 'alias';

/** What a list is asked. */
export type ListAnswer = 'at' | 'length' | 'sum' | 'pop';

/** How many elements a list has at most. */
export const LONGEST_LIST = 3;

/** `b` is guarded by the object's own lock. */
export type Field = 'a' | 'b';

/** What a wait looks at: a variable that shall not be zero, an operation or a function that shall answer something. */
export type WaitOn =
  | { readonly is: 'var'; readonly variable: number }
  | { readonly is: 'op'; readonly op: number; readonly arg: Expr }
  | { readonly is: 'func'; readonly func: number; readonly args: readonly Expr[] };

/** A variable. */
export interface Variable {
  readonly type: 'u8' | 'u16' | 'u32' | 'i32' | 'u64' | 'bool';
  readonly init: number;
  readonly guard?: { readonly lock: number; readonly writesOnly: boolean } | undefined;
  /** Whether it lies in the struct `s` beside lock 0, and under which name. */
  readonly field?: string | undefined;
}

/**
 * A lock: of the kernel; a word that says who owns something; a reader-writer lock of the program's own, whose writer waits
 * for the readers or forgets to; a spin lock with a field `readers` behind it that is no set of readers.
 */
export interface LockPart {
  readonly kind: 'spin' | 'mutex' | 'rwsem' | 'owner' | 'own-rw' | 'own-rw-hasty' | 'count';
}

/** What a thread runs. */
export interface ThreadPart {
  readonly kind: 'kernel' | 'device' | 'daemon';
  readonly repeat: boolean;
  readonly body: readonly Stmt[];
  readonly context?: { readonly cpu: number; readonly context: 'task' | 'softirq' | 'hardirq' | 'atomic' } | undefined;
}

/** A function that threads call; it answers one register, or two as a tuple. */
export interface FunctionPart {
  readonly name: string;
  readonly body: readonly Stmt[];
  readonly answers: 1 | 2;
}

/** A whole program. */
export interface Program {
  readonly variables: readonly Variable[];
  /** How many variables of the specification there are. */
  readonly ghosts: number;
  readonly locks: readonly LockPart[];
  readonly operations: readonly OperationPart[];
  readonly functions: readonly FunctionPart[];
  readonly threads: readonly ThreadPart[];
  /** Objects of the slab, 0 for no slab. */
  readonly objects: number;
  /** Whether slot 0 shows an object from the start, with one reference. */
  readonly published: boolean;
  readonly outlives: boolean;
  /** Whether there is RCU, with a thread for its callbacks. */
  readonly rcu: boolean;
  /** Whether all threads are members of one scalarset and run the body of the first. */
  readonly symmetric: boolean;
  readonly invariants: readonly Condition[];
  readonly finals: readonly Condition[];
  readonly within?: Condition | undefined;
  /** Whether an invariant says that at most one flag of the members is set. */
  readonly oneFlag: boolean;
}

/** The lists of statements inside a statement, by the name of the property. */
export function bodiesOf(stmt: Stmt): readonly ('body' | 'otherwise')[] {
  if (!('body' in stmt)) return [];
  return 'otherwise' in stmt ? ['body', 'otherwise'] : ['body'];
}
