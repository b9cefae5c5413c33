/**
 * Runs mutated code. A mutation changes what a function hands out, before anybody sees it: the steps that a search, a replay, a
 * live or a direct run takes are the mutated ones, with their own words, locks and orders.
 */
import { bodyOf } from './body.js';
import { suggestion } from './close-matches.js';
import { notingFrames, type Frame } from './frames.js';
import { LoopsForEver, ModelError } from './kernel-bug.js';
import { kfunc } from './kfunc.js';
import type { Layout } from './layout.js';
import type {
  Change,
  Delay,
  Mutation,
  Omission,
  Replacement,
  SeenStep,
  StepName,
  Swap,
  TakenStep,
  Unlocking,
} from './mutation.js';
import { requestFor } from './operation.js';
import { KIND, Request, type KfuncInfo } from './request.js';
import { Cell } from './struct.js';
import type { System } from './system.js';
import { travelling, type Value } from './values.js';

const { CALL, SPIN, READ, WRITE, XCHG, CMPXCHG, XOR, CHOOSE, FENCE, AWAIT, LOCK, TRYLOCK, UNLOCK, OP } = KIND;

/** Steps of a function left out in a row at most: a loop of nothing else has no end. */
const MOST_OMITTED = 10_000;

const HELD_BACK =
  'expected a step that answers nothing, for the code goes on before it is taken; swap the other way round, or replace the function';

type StepMutation = Exclude<Mutation, Replacement>;

/** The code of one system with its mutations. */
export class MutatedCode {
  /** Told of every step of every function that is not replaced, as the code has it. */
  listener: ((step: SeenStep) => void) | undefined;
  readonly #layout: Layout;
  readonly #mutations: readonly Mutation[];
  /** Numbers of the mutations that made a difference. */
  readonly #applied = new Set<number>();
  /** The functions run so far, and the steps met in those that are mutated. */
  readonly #seen = new Map<string, Map<string, Set<string>>>();
  readonly #paths = new Map<number, string>();
  /** The functions that run instead of others, by those. */
  readonly #replacements = new Map<KfuncInfo, KfuncInfo>();
  /** Functions that run as they are, although others of their name are replaced. */
  readonly #originals = new Set<string>();

  /** @param layout - of the system */
  constructor(layout: Layout, mutations: readonly Mutation[]) {
    this.#layout = layout;
    this.#mutations = mutations;
  }

  /**
   * A new generator of what a call runs.
   *
   * @param isHeard - whether the listener is told of its steps
   */
  bodyOf(call: Pick<Request<unknown>, 'fn' | 'args'>, isHeard = false): Generator<unknown, unknown> {
    const { fn } = call;
    if (fn === undefined) return bodyOf(call);
    const { kname } = fn;
    if (!this.#seen.has(kname)) this.#seen.set(kname, new Map());
    const run = { fn: this.#replaced(fn), args: call.args };
    // What runs instead is no code that is mutated, or heard of.
    const isCode = run.fn === fn;
    const isMutated = isCode && this.#mutations.some((one) => one.kind !== 'replace' && isIn(one, kname));
    const listener = isHeard && isCode ? this.listener : undefined;
    return isMutated || listener !== undefined ? new MutatedRun(this, run, listener) : bodyOf(run);
  }

  #replaced(fn: KfuncInfo): KfuncInfo {
    const known = this.#replacements.get(fn);
    if (known !== undefined) return known;
    const number = this.#originals.has(fn.identity)
      ? -1
      : this.#mutations.findIndex((one) => one.kind === 'replace' && one.in === fn.kname);
    if (number < 0) return fn;
    const original = kfunc(fn.kname, fn.body as never, `the original of ${fn.identity}`);
    this.#originals.add(original.identity);
    const body = (this.#mutations[number] as Replacement).by(original as never);
    const replacement = { ...fn, body };
    this.#replacements.set(fn, replacement);
    this.#applied.add(number);
    return replacement;
  }

  /** A step that a function is about to take: the mutation that it is a target of, if there is one. */
  meet({ kname }: KfuncInfo, request: Request<unknown>, at: string | undefined): number {
    this.#note(kname, request);
    return this.#mutations.findIndex((one) => one.kind !== 'replace' && this.#fits(one, kname, request, at));
  }

  #note(kname: string, request: Request<unknown>): void {
    const labels = this.#seen.get(kname);
    let targets = labels?.get(request.label);
    if (targets === undefined) labels?.set(request.label, (targets = new Set()));
    for (const address of addressesIn(request)) targets?.add(this.pathOf(address));
  }

  /** The mutation of that number, which made a difference. */
  apply(number: number): StepMutation {
    this.#applied.add(number);
    return this.#mutations[number] as StepMutation;
  }

  /** The mutation of that number. */
  at(number: number): StepMutation {
    return this.#mutations[number] as StepMutation;
  }

  #fits(mutation: StepMutation, kname: string, request: Request<unknown>, at: string | undefined): boolean {
    if (!isIn(mutation, kname)) return false;
    if (mutation.kind === 'unlock' && mutation.until.includes(request.label)) return this.#isAbout(mutation, request);
    if (mutation.step !== request.label || (mutation.at !== undefined && mutation.at !== at)) return false;
    return this.#isAbout(mutation, request);
  }

