/**
 * What kernel functions do. A function is a pure function of the answers it was fed, so (function, arguments, answers so
 * far) names what it will do next; a generator runs only for a history never seen.
 */
import {
  INTERNED,
  ImpureModel,
  KIND,
  ModelError,
  MutatedRun,
  Request,
  answerOf,
  generatorOf,
  notARequest,
  notingFrames,
  resume,
  withSites,
  type Frame,
  type KernelBug,
  type KfuncInfo,
  type Memory,
  type NotePlace,
} from '@shootdown/machine';
import type { Deadline } from '../base/deadline.js';
import { Requests, type Places } from './forgotten-yields.js';
import { Untold, placeOf, type Place } from './frame-text.js';
import { raisedBy, type Answered, type Thrower } from './model-exception.js';
import { trapping } from './purity.js';
import { areAlike, textOfRequest } from './request-text.js';

/** What a function does next. */
export type Next =
  | { readonly what: 'request'; readonly request: Request<unknown> }
  | { readonly what: 'done'; readonly value: number }
  | { readonly what: 'raise'; readonly bug: KernelBug };

/** A call, and the answers to its requests so far. */
export interface History {
  readonly fn: KfuncInfo;
  readonly args: readonly unknown[];
  /** The history without its last answer; none for the call alone. */
  readonly parent: History | undefined;
  /** The last answer. */
  readonly lo: number;
  readonly hi: number;
  /** Number of answers. */
  readonly length: number;
  readonly next: Next;
  /** What comes next, as a text that is the same in every process. */
  readonly described: string;
  /** Where the function stands; absent where it has ended. */
  readonly place: Place | Untold | undefined;
  /** Longer ones, by the next answer. */
  readonly longer: Map<number, Map<number, History>>;
}

/** A function that stands where a history leads. */
export interface SuspendedGenerator {
  readonly history: History;
  readonly generator: Generator<Request<unknown>, unknown>;
}

/** From this many answers on a function goes on from where it stands: running it again for each would take too long. */
const LONG = 64;

/** One step of a generator in so many asks whether there is time left. */
const ASKING = 128;

/** How functions are run. */
export interface RunningOptions {
  /** Run every history twice and trap Math.random and the clocks. */
  readonly checkPurity: boolean;
  /** Remember the source line of each request. */
  readonly captureSites: boolean;
}

/** Runs the functions of one model and remembers what came of it. */
export class HistoryTree {
  /** How often a generator was started. */
  runs = 0;
  /** How often one was resumed. */
  steps = 0;
  /** Requests made and not yielded. */
  readonly requests: Requests = new Requests();
  /** When to stop, in the middle of whatever is run. */
  deadline: Deadline | undefined;
  readonly #memory: Memory;
  readonly #around: (end: () => Next) => Next;
  readonly #checksPurity: boolean;
  readonly #calls = new Map<string, History>();
  /** The long history met last. */
  #standing: SuspendedGenerator | undefined;
  /** The frames of each generator. */
  readonly #stacks = new WeakMap<object, Frame[]>();

  constructor(memory: Memory, { checkPurity, captureSites }: RunningOptions) {
    this.#memory = memory;
    this.#around = captureSites ? withSites : (end) => end();
    this.#checksPurity = checkPurity;
  }

  /** A function was just called. */
  call(fn: KfuncInfo, args: readonly unknown[]): History {
    const key = `${fn.serial}:${this.#intern(args, `the arguments of ${fn.kname}`)}`;
    let history = this.#calls.get(key);
    if (history === undefined) {
      history = this.#meet(fn, args, undefined, 0, 0);
      this.#calls.set(key, history);
    }
    return history;
  }

  /** A history made longer by one answer. */
  after(history: History, lo: number, hi: number): History {
    const byLo = history.longer.get(hi) ?? new Map<number, History>();
    history.longer.set(hi, byLo);
    let longer = byLo.get(lo);
    if (longer === undefined) {
      longer = this.#meet(history.fn, history.args, history, lo, hi);
      byLo.set(lo, longer);
    }
    return longer;
  }

  /** Starts a function that goes on from where it stands: what it does is not remembered, nor is it run again. */
  begin(fn: KfuncInfo, args: readonly unknown[]): SuspendedGenerator {
    const generator = this.#trapped(fn, () => this.#start(fn, args));
    return this.#stand(generator, { fn, args, parent: undefined, lo: 0, hi: 0 });
  }

  /** The answer to what such a function asks for; it stands further on then. */
  goOn({ history, generator }: SuspendedGenerator, lo: number, hi: number): SuspendedGenerator {
    return this.#stand(generator, { fn: history.fn, args: history.args, parent: history, lo, hi });
  }

