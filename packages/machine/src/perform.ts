/** What each request does to memory: the one definition, used by searches and by direct runs. */
import { KernelBug, ModelError } from './kernel-bug.js';
import { WORD_IN_SLOT } from './layout-image.js';
import type { Memory } from './memory.js';
import { notAnAnswer } from './misfit.js';
import { KIND, type Request } from './request.js';
import { beginNoting, endNoting } from './running.js';

const { CALL, SPIN, READ, WRITE, XCHG, CMPXCHG, ADD, OR, AND, XOR, CHOOSE, FENCE, AWAIT, LOCK, TRYLOCK, UNLOCK, OP } =
  KIND;

/** {@link Memory.hi} of an answer whose {@link Memory.lo} is the number of an interned value. */
export const INTERNED = 1;

/**
 * Whether {@link Memory.thread} could take this step now. A thread that waits for a lock of its own can: it is told so.
 */
export function isEnabled(memory: Memory, request: Request<unknown>): boolean {
  switch (request.kind) {
    case LOCK: {
      const holder = memory.words[request.address];
      return holder === 0 || holder === memory.thread + 1;
    }
    case AWAIT: {
      const { address, hi2 } = request;
      const meets = (memory.words[address] & request.mask) === request.lo;
      return (meets && (hi2 === 0 || memory.words[address + 1] === request.hi)) !== request.negated;
    }
    case OP:
      return request.op?.when === undefined || whenOf(memory, request);
    default:
      return true;
  }
}

function whenOf(memory: Memory, request: Request<unknown>): boolean {
  const a = request.args;
  const op = request.op as NonNullable<typeof request.op>;
  const { changes } = memory;
  let answer: unknown;
  try {
    answer = op.when?.(memory, a[0], a[1], a[2], a[3]);
  } catch (error) {
    const isOfModel = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
    throw isOfModel
      ? new ModelError(`the condition of ${request.label} failed: ${error.stack ?? error.message}`, error)
      : error;
  }
  if (memory.changes !== changes) throw new ModelError(conditionWrote(`the condition of ${request.label}`));
  if (answer === true || answer === false) return answer;
  throw new ModelError(`the condition of ${op.name}: ${notAnAnswer(answer, 'true or false')}`);
}

/** What is wrong with a condition that changes memory. */
export function conditionWrote(what: string): string {
  return `${what} changes memory; a condition must only look at it, with get`;
}

/**
 * Takes one step of {@link Memory.thread} and leaves the answer in {@link Memory.lo} and {@link Memory.hi}.
 * Broken rules that do not stop the thread are left in {@link Memory.reported}.
 *
 * @param request - {@link isEnabled}, and neither a call nor a spin loop, which are steps of their frames
 * @throws {@link KernelBug} for a rule whose breaking ends the thread
 * @throws {@link ModelError} for a call or a spin loop
 */
export function perform(memory: Memory, request: Request<unknown>): void {
  const address = request.address;
  const words = memory.words;
  const kind = request.kind;
  if (kind === READ || kind === AWAIT) {
    if (memory.image.flags[address] !== 0) memory.checkAccess(address, false);
    memory.lo = words[address];
    memory.hi = request.wide ? words[address + 1] : 0;
    return;
  }
  if (kind <= XOR) {
    if (memory.image.flags[address] !== 0) memory.checkAccess(address, true);
    if (request.wide) modifyWide(memory, request);
    else modify(memory, request);
    if (request.isVoid) {
      memory.lo = 0;
      memory.hi = 0;
    }
    return;
  }
  memory.lo = 0;
  memory.hi = 0;
  switch (kind) {
    case CHOOSE:
      memory.lo = memory.choice;
      return;
    case FENCE:
      return;
    case OP:
      operate(memory, request);
      return;
    default:
      lock(memory, request);
  }
}

function modify(memory: Memory, request: Request<unknown>): void {
  const address = request.address;
  const old = memory.words[address];
  const lo = request.lo;
  memory.lo = old;
  memory.hi = 0;
  switch (request.kind) {
    case WRITE:
      memory.lo = 0;
      memory.store(address, lo);
      return;
    case XCHG:
      memory.store(address, lo);
      return;
    case CMPXCHG:
      if (old === lo) memory.store(address, request.lo2);
      return;
    case ADD:
      memory.store(address, (old + lo) & request.mask);
      return;
    case OR:
      memory.store(address, old | lo);
      return;
    case AND:
      memory.store(address, old & lo);
      return;
    case XOR:
      memory.store(address, old ^ lo);
      return;
    default:
      throw new ModelError(`${request.label} is a call: its requests are steps, it is none`);
  }
}

