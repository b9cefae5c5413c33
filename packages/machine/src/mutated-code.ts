/**
 * Runs mutated and monitored code. A mutation changes what a function hands out, before anybody sees it: the steps that a search,
 * a replay, a live or a direct run takes are the mutated ones, with their own words, locks and orders. A monitor is one more step
 * that is handed out, of the specification's own.
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
import { monitorText, type Monitor, type Monitors } from './monitor.js';
import { noteOfCall, noteOfStep, operandsOf, watchersByFunction, type Watcher, type Watchers } from './notes.js';
import { requestFor } from './operation.js';
import { KIND, Request, type KfuncInfo } from './request.js';
import { Cell } from './struct.js';
import type { System } from './system.js';
import { isValue, toValue, type Value } from './values.js';

const { CALL, SPIN, READ, WRITE, XCHG, XOR, CHOOSE, FENCE, AWAIT, LOCK, TRYLOCK, UNLOCK, OP } = KIND;

/** Steps of a function left out in a row at most: a loop of nothing else has no end. */
const MOST_OMITTED = 10_000;

const HELD_BACK =
  'expected a step that answers nothing, for the code goes on before it is taken; swap the other way round, or replace the function';

type StepMutation = Exclude<Mutation, Replacement>;

/** Of the original of a replaced function: its call is noted where it is replaced. */
const stepsOf = ({ before, after }: Watchers): Watchers => ({ entry: [], exit: [], before, after });

/** The code of one system with its mutations and monitors. */
export class MutatedCode {
  /** Told of every step of every function that is not replaced, as the code has it. */
  listener: ((step: SeenStep) => void) | undefined;
  readonly #layout: Layout;
  readonly #mutations: readonly Mutation[];
  readonly #monitors: readonly (readonly [name: string, monitor: Monitor])[];
  readonly #watchers: ReadonlyMap<string, Watchers>;
  /** Numbers of the mutations that made a difference, and after all those of the monitors that were run. */
  readonly #applied = new Set<number>();
  /** The functions run so far, and the steps met in those that are mutated. */
  readonly #seen = new Map<string, Map<string, Set<string>>>();
  readonly #paths = new Map<number, string>();
  /** The functions that run instead of others, by those. */
  readonly #replacements = new Map<KfuncInfo, KfuncInfo>();
  /** Functions that run as they are, although others of their name are replaced. */
  readonly #originals = new Set<string>();

  /** @param layout - of the system */
  constructor(layout: Layout, mutations: readonly Mutation[], monitors: Monitors = {}) {
    this.#layout = layout;
    this.#mutations = mutations;
    this.#monitors = Object.entries(monitors);
    this.#watchers = watchersByFunction(monitors);
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
    const watchers = this.#watchersOf(fn);
    if (!isMutated && listener === undefined && watchers === undefined) return bodyOf(run);
    return new MutatedRun(this, run, { isCode, listener, watchers });
  }

