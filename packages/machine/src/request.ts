/**
 * Requests: the only way a thread touches anything shared. Yielding one is one schedulable step.
 * A request carries its memory order although the semantics are sequentially consistent.
 */
import type { Operation } from './operation-shape.js';
import { capturingSites, noteMade, requestsMadeIn, takeStep, takesSteps, tellsRequestsApart } from './running.js';
import type { Cell } from './struct.js';
import { assertCell, misfit } from './misfit.js';
import { assertKeys, type Keys } from './shape.js';
import type { ScalarType } from './types.js';

/** Numbers of the request kinds. */
export const KIND = {
  /** Runs a kfunc. */
  CALL: 0,
  /** Runs a kfunc until it returns something. */
  SPIN: 1,
  READ: 2,
  WRITE: 3,
  XCHG: 4,
  CMPXCHG: 5,
  ADD: 6,
  OR: 7,
  AND: 8,
  XOR: 9,
  /** A nondeterministic choice. */
  CHOOSE: 10,
  /** A memory barrier. */
  FENCE: 11,
  /** Waits for a word. */
  AWAIT: 12,
  LOCK: 13,
  TRYLOCK: 14,
  UNLOCK: 15,
  /** An operation of {@link defineOperation}. */
  OP: 16,
} as const;

/** Ordering of an access in the terms of the Linux kernel memory model. */
export type MemoryOrder = 'plain' | 'once' | 'relaxed' | 'acquire' | 'release' | 'full';

/** A generator that model code delegates to with `yield*`; a plain return type instead means "atomic, no schedule point". */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a yield* receives depends on the request
export type Kthread<T> = Generator<Request<any>, T>;

/** A kernel function as {@link kfunc} makes it. */
export interface KfuncInfo {
  /** The kernel's name of it. */
  readonly kname: string;
  /** Tells functions of the same name apart: how many were defined before it. */
  readonly serial: number;
  /** Names the function in every process that runs the same code and builds the same system. */
  readonly identity: string;
  /** The generator function. */
  readonly body: (...args: never[]) => Kthread<unknown>;
}

type AnyOperation = Operation<readonly unknown[], unknown>;
const NO_ARGS: readonly unknown[] = [];

/**
 * One step of a thread, made by {@link read} and its like. Iterable, so that `yield* request` has the type of its answer;
 * one request may be yielded any number of times, by any number of threads.
 */
export class Request<T> {
  /** Only for the compiler: the type of the answer. */
  declare readonly __answer: T;
  /** One of {@link KIND}. */
  readonly kind: number;
  /** What a trace calls the step: the kernel's name of the operation. */
  label = '';
  /** The ordering the kernel's operation has. */
  order: MemoryOrder = 'full';
  /** Type of the target, where there is one. */
  type: ScalarType<unknown> | undefined;
  /** Address of the target's first word, 0 where there is none. */
  address = 0;
  /** Operand: low word of the value written, added or compared with. */
  lo = 0;
  /** Operand: high word. */
  hi = 0;
  /** Low word of the value stored by a successful cmpxchg. */
  lo2 = 0;
  /** High word of the value stored by a successful cmpxchg; mask under which an await compares the high word. */
  hi2 = 0;
  /** Whether the target has two words. */
  wide = false;
  /** Mask to which an addition wraps, or under which an await compares. */
  mask = -1;
  /** Set when the caller does not look at the old value of a read-modify-write, so that it is no part of its history. */
  isVoid = false;
  /** An await ends when `((word & mask) === lo && (highWord & hi2) === hi) !== negated`. */
  negated = false;
  /** Alternatives of a choice; 1 for letting a lock go by {@link lockReleaseInObject}. */
  ways = 0;
  /** Number of the one bit of the target that is meant, 0 the least significant; -1 for all of it. Only traces say so. */
  bit = -1;
  /** Address of the holder word of the lock that guards all that an operation touches, 0 if none does. */
  guard = 0;
  /** The function of a call or a spin loop. */
  fn: KfuncInfo | undefined;
  /** The operation of a {@link KIND}.OP. */
  op: AnyOperation | undefined;
  /** Arguments of a call, a spin loop or an operation. */
  args: readonly unknown[] = NO_ARGS;
  /** Stack of the code that made it, where {@link withSites} asks for it. */
  site: string | undefined;
  /** Whether it was yielded, run, or made a part of another request. One that never is does nothing: `yield*` is missing. */
  isUsed = false;

