/**
 * Waiting for a condition: the loop around {@link prepareToWait} and {@link schedule}. What the kernel's does first, a look
 * before it gets on the queue, only saves time and is left out.
 */
import {
  Cell,
  KIND,
  ModelError,
  Request,
  defineOperation,
  identityOfOperation,
  isDefinedInRun,
  kfunc,
  load,
  spinUntil,
  type Kfunc,
  type KfuncInfo,
  type Kthread,
  type MemoryOrder,
  type ScalarType,
  type Value,
} from '@shootdown/machine';
import {
  finishWait,
  prepareToWait,
  prepareToWaitExclusive,
  schedule,
  scheduleTimeout,
  type WaitQueueHead,
} from './wait.js';

/** Looks at memory; what is waited for is that it returns something true. */
export type Condition = () => Request<unknown>;

type Flavour = 'wait_event' | 'wait_event_exclusive' | 'wait_event_timeout';
type Outcome = 'met' | 'timed out' | undefined;
type Attempt = Kfunc<[wq: WaitQueueHead, ...args: readonly Value[]], Outcome>;

/** One turn of the loop; returns `undefined` for another. */
function attemptOf(flavour: Flavour, { look, name }: Parts): Attempt {
  const body = function* (wq: WaitQueueHead, ...args: readonly Value[]): Kthread<Outcome> {
    yield* flavour === 'wait_event_exclusive' ? prepareToWaitExclusive(wq) : prepareToWait(wq);
    let met = Boolean(yield* look(...args));
    let woken = true;
    if (!met && flavour === 'wait_event_timeout') {
      woken = yield* scheduleTimeout(wq);
      met = !woken && Boolean(yield* look(...args));
    } else if (!met) yield* schedule(wq);
    if (!met && woken) return undefined;
    yield* finishWait(wq);
    return met ? 'met' : 'timed out';
  };
  return kfunc(flavour, body, name);
}

/** The attempt of each flavour that looks in this way, so that equal waits are equal calls. */
const attempts = new WeakMap<object, Map<Flavour, Attempt>>();

function attempt(flavour: Flavour, wq: WaitQueueHead, condition: Condition): Request<Outcome> {
  const parts = takenApart(condition());
  const { key, args } = parts;
  let flavours = attempts.get(key);
  if (flavours === undefined) attempts.set(key, (flavours = new Map<Flavour, Attempt>()));
  let call = flavours.get(flavour);
  if (call === undefined) flavours.set(flavour, (call = attemptOf(flavour, parts)));
  return call(wq, ...args);
}

interface Parts {
  /** Equal for conditions that differ in their arguments alone. */
  readonly key: object;
  readonly args: readonly Value[];
  readonly look: (...args: readonly Value[]) => Request<unknown>;
  /** Names the code, in every process alike. */
  readonly name: string;
}

/** A condition cannot be an argument, being code; so it is taken apart into code that is kept and arguments that are values. */
function takenApart(request: Request<unknown>): Parts {
  request.isUsed = true;
  const { kind, label, order, op, fn } = request;
  const args = request.args as readonly Value[];
  if (fn !== undefined) return { key: fn, args, look: (...values) => callOf(fn, values), name: fn.identity };
  if (op !== undefined) {
    if (isDefinedInRun(op))
      throw new ModelError(
        `wait_event: the condition ${op.name} is defined while a function runs; expected it to be defined once, where the system is built`,
      );
    const remake = defineOperation(op);
    return { key: op, args, look: (...values) => remake(...values), name: identityOfOperation(op) };
  }
  if (kind === KIND.READ) {
    const type = request.type as ScalarType<unknown>;
    const cell = new Cell(request.address, type);
    return {
      key: keyOfRead(label, order),
      args: [cell],
      look: (read) => load(label, order, read as Cell<unknown>),
      name: `${label}, ${order}`,
    };
  }
  throw new TypeError(
    `wait_event: expected a condition that calls a kfunc, runs an operation or reads a cell, got ${label}`,
  );
}

const reads = new Map<string, object>();

/** One object for each way to read a cell. */
function keyOfRead(label: string, order: MemoryOrder): object {
  const name = `${order} ${label}`;
  let key = reads.get(name);
  if (key === undefined) reads.set(name, (key = {}));
  return key;
}

function callOf(fn: KfuncInfo, args: readonly Value[]): Request<unknown> {
  const request = new Request<unknown>(KIND.CALL);
  request.label = fn.kname;
  request.fn = fn;
  request.args = args;
  return request;
}

/**
 * Sleeps until the condition holds; looks at it each time the queue is woken.
 *
 * @param condition - calls a kfunc, runs an operation, or reads a cell
 * @source include/linux/wait.h wait_event() v4.19
 */
export function waitEvent(wq: WaitQueueHead, condition: Condition): Request<void> {
  return spinUntil(() => attempt('wait_event', wq, condition)) as Request<unknown> as Request<void>;
}

/**
 * As {@link waitEvent}, but {@link wakeUp} wakes only one such waiter, the oldest. That may be one whose condition just came
 * to hold without it; then it is for that waiter to wake the next.
 *
 * @param condition - calls a kfunc, runs an operation, or reads a cell
 * @source include/linux/wait.h wait_event_exclusive_cmd() v4.19
 */
export function waitEventExclusive(wq: WaitQueueHead, condition: Condition): Request<void> {
  return spinUntil(() => attempt('wait_event_exclusive', wq, condition)) as Request<unknown> as Request<void>;
}

/**
 * As {@link waitEvent}, but for a time: a search takes both ways whenever the condition does not hold. Answers `met` or
 * `timed out`.
 *
 * @param condition - calls a kfunc, runs an operation, or reads a cell
 * @source include/linux/wait.h wait_event_timeout() v4.19
 */
export function waitEventTimeout(wq: WaitQueueHead, condition: Condition): Request<'met' | 'timed out'> {
  return spinUntil(() => attempt('wait_event_timeout', wq, condition));
}
