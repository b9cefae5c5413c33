/**
 * Mutations: what is left out of the code of a model, weakened, swapped or replaced, said from outside as data. The code itself
 * is what really shipped.
 */
import { suggestion } from './close-matches.js';
import type { Kfunc } from './kfunc.js';
import type { KfuncInfo, Kthread, MemoryOrder, Request } from './request.js';
import { assertKeys, assertOneOf, assertRecord, kindOf, type Keys } from './shape.js';
import type { AnyCell } from './struct.js';
import type { Value } from './values.js';

/** Names steps of the code: all that a function takes of this label, as far as they fit the rest. */
export interface StepName {
  /** The kernel's name of the function that takes them, as stacks print it; or several names. */
  readonly in: string | readonly string[];
  /** What traces call them: the label of the request, for a call the name of the function called. */
  readonly step: string;
  /**
   * What they are about: the last parts of the path of their target, or of an argument, such as `mmap_lock` or
   * `subscriptions.lock`. Paths are compared without indices, so that members of a scalarset stay alike.
   */
  readonly of?: string;
  /** The one place in transformed code that makes them: function and program point, as {@link SeenStep.at} says it. */
  readonly at?: string;
}

/** A step is not taken. */
export interface Omission extends StepName {
  readonly kind: 'omit';
  /**
   * What the code gets for an answer. By default nothing for steps that answer nothing, success for a trylock, and what the
   * word holds for a read-modify-write or a wait: that then is a read. Needed where a read or a choice is left out.
   */
  readonly answer?: Value;
}

/** A lock is not taken, and so not let go. */
export interface Unlocking extends StepName {
  readonly kind: 'unlock';
  /** Labels of the steps that let it go, in the same function. */
  readonly until: readonly string[];
  /** As {@link Omission.answer}, of the step that takes it. */
  readonly answer?: Value;
}

/** An access has a weaker order. */
export interface Weakening extends StepName {
  readonly kind: 'weaken';
  readonly order: MemoryOrder;
}

/** A step that returns nothing is taken right after the next one, where that is the other one. */
export interface Swap extends StepName {
  readonly kind: 'swap';
  /** Label of the other step. */
  readonly with: string;
}

/** A step that returns nothing is taken later. */
export interface Delay extends StepName {
  readonly kind: 'delay';
  /** Label of the step of the same call after which it is taken; where none comes, or none is named, before the call returns. */
  readonly past?: string;
}

/** A step is another one. */
export interface Change extends StepName {
  readonly kind: 'change';
  /** Says what is taken instead. A pure function of the step. */
  readonly to: (step: TakenStep) => Instead;
}

