/**
 * Monitors: what a specification notes of the code while it runs, said from outside as data. A monitor writes nothing but
 * variables of the specification and answers nothing, so that the code does with it what it does without.
 */
import { suggestion } from './close-matches.js';
import type { Kfunc } from './kfunc.js';
import type { MemoryReader } from './memory.js';
import type { StepName } from './mutation.js';
import { assertKeys, assertRecord, isAsync, kindOf, type Keys } from './shape.js';
import type { AnyCell, Cell } from './struct.js';
import type { Value } from './values.js';

/** Memory as a monitor has it: all of it can be read, and the variables of the specification can be written. */
export interface NoteMemory extends MemoryReader {
  /** Number of the thread that runs the code. */
  readonly thread: number;
  /**
   * Writes a variable of the specification: a cell of a type made with {@link ScalarType.ghost}, or an {@link ownerWord}.
   *
   * @throws {@link ModelError} for another one
   */
  set<T>(cell: Cell<T>, value: T): void;
}

/** A call of a function, as a monitor is told of it when it begins. */
export interface BegunCall<A = readonly never[]> {
  readonly args: A;
}

/** A call of a function, as a monitor is told of it when it returns. */
export interface EndedCall<A = readonly never[], R = unknown> extends BegunCall<A> {
  /** What it answers. */
  readonly answer: R;
}

/** A step that a function takes, as a monitor is told of it before: as the code has it, also where a mutation takes another one. */
export interface NotedStep<A = readonly never[]> {
  /** Its target, where it has one. */
  readonly cell: AnyCell | undefined;
  /** What it writes, adds or compares with, as a value of the target's type. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the target has it
  readonly operand: any;
  /** What a cmpxchg stores where it finds the operand, as a value of the target's type. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the target has it
  readonly desired: any;
  /** Arguments of a call or an operation. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the function or the operation has them
  readonly args: readonly any[];
  /** Arguments of the function that takes it. */
  readonly callArgs: A;
}