  /** @param kind - one of {@link KIND} */
  constructor(kind: number) {
    this.kind = kind;
    if (capturingSites()) this.site = new Error('site').stack;
    noteMade(this);
  }

  /** For `yield*`: hands out the request once and returns its answer; in a direct run the step is taken there and then. */
  [Symbol.iterator](): Iterator<Request<T>, T, T> {
    return takesSteps() ? this : new SteppedRequest(this);
  }

  /** For `yield*` in a direct run: takes the step. Nobody but `yield*` sees the result, which is read at once. */
  next(): IteratorResult<Request<T>, T> {
    TAKEN.value = takeStep(this);
    return TAKEN as IteratorReturnResult<T>;
  }
}

const TAKEN: IteratorReturnResult<unknown> = { done: true, value: undefined };

/** One `yield*` of a request in a run that stops at every step. */
class SteppedRequest<T> implements Iterator<Request<T>, T, T> {
  readonly #request: Request<T>;
  #isOut = false;

  constructor(request: Request<T>) {
    this.#request = request;
  }

  next(answer?: T): IteratorResult<Request<T>, T> {
    if (this.#isOut) return { done: true, value: answer as T };
    this.#isOut = true;
    this.#request.isUsed = true;
    return { done: false, value: this.#request };
  }
}

function access<T, R>(kind: number, label: string, order: MemoryOrder, cell: Cell<T>): Request<R> {
  if ((cell as Cell<T> | undefined)?.type === undefined) assertCell(label, cell);
  const request = new Request<R>(kind);
  request.label = label;
  request.order = order;
  request.address = cell.address;
  request.type = cell.type as ScalarType<unknown>;
  request.wide = cell.type.words === 2;
  request.mask = cell.type.mask;
  return request;
}

/** As {@link access} for a read: as it has no operand, the one last made for the cell will mostly do again. */
function reading<T>(label: string, order: MemoryOrder, cell: Cell<T>, bit = -1): Request<T> {
  const last = (cell as Cell<T> | undefined)?.lastRead as Request<T> | undefined;
  const isLast = last !== undefined && last.label === label && last.order === order && last.bit === bit;
  if (isLast && !tellsRequestsApart()) return last;
  const request = access<T, T>(KIND.READ, label, order, cell);
  request.bit = bit;
  if (request.site === undefined) cell.lastRead = request;
  return request;
}

function withOperand<T, R>(request: Request<R>, cell: Cell<T>, value: T): Request<R> {
  assertFits(request, cell, value);
  request.lo = cell.type.low(value);
  request.hi = cell.type.high(value);
  return request;
}

function assertFits<T>(request: Request<unknown>, cell: Cell<T>, value: T): void {
  if (cell.type.fits(value)) return;
  request.isUsed = true; // nobody gets it
  throw new RangeError(`${request.label}: ${misfit(cell.type, value)}`);
}

/** A plain read: the compiler may do anything with it, and it races with every concurrent write. */
export function read<T>(cell: Cell<T>): Request<T> {
  return reading('read', 'plain', cell);
}

/**
 * A plain write: the compiler may do anything with it, and it races with every concurrent access.
 *
 * @throws RangeError when the value does not fit the cell's type
 */
export function write<T>(cell: Cell<T>, value: T): Request<void> {
  return withOperand(access<T, void>(KIND.WRITE, 'write', 'plain', cell), cell, value);
}

/** `READ_ONCE`: a read that the compiler neither tears nor repeats. */
export function readOnce<T>(cell: Cell<T>): Request<T> {
  return reading('READ_ONCE', 'once', cell);
}

/**
 * `WRITE_ONCE`: a write that the compiler neither tears nor leaves out.
 *
 * @throws RangeError when the value does not fit the cell's type
 */
export function writeOnce<T>(cell: Cell<T>, value: T): Request<void> {
  return withOperand(access<T, void>(KIND.WRITE, 'WRITE_ONCE', 'once', cell), cell, value);
}

/**
 * A read with a name and an order of its own, for the layers above.
 *
 * @param label - what a trace calls it
 * @param bit - the one bit that is looked at, which traces name; by default all are
 */
export function load<T>(label: string, order: MemoryOrder, cell: Cell<T>, bit?: number): Request<T> {
  return reading(label, order, cell, bit);
}

/**
 * A write with a name and an order of its own, for the layers above.
 *
 * @param label - what a trace calls it
 * @throws RangeError when the value does not fit the cell's type
 */
export function store<T>(label: string, order: MemoryOrder, cell: Cell<T>, value: T): Request<void> {
  return withOperand(access<T, void>(KIND.WRITE, label, order, cell), cell, value);
}

/** The kinds of read-modify-write. All answer the old value. */
export type RmwKind = 'xchg' | 'add' | 'or' | 'and' | 'xor';
const RMW_KIND = { xchg: KIND.XCHG, add: KIND.ADD, or: KIND.OR, and: KIND.AND, xor: KIND.XOR } as const;

/**
 * An atomic read-modify-write; wraps to the width of the cell and returns the old value.
 *
 * @param label - what a trace calls it
 * @param bit - the one bit that it is about, which traces name; by default all are
 * @throws RangeError when the operand does not fit the cell's type; subtract by adding the two's complement
 * @throws TypeError for arithmetic on a pointer, which can only be exchanged
 */
export function rmw<T>(
  kind: RmwKind,
  label: string,
  order: MemoryOrder,
  cell: Cell<T>,
  operand: T,
  bit = -1,
): Request<T> {
  if (kind !== 'xchg' && typeof operand === 'object') throw new TypeError(`${label}: expected a number, got a pointer`);
  const request = withOperand(access<T, T>(RMW_KIND[kind], label, order, cell), cell, operand);
  request.bit = bit;
  return request;
}

/** As {@link rmw}, where nobody looks at the old value, as in `atomic_inc`: it returns nothing. */
export function modify<T>(
  kind: RmwKind,
  label: string,
  order: MemoryOrder,
  cell: Cell<T>,
  operand: T,
  bit?: number,
): Request<void> {
  const request = rmw(kind, label, order, cell, operand, bit) as unknown as Request<void>;
  request.isVoid = true;
  return request;
}

/**
 * Compares and exchanges; returns the old value, which equals `expected` iff the exchange happened.
 *
 * @param label - what a trace calls it
 * @throws RangeError when a value does not fit the cell's type
 */
export function cmpxchg<T>(
  cell: Cell<T>,
  expected: T,
  desired: T,
  label = 'cmpxchg',
  order: MemoryOrder = 'full',
): Request<T> {
  const request = withOperand(access<T, T>(KIND.CMPXCHG, label, order, cell), cell, expected);
  assertFits(request, cell, desired);
  request.lo2 = cell.type.low(desired);
  request.hi2 = cell.type.high(desired);
  return request;
}

/** A barrier, such as `smp_mb`. No effect under sequential consistency, and no schedule point of its own; traces show it. */
export function fence(label: string): Request<void> {
  const request = new Request<void>(KIND.FENCE);
  request.label = label;
  return request;
}

/**
 * A nondeterministic choice: a search takes every alternative.
 *
 * @param ways - number of alternatives, 1 to 255
 * @param label - what a trace calls it
 * @returns a request that returns 0 to `ways - 1`
 * @throws RangeError for another number of alternatives
 */
export function choose(ways: number, label = 'choose'): Request<number> {
  if (!Number.isInteger(ways) || ways < 1 || ways > 255)
    throw new RangeError(`choose: expected 1 to 255 alternatives, got ${ways}`);
  const request = new Request<number>(KIND.CHOOSE);
  request.label = label;
  request.ways = ways;
  return request;
}

/**
 * A choice among the members of a scalarset, so that alternatives that differ only by symmetry are known to.
 *
 * @param members - a type made with {@link ScalarType.memberOf} whose values are 0, 1, 2 and so on
 * @param label - what a trace calls it
 * @throws TypeError when the type names no such members
 */
export function chooseMember(members: ScalarType<number>, label = 'choose'): Request<number> {
  const words = members.membership?.words ?? [];
  if (words.length === 0 || words.some(([lo], i) => lo !== i))
    throw new TypeError(`${label}: expected a type whose members are 0, 1, 2 and so on, made with memberOf`);
  const request = choose(words.length, label);
  request.type = members as ScalarType<unknown>;
  return request;
}

/**
 * What {@link waitFor} waits for: all of the cell, equal or unequal to a value; or its low word under a mask, equal or unequal
 * to a number.
 */
export interface WaitCondition {
  /** Bits that count; default all. Not with a bigint. */
  readonly mask?: number;
  /** What the bits shall equal, -2^31 to 2^32 - 1, or a u64; `true` is 1 and NULL is 0. */
  readonly equals?: number | bigint;
  /** What the bits shall differ from. Exactly one of the two is given. */
  readonly differs?: number | bigint;
}

const WAIT_CONDITION: Keys<WaitCondition> = { mask: true, equals: true, differs: true };
const raise = (message: string): TypeError => new TypeError(message);

/**
 * Waits until a cell meets the condition; returns its value then. One step.
 *
 * @param label - what a trace calls it
 * @throws TypeError unless exactly one of `equals` and `differs` is given, for another key, or for a bigint with a mask or with a
 * cell that has no 64 bits
 * @throws RangeError for a number that is no 32-bit integer, or has bits outside the mask, and for a bigint that is no u64
 */
export function waitFor<T>(cell: Cell<T>, condition: WaitCondition, label = 'smp_cond_load_acquire'): Request<T> {
  for (const key in condition)
    if (key !== 'equals' && key !== 'differs' && key !== 'mask') assertKeys(label, condition, WAIT_CONDITION, raise);
  const { mask = -1, equals, differs } = condition;
  if ((equals === undefined) === (differs === undefined))
    throw new TypeError('waitFor: expected exactly one of equals and differs');
  const request = access<T, T>(KIND.AWAIT, label, 'acquire', cell);
  request.negated = differs !== undefined;
  const given = equals ?? differs ?? 0;
  const isWhole = request.wide && condition.mask === undefined;
  const operand = isWhole && typeof given === 'number' && Number.isInteger(given) ? BigInt(given) : given;
  if (typeof operand === 'bigint') {
    if (!request.wide || condition.mask !== undefined)
      throw new TypeError('waitFor: expected a bigint with a 64-bit cell and no mask');
    request.mask = -1;
    request.hi2 = -1;
    return withOperand(request, cell as Cell<unknown>, operand);
  }
  request.mask = wordOf(mask);
  request.lo = wordOf(operand);
  if ((request.lo & ~request.mask) !== 0)
    throw new RangeError(`waitFor: expected a value within the mask ${hex(mask)}, got ${hex(request.lo)}`);
  return request;
}

function wordOf(value: number): number {
  if ((value | 0) === value || value >>> 0 === value) return value | 0;
  throw new RangeError(`waitFor: expected a 32-bit integer, got ${value}`);
}

function hex(word: number): string {
  return `0x${(word >>> 0).toString(16)}`;
}

/**
 * Takes the lock whose holder word is `cell`, waiting while another thread has it. It looks at no readers word: a lock
 * that has one needs operations of its own.
 *
 * @param label - what a trace calls it
 */
export function lockAcquire(cell: Cell<number>, label: string): Request<void> {
  return access(KIND.LOCK, label, 'acquire', cell);
}

/**
 * Takes the lock if it is free; returns whether it did.
 *
 * @param label - what a trace calls it
 */
export function lockTry(cell: Cell<number>, label: string): Request<boolean> {
  return access(KIND.TRYLOCK, label, 'acquire', cell);
}

/**
 * Lets the lock go. The caller must hold it, else that is reported, and the lock is free nevertheless.
 *
 * @param label - what a trace calls it
 */
export function lockRelease(cell: Cell<number>, label: string): Request<void> {
  return access(KIND.UNLOCK, label, 'release', cell);
}

/**
 * As {@link lockRelease}, for a lock that its caller still looks at after letting go; returns whether it is in an object of a
 * slab, which the next owner can free meanwhile. Direct runs and virtual time, where it is as if nobody waited, answer no.
 *
 * @param label - what a trace calls it
 */
export function lockReleaseInObject(cell: Cell<number>, label: string): Request<boolean> {
  const request = access<number, boolean>(KIND.UNLOCK, label, 'release', cell);
  request.ways = 1;
  return request;
}

/**
 * Requests made while a generator was resumed. Whoever resumes it takes those out that were used, see {@link Request.isUsed}.
 */
export function requestsMadeBy(generator: object): Request<unknown>[] {
  return requestsMadeIn(generator) as Request<unknown>[];
}