  #isAbout({ of }: StepName, request: Request<unknown>): boolean {
    if (of === undefined) return true;
    return addressesIn(request).some((one) => {
      const path = this.pathOf(one);
      return path === of || path.endsWith(`.${of}`);
    });
  }

  /** The path of a word without indices: members of an array are alike. */
  pathOf(address: number): string {
    let path = this.#paths.get(address);
    if (path === undefined) {
      path = this.#layout.nameOf(address).replace(/\[\d+\]|#\d+/g, '');
      this.#paths.set(address, path);
    }
    return path;
  }

  /** A step as its mutation is told of it. */
  taken(request: Request<unknown>, callArgs: readonly unknown[]): TakenStep {
    const { label, order, address, lo, hi, lo2, hi2, type, args, kind } = request;
    const cell = address === 0 || type === undefined ? undefined : new Cell(address, type);
    const hasOperand = kind >= WRITE && kind <= XOR && type !== undefined;
    const operand: unknown = hasOperand ? type.decode(lo, hi) : undefined;
    const desired: unknown = kind === CMPXCHG && type !== undefined ? type.decode(lo2, hi2) : undefined;
    return {
      label,
      order,
      cell,
      operand,
      desired,
      args,
      callArgs,
      request,
      with: (...others: readonly Value[]) => called(request, others),
    };
  }

  /** Numbers of the mutations that made a difference so far. */
  get applied(): readonly number[] {
    return [...this.#applied];
  }

  /** Another process met these. */
  adopt(applied: readonly number[]): void {
    for (const number of applied) this.#applied.add(number);
  }

  /** @throws {@link ModelError} for a mutation that made no difference, after a search that met all there is */
  assertApplied(): void {
    const number = this.#mutations.findIndex((_, i) => !this.#applied.has(i));
    if (number >= 0) throw new ModelError(this.#whyNot(this.#mutations[number]));
  }

  #whyNot(mutation: Mutation): string {
    const { kind } = mutation;
    const names = namesIn(mutation);
    const kname = names.find((name) => this.#seen.has(name)) ?? names[0];
    const labels = this.#seen.get(kname);
    const what = `the mutation ${mutationText(mutation)} changes nothing: `;
    if (labels === undefined)
      return `${what}no function ${kname} is run; ${suggestion(kname, [...this.#seen.keys()].sort(), 'those that are run')}`;
    if (kind !== 'replace' && !labels.has(mutation.step))
      return `${what}${kname} takes no step ${mutation.step}; ${suggestion(mutation.step, [...labels.keys()].sort(), 'its steps are')}`;
    if (kind === 'delay' && mutation.past !== undefined && !labels.has(mutation.past))
      return `${what}${kname} takes no step ${mutation.past}; ${suggestion(mutation.past, [...labels.keys()].sort(), 'its steps are')}`;
    if (kind === 'delay') return `${what}${kname} never takes ${mutation.past ?? ''} after ${mutation.step}`;
    if (kind === 'swap')
      return `${what}${kname} never takes ${mutation.with} right after ${mutation.step}; it takes: ${[...labels.keys()].sort().join(', ')}`;
    if (kind === 'replace') return `${what}${kname} is not run`;
    const targets = [...(labels.get(mutation.step) ?? [])].sort();
    return `${what}no step ${mutation.step} of ${kname} is about ${mutation.of ?? mutation.at ?? ''}; it is taken of ${targets.join(', ')}`;
  }
}

const codes = new WeakMap<System, MutatedCode>();

/** The mutated code of a system, always the same; `undefined` where nothing is mutated. */
export function codeOf(system: System): MutatedCode | undefined {
  if (system.mutations === undefined) return undefined;
  let code = codes.get(system);
  if (code === undefined) codes.set(system, (code = new MutatedCode(system.layout, system.mutations)));
  return code;
}

/** What a step is about: its target, and the objects among its arguments. */
function addressesIn({ address, args }: Request<unknown>): readonly number[] {
  return [address, ...args.map(addressOf)].filter((one) => one !== 0);
}

function addressOf(arg: unknown): number {
  if (arg instanceof Cell) return arg.address;
  if (typeof arg === 'object' && arg !== null && '$address' in arg) return arg.$address as number;
  return 0;
}

function namesIn({ in: names }: Pick<Mutation, 'in'>): readonly string[] {
  return typeof names === 'string' ? [names] : names;
}

function isIn(mutation: StepMutation, kname: string): boolean {
  return mutation.in === kname || (typeof mutation.in !== 'string' && mutation.in.includes(kname));
}

/** A mutation as a few words. */
export function mutationText(mutation: Mutation): string {
  const { kind } = mutation;
  const kname = namesIn(mutation).join(', ');
  if (kind === 'replace') return `replace ${kname}`;
  const { step, of } = mutation;
  const target = of === undefined ? step : `${step}(${of})`;
  if (kind === 'weaken') return `weaken ${target} in ${kname} to ${mutation.order}`;
  if (kind === 'delay')
    return `delay ${target} in ${kname}${mutation.past === undefined ? '' : ` past ${mutation.past}`}`;
  if (kind === 'swap') return `swap ${target} and ${mutation.with} in ${kname}`;
  return `${kind} ${target} in ${kname}`;
}

/** What is handed out before the function goes on. */
interface Pending {
  readonly request: Request<unknown>;
  /** Whether the function gets the answer to this one. */
  readonly isAnswer: boolean;
}

type Step = IteratorResult<unknown, unknown>;

/** The same call or operation with other arguments. */
function called(call: Request<unknown>, args: readonly Value[]): Request<unknown> {
  if (call.op !== undefined) return requestFor(call.op, args);
  if (call.kind === CALL || call.kind === SPIN) return like(call, { args: args.map(travelling) });
  throw new ModelError(`${call.label}: expected a call or an operation, to be made with other arguments`);
}

/** One run of a function: hands out its steps as they are mutated. */
export class MutatedRun implements Generator<unknown, unknown> {
  /** Where the generators of the code stand. */
  readonly frames: Frame[] = [];
  /** The generator of the code. */
  readonly inner: Generator<unknown, unknown>;
  /** What the code itself has yielded last. */
  yielded: unknown;
  readonly #code: MutatedCode;
  readonly #fn: KfuncInfo;
  readonly #listener: MutatedCode['listener'];
  #pending: Pending[] = [];
  #isAnswer = true;
  /** What the function gets instead of the answer to what was handed out. */
  #instead: { readonly answer: Value } | undefined;
  /** The answer that the function gets once nothing is pending, where it was given before. */
  #answer: unknown;
  /** What the function came to meanwhile. */
  #next: Step | undefined;
  readonly #args: readonly unknown[];
  /** Steps that are delayed, by the number of their mutation. */
  #held: readonly { readonly request: Request<unknown>; readonly number: number }[] = [];

  /** @param listener - told of the steps as the code has them */
  constructor(
    code: MutatedCode,
    call: { readonly fn: KfuncInfo; readonly args: readonly unknown[] },
    listener: MutatedCode['listener'],
  ) {
    this.#code = code;
    this.#listener = listener;
    this.#fn = call.fn;
    this.#args = call.args;
    this.inner = bodyOf(call);
  }

  /** Whether what follows depends on more than where the code stands and what its variables hold. */
  get isBetween(): boolean {
    if (this.#pending.length > 0 || !this.#isAnswer || this.#next !== undefined) return true;
    return this.#held.length > 0 || this.#instead !== undefined;
  }

  next(answer?: unknown): Step {
    if (this.#isAnswer) this.#answer = this.#instead === undefined ? answer : this.#instead.answer;
    else if (answer !== undefined) throw new ModelError(`${this.#fn.kname}: ${HELD_BACK}`);
    this.#instead = undefined;
    const [due, ...rest] = this.#pending;
    if (due !== undefined) {
      this.#pending = rest;
      return this.#hand(due);
    }
    this.#isAnswer = true;
    const next = this.#next;
    this.#next = undefined;
    return this.#mutate(next ?? this.#resume(this.#answer));
  }

  #hand({ request, isAnswer }: Pending): Step {
    this.#isAnswer = isAnswer;
    request.isUsed = true;
    return { done: false, value: request };
  }

  #resume(answer: unknown): Step {
    const step = notingFrames(this.frames, () => (this.inner as Generator<unknown, unknown, unknown>).next(answer));
    this.yielded = step.value;
    return step;
  }

  /** What is handed out for what the code came to. */
  #mutate(first: Step): Step {
    let step = first;
    for (let omitted = 0; omitted < MOST_OMITTED; omitted++) {
      if (step.done === true) return this.#end(step);
      if (!(step.value instanceof Request)) return step;
      const request = step.value as Request<unknown>;
      const at = this.#place();
      this.#listener?.({ fn: this.#fn, request, at });
      const number = this.#code.meet(this.#fn, request, at);
      if (number < 0) return this.#take(request, request);
      const mutation = this.#code.at(number);
      if (mutation.kind === 'swap') return this.#swap(request, mutation, number);
      if (mutation.kind === 'delay') {
        assertHasNoAnswer(request, mutation);
        this.#held = [...this.#held, { request, number }];
        step = this.#resume(undefined);
        continue;
      }
      this.#code.apply(number);
      const { take, ...answer } = this.#insteadOf(mutation, request);
      if (take !== undefined) {
        this.#instead = 'answer' in answer ? { answer: travelling(answer.answer) } : undefined;
        return this.#take(take, request);
      }
      this.#release(request.label);
      if (this.#pending.length > 0) {
        this.#next = this.#resume(answer.answer);
        return this.next();
      }
      step = this.#resume(answer.answer);
    }
    throw new LoopsForEver(`${this.#fn.kname}: a loop takes nothing but steps that a mutation leaves out`);
  }

  /** Hands out a step, and after it those that wait for the one that the code has. */
  #take(request: Request<unknown>, written: Request<unknown>): Step {
    this.#release(written.label);
    return this.#hand({ request, isAnswer: true });
  }

  /** The delayed steps that are due after a step of this label. */
  #release(label: string): void {
    if (this.#held.length === 0) return;
    const isDue = ({ number }: { readonly number: number }): boolean => pastOf(this.#code.at(number)) === label;
    for (const { request, number } of this.#held.filter(isDue)) {
      this.#code.apply(number);
      this.#pending.push({ request, isAnswer: false });
    }
    this.#held = this.#held.filter((one) => !isDue(one));
  }

  /** The function has returned: what is delayed is taken first. */
  #end(step: Step): Step {
    if (this.#held.length === 0) return step;
    for (const { number } of this.#held) if (pastOf(this.#code.at(number)) === undefined) this.#code.apply(number);
    const [first, ...rest] = this.#held.map(({ request }) => ({ request, isAnswer: false }));
    this.#held = [];
    this.#pending = rest;
    this.#next = step;
    return this.#hand(first);
  }

  #insteadOf(
    mutation: Exclude<StepMutation, Swap | Delay>,
    request: Request<unknown>,
  ): { readonly take?: Request<unknown>; readonly answer?: Value } {
    if (mutation.kind !== 'change') return insteadOf(mutation, request);
    const other: unknown = mutation.to(this.#code.taken(request, this.#args));
    if (other instanceof Request) return { take: other as Request<unknown> };
    if (typeof other === 'object' && other !== null && 'answer' in other) return other as { readonly answer: Value };
    throw new ModelError(
      `the mutation ${mutationText(mutation)}: expected a request, or { take, answer }, got ${typeof other}`,
    );
  }

  /** Holds a step back until the next one is taken, if that is the one it is swapped with. */
  #swap(held: Request<unknown>, mutation: Swap, number: number): Step {
    assertHasNoAnswer(held, mutation);
    const next = this.#resume(undefined);
    const follows = next.done !== true && next.value instanceof Request ? (next.value as Request<unknown>) : undefined;
    if (follows?.label === mutation.with) {
      this.#code.meet(this.#fn, follows, this.#place());
      this.#code.apply(number);
      this.#pending = [{ request: held, isAnswer: false }];
      return this.#take(follows, follows);
    }
    this.#next = next;
    return this.#hand({ request: held, isAnswer: false });
  }

  #place(): string | undefined {
    const frame = this.frames.at(-1);
    return frame?.awaited === this.yielded && frame !== undefined ? `${frame.site.id}#${frame.point}` : undefined;
  }

  return(value: unknown): Step {
    return this.inner.return(value);
  }

  throw(error: unknown): Step {
    return this.inner.throw(error);
  }

  [Symbol.iterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.inner.return(undefined);
  }

  readonly [Symbol.toStringTag] = 'MutatedRun';
}

