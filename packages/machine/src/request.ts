/**
 * Requests: the only way a thread touches anything shared. Yielding one is one schedulable step.
 * A request carries its memory order although the semantics are sequentially consistent.
 */
import { KernelBug, type ViolationKind } from './kernel-bug.js';
import { capturingSites } from './running.js';
import type { Memory } from './memory.js';
import type { Cell } from './struct.js';
import type { ScalarType } from './types.js';

/** Numbers of the request kinds, in the order of {@link KIND_NAMES}. */
export const KIND = {
  CALL: 0,
  SPIN: 1,
  READ: 2,
  WRITE: 3,
  XCHG: 4,
  CMPXCHG: 5,
  ADD: 6,
  OR: 7,
  AND: 8,
  XOR: 9,
  CHOOSE: 10,
  FENCE: 11,
  AWAIT: 12,
  LOCK: 13,
  TRYLOCK: 14,
  UNLOCK: 15,
  OP: 16,
} as const;

/** Ordering of an access in the terms of the Linux kernel memory model. */
export type MemoryOrder = 'plain' | 'once' | 'relaxed' | 'acquire' | 'release' | 'full';

/** A generator that model code delegates to with `yield*`; a plain return type instead means "atomic, no schedule point". */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a yield* receives depends on the request
export type Kthread<T> = Generator<Request<any>, T, any>;

/** An operation on memory that is one step: a pure function of memory and its arguments. */
export interface Operation<A extends readonly unknown[], R> {
  readonly name: string;
  /** Whether the step can be taken now; absent means always. */
  readonly when?: ((memory: Memory, ...args: A) => boolean) | undefined;
  readonly run: (memory: Memory, ...args: A) => R;
  /** The lock that guards every word it touches; the caller must hold it. */
  readonly guard?: ((...args: A) => Cell<number>) | undefined;
  /** Set when it touches no shared memory, so that it is no schedule point. */
  readonly isLocal?: boolean | undefined;
  /** The cell a trace names as its target. */
  readonly target?: ((...args: A) => Cell<unknown> | undefined) | undefined;
}

/** A kernel function as {@link kfunc} makes it. */
export interface KfuncInfo {
  readonly kname: string;
  /** Tells functions of the same name apart: how many were defined before it. */
  readonly serial: number;
  readonly body: (...args: never[]) => Kthread<unknown>;
}

type AnyOperation = Operation<readonly unknown[], unknown>;
const NO_ARGS: readonly unknown[] = [];

/** One step of a thread. Iterable once, so that `yield* request` has the type of its answer. */
export class Request<T> {
  declare readonly __answer: T;
  readonly kind: number;
  /** What a trace calls the step: the kernel's name of the operation. */
  label = '';
  order: MemoryOrder = 'full';
  type: ScalarType<unknown> | undefined;
  address = 0;
  /** Operand: the value written, added or compared with. */
  lo = 0;
  hi = 0;
  /** Second operand: the value stored by a successful cmpxchg. */
  lo2 = 0;
  hi2 = 0;
  wide = false;
  mask = -1;
  /** Set when the caller does not look at the old value of a read-modify-write, so that it is no part of its history. */
  isVoid = false;
  /** An await ends when `((word & mask) === lo) !== negated`. */
  negated = false;
  /** Alternatives of a choice. */
  ways = 0;
  /** Holder word of the lock that guards all that an operation touches, 0 if none does. */
  guard = 0;
  fn: KfuncInfo | undefined;
  op: AnyOperation | undefined;
  args: readonly unknown[] = NO_ARGS;
  site: string | undefined;
  #yielded = false;

  constructor(kind: number) {
    this.kind = kind;
    if (capturingSites()) this.site = new Error('site').stack;
  }

  [Symbol.iterator](): Iterator<Request<T>, T, T> {
    this.#yielded = false;
    return this as unknown as Iterator<Request<T>, T, T>;
  }

