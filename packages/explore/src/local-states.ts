/**
 * Local states of kernel functions. Histories that differ only in answers nobody will look at again are one state
 * ({@link Liveness}); all of them are run on, so that this is checked.
 */
import { ModelError, hashText, mix, type KfuncInfo, type Memory, type Request } from '@shootdown/machine';
import type { Behaviour, History, Next } from './behaviour.js';
import type { Liveness } from './liveness.js';
import { ModelFault } from './model-exception.js';
import { LivenessChanged } from './restart.js';

/** Where a function stands: histories after which it does the same for ever. */
export interface LocalState {
  readonly id: number;
  readonly fn: KfuncInfo;
  readonly args: readonly unknown[];
  readonly next: Next;
  readonly h0: number;
  readonly h1: number;
  readonly key: string;
  readonly histories: History[];
  readonly edges: Map<number, Map<number, LocalState>>;
}

/** A history made longer by one answer, and the state that it belongs to. */
interface Extended {
  readonly history: History;
  readonly key: string;
  /** Names the point in the function, for {@link Liveness}. */
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

/** Answers of a call after which all of them count: running all histories on would take too long. */
const MOST_ANSWERS = 100;
/** Answers of a call after which it is taken for one that never ends. */
const ENDLESS = 2000;
/** Histories that one state may stand for, for each is run on at every step; with more, all answers count there. */
const MOST_HISTORIES = 64;

/** The local states of all functions of one model. */
export class LocalStates {
  readonly #memory: Memory;
  readonly #behaviour: Behaviour;
  readonly #liveness: Liveness | undefined;
  readonly #roots = new Map<History, LocalState>();
  readonly #states: LocalState[] = [];
  readonly #byKey = new Map<string, LocalState>();

  /** @param liveness - answers known to be live; absent: all are */
  constructor(memory: Memory, behaviour: Behaviour, liveness: Liveness | undefined) {
    this.#memory = memory;
    this.#behaviour = behaviour;
    this.#liveness = liveness;
  }

  /** Number of states met. */
  get size(): number {
    return this.#states.length;
  }

  /** The state of a function that was just called. */
  root(fn: KfuncInfo, args: readonly unknown[]): LocalState {
    const history = this.#behaviour.call(fn, args);
    let state = this.#roots.get(history);
    if (state === undefined) {
      const { values } = this.#memory;
      const argsId = values.intern(args);
      const [a, b] = hashText(fn.identity);
      const hashes = [mix(a ^ values.hash0(argsId)), mix(Math.imul(b, 31) ^ values.hash1(argsId))] as const;
      state = this.#create({ history, key: `${fn.serial}:${argsId}`, point: fn.identity, hashes }, [history]);
      this.#roots.set(history, state);
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

  /** Runs every step learnt so far again, each after all histories that lead to it. */
  rerun(watch: StepWatcher): void {
    for (const [history, state] of this.#roots) this.#rerun(history, state, watch);
    for (const state of this.#states)
      for (const [hi, byLo] of state.edges)
        for (const [lo, child] of byLo)
          for (const parent of state.histories) this.#rerun(this.#behaviour.after(parent, lo, hi), child, watch);
  }

  #rerun(history: History, reached: LocalState, watch: StepWatcher): void {
    this.#behaviour.run(history, (end) => {
      let next: Next | undefined;
      watch(() => (next = end()), reached);
      return next ?? end();
    });
  }

  #learn(state: LocalState, lo: number, hi: number): LocalState {
    const extended = state.histories.map((history) => this.#extend(state, history, lo, hi));
    const first = extended[0];
    for (const other of extended) if (other.key !== first.key) this.#part(first, other);
    const histories = extended.map(({ history }) => history);
    const known = this.#byKey.get(first.key);
    if (known !== undefined && known.next.what !== 'request') return known;
    if (known === undefined) return this.#create(first, histories);
    if (known.histories.length + histories.length > MOST_HISTORIES && this.#liveness?.addAll(first.point) === true)
      throw new LivenessChanged();
    for (const history of histories) this.#join(known, history);
    return known;
  }

  /** Adds a history to a state, which must do as the state's others do wherever those have been. */
  #join(state: LocalState, history: History): void {
    for (const [hi, byLo] of state.edges)
      for (const [lo, child] of byLo) {
        const extended = this.#extend(state, history, lo, hi);
        if (extended.key !== child.key) this.#part(this.#extend(state, state.histories[0], lo, hi), extended);
        this.#join(child, extended.history);
      }
    state.histories.push(history);
  }

  #extend({ fn, args }: LocalState, parent: History, lo: number, hi: number): Extended {
    if (parent.length >= MOST_ANSWERS && this.#liveness?.exempt(fn.identity) === true) throw new LivenessChanged();
    const isEndless = parent.length >= ENDLESS && this.#liveness !== undefined;
    const history = isEndless ? goingOn(parent, lo, hi) : this.#behaviour.after(parent, lo, hi);
    const { next, described } = history;
    const point = pointOf(history);
    const trail = next.what === 'request' ? this.#trail(history, point) : '';
    const root = this.root(fn, args);
    const [a, b] = hashText(`${point}|${described}|${trail}`);
    return {
      history,
      key: `${root.key}|${point}|${described}|${trail}`,
      point,
      hashes: [mix(a ^ root.h0), mix(b ^ root.h1)],
    };
  }

  /** What was asked for, and the answers that matter at `point`. */
  #trail(history: History, point: string): string {
    const liveness = this.#liveness;
    const isExact = liveness === undefined || liveness.isExempt(history.fn.identity);
    const parts: string[] = [];
    for (let h = history; h.parent !== undefined; h = h.parent) {
      const { label } = (h.parent.next as { request: Request<unknown> }).request;
      const isLive = isExact || liveness.isLive(point, h.length);
      parts.push(isLive ? `${label}=${this.#behaviour.answerText(h)}` : label);
    }
    return parts.join(',');
  }