/** What is taken instead of a step: another one, and what the code gets for an answer where that is not the step's own. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever it answers
export type Instead = Request<any> | { readonly take?: Request<any>; readonly answer: Value };

/** A step that the code would take. */
export interface TakenStep {
  readonly label: string;
  readonly order: MemoryOrder;
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
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the function has them
  readonly callArgs: readonly any[];
  /** The step as it is. */
  readonly request: Request<unknown>;
  /** A call, or an operation, like it with other arguments. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as the function or the operation has them
  readonly with: (...args: readonly any[]) => Request<unknown>;
}

/** A function is another one: each function of that name. */
export interface Replacement {
  readonly kind: 'replace';
  /** The kernel's name of it. */
  readonly in: string;
  /**
   * Makes the generator function that runs instead; takes the function as it was, to be called with `yield*`. It is as pure as
   * every function of a model.
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- functions of all arguments and results
  readonly by: (original: (...args: any[]) => Request<any>) => (...args: any[]) => Kthread<unknown>;
}

/** What differs from the code. */
export type Mutation = Omission | Unlocking | Weakening | Swap | Delay | Change | Replacement;

/** A step as it was met. */
export interface SeenStep {
  readonly fn: KfuncInfo;
  readonly request: Request<unknown>;
  /** The place in transformed code that makes it; absent for other code. */
  readonly at: string | undefined;
}

const STEP: Keys<Required<StepName>> = { in: true, step: true, of: true, at: true };
const ORDERS: readonly MemoryOrder[] = ['plain', 'once', 'relaxed', 'acquire', 'release', 'full'];
/** What each kind may have besides `kind`. */
const KEYS: Readonly<Record<Mutation['kind'], Readonly<Record<string, true>>>> = {
  omit: { ...STEP, answer: true },
  unlock: { ...STEP, until: true, answer: true },
  weaken: { ...STEP, order: true },
  swap: { ...STEP, with: true },
  delay: { ...STEP, past: true },
  change: { ...STEP, to: true },
  replace: { in: true, by: true },
};

/** Leaves a step out. */
export function omit(step: StepName & { readonly answer?: Value }): Mutation {
  return { kind: 'omit', ...step };
}

/** Leaves a lock out: `step` takes it, steps of the labels `until` let it go. */
export function unlocked(step: StepName & { readonly until: readonly string[]; readonly answer?: Value }): Mutation {
  return { kind: 'unlock', ...step };
}

/** Weakens the order of an access. */
export function weaken(step: StepName & { readonly order: MemoryOrder }): Mutation {
  return { kind: 'weaken', ...step };
}

/** Takes a step right after the one that follows it, which is labelled `with`. */
export function swap(step: StepName & { readonly with: string }): Mutation {
  return { kind: 'swap', ...step };
}

/** Takes a step that returns nothing later in the same call: after the step labelled `past`, or before the call returns. */
export function delay(step: StepName & { readonly past?: string }): Mutation {
  return { kind: 'delay', ...step };
}

/** Takes another step instead. */
export function change(step: StepName, to: Change['to']): Mutation {
  return { kind: 'change', ...step, to };
}

/**
 * Runs another function instead.
 *
 * @param kname - the kernel's name of the function
 * @param by - makes the generator function, see {@link Replacement.by}
 */
export function replaceFunction<A extends readonly Value[], R extends Value | void>(
  kname: string,
  by: (original: Kfunc<A, R>) => (...args: A) => Kthread<R>,
): Mutation {
  return { kind: 'replace', in: kname, by: by as Replacement['by'] };
}

/**
 * Checks mutations.
 *
 * @param what - whose they are
 * @param raise - makes the error
 */
export function assertMutations(
  what: string,
  value: unknown,
  raise: (message: string) => Error,
): asserts value is readonly Mutation[] {
  if (!Array.isArray(value))
    throw raise(`${what}: expected an array of mutations, such as omit({ in, step }); got ${kindOf(value)}`);
  value.forEach((one: unknown, i) => {
    assertMutation(`${what}[${i}]`, one, raise);
  });
}

function assertMutation(what: string, value: unknown, raise: (message: string) => Error): void {
  assertRecord(what, value, 'a mutation, such as omit({ in, step })', raise);
  const { kind } = value;
  if (typeof kind !== 'string' || !Object.hasOwn(KEYS, kind))
    throw raise(
      `${what}: expected a kind of mutation, got ${kindOf(kind)}; ${suggestion(String(kind), Object.keys(KEYS), 'there are')}`,
    );
  const { kind: _, ...rest } = value;
  assertKeys(what, rest, KEYS[kind as Mutation['kind']], raise);
  if (Array.isArray(value['in'])) assertNames(`${what}, in`, value['in'], raise);
  else assertName(`${what}, in`, value['in'], raise);
  for (const key of ['step', 'with'] as const)
    if (Object.hasOwn(KEYS[kind as Mutation['kind']], key)) assertName(`${what}, ${key}`, value[key], raise);
  for (const key of ['of', 'at', 'past'] as const)
    if (value[key] !== undefined) assertName(`${what}, ${key}`, value[key], raise);
  if (kind === 'weaken') assertOneOf(`${what}, order`, value['order'], ORDERS);
  if (kind === 'unlock') assertNames(`${what}, until`, value['until'], raise);
  for (const key of ['to', 'by'] as const)
    if (Object.hasOwn(KEYS[kind as Mutation['kind']], key) && typeof value[key] !== 'function')
      throw raise(`${what}, ${key}: expected a function, got ${kindOf(value[key])}`);
}

function assertName(what: string, value: unknown, raise: (message: string) => Error): void {
  if (typeof value !== 'string' || value === '') throw raise(`${what}: expected a name, got ${kindOf(value)}`);
}

function assertNames(what: string, value: unknown, raise: (message: string) => Error): void {
  if (!Array.isArray(value) || value.length === 0 || !value.every((one) => typeof one === 'string'))
    throw raise(`${what}: expected an array of labels, got ${kindOf(value)}`);
}
