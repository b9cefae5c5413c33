/**
 * Local states of kernel functions. Where a function stands at the same program point and its live variables hold the same, it
 * does the same from there on: that is one local state, and any of the histories that lead to it is run on. A function that
 * does not tell where it stands is where its answers lead, and every history is a state of its own.
 */
import { ImpureModel, ModelError, hashText, mix, type KfuncInfo, type Memory, type Request } from '@shootdown/machine';
import { AcyclicOrder } from './acyclic-order.js';
import type { HistoryTree, History, Next } from './history-tree.js';
import { Untold, isFurther } from './frame-text.js';
import type { LocalEdge, LocalState } from './local-state.js';
import { findUnlike } from './merged-histories.js';
import { ModelFault } from './model-exception.js';
import type { PlaceKnowledge } from './place-knowledge.js';

/** A history made longer by one answer, and the state that it belongs to. */
interface Extended {
  readonly history: History;
  readonly key: string;
  readonly hashes: readonly [number, number];
}

/**
 * Watches one step of a function as it is run again.
 *
 * @param run - runs the step, from one request to the next; must be called once
 * @param reached - the state it leads to
 */
export type StepWatcher = (run: () => Next, reached: LocalState) => void;

/** Answers of a call up to which all of them tell states apart, where dead variables are to. */
const MOST_ANSWERS = 100;
/** Answers of a call after which it is taken for one that never ends. */
const ENDLESS = 2000;

/** Steps of functions at most that are run to compare histories of one state. */
const MOST_STEPS = 200_000;
/** So many more than the search took are run to compare more of them than the first few. */
const MORE_STEPS = 10_000;

/** What the local states of a model are told apart by. */
export interface LocalStateOptions {
  readonly places: PlaceKnowledge;
  /** Whether all answers of a function tell its states apart, and not only what it still knows of them. */
  readonly deadAnswers: boolean;
}

/** The local states of all functions of one model. */
export class LocalStates {
  readonly #memory: Memory;
  readonly #histories: HistoryTree;
  readonly #options: LocalStateOptions;
  readonly #roots = new Map<History, LocalState>();
  readonly #states: LocalState[] = [];
  readonly #byKey = new Map<string, LocalState>();
  readonly #order = new AcyclicOrder();
  /** Functions whose states are told apart by all that they were answered, by name: why. */
  readonly untold = new Map<string, string>();

  constructor(memory: Memory, histories: HistoryTree, options: LocalStateOptions) {
    this.#memory = memory;
    this.#histories = histories;
    this.#options = options;
  }

  /** Number of states met. */
  get size(): number {
    return this.#states.length;
  }

  /** The state of a function that was just called. */
  root(fn: KfuncInfo, args: readonly unknown[]): LocalState {
    const history = this.#histories.call(fn, args);
    let state = this.#roots.get(history);
    if (state === undefined) {
      const { values } = this.#memory;
      const argsId = values.intern(args);
      const [a, b] = hashText(fn.identity);
      const hashes = [mix(a ^ values.hash0(argsId)), mix(Math.imul(b, 31) ^ values.hash1(argsId))] as const;
      state = this.#create({ history, key: `${fn.serial}:${argsId}`, hashes });
      this.#roots.set(history, state);
      this.#byKey.set(`${state.key}${this.#standing(history)}`, state);
    }
    return state;
  }

  /** What the answer (`lo`, `hi`) leads to. */
  after(state: LocalState, lo: number, hi: number): LocalEdge {
    const byLo = state.edges.get(hi) ?? new Map<number, LocalEdge>();
    state.edges.set(hi, byLo);
    let edge = byLo.get(lo);
    if (edge === undefined) {
      edge = this.#learn(state, lo, hi);
      byLo.set(lo, edge);
    }
    return edge;
  }