  /**
   * Two histories of one state turned out to do different things: of what they were answered differently, what makes the
   * difference is live there.
   */
  #part(a: Extended, b: Extended): never {
    const liveness = this.#liveness;
    const isMattering =
      a.point === b.point && a.history.described === b.history.described
        ? (position: number) => liveness?.isLive(a.point, position) === true
        : (position: number) => this.#mixed(a.history, b.history, position) !== a.history.described;
    const different: number[] = [];
    let [x, y] = [a.history.parent, b.history.parent];
    for (; x?.parent !== undefined && y?.parent !== undefined; x = x.parent, y = y.parent)
      if (x.lo !== y.lo || x.hi !== y.hi) different.push(x.length);
    const mattering = different.filter(isMattering);
    // What is of use later is so all the way there.
    for (const position of mattering.length > 0 ? mattering : different)
      for (const { history } of [a, b])
        for (let h = history.parent; h !== undefined && h.length >= position; h = h.parent)
          liveness?.add(pointOf(h), position);
    throw new LivenessChanged();
  }

  /** What the function would do after history `a`, had it been answered at `position` as in `b`. */
  #mixed(a: History, b: History, position: number): string {
    const answers: History[] = [];
    let [x, y]: (History | undefined)[] = [a, b];
    for (; x?.parent !== undefined && y?.parent !== undefined; x = x.parent, y = y.parent)
      answers.unshift(x.length === position ? y : x);
    return this.#behaviour.supposing(a, answers);
  }

  #create({ history: { fn, args, next }, key, hashes }: Extended, histories: History[]): LocalState {
    const [h0, h1] = hashes;
    const id = this.#states.length;
    const state: LocalState = { id, fn, args, next, h0, h1, key, histories, edges: new Map() };
    this.#states.push(state);
    this.#byKey.set(key, state);
    return state;
  }
}

/** What a history that is too long is taken for. */
function goingOn(parent: History, lo: number, hi: number): History {
  const { fn, args, length } = parent;
  const error = new ModelError(
    `kfunc ${fn.kname} made ${ENDLESS} requests in one call and goes on: write a loop that waits with spinUntil() or waitFor(), ` +
      'a thread that runs for ever with repeat: true, and what a long loop does as a kfunc of its own',
  );
  const next: Next = { what: 'raise', bug: new ModelFault(error) };
  return { fn, args, parent, lo, hi, length: length + 1, next, described: 'goes on', longer: new Map() };
}

/** Names the point in the function at which a history stands. */
function pointOf({ fn, length, next }: History): string {
  return `${fn.identity}:${length}:${next.what === 'request' ? next.request.label : next.what}`;
}