  next(answer?: T): IteratorResult<Request<T>, T> {
    if (this.#yielded) return { done: true, value: answer as T };
    this.#yielded = true;
    return { done: false, value: this };
  }
}

function access<T, R>(kind: number, label: string, order: MemoryOrder, cell: Cell<T>): Request<R> {
  const request = new Request<R>(kind);
  request.label = label;
  request.order = order;
  request.address = cell.address;
  request.type = cell.type as ScalarType<unknown>;
  request.wide = cell.type.words === 2;
  request.mask = cell.type.mask;
  return request;
}

function withOperand<T, R>(request: Request<R>, cell: Cell<T>, value: T): Request<R> {
  if (!cell.type.fits(value)) throw new RangeError(`${request.label}: expected a ${cell.type.name}, got ${String(value)}`);
  request.lo = cell.type.low(value);
  request.hi = cell.type.high(value);
  return request;
}

/** A plain read: the compiler may do anything with it, and it races with every concurrent write. */
export function read<T>(cell: Cell<T>): Request<T> {
  return access(KIND.READ, 'read', 'plain', cell);
}

/** A plain write. */
export function write<T>(cell: Cell<T>, value: T): Request<void> {
  return withOperand(access<T, void>(KIND.WRITE, 'write', 'plain', cell), cell, value);
}

/** `READ_ONCE`. */
export function readOnce<T>(cell: Cell<T>): Request<T> {
  return access(KIND.READ, 'READ_ONCE', 'once', cell);
}

/** `WRITE_ONCE`. */
export function writeOnce<T>(cell: Cell<T>, value: T): Request<void> {
  return withOperand(access<T, void>(KIND.WRITE, 'WRITE_ONCE', 'once', cell), cell, value);
}

/** A read with a name and an order of its own, for the layers above. */
export function load<T>(label: string, order: MemoryOrder, cell: Cell<T>): Request<T> {
  return access(KIND.READ, label, order, cell);
}

/** A write with a name and an order of its own. */
export function store<T>(label: string, order: MemoryOrder, cell: Cell<T>, value: T): Request<void> {
  return withOperand(access<T, void>(KIND.WRITE, label, order, cell), cell, value);
}

/** The kinds of read-modify-write. All answer the old value. */
export type RmwKind = 'xchg' | 'add' | 'or' | 'and' | 'xor';
const RMW_KIND = { xchg: KIND.XCHG, add: KIND.ADD, or: KIND.OR, and: KIND.AND, xor: KIND.XOR } as const;

/**
 * An atomic read-modify-write; wraps to the width of the cell and answers the old value.
 *
 * @param label - what a trace calls it
 */
export function rmw<T>(kind: RmwKind, label: string, order: MemoryOrder, cell: Cell<T>, operand: T): Request<T> {
  return withOperand(access<T, T>(RMW_KIND[kind], label, order, cell), cell, operand);
}

/** A read-modify-write whose old value nobody looks at, such as `atomic_inc`: it answers nothing. */
export function modify<T>(kind: RmwKind, label: string, order: MemoryOrder, cell: Cell<T>, operand: T): Request<void> {
  const request = rmw(kind, label, order, cell, operand) as unknown as Request<void>;
  request.isVoid = true;
  return request;
}

/** Compares and exchanges; answers the old value, which equals `expected` iff the exchange happened. */
export function cmpxchg<T>(cell: Cell<T>, expected: T, desired: T, label = 'cmpxchg', order: MemoryOrder = 'full'): Request<T> {
  const request = withOperand(access<T, T>(KIND.CMPXCHG, label, order, cell), cell, expected);
  if (!cell.type.fits(desired)) throw new RangeError(`${label}: expected a ${cell.type.name}, got ${String(desired)}`);
  request.lo2 = cell.type.low(desired);
  request.hi2 = cell.type.high(desired);
  return request;
}

/** A barrier. No effect under sequential consistency, and no schedule point of its own; traces show it. */
export function fence(label: string): Request<void> {
  const request = new Request<void>(KIND.FENCE);
  request.label = label;
  return request;
}

/**
 * A nondeterministic choice: a search takes every alternative.
 *
 * @param ways - number of alternatives, at least 1
 * @returns 0 to `ways - 1`
 */
export function choose(ways: number, label = 'choose'): Request<number> {
  if (!Number.isInteger(ways) || ways < 1 || ways > 255) throw new RangeError(`choose: expected 1 to 255 alternatives, got ${ways}`);
  const request = new Request<number>(KIND.CHOOSE);
  request.label = label;
  request.ways = ways;
  return request;
}

/** What {@link waitFor} waits for: the word, under a mask, equal or unequal to a number. */
export interface WaitCondition {
  /** Bits that count; default all. Low 32 bits of the cell. */
  readonly mask?: number;
  readonly equals?: number;
  readonly differs?: number;
}

/** Spins until the low word of a cell meets the condition; answers the cell's value then. One step. */
export function waitFor<T>(cell: Cell<T>, condition: WaitCondition, label = 'smp_cond_load_acquire'): Request<T> {
  const { equals, differs } = condition;
  if ((equals === undefined) === (differs === undefined)) throw new TypeError('waitFor: expected exactly one of equals and differs');
  const request = access<T, T>(KIND.AWAIT, label, 'acquire', cell);
  request.mask = condition.mask ?? -1;
  request.lo = (equals ?? differs ?? 0) | 0;
  request.negated = differs !== undefined;
  return request;
}

/** Takes the lock whose holder word is `cell`, waiting while another thread has it. */
export function lockAcquire(cell: Cell<number>, label: string): Request<void> {
  return access(KIND.LOCK, label, 'acquire', cell);
}

/** Takes the lock if it is free; answers whether it did. */
export function lockTry(cell: Cell<number>, label: string): Request<boolean> {
  return access(KIND.TRYLOCK, label, 'acquire', cell);
}

/** Lets the lock go; the caller must hold it. */
export function lockRelease(cell: Cell<number>, label: string): Request<void> {
  return access(KIND.UNLOCK, label, 'release', cell);
}

/**
 * Defines an operation that is one step of the calling thread.
 *
 * @param operation - `run` must be a pure function of memory and arguments; at most four arguments, each a {@link Value}
 * @returns a function that makes the request
 */
export function defineOperation<A extends readonly unknown[], R>(operation: Operation<A, R>): (...args: A) => Request<R> {
  return (...args) => {
    const request = new Request<R>(KIND.OP);
    request.label = operation.name;
    request.op = operation as unknown as AnyOperation;
    request.args = args;
    request.guard = operation.guard?.(...args).address ?? 0;
    const target = operation.target?.(...args);
    if (target !== undefined) {
      request.address = target.address;
      request.type = target.type;
      request.wide = target.type.words === 2;
    }
    return request;
  };
}

/**
 * Reports a broken rule and goes on, as WARN_ON does. No schedule point.
 *
 * @param kind - the violation kind
 * @param rule - short stable name
 */
export const report: (kind: ViolationKind, rule: string, message: string) => Request<void> = defineOperation({
  name: 'report',
  isLocal: true,
  run: (memory: Memory, kind: ViolationKind, rule: string, message: string): void => {
    memory.report(new KernelBug(kind, rule, message));
  },
});
