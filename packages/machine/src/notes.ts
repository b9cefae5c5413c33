/** Monitors as the machine runs them: each is an operation that is taken as a step of the thread whose code it watches. */
import { nameOfCode } from './identity.js';
import { KernelBug, ModelError } from './kernel-bug.js';
import { WORD_GHOST } from './layout-image.js';
import { assertCell, misfit } from './misfit.js';
import {
  isOfCalls,
  monitorText,
  type CallMonitor,
  type Monitor,
  type Monitors,
  type NoteMemory,
  type StepMonitor,
} from './monitor.js';
import { identifyOperation } from './operation.js';
import type { Operation } from './operation-shape.js';
import { KIND, Request } from './request.js';
import { Cell } from './struct.js';
import type { Memory } from './memory.js';
import { kindOf } from './shape.js';
import { textOf } from './text.js';
import { toValue, type Value } from './values.js';

/** A monitor, and the operation that it is run by. */
export interface Watcher<M extends Monitor = Monitor> {
  /** Among the monitors of the system. */
  readonly number: number;
  readonly monitor: M;
  readonly op: NoteOperation;
}

/** The monitors of one function. */
export interface Watchers {
  readonly entry: readonly Watcher<CallMonitor>[];
  readonly exit: readonly Watcher<CallMonitor>[];
  readonly before: readonly Watcher<StepMonitor>[];
  readonly after: readonly Watcher<StepMonitor>[];
}

/** What a note is made of: all of it travels, so that it is the same in every process. */
type NoteArguments = readonly [
  answer: Value,
  cell: Value,
  operand: Value,
  desired: Value,
  /** How many of the rest are the arguments of the function; the others are those of the step. */
  count: number,
  ...args: readonly Value[],
];

type NoteOperation = Operation<NoteArguments, void>;

const notes = new WeakSet<object>();

/** Whether a request is what a monitor notes, and no step of the code. */
export function isNote({ op }: Request<unknown>): boolean {
  return op !== undefined && notes.has(op);
}

/** The monitors of a system by function. */
export function watchersByFunction(monitors: Monitors): ReadonlyMap<string, Watchers> {
  const all = Object.entries(monitors).map(([name, monitor], number) => ({
    number,
    monitor,
    op: operationOf(name, monitor),
  }));
  const names = new Set(all.flatMap(({ monitor }) => monitor.in));
  return new Map(
    [...names].map((kname) => {
      const own = all.filter(({ monitor }) => [monitor.in].flat().includes(kname));
      const of = <M extends Monitor>(kind: M['kind']): Watcher<M>[] =>
        own.filter((one): one is Watcher<M> => one.monitor.kind === kind);
      return [kname, { entry: of('entry'), exit: of('exit'), before: of('before'), after: of('after') }];
    }),
  );
}

function operationOf(name: string, monitor: Monitor): NoteOperation {
  const text = monitorText(name, monitor);
  const run: NoteOperation['run'] = (memory, answer, cell, operand, desired, count, ...rest) => {
    const told = { answer, cell, operand, desired, args: rest.slice(count), callArgs: rest.slice(0, count) };
    take(memory, text, monitor, isOfCalls(monitor) ? { answer, args: told.callArgs } : told);
  };
  const op: NoteOperation = { name, isLocal: true, run };
  identifyOperation(op, nameOfCode(`monitor ${text}`, monitor.note));
  notes.add(op);
  return op;
}

/** What a mistake in a monitor throws. No code of the kernel gets it. */
const SLIPS = [TypeError, RangeError, ReferenceError];

/** Lets a monitor note something. It must do nothing else. */
function take(memory: Memory, text: string, { note }: Monitor, told: object): void {
  let answer: unknown;
  try {
    answer = (note as (...args: Parameters<typeof note>) => unknown)(new Notebook(memory, text), told);
  } catch (error) {
    if (error instanceof KernelBug)
      throw new ModelError(
        `the monitor ${text} reports ${error.kind}: expected it to note something and no more; let an invariant report what it noted`,
      );
    if (SLIPS.some((slip) => error instanceof slip))
      throw new ModelError(`the monitor ${text} throws: ${(error as Error).message}`, error);
    throw error;
  }
  if (answer !== undefined)
    throw new ModelError(
      `the monitor ${text} answers ${typeof answer === 'object' ? kindOf(answer) : textOf(answer)}: expected nothing, for no code gets it`,
    );
}

/** Memory, of which only the variables of the specification can be written. */
class Notebook implements NoteMemory {
  readonly #memory: Memory;
  readonly #text: string;

  constructor(memory: Memory, text: string) {
    this.#memory = memory;
    this.#text = text;
  }

  get thread(): number {
    return this.#memory.thread;
  }

  get<T>(cell: Cell<T>): T {
    return this.#memory.get(cell);
  }

  set<T>(cell: Cell<T>, value: T): void {
    assertCell(`the monitor ${this.#text}`, cell);
    const memory = this.#memory;
    const { address, type } = cell;
    if ((memory.image.flags[address] & WORD_GHOST) === 0 && type.lock !== 'token')
      throw new ModelError(
        `the monitor ${this.#text} writes ${memory.layout.nameOf(address)}: expected a variable of the specification, of a type made with .ghost(), or an ownerWord`,
      );
    if (!type.fits(value))
      throw new ModelError(`the monitor ${this.#text} writes ${memory.layout.nameOf(address)}: ${misfit(type, value)}`);
    memory.set(cell, value);
  }
}

/** What a monitor notes of a call. */
export function noteOfCall({ op }: Watcher, args: readonly unknown[], answer: unknown): Request<unknown> {
  return requestFor(op, [answer, undefined, undefined, undefined, args.length, ...args]);
}

/** What a monitor notes of a step. */
export function noteOfStep(
  { op }: Watcher,
  request: Request<unknown>,
  callArgs: readonly unknown[],
  answer: unknown,
): Request<unknown> {
  const { cell, operand, desired } = operandsOf(request);
  return requestFor(op, [answer, cell, operand, desired, callArgs.length, ...callArgs, ...request.args]);
}

function requestFor(op: NoteOperation, told: readonly unknown[]): Request<unknown> {
  const request = new Request<unknown>(KIND.OP);
  request.label = op.name;
  request.op = op as unknown as typeof request.op;
  request.args = told.map(toValue);
  request.isUsed = true;
  return request;
}

const { WRITE, XOR, CMPXCHG } = KIND;

/** What a step is about, and the values that it is given, as values of the type of that. */
export function operandsOf({ kind, address, type, lo, hi, lo2, hi2 }: Request<unknown>): {
  readonly cell: Cell<unknown> | undefined;
  readonly operand: unknown;
  readonly desired: unknown;
} {
  if (address === 0 || type === undefined) return { cell: undefined, operand: undefined, desired: undefined };
  const hasOperand = kind >= WRITE && kind <= XOR;
  return {
    cell: new Cell(address, type),
    operand: hasOperand ? type.decode(lo, hi) : undefined,
    desired: kind === CMPXCHG ? type.decode(lo2, hi2) : undefined,
  };
}