/** A step that a function took, as a monitor is told of it after. */
export interface AnsweredStep<A = readonly never[]> extends NotedStep<A> {
  /** What the code gets for an answer. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the step answers
  readonly answer: any;
}

/** When a monitor is run: as a function is entered, as it returns, before or after it takes a step. */
type Moment = 'entry' | 'exit' | 'before' | 'after';

/** Writes variables of the specification; is told of a call or a step. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what it is told depends on the moment and on the function
export type Note = (memory: NoteMemory, told: any) => void;

/** Notes calls of a function. */
export interface CallMonitor {
  readonly kind: 'entry' | 'exit';
  /** The kernel's name of the function; or several names. */
  readonly in: string | readonly string[];
  /** Writes variables of the specification. A pure function of memory and of what it is told. */
  readonly note: Note;
}

/** Notes steps of a function. */
export interface StepMonitor extends StepName {
  readonly kind: 'before' | 'after';
  /** As {@link CallMonitor.note}. */
  readonly note: Note;
}

/** What a specification notes of the code. */
export type Monitor = CallMonitor | StepMonitor;
/** Monitors by name: traces show what they do under it. */
export type Monitors = Readonly<Record<string, Monitor>>;

/** Steps of a function that is given itself, so that its arguments have types. */
type StepOf<A extends readonly unknown[]> = Omit<StepName, 'in'> & { readonly in: Kfunc<A, unknown> };
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of a function of which only the name is given
type AnyArgs = readonly any[];

/**
 * Notes that a function is entered, before its first step.
 *
 * @param fn - the function, or the kernel's name of it, or several names: all functions of that name are meant
 * @param note - see {@link CallMonitor.note}
 */
export function atEntry<A extends readonly Value[]>(
  fn: Kfunc<A, unknown>,
  note: (memory: NoteMemory, call: BegunCall<A>) => void,
): Monitor;
export function atEntry(fn: CallMonitor['in'], note: (memory: NoteMemory, call: BegunCall<AnyArgs>) => void): Monitor;
export function atEntry(fn: CallMonitor['in'] | Kfunc<never, unknown>, note: Note): Monitor {
  return { kind: 'entry', in: nameOf(fn), note };
}

/**
 * Notes that a function returns, after its last step; wherever it returns. As {@link atEntry}.
 *
 * @param note - is told what the function answers, too
 */
export function atExit<A extends readonly Value[], R>(
  fn: Kfunc<A, R>,
  note: (memory: NoteMemory, call: EndedCall<A, R>) => void,
): Monitor;
export function atExit(
  fn: CallMonitor['in'],
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- of a function of which only the name is given
  note: (memory: NoteMemory, call: EndedCall<AnyArgs, any>) => void,
): Monitor;
export function atExit(fn: CallMonitor['in'] | Kfunc<never, unknown>, note: Note): Monitor {
  return { kind: 'exit', in: nameOf(fn), note };
}

/**
 * Notes that a function is about to take a step. That is noted together with the step before it: until the step itself, other
 * threads may move, and what the step finds only its answer tells.
 *
 * @param step - named as for mutations; `in` may be the function itself
 */
export function beforeStep<A extends readonly Value[]>(
  step: StepOf<A>,
  note: (memory: NoteMemory, step: NotedStep<A>) => void,
): Monitor;
export function beforeStep(step: StepName, note: (memory: NoteMemory, step: NotedStep<AnyArgs>) => void): Monitor;
export function beforeStep(step: StepName | StepOf<never>, note: Note): Monitor {
  return { kind: 'before', ...step, in: nameOf(step.in), note };
}

/** Notes that a function took a step, at once: nobody moves in between. As {@link beforeStep}. */
export function afterStep<A extends readonly Value[]>(
  step: StepOf<A>,
  note: (memory: NoteMemory, step: AnsweredStep<A>) => void,
): Monitor;
export function afterStep(step: StepName, note: (memory: NoteMemory, step: AnsweredStep<AnyArgs>) => void): Monitor;
export function afterStep(step: StepName | StepOf<never>, note: Note): Monitor {
  return { kind: 'after', ...step, in: nameOf(step.in), note };
}

function nameOf(fn: CallMonitor['in'] | Kfunc<never, unknown>): CallMonitor['in'] {
  return typeof fn === 'function' ? fn.kname : fn;
}

const CALL: Keys<Required<CallMonitor>> = { kind: true, in: true, note: true };
const STEP: Keys<Required<StepMonitor>> = { ...CALL, step: true, of: true, at: true };
const KEYS: Readonly<Record<Moment, Readonly<Record<string, true>>>> = {
  entry: CALL,
  exit: CALL,
  before: STEP,
  after: STEP,
};

const AN_OBJECT = 'an object of monitors by name, such as { taken: afterStep({ in, step }, note) }';

/**
 * Checks monitors.
 *
 * @param what - whose they are
 * @param raise - makes the error
 */
export function assertMonitors(
  what: string,
  value: unknown,
  raise: (message: string) => Error,
): asserts value is Monitors {
  assertRecord(what, value, AN_OBJECT, raise);
  for (const [name, one] of Object.entries(value)) assertMonitor(`${what}.${name}`, one, raise);
}

function assertMonitor(what: string, value: unknown, raise: (message: string) => Error): void {
  assertRecord(what, value, 'a monitor, such as afterStep({ in, step }, note)', raise);
  const { kind, in: names, note } = value;
  if (typeof kind !== 'string' || !Object.hasOwn(KEYS, kind))
    throw raise(
      `${what}: expected a kind of monitor, got ${kindOf(kind)}; ${suggestion(String(kind), Object.keys(KEYS), 'there are')}`,
    );
  assertKeys(what, value, KEYS[kind as Moment], raise);
  const isName = (one: unknown): boolean => typeof one === 'string' && one !== '';
  if (!isName(names) && !(Array.isArray(names) && names.length > 0 && names.every(isName)))
    throw raise(`${what}, in: expected a function of the model or its name, got ${kindOf(names)}`);
  for (const key of ['step', 'of', 'at'] as const)
    if ((value[key] !== undefined || (key === 'step' && KEYS[kind as Moment] === STEP)) && !isName(value[key]))
      throw raise(`${what}, ${key}: expected a name, got ${kindOf(value[key])}`);
  if (typeof note !== 'function' || isAsync(note))
    throw raise(`${what}: expected a function that notes something, got ${kindOf(note)}`);
}

/** Whether a monitor notes calls, and not steps. */
export function isOfCalls(monitor: Monitor): monitor is CallMonitor {
  return monitor.kind === 'entry' || monitor.kind === 'exit';
}

/** A monitor in a few words. */
export function monitorText(name: string, monitor: Monitor): string {
  const functions = typeof monitor.in === 'string' ? monitor.in : monitor.in.join(', ');
  if (isOfCalls(monitor)) return `${name} (${monitor.kind} of ${functions})`;
  const { kind, step, of } = monitor;
  return `${name} (${kind} ${of === undefined ? step : `${step}(${of})`} in ${functions})`;
}