function modifyWide(memory: Memory, request: Request<unknown>): void {
  const { address, lo, hi } = request;
  const oldLo = memory.words[address];
  const oldHi = memory.words[address + 1];
  memory.lo = oldLo;
  memory.hi = oldHi;
  switch (request.kind) {
    case WRITE:
      memory.lo = 0;
      memory.hi = 0;
      storeWide(memory, address, lo, hi);
      return;
    case XCHG:
      storeWide(memory, address, lo, hi);
      return;
    case CMPXCHG:
      if (oldLo === lo && oldHi === hi) storeWide(memory, address, request.lo2, request.hi2);
      return;
    case ADD: {
      const sum = (oldLo >>> 0) + (lo >>> 0);
      storeWide(memory, address, sum | 0, (oldHi + hi + (sum > 0xffff_ffff ? 1 : 0)) | 0);
      return;
    }
    case OR:
      storeWide(memory, address, oldLo | lo, oldHi | hi);
      return;
    case AND:
      storeWide(memory, address, oldLo & lo, oldHi & hi);
      return;
    default:
      storeWide(memory, address, oldLo ^ lo, oldHi ^ hi);
  }
}

function storeWide(memory: Memory, address: number, lo: number, hi: number): void {
  memory.store(address, lo);
  memory.store(address + 1, hi);
}

function lock(memory: Memory, request: Request<unknown>): void {
  const address = request.address;
  const me = memory.thread + 1;
  const holder = memory.words[address];
  if (memory.image.flags[address] !== 0) memory.checkAccess(address, true);
  if (request.kind === UNLOCK) {
    if (holder !== me) memory.report(misuse(memory, address, 'unlock-by-non-owner', memory.holderName(address)));
    memory.store(address, 0);
    if (request.ways === 1 && memory.isLogging && (memory.image.flags[address] & WORD_IN_SLOT) !== 0) memory.lo = 1;
  } else if (request.kind === LOCK) {
    if (holder === me) throw misuse(memory, address, 'recursive-lock', 'the caller itself');
    memory.store(address, me);
  } else {
    memory.lo = holder === 0 ? 1 : 0;
    if (holder === 0) memory.store(address, me);
  }
}

function misuse(memory: Memory, address: number, rule: string, holder: string): KernelBug {
  return new KernelBug('lock-misuse', rule, `${rule} of ${memory.layout.nameOf(address)}: held by ${holder}`, address);
}

function operate(memory: Memory, request: Request<unknown>): void {
  const mark = memory.undoTop;
  const answer = runOperation(memory, request);
  memory.forgetUnchanged(mark);
  if (typeof answer === 'number' && (answer | 0) === answer) {
    memory.lo = answer | 0;
    memory.hi = 0;
  } else {
    memory.lo = internResult(memory, request.label, answer);
    memory.hi = INTERNED;
  }
}

function internResult(memory: Memory, label: string, answer: unknown): number {
  try {
    return memory.values.intern(answer);
  } catch (error) {
    throw new ModelError(`the result of ${label}: ${(error as Error).message}`, error);
  }
}

/** Runs the operation of an {@link KIND}.OP as one step and returns its result. */
export function runOperation(memory: Memory, request: Request<unknown>): unknown {
  const a = request.args;
  const op = request.op as NonNullable<typeof request.op>;
  if (request.guard !== 0 && !memory.holds(request.guard, false)) memory.reportUnguarded(request.label, request.guard);
  memory.performing = true;
  const outer = beginNoting(STRAYS);
  try {
    return a.length > 4 ? op.run(memory, ...a) : op.run(memory, a[0], a[1], a[2], a[3]);
  } finally {
    endNoting(outer);
    memory.performing = false;
    if (STRAYS.length > 0) assertNoStray(op.name);
  }
}

/** Requests that the operation which runs has made. */
const STRAYS: Request<unknown>[] = [];

/** @throws ModelError for a request that nobody ran */
function assertNoStray(name: string): void {
  const stray = STRAYS.find(({ isUsed }) => !isUsed);
  STRAYS.length = 0;
  if (stray === undefined) return;
  throw new ModelError(
    `the operation ${name} makes the request ${stray.label}, and nobody takes that step: an operation reads and writes memory itself, with memory.get(cell) and memory.set(cell, value)`,
  );
}

/**
 * The JavaScript value of an answer.
 *
 * @param lo - {@link Memory.lo} after the request, or the number of a call's interned result
 * @param hi - {@link Memory.hi} after the request
 */
export function answerOf(memory: Memory, request: Request<unknown>, lo: number, hi: number): unknown {
  if (request.isVoid) return undefined;
  const { kind } = request;
  if (kind === READ || (kind >= XCHG && kind <= XOR)) return request.type?.decode(lo, hi);
  switch (kind) {
    case CALL:
    case SPIN:
      return memory.values.valueOf(lo);
    case OP:
      return hi === INTERNED ? memory.values.valueOf(lo) : lo;
    case CHOOSE:
      return lo;
    case TRYLOCK:
      return lo !== 0;
    case WRITE:
    case FENCE:
    case LOCK:
      return undefined;
    case UNLOCK:
      return request.ways === 0 ? undefined : lo !== 0;
    default:
      return request.type?.decode(lo, hi);
  }
}