  #watchersOf({ kname, identity }: KfuncInfo): Watchers | undefined {
    const watchers = this.#watchers.get(kname);
    return watchers !== undefined && this.#originals.has(identity) ? stepsOf(watchers) : watchers;
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
    this.see(kname, request);
    return this.#mutations.findIndex((one) => one.kind !== 'replace' && this.#fits(one, kname, request, at));
  }

  /** A function is about to take a step. */
  see(kname: string, request: Request<unknown>): void {
    const labels = this.#seen.get(kname);
    let targets = labels?.get(request.label);
    if (targets === undefined) labels?.set(request.label, (targets = new Set()));
    for (const address of addressesIn(request)) targets?.add(this.pathOf(address));
  }

  /** Those monitors of steps that are about this one. */
  watching<W extends Watcher>(watchers: readonly W[], request: Request<unknown>, at: string | undefined): readonly W[] {
    if (watchers.length === 0) return watchers;
    return watchers.filter(({ monitor }) => 'step' in monitor && this.#isOf(monitor, request, at));
  }

  /** A monitor is run. */
  run({ number }: Watcher): void {
    this.#applied.add(this.#mutations.length + number);
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
    return this.#isOf(mutation, request, at);
  }

  #isOf(name: StepName, request: Request<unknown>, at: string | undefined): boolean {
    if (name.step !== request.label || (name.at !== undefined && name.at !== at)) return false;
    return this.#isAbout(name, request);
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
    const { label, order, args } = request;
    const { cell, operand, desired } = operandsOf(request);
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

  /** Numbers of the mutations that made a difference so far, and after all those of the monitors that were run. */
  get applied(): readonly number[] {
    return [...this.#applied];
  }

  /** Another process met these. */
  adopt(applied: readonly number[]): void {
    for (const number of applied) this.#applied.add(number);
  }

  /**
   * After a search that met all there is, or that ended at something broken.
   *
   * @param broken - the name of what was broken
   * @throws {@link ModelError} for a mutation that made no difference
   */
  assertApplied(broken?: string): void {
    const mutation = this.#mutations.find((_, i) => !this.#applied.has(i));
    if (mutation === undefined) return;
    const when = broken === undefined ? '' : ` before ${broken} is broken, which it is without the mutation too`;
    throw new ModelError(`the mutation ${mutationText(mutation)} changes nothing${when}: ${this.#whyNot(mutation)}`);
  }

  /**
   * After a search that met all there is. What a mutation leaves out no monitor meets, so this is of the code as it is.
   *
   * @throws {@link ModelError} for a monitor that was not run
   */
  assertWatched(): void {
    if (this.#mutations.length > 0) return;
    const one = this.#monitors.find((_, number) => !this.#applied.has(number));
    if (one !== undefined) throw new ModelError(this.#whyUnmet(...one));
  }

  #whyUnmet(name: string, monitor: Monitor): string {
    const what = `the monitor ${monitorText(name, monitor)} is never run: `;
    const names = namesIn(monitor);
    const kname = names.find((one) => this.#seen.has(one)) ?? names[0];
    const labels = this.#seen.get(kname);
    if (labels === undefined)
      return `${what}no function ${kname} is run; ${suggestion(kname, [...this.#seen.keys()].sort(), 'those that are run')}`;
    if (!('step' in monitor)) return `${what}${kname} never returns`;
    const { step, of, at = '' } = monitor;
    const targets = labels.get(step);
    if (targets === undefined)
      return `${what}${kname} takes no step ${step}; ${suggestion(step, [...labels.keys()].sort(), 'its steps are')}`;
    if (of === undefined && at === '') return `${what}${kname} never gets an answer to ${step}`;
    return `${what}no step ${step} of ${kname} is about ${of ?? at}; it is taken of ${[...targets].sort().join(', ')}`;
  }

  #whyNot(mutation: Mutation): string {
    const { kind } = mutation;
    const names = namesIn(mutation);
    const kname = names.find((name) => this.#seen.has(name)) ?? names[0];
    const labels = this.#seen.get(kname);
    if (labels === undefined)
      return `no function ${kname} is run; ${suggestion(kname, [...this.#seen.keys()].sort(), 'those that are run')}`;
    if (kind !== 'replace' && !labels.has(mutation.step))
      return `${kname} takes no step ${mutation.step}; ${suggestion(mutation.step, [...labels.keys()].sort(), 'its steps are')}`;
    if (kind === 'delay' && mutation.past !== undefined && !labels.has(mutation.past))
      return `${kname} takes no step ${mutation.past}; ${suggestion(mutation.past, [...labels.keys()].sort(), 'its steps are')}`;
    if (kind === 'delay') return `${kname} never takes ${mutation.past ?? ''} after ${mutation.step}`;
    if (kind === 'swap')
      return `${kname} never takes ${mutation.with} right after ${mutation.step}; it takes: ${[...labels.keys()].sort().join(', ')}`;
    if (kind === 'replace') return `${kname} is not run`;
    const targets = [...(labels.get(mutation.step) ?? [])].sort();
    return `no step ${mutation.step} of ${kname} is about ${mutation.of ?? mutation.at ?? ''}; it is taken of ${targets.join(', ')}`;
  }
}

const codes = new WeakMap<System, MutatedCode>();

/** The mutated and monitored code of a system, always the same; `undefined` where nothing is mutated and nobody watches. */
export function codeOf(system: System): MutatedCode | undefined {
  const { layout, mutations, monitors } = system;
  if (mutations === undefined && monitors === undefined) return undefined;
  let code = codes.get(system);
  if (code === undefined) codes.set(system, (code = new MutatedCode(layout, mutations ?? [], monitors)));
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

function namesIn({ in: names }: Pick<Mutation | Monitor, 'in'>): readonly string[] {
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

/** A step that is handed out before the function goes on. */
interface Pending {
  readonly request: Request<unknown>;
  /** The step as the code has it, which monitors are told of. */
  readonly written: Request<unknown>;
  readonly at: string | undefined;
  /** Whether the function gets the answer to this one. */
  readonly isAnswer: boolean;
}

/** Something that a monitor notes, to be handed out. */
interface Note {
  readonly watcher: Watcher;
  readonly request: Request<unknown>;
}

/** Where a run stands while a monitor notes something. */
export interface NotePlace {
  /** Tells the note from all others of the function. */
  readonly name: string;
  /** Where the function stands; absent before its first step and after its last. */
  readonly inner: Generator<unknown, unknown> | undefined;
  /** How far that is from where the function stands, in program points: less than half of one. */
  readonly distance: number;
  /** The step that is taken next; absent where it was taken, or there is none. */
  readonly next: Request<unknown> | undefined;
}

type Step = IteratorResult<unknown, unknown>;

/** The same call or operation with other arguments. */
function called(call: Request<unknown>, args: readonly Value[]): Request<unknown> {
  if (call.op !== undefined) return requestFor(call.op, args);
  if (call.kind === CALL || call.kind === SPIN) return like(call, { args: args.map(toValue) });
  throw new ModelError(`${call.label}: expected a call or an operation, to be made with other arguments`);
}

/** How a run is told of. */
interface Manner {
  /** Whether it is of the code, which mutations are of, and not of what runs instead. */
  readonly isCode: boolean;
  /** Told of the steps as the code has them. */
  readonly listener: MutatedCode['listener'];
  readonly watchers: Watchers | undefined;
}

const NO_WATCHERS: Watchers = { entry: [], exit: [], before: [], after: [] };

/** One run of a function: hands out its steps as they are mutated, and what monitors note of them. */
export class MutatedRun implements Generator<unknown, unknown> {
  /** Where the generators of the code stand. */
  readonly frames: Frame[] = [];
  /** The generator of the code. */
  readonly inner: Generator<unknown, unknown>;
  /** What the code itself has yielded last. */
  yielded: unknown;
  readonly #code: MutatedCode;
  readonly #fn: KfuncInfo;
  readonly #isCode: boolean;
  readonly #listener: MutatedCode['listener'];
  readonly #watchers: Watchers;
  #moment: 'entry' | 'before' | 'after' | 'exit' | undefined;
  /** What monitors note before anything else is handed out. */
  #notes: readonly Note[] = [];
  /** How many notes there were at once. */
  #noteCount = 0;
  /** The step that they note, if they note one. */
  #noted: Pending | undefined;
  /** The step that is handed out when they have. */
  #due: Pending | undefined;
  /** The step that is out. */
  #out: Pending | undefined;
  #pending: Pending[] = [];
  /** What the function gets instead of the answer to what was handed out. */
  #instead: { readonly answer: Value } | undefined;
  /** The answer that the function gets once nothing is pending, where it was given before. */
  #answer: unknown;
  /** What the function came to meanwhile. */
  #next: Step | undefined;
  readonly #args: readonly unknown[];
  /** Steps that are delayed, by the number of their mutation. */
  #held: readonly { readonly request: Request<unknown>; readonly at: string | undefined; readonly number: number }[] =
    [];

  constructor(
    code: MutatedCode,
    call: { readonly fn: KfuncInfo; readonly args: readonly unknown[] },
    { isCode, listener, watchers = NO_WATCHERS }: Manner,
  ) {
    this.#code = code;
    this.#isCode = isCode;
    this.#listener = listener;
    this.#watchers = watchers;
    this.#fn = call.fn;
    this.#args = call.args;
    this.inner = bodyOf(call);
    this.#noteCall('entry', watchers.entry, undefined);
  }

  /** Whether what follows depends on more than where the code stands, what its variables hold, and what is noted. */
  get isBetween(): boolean {
    if (this.#pending.length > 0 || this.#out?.isAnswer === false || this.#noted?.isAnswer === false) return true;
    if (this.#next !== undefined && this.#moment !== 'exit') return true;
    return this.#held.length > 0 || this.#instead !== undefined;
  }

  /** Where the run stands where it has handed out what a monitor notes. */
  get notePlace(): NotePlace | undefined {
    const moment = this.#moment;
    if (moment === undefined) return undefined;
    const left = this.#notes.length;
    const name = `${moment} ${left}`;
    if (moment === 'entry' || moment === 'exit') return { name, inner: undefined, distance: 0, next: undefined };
    const part = (left + 1) / (2 * this.#noteCount + 2);
    const isBefore = moment === 'before';
    return {
      name,
      inner: this.inner,
      distance: isBefore ? -part : 0.5 - part,
      next: isBefore ? this.#due?.request : undefined,
    };
  }

  next(answer?: unknown): Step {
    const out = this.#out;
    if (out !== undefined) {
      this.#out = undefined;
      if (out.isAnswer) this.#answer = this.#instead === undefined ? answer : this.#instead.answer;
      else if (answer !== undefined) throw new ModelError(`${this.#fn.kname}: ${HELD_BACK}`);
      this.#instead = undefined;
      this.#noteStep('after', this.#watchers.after, out, out.isAnswer ? this.#answer : undefined);
    }
    return this.#goOn();
  }

  /** Hands out what is to be handed out before the function goes on, and then what it comes to. */
  #goOn(): Step {
    const [note, ...notes] = this.#notes;
    if (note !== undefined) {
      this.#notes = notes;
      this.#code.run(note.watcher);
      note.request.isUsed = true;
      return { done: false, value: note.request };
    }
    const isOver = this.#moment === 'exit';
    this.#moment = undefined;
    this.#noted = undefined;
    const due = this.#due;
    this.#due = undefined;
    if (due !== undefined) return this.#hand(due);
    const [pending, ...rest] = this.#pending;
    if (pending !== undefined) {
      this.#pending = rest;
      return this.#announce(pending);
    }
    const next = this.#next;
    this.#next = undefined;
    if (isOver && next !== undefined) return next;
    return this.#mutate(next ?? this.#resume(this.#answer));
  }

  /** Hands out what monitors note before a step, and then the step. */
  #announce(step: Pending): Step {
    this.#due = step;
    this.#noteStep('before', this.#watchers.before, step, undefined);
    return this.#goOn();
  }

  #hand(step: Pending): Step {
    this.#out = step;
    step.request.isUsed = true;
    return { done: false, value: step.request };
  }

  #noteStep(moment: 'before' | 'after', all: Watchers['before'], noted: Pending, answer: unknown): void {
    const watchers = this.#code.watching(all, noted.written, noted.at);
    if (watchers.length > 0) this.#noted = noted;
    this.#note(moment, watchers, (one) => noteOfStep(one, noted.written, this.#args, answer));
  }

  #noteCall(moment: 'entry' | 'exit', watchers: Watchers['entry'], answer: unknown): void {
    this.#note(moment, watchers, (one) => noteOfCall(one, this.#args, answer));
  }

  #note(
    moment: 'entry' | 'before' | 'after' | 'exit',
    watchers: readonly Watcher[],
    made: (one: Watcher) => Request<unknown>,
  ): void {
    if (watchers.length === 0) return;
    this.#moment = moment;
    this.#noteCount = watchers.length;
    this.#notes = watchers.map((watcher) => ({ watcher, request: made(watcher) }));
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
      const number = this.#meet(request, at);
      if (number < 0) return this.#take(request, request, at);
      const mutation = this.#code.at(number);
      if (mutation.kind === 'swap') return this.#swap(request, at, mutation, number);
      if (mutation.kind === 'delay') {
        assertHasNoAnswer(request, mutation);
        this.#held = [...this.#held, { request, at, number }];
        step = this.#resume(undefined);
        continue;
      }
      this.#code.apply(number);
      const { take, ...answer } = this.#insteadOf(mutation, request);
      if (take !== undefined) {
        this.#instead = 'answer' in answer ? { answer: toValue(answer.answer) } : undefined;
        return this.#take(take, request, at);
      }
      this.#release(request.label);
      if (this.#pending.length > 0) {
        this.#next = this.#resume(answer.answer);
        return this.#goOn();
      }
      step = this.#resume(answer.answer);
    }
    throw new LoopsForEver(`${this.#fn.kname}: a loop takes nothing but steps that a mutation leaves out`);
  }

  /** What runs instead of a function is not mutated. */
  #meet(request: Request<unknown>, at: string | undefined): number {
    if (this.#isCode) return this.#code.meet(this.#fn, request, at);
    this.#code.see(this.#fn.kname, request);
    return -1;
  }

  /** Hands out a step, and after it those that wait for the one that the code has. */
  #take(request: Request<unknown>, written: Request<unknown>, at: string | undefined): Step {
    this.#release(written.label);
    return this.#announce({ request, written, at, isAnswer: true });
  }

  /** The delayed steps that are due after a step of this label. */
  #release(label: string): void {
    if (this.#held.length === 0) return;
    const isDue = ({ number }: { readonly number: number }): boolean => pastOf(this.#code.at(number)) === label;
    for (const { request, at, number } of this.#held.filter(isDue)) {
      this.#code.apply(number);
      this.#pending.push({ request, written: request, at, isAnswer: false });
    }
    this.#held = this.#held.filter((one) => !isDue(one));
  }

  /** The function has returned: what is delayed is taken first, and what monitors note of that comes last. */
  #end(step: Step): Step {
    if (this.#held.length > 0) {
      for (const { number } of this.#held) if (pastOf(this.#code.at(number)) === undefined) this.#code.apply(number);
      this.#pending = this.#held.map(({ request, at }) => ({ request, written: request, at, isAnswer: false }));
      this.#held = [];
      this.#next = step;
      return this.#goOn();
    }
    // Of what is no value, who called it tells.
    if (this.#watchers.exit.length === 0 || !isValue(step.value)) return step;
    this.#noteCall('exit', this.#watchers.exit, step.value);
    this.#next = step;
    return this.#goOn();
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
  #swap(held: Request<unknown>, at: string | undefined, mutation: Swap, number: number): Step {
    assertHasNoAnswer(held, mutation);
    const step = { request: held, written: held, at, isAnswer: false };
    const next = this.#resume(undefined);
    const follows = next.done !== true && next.value instanceof Request ? (next.value as Request<unknown>) : undefined;
    if (follows?.label === mutation.with) {
      const place = this.#place();
      this.#code.meet(this.#fn, follows, place);
      this.#code.apply(number);
      this.#pending = [step];
      return this.#take(follows, follows, place);
    }
    this.#next = next;
    return this.#announce(step);
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
  if ('answer' in mutation) return { answer: toValue(mutation.answer) };
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