  /** Runs every step learnt so far again. */
  rerun(watch: StepWatcher): void {
    for (const [history, state] of this.#roots) this.#rerun(history, state, watch);
    for (const { history, edges } of this.#states)
      for (const [hi, byLo] of edges)
        for (const [lo, { to }] of byLo) this.#rerun(this.#histories.after(history, lo, hi), to, watch);
  }

  /**
   * Runs on histories that lead to states from which others were run on.
   *
   * @throws {@link ImpureModel} for a function that does something else then
   */
  verify(): void {
    const before = this.#histories.steps;
    const isEnough = (isFirst: boolean): boolean =>
      this.#histories.steps - before > (isFirst ? MOST_STEPS : Math.min(MOST_STEPS, before + MORE_STEPS));
    const unlike = findUnlike(this.#states, {
      extend: (history, lo, hi) => (history.length < ENDLESS ? this.#histories.after(history, lo, hi) : undefined),
      leadsTo: (state, history) => this.#leadsTo(state, history),
      isEnough,
    });
    if (unlike === undefined) return;
    const { kname } = unlike.fn;
    throw new ImpureModel(
      `kfunc ${kname} stood twice at one place with the same in its variables, got the same answer and did different ` +
        'things: keep state in model memory or in locals, not in closures',
    );
  }

  #rerun(history: History, reached: LocalState, watch: StepWatcher): void {
    this.#histories.run(history, (end) => {
      let next: Next | undefined;
      watch(() => (next = end()), reached);
      return next ?? end();
    });
  }

  #learn(state: LocalState, lo: number, hi: number): LocalEdge {
    const extended = this.#tell(this.#longer(state.history, lo, hi));
    const to = this.#byKey.get(extended.key) ?? this.#create(extended);
    const { places } = this.#options;
    const closes = !this.#order.add(state.id, to.id);
    const loop = commonLoops(extended.history, state.history).at(0);
    if (closes && loop !== undefined) places.close(loop);
    return { to, isBack: this.#goesBack(state.history, extended.history) };
  }

  /** Which edges do is the same in every process that knows of the same loops. */
  #goesBack({ place: from, fn }: History, { place: to }: History): boolean {
    if (from === undefined || to === undefined || from instanceof Untold || to instanceof Untold) return false;
    const isInLoop = to.loops.some((one) => from.loops.includes(one) && this.#options.places.isClosed(nameOf(fn, one)));
    return isInLoop && !isFurther(to, from);
  }

  #longer(history: History, lo: number, hi: number): History {
    return history.length >= ENDLESS ? goingOn(history, lo, hi) : this.#histories.after(history, lo, hi);
  }

  /**
   * Where it is told by all answers, those count that came since the state. What is said of an exception besides may look further back
   * than what the function still knows.
   */
  #leadsTo(state: LocalState, history: History): boolean {
    const [was, is] = [state.next, history.next];
    if (was.what === 'raise' && is.what === 'raise')
      return was.bug.kind === is.bug.kind && was.bug.rule === is.bug.rule;
    if (history.place instanceof Untold) return history.described === state.history.described;
    return this.#byKey.get(this.#tell(history).key) === state;
  }

  #tell(history: History): Extended {
    const standing = this.#standing(history);
    const root = this.root(history.fn, history.args);
    const [a, b] = hashText(standing);
    return { history, key: `${root.key}${standing}`, hashes: [mix(a ^ root.h0), mix(b ^ root.h1)] };
  }

  /** What tells the state that a history leads to from others of its call. */
  #standing(history: History): string {
    const { next, described, place, length } = history;
    if (next.what !== 'request') return `|${next.what}|${described}`;
    if (place instanceof Untold) this.untold.set(history.fn.kname, place.why);
    const isExact = place instanceof Untold || (this.#options.deadAnswers && length <= MOST_ANSWERS);
    return isExact ? `|${length}|${described}|${this.#trail(history)}` : `@${place?.text ?? ''}|${described}`;
  }

  /** What was asked for and answered. */
  #trail(history: History): string {
    const parts: string[] = [];
    for (let h = history; h.parent !== undefined; h = h.parent)
      parts.push(`${(h.parent.next as { request: Request<unknown> }).request.label}=${this.#histories.answerText(h)}`);
    return parts.join(',');
  }

  #create({ history, key, hashes }: Extended): LocalState {
    const { fn, args, next } = history;
    const [h0, h1] = hashes;
    const id = this.#states.length;
    const loop = loopsOf(history).find((one) => this.#options.places.isClosed(one));
    const point = pointOf(history);
    const state: LocalState = { id, fn, args, next, h0, h1, key, point, history, loop, edges: new Map() };
    this.#states.push(state);
    this.#byKey.set(key, state);
    return state;
  }
}

function pointOf({ fn, place, length, next }: History): string {
  const label = next.what === 'request' ? next.request.label : next.what;
  return `${fn.identity}/${place === undefined || place instanceof Untold ? length : place.points.join(' ')}/${label}`;
}

function loopsOf({ fn, place }: History): readonly string[] {
  return place === undefined || place instanceof Untold ? [] : place.loops.map((loop) => nameOf(fn, loop));
}

function nameOf({ identity }: KfuncInfo, loop: string): string {
  return `${identity}/${loop}`;
}

/** The loops that both are inside of, the outermost first. */
function commonLoops(a: History, b: History): readonly string[] {
  const loops = loopsOf(b);
  return loopsOf(a).filter((loop) => loops.includes(loop));
}

/** What a history that is too long is taken for. */
function goingOn(parent: History, lo: number, hi: number): History {
  const { fn, args, length } = parent;
  const error = new ModelError(
    `kfunc ${fn.kname} made ${ENDLESS} requests in one call and goes on: write a loop that waits with spinUntil() or waitFor(), ` +
      'a thread that runs for ever with repeat: true, and what a long loop does as a kfunc of its own',
  );
  const next: Next = { what: 'raise', bug: new ModelFault(error) };
  return {
    fn,
    args,
    parent,
    lo,
    hi,
    length: length + 1,
    next,
    described: 'goes on',
    place: undefined,
    longer: new Map(),
  };
}
