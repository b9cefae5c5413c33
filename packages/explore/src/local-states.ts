/**
 * Local states of kernel functions. A function is a pure function of the answers it was fed, so (function, arguments,
 * answers so far) names what it will do; a generator runs only for a history never seen. Histories that differ only in
 * answers nobody will look at again are one state ({@link Liveness}); all of them are run on, so that this is checked.
 */
import {
  INTERNED,
  ImpureModel,
  KIND,
  KernelBug,
  ModelError,
  Request,
  WouldBlock,
  answerOf,
  hashText,
  mix,
  resume,
  withSites,
  type KfuncInfo,
  type Memory,
} from '@shootdown/machine';
import type { Liveness } from './liveness.js';
import { PurityTraps } from './purity.js';
import { LivenessChanged } from './restart.js';

/** What a local state does next. */
export type Next =
  | { readonly what: 'request'; readonly request: Request<unknown> }
  | { readonly what: 'done'; readonly value: number }
  | { readonly what: 'raise'; readonly bug: KernelBug };

/** One sequence of answers that leads to a local state. */
interface History {
  readonly parent: History | undefined;
  /** The state the parent history leads to. */
  readonly before: LocalState | undefined;
  readonly lo: number;
  readonly hi: number;
  readonly length: number;
}

/** Where a function stands: histories after which it does the same for ever. */
export interface LocalState {
  readonly id: number;
  readonly fn: KfuncInfo;
  readonly args: readonly unknown[];
  readonly next: Next;
  readonly h0: number;
  readonly h1: number;
  readonly key: string;
  /** Names the point in the function, for {@link Liveness}. */
  readonly point: string;
  readonly histories: History[];
  readonly edges: Map<number, Map<number, LocalState>>;
}

/** A history made longer by one answer, and what the function does after it. */
interface Extended {
  readonly history: History;
  readonly next: Next;
  readonly key: string;
  readonly point: string;
  readonly hashes: readonly [number, number];
}

/**
 * Watches one step of a function as it is run again.
 *
 * @param run - runs the step, from one request to the next; must be called once
 * @param reached - the state it leads to
 */
export type StepWatcher = (run: () => Next, reached: LocalState) => void;

/** How local states are learnt. */
export interface LearningOptions {
  /** Run every history twice and trap Math.random and the clocks. */
  readonly checkPurity: boolean;
  /** Remember the source line of each request. */
  readonly captureSites: boolean;
  /** Answers known to be live; absent: all are. */
  readonly liveness: Liveness | undefined;
}

/** Answers of a call after which all of them count: running all histories on would take too long. */
const MOST_ANSWERS = 100;
/** Histories that one state may stand for, for each is run on at every step; with more, all answers count there. */
const MOST_HISTORIES = 64;

/** The local states of all functions of one model. */
export class LocalStates {
  /** How often a generator was started. */
  generatorRuns = 0;
  readonly #memory: Memory;
  readonly #options: LearningOptions;
  readonly #traps: PurityTraps | undefined;
  readonly #roots = new Map<string, LocalState>();
  readonly #states: LocalState[] = [];
  readonly #byKey = new Map<string, LocalState>();

  constructor(memory: Memory, options: LearningOptions) {
    this.#memory = memory;
    this.#options = options;
    this.#traps = options.checkPurity ? new PurityTraps() : undefined;
  }

  /** Number of states met. */
  get size(): number {
    return this.#states.length;
  }

  /** The state of a function that was just called. */
  root(fn: KfuncInfo, args: readonly unknown[]): LocalState {
    const argsId = this.#intern(args, `the arguments of ${fn.kname}`);
    const key = `${fn.serial}:${argsId}`;
    let state = this.#roots.get(key);
    if (state === undefined) {
      const [a, b] = hashText(fn.identity);
      const { values } = this.#memory;
      const history: History = { parent: undefined, before: undefined, lo: 0, hi: 0, length: 0 };
      const hashes = [mix(a ^ values.hash0(argsId)), mix(Math.imul(b, 31) ^ values.hash1(argsId))] as const;
      state = this.#create(fn, args, this.#run(fn, args, history), key, fn.identity, hashes, [history]);
      this.#roots.set(key, state);
    }
    return state;
  }

  /** The state after `state` got the answer (`lo`, `hi`). */
  after(state: LocalState, lo: number, hi: number): LocalState {
    const byLo = state.edges.get(hi) ?? new Map<number, LocalState>();
    state.edges.set(hi, byLo);
    let child = byLo.get(lo);
    if (child === undefined) {
      child = this.#learn(state, lo, hi);
      byLo.set(lo, child);
    }
    return child;
  }