function pastOf(mutation: StepMutation): string | undefined {
  return mutation.kind === 'delay' ? mutation.past : undefined;
}

function assertHasNoAnswer(request: Request<unknown>, mutation: Swap | Delay): void {
  if (usesAnswer(request)) throw new ModelError(`the mutation ${mutationText(mutation)}: ${HELD_BACK}`);
}

/** What is taken instead of a step, and what the code gets for an answer where nothing is. */
function insteadOf(
  mutation: Exclude<StepMutation, Swap | Delay | Change>,
  request: Request<unknown>,
): { readonly take?: Request<unknown>; readonly answer?: Value } {
  switch (mutation.kind) {
    case 'weaken':
      return { take: like(request, { order: mutation.order }) };
    case 'unlock':
      return mutation.until.includes(request.label) ? { answer: undefined } : omitted(mutation, request);
    default:
      return omitted(mutation, request);
  }
}

function omitted(
  mutation: Omission | Unlocking,
  request: Request<unknown>,
): { readonly take?: Request<unknown>; readonly answer?: Value } {
  if ('answer' in mutation) return { answer: travelling(mutation.answer) };
  const { kind } = request;
  if (isVoid(request)) return { answer: undefined };
  if (kind === TRYLOCK) return { answer: true };
  if (kind === UNLOCK) return { answer: false };
  if ((kind >= XCHG && kind <= XOR) || kind === AWAIT) return { take: like(request, { kind: READ }) };
  if (kind === SPIN) return { take: like(request, { kind: CALL }) };
  if (kind === READ || kind === CHOOSE)
    throw new ModelError(
      `the mutation ${mutationText(mutation)}: the code uses what ${request.label} answers; say with answer what it gets`,
    );
  return { answer: undefined };
}

/** Whether a step surely answers something. What a call or an operation answers is known when it is taken. */
function usesAnswer(request: Request<unknown>): boolean {
  return !isVoid(request) && request.kind !== CALL && request.kind !== OP;
}

/** Whether a step answers nothing, as far as the machine knows. */
function isVoid({ kind, isVoid: isAsked, ways }: Request<unknown>): boolean {
  if (isAsked || kind === WRITE || kind === FENCE || kind === LOCK) return true;
  return kind === UNLOCK && ways === 0;
}

/** The same request but for some of it. It is not made by code, so nobody notes that it is. */
function like(
  request: Request<unknown>,
  parts: Partial<Pick<Request<unknown>, 'kind' | 'order' | 'args'>>,
): Request<unknown> {
  return Object.assign(Object.create(Request.prototype) as Request<unknown>, request, parts, { isUsed: true });
}