  #stand(
    generator: SuspendedGenerator['generator'],
    after: Pick<History, 'fn' | 'args' | 'parent' | 'lo' | 'hi'>,
  ): SuspendedGenerator {
    const next = this.#given(generator, after);
    const length = after.parent === undefined ? 0 : after.parent.length + 1;
    return {
      generator,
      history: { ...after, length, next, described: this.#describe(next, after), place: undefined, longer: new Map() },
    };
  }

  /** The answer that ended a history, the same text in every process. */
  answerText({ parent, lo, hi }: Pick<History, 'parent' | 'lo' | 'hi'>): string {
    const { values } = this.#memory;
    const isValue = hi === INTERNED && parent?.next.what === 'request' && answersAreValues(parent.next.request);
    return isValue ? `v${values.hash0(lo)}.${values.hash1(lo)}` : `${lo}.${hi}`;
  }

  /**
   * Runs functions again, and notes where their requests are made.
   *
   * @param identities - of the functions
   * @param most - histories at most
   */
  watchRequests(identities: ReadonlySet<string>, most: number, places: Places): void {
    const work = [...this.#calls.values()].filter(({ fn }) => identities.has(fn.identity));
    let runs = 0;
    this.requests.watching(places, () => {
      for (let history = work.pop(); history !== undefined && runs < most; history = work.pop()) {
        if (history.longer.size > 0)
          for (const byLo of history.longer.values()) for (const one of byLo.values()) work.push(one);
        else {
          withSites(() => this.run(history));
          runs++;
        }
      }
    });
  }

  /** Runs every history again and compares what each asks for. */
  verify(): void {
    const work = [...this.#calls.values()];
    for (let history = work.pop(); history !== undefined; history = work.pop()) {
      // Those that it begins with are compared on the way.
      if (history.longer.size === 0) this.#compare(history, this.run(history));
      for (const byLo of history.longer.values()) for (const longer of byLo.values()) work.push(longer);
    }
  }

  /**
   * Runs a function through a history; every request on the way must be the one it made before.
   *
   * @param around - runs what follows the last answer; must call what it is given once
   */
  run(history: History, around = this.#around): Next {
    const generator = this.#upTo(history);
    return around(() => this.#given(generator, history));
  }

  /** Runs a function through a history but for the last answer. */
  #upTo({ fn, args, parent }: Pick<History, 'fn' | 'args' | 'parent'>): Generator<Request<unknown>, unknown> {
    this.runs++;
    const path: History[] = [];
    for (let h = parent; h !== undefined; h = h.parent) path.push(h);
    const generator = this.#trapped(fn, () => this.#start(fn, args));
    for (let h = path.pop(); h !== undefined; h = path.pop()) this.#compare(h, this.#given(generator, h));
    return generator;
  }

  /** What follows the last answer of a history. */
  #given(
    generator: Generator<Request<unknown>, unknown>,
    history: Pick<History, 'fn' | 'args' | 'parent' | 'lo' | 'hi'>,
  ): Next {
    const { fn, args } = history;
    const answer = this.#answerTo(history);
    const call = { fn, args, answers: () => this.#answersOf(history) };
    return this.#trapped(fn, () => this.#resumed(call, generator, answer));
  }

  /** The last answer of a history, to the last request before it. */
  #answerTo({ parent, lo, hi }: Pick<History, 'parent' | 'lo' | 'hi'>): unknown {
    return parent?.next.what === 'request' ? answerOf(this.#memory, parent.next.request, lo, hi) : undefined;
  }

  /** All answers of a history, the latest first. */
  *#answersOf(history: Pick<History, 'parent' | 'lo' | 'hi'>): Generator<Answered> {
    for (let h = history; h.parent !== undefined; h = h.parent)
      if (h.parent.next.what === 'request') yield { request: h.parent.next.request, answer: this.#answerTo(h) };
  }

  #trapped<T>({ kname }: KfuncInfo, run: () => T): T {
    return this.#checksPurity ? trapping(`kfunc ${kname}`, run) : run();
  }

  #meet(fn: KfuncInfo, args: readonly unknown[], parent: History | undefined, lo: number, hi: number): History {
    const standing = this.#standing;
    this.#standing = undefined;
    const generator =
      parent !== undefined && standing?.history === parent ? standing.generator : this.#upTo({ fn, args, parent });
    const next = this.#around(() => this.#given(generator, { fn, args, parent, lo, hi }));
    const place = this.#placeOf(generator, next, { parent, lo, hi });
    const described = this.#describe(next, { parent, lo, hi });
    const length = parent === undefined ? 0 : parent.length + 1;
    const history = { fn, args, parent, lo, hi, length, next, described, place, longer: new Map() };
    if (this.#checksPurity) this.#compare(history, this.run(history));
    else if (length >= LONG) this.#standing = { history, generator };
    return history;
  }

  /** @param after - the history that it comes next after; absent where that was only supposed */
  #describe(next: Next, after?: Pick<History, 'parent' | 'lo' | 'hi'>): string {
    const { values } = this.#memory;
    if (next.what === 'done') return `v${values.hash0(next.value)}.${values.hash1(next.value)}`;
    if (next.what === 'raise') return `${next.bug.kind}/${next.bug.rule}/${next.bug.message}`;
    const { request } = next;
    const args = this.#intern(request.args, `the arguments of ${request.label}`);
    return textOfRequest(request, this.#memory, args, () => this.#answersUpTo(after));
  }

  #answersUpTo(history: Pick<History, 'parent' | 'lo' | 'hi'> | undefined): string {
    const answers: string[] = [];
    for (let h = history; h?.parent !== undefined; h = h.parent) answers.push(this.answerText(h));
    return answers.join();
  }

  #resumed(call: Omit<Thrower, 'nameOf'>, generator: Generator<Request<unknown>, unknown>, answer: unknown): Next {
    const { kname, identity } = call.fn;
    if (++this.steps % ASKING === 0) this.deadline?.check();
    try {
      const step = notingFrames(this.#stackOf(generator), () => resume(generator, answer));
      if (step.done === true) {
        this.requests.note(generator, kname, identity, undefined);
        return { what: 'done', value: this.#intern(step.value, `the result of ${kname}`) };
      }
      const request: unknown = step.value;
      if (!(request instanceof Request)) throw new ModelError(`kfunc ${kname}: ${notARequest(request)}`);
      this.requests.note(generator, kname, identity, request);
      return { what: 'request', request };
    } catch (error) {
      this.requests.note(generator, kname, identity, undefined);
      const { layout } = this.#memory;
      return { what: 'raise', bug: raisedBy(error, { ...call, nameOf: (address) => layout.nameOf(address) }) };
    }
  }

  #start(fn: KfuncInfo, args: readonly unknown[]): Generator<Request<unknown>, unknown> {
    const code = this.#memory.code;
    if (code === undefined) return generatorOf(fn, args);
    return code.bodyOf({ fn, args }, true) as Generator<Request<unknown>, unknown>;
  }

  #stackOf(generator: object): Frame[] {
    let stack = this.#stacks.get(generator);
    if (stack === undefined) this.#stacks.set(generator, (stack = []));
    return stack;
  }

  #placeOf(generator: object, next: Next, after: Pick<History, 'parent' | 'lo' | 'hi'>): Place | Untold | undefined {
    if (next.what !== 'request') return undefined;
    const { numbering } = this.#memory.layout;
    if (!(generator instanceof MutatedRun))
      return placeOf(generator, this.#stackOf(generator), next.request, numbering);
    if (generator.isBetween) return new Untold('two of its steps are swapped');
    const { notePlace } = generator;
    if (notePlace?.inner === undefined && notePlace !== undefined)
      return { text: notePlace.name, points: [], loops: [] };
    const place = placeOf(generator.inner, generator.frames, generator.yielded as object, numbering);
    return notePlace === undefined || place instanceof Untold ? place : this.#besides(place, notePlace, after);
  }

  /** Where a function stands while a monitor notes something of its step. What it noted is the request. */
  #besides(
    { text, points, loops }: Place,
    { name, distance, next }: NotePlace,
    after: Pick<History, 'parent' | 'lo' | 'hi'>,
  ): Place {
    const [site, point] = points[points.length - 1];
    const due = next === undefined ? '' : this.#describe({ what: 'request', request: next }, after);
    return {
      text: `${text}|${name}|${due}`,
      points: [...points.slice(0, -1), [site, point + distance]],
      loops,
    };
  }

  #intern(value: unknown, what: string): number {
    try {
      return this.#memory.values.intern(value);
    } catch (error) {
      throw new ModelError(`${what}: ${(error as Error).message}`, error);
    }
  }

  #compare(history: History, now: Next): void {
    const { fn, next, described } = history;
    if (next.what === 'request' && now.what === 'request' && areAlike(next.request, now.request)) return;
    if (described === this.#describe(now, history)) return;
    throw new ImpureModel(
      `kfunc ${fn.kname} is not a pure function of the answers it was fed: with the same answers it first came to ` +
        `${brief(next)}, then to ${brief(now)}. Keep state in model memory or in locals, not in closures, ` +
        'and use choose() instead of Math.random or the clock',
    );
  }
}

/** Whether an answer with `hi` = {@link INTERNED} is the number of an interned value. */
function answersAreValues(request: Request<unknown>): boolean {
  return request.kind === KIND.CALL || request.kind === KIND.SPIN || request.kind === KIND.OP;
}

function brief(next: Next): string {
  if (next.what === 'done') return 'its end';
  if (next.what === 'raise') return `a ${next.bug.kind}`;
  const { label, lo, address } = next.request;
  return `${label}(word ${address}, operand ${lo})`;
}