  /** Runs every history learnt so far again and compares what each asks for. */
  verify(): void {
    for (const state of this.#states)
      for (const history of state.histories) this.#compare(state, state.next, this.#run(state.fn, state.args, history));
  }

  /** Runs every step learnt so far again, each after all histories that lead to it. */
  rerun(watch: StepWatcher): void {
    for (const state of this.#roots.values())
      for (const history of state.histories)
        if (history.before === undefined) this.#rerun(state, history, state, watch);
    for (const state of this.#states)
      for (const [hi, byLo] of state.edges)
        for (const [lo, child] of byLo)
          for (const parent of state.histories)
            this.#rerun(state, { parent, before: state, lo, hi, length: parent.length + 1 }, child, watch);
  }

  #rerun({ fn, args }: LocalState, history: History, reached: LocalState, watch: StepWatcher): void {
    this.#run(fn, args, history, (end) => {
      let next: Next | undefined;
      watch(() => (next = end()), reached);
      return next ?? end();
    });
  }

  #learn(state: LocalState, lo: number, hi: number): LocalState {
    const extended = state.histories.map((history) => this.#extend(state, history, lo, hi));
    const first = extended[0];
    for (const other of extended) if (other.key !== first.key) this.#part(state, first, other);
    const histories = extended.map(({ history }) => history);
    const known = this.#byKey.get(first.key);
    if (known !== undefined && known.next.what !== 'request') return known;
    if (known === undefined)
      return this.#create(state.fn, state.args, first.next, first.key, first.point, first.hashes, histories);
    if (
      known.histories.length + histories.length > MOST_HISTORIES &&
      this.#options.liveness?.addAll(first.point) === true
    )
      throw new LivenessChanged();
    for (const history of histories) this.#join(known, history);
    return known;
  }

  /** Adds a history to a state, which must do as the state's others do wherever those have been. */
  #join(state: LocalState, history: History): void {
    for (const [hi, byLo] of state.edges)
      for (const [lo, child] of byLo) {
        const extended = this.#extend(state, history, lo, hi);
        if (extended.key !== child.key) this.#part(state, this.#extend(state, state.histories[0], lo, hi), extended);
        this.#join(child, extended.history);
      }
    state.histories.push(history);
  }

  #extend(state: LocalState, parent: History, lo: number, hi: number): Extended {
    const history: History = { parent, before: state, lo, hi, length: parent.length + 1 };
    if (history.length > MOST_ANSWERS && this.#options.liveness?.exempt(state.fn.identity) === true)
      throw new LivenessChanged();
    const next = this.#run(state.fn, state.args, history);
    const point = `${state.fn.identity}:${history.length}:${next.what === 'request' ? next.request.label : next.what}`;
    const text = next.what === 'request' ? this.#trail(state.fn, history, point) : '';
    const described = this.#describe(next);
    const root = this.root(state.fn, state.args);
    const [a, b] = hashText(`${point}|${described}|${text}`);
    return {
      history,
      next,
      key: `${root.key}|${point}|${described}|${text}`,
      point,
      hashes: [mix(a ^ root.h0), mix(b ^ root.h1)],
    };
  }

  /** What was asked for, and the answers that matter at `point`. */
  #trail(fn: KfuncInfo, history: History, point: string): string {
    const { liveness } = this.#options;
    const isExact = liveness === undefined || liveness.isExempt(fn.identity);
    const parts: string[] = [];
    for (let h: History | undefined = history; h?.before !== undefined; h = h.parent) {
      const { label } = (h.before.next as { request: Request<unknown> }).request;
      const isLive = isExact || liveness.isLive(point, h.length);
      parts.push(isLive ? `${label}=${this.#answerText(h)}` : label);
    }
    return parts.join(',');
  }

  /** The answer that ended a history, the same text in every process. */
  #answerText({ before, lo, hi }: History): string {
    const { values } = this.#memory;
    const isValue = hi === INTERNED && before?.next.what === 'request' && answersAreValues(before.next.request);
    return isValue ? `v${values.hash0(lo)}.${values.hash1(lo)}` : `${lo}.${hi}`;
  }

  #describe(next: Next): string {
    const { values } = this.#memory;
    if (next.what === 'done') return `v${values.hash0(next.value)}.${values.hash1(next.value)}`;
    if (next.what === 'raise') return `${next.bug.kind}/${next.bug.rule}/${next.bug.message}`;
    const r = next.request;
    const args = this.#intern(r.args, `the arguments of ${r.label}`);
    const operands = [
      r.kind,
      r.address,
      r.lo,
      r.hi,
      r.lo2,
      r.hi2,
      r.mask,
      r.negated ? 1 : 0,
      r.ways,
      r.fn?.identity ?? '',
    ];
    return `${r.label}(${operands.join(',')};${values.hash0(args)}.${values.hash1(args)})`;
  }

  /**
   * Two histories of one state turned out to do different things: of what they were answered differently, what makes the
   * difference is live there.
   */
  #part(state: LocalState, a: Extended, b: Extended): never {
    const { liveness } = this.#options;
    const isMattering =
      a.point === b.point && this.#describe(a.next) === this.#describe(b.next)
        ? (position: number) => liveness?.isLive(a.point, position) === true
        : (position: number) => this.#behaviour(state, a.history, b.history, position) !== this.#describe(a.next);
    const different: number[] = [];
    let [x, y] = [a.history.parent, b.history.parent];
    for (; x?.before !== undefined && y?.before !== undefined; x = x.parent, y = y.parent)
      if (x.lo !== y.lo || x.hi !== y.hi) different.push(x.length);
    const mattering = different.filter(isMattering);
    for (const position of mattering.length > 0 ? mattering : different) liveness?.add(state.point, position);
    throw new LivenessChanged();
  }

  /** What the function would do after history `a`, had it been answered at `position` as in `b`. */
  #behaviour({ fn, args }: LocalState, a: History, b: History, position: number): string {
    const answers: History[] = [];
    let [x, y]: (History | undefined)[] = [a, b];
    for (; x?.before !== undefined && y?.before !== undefined; x = x.parent, y = y.parent)
      answers.unshift(x.length === position ? y : x);
    try {
      const generator = start(fn, args);
      let next = this.#resumed(fn, generator, undefined);
      for (const { lo, hi } of answers) {
        if (next.what !== 'request') return 'ends early';
        next = this.#resumed(fn, generator, answerOf(this.#memory, next.request, lo, hi));
      }
      return this.#describe(next);
    } catch {
      return 'cannot happen';
    }
  }

  #create(
    fn: KfuncInfo,
    args: readonly unknown[],
    next: Next,
    key: string,
    point: string,
    [h0, h1]: readonly [number, number],
    histories: History[],
  ): LocalState {
    const state: LocalState = {
      id: this.#states.length,
      fn,
      args,
      next,
      h0,
      h1,
      key,
      point,
      histories,
      edges: new Map(),
    };
    if (this.#traps !== undefined) this.#compare(state, next, this.#run(fn, args, histories[0]));
    this.#states.push(state);
    this.#byKey.set(key, state);
    return state;
  }

  /** Runs the generator through a history; every request on the way must be the one it made before. */
  #run(
    fn: KfuncInfo,
    args: readonly unknown[],
    history: History,
    around: (end: () => Next) => Next = this.#options.captureSites ? withSites : (end) => end(),
  ): Next {
    this.generatorRuns++;
    const path: History[] = [];
    for (let h: History | undefined = history; h?.before !== undefined; h = h.parent) path.push(h);
    path.reverse();
    this.#traps?.arm(fn.kname);
    try {
      const generator = start(fn, args);
      let answer: unknown;
      for (const { before, lo, hi } of path) {
        const state = before as LocalState;
        this.#compare(state, state.next, this.#resumed(fn, generator, answer));
        answer = answerOf(this.#memory, (state.next as { request: Request<unknown> }).request, lo, hi);
      }
      const last = answer;
      return around(() => this.#resumed(fn, generator, last));
    } finally {
      this.#traps?.disarm();
    }
  }

  #resumed(fn: KfuncInfo, generator: Generator<Request<unknown>, unknown>, answer: unknown): Next {
    let step: IteratorResult<Request<unknown>, unknown>;
    try {
      step = resume(generator, answer);
    } catch (error) {
      if (error instanceof KernelBug) return { what: 'raise', bug: error };
      if (error instanceof ImpureModel || error instanceof ModelError || error instanceof WouldBlock) throw error;
      throw new ModelError(
        `kfunc ${fn.kname} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        error,
      );
    }
    if (step.done === true) return { what: 'done', value: this.#intern(step.value, `the result of ${fn.kname}`) };
    const request: unknown = step.value;
    if (!(request instanceof Request))
      throw new ModelError(
        `kfunc ${fn.kname}: expected yield* of a request, got ${typeof request}; write yield* readOnce(cell) and the like`,
      );
    return { what: 'request', request };
  }

  #intern(value: unknown, what: string): number {
    try {
      return this.#memory.values.intern(value);
    } catch (error) {
      throw new ModelError(`${what}: ${(error as Error).message}`, error);
    }
  }

  #compare(state: LocalState, before: Next, now: Next): void {
    if (this.#describe(before) === this.#describe(now)) return;
    throw new ImpureModel(
      `kfunc ${state.fn.kname} is not a pure function of the answers it was fed: with the same answers it first came to ` +
        `${brief(before)}, then to ${brief(now)}. Keep state in model memory or in locals, not in closures, ` +
        'and use choose() instead of Math.random or the clock',
    );
  }
}

/** Whether an answer with `hi` = {@link INTERNED} is the number of an interned value. */
function answersAreValues(request: Request<unknown>): boolean {
  return request.kind === KIND.CALL || request.kind === KIND.SPIN || request.kind === KIND.OP;
}

function start(fn: KfuncInfo, args: readonly unknown[]): Generator<Request<unknown>, unknown> {
  const body = fn.body as (...args: readonly unknown[]) => Generator<Request<unknown>, unknown>;
  const generator = body(...args);
  if (typeof (generator as { next?: unknown } | undefined)?.next !== 'function')
    throw new ModelError(`kfunc ${fn.kname}: expected a generator function (function*), got a plain function`);
  return generator;
}

function brief(next: Next): string {
  if (next.what === 'done') return 'its end';
  if (next.what === 'raise') return `a ${next.bug.kind}`;
  const { label, lo, address } = next.request;
  return `${label}(word ${address}, operand ${lo})`;
}
