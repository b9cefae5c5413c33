/**
 * Looks for livelocks ({@link Motion} says what one is). Every state is met once, in order of its distance, and of the steps
 * only those are kept by which no kernel thread gets anywhere. What is left falls into strongly connected components (Tarjan).
 * A component is a livelock if running through all of it for ever is fair. Where it is not because a lock is free in some of
 * its states that somebody waits for there, these states are taken away, and what is left is decomposed again (Streett).
 *
 * Steps that nobody notices are taken together with the one before, and answers that nobody looks at again tell no states
 * apart, as in every search; all orders of steps are tried, and no symmetry is used. docs/soundness.md says why.
 */
import { ChunkedInts } from '../base/chunked-ints.js';
import type { SearchedSystem } from '../view/running-system.js';
import { Motion, livelockOf, waitingForLocks } from '../verdict/fairness.js';
import { NumberedStates } from './numbered-states.js';
import type { Found, Search } from './search.js';
import { FOR_EVER, RESTART, type Decision } from '../base/schedule.js';
import { lowest } from '../base/thread-set.js';
import { storedSince, choiceCount } from '../view/running-system.js';
import { TableFull } from '../base/resources.js';

const NO_STATE = -1;
const FRONTIER_CHUNK = 1 << 8;
/** Steps through the kept edges that count as one transition. */
const EDGES_A_TRANSITION = 16;

/** In an edge: the alternative, the thread, and whether it changes memory in a spin loop of a kernel thread. */
const CHOICE_BITS = 8;
const THREAD_BITS = 5;
const STORES = 1 << (CHOICE_BITS + THREAD_BITS);

/** Explores every state, then looks for fair circles without progress. */
export class LivelockSearch implements Search {
  readonly isExhaustive = true;
  found: Found | undefined;
  transitions = 0;
  depth = 0;
  readonly #engine: SearchedSystem;
  readonly #maxBytes: number;
  readonly #numbers: NumberedStates;
  /** For each state: the state it was reached from, by which action, who is enabled and who waits for a lock. */
  readonly #parent = new ChunkedInts();
  readonly #action = new ChunkedInts();
  readonly #enabled = new ChunkedInts();
  readonly #locking = new ChunkedInts();
  /** Memory and control states of the states not yet expanded, in chunks that are dropped once expanded. */
  readonly #frontier: (Int32Array | undefined)[] = [];
  readonly #record: number;
  /** Edges that get nobody anywhere, grouped by source: target and {@link STORES}, thread, alternative. */
  readonly #firstEdge = new ChunkedInts();
  readonly #target = new ChunkedInts();
  readonly #via = new ChunkedInts();
  #next = 0;
  #levelEnd = 1;
  /** The search through the kept edges, once all states are met. */
  #decomposition: Generator<undefined, void> | undefined;
  #arrays: Arrays | undefined;

  /**
   * @param engine - without symmetry and without partial orders; stands in the initial state
   * @param maxBytes - the search never takes much more than this; needing more throws {@link TableFull}
   */
  constructor(engine: SearchedSystem, maxBytes: number) {
    this.#engine = engine;
    this.#maxBytes = maxBytes;
    this.#numbers = new NumberedStates(maxBytes);
    this.#record = engine.memory.words.length + 2;
    engine.beginSearch();
    this.#meet(NO_STATE, 0);
  }

  get states(): number {
    return this.#parent.length;
  }

  get frontier(): number {
    return this.#parent.length - this.#next;
  }

  get bytes(): number {
    const lists = [this.#parent, this.#action, this.#enabled, this.#locking, this.#firstEdge, this.#target, this.#via];
    const chunks = Math.ceil(this.frontier / FRONTIER_CHUNK) + 1;
    return (
      this.#numbers.bytes +
      lists.reduce((sum, { bytes }) => sum + bytes, 0) +
      chunks * FRONTIER_CHUNK * this.#record * 4 +
      (this.#arrays?.bytes ?? 0)
    );
  }

  advance(transitions: number): boolean {
    const until = this.transitions + transitions;
    const engine = this.#engine;
    engine.watchesProgress = true;
    try {
      while (this.#next < this.#parent.length) {
        if (this.transitions >= until) return false;
        if (this.#next === this.#levelEnd) {
          this.depth++;
          this.#levelEnd = this.#parent.length;
        }
        this.#expand(this.#next++);
      }
    } finally {
      engine.watchesProgress = false;
    }
    if (this.#decomposition === undefined) {
      this.#firstEdge.push(this.#target.length);
      if (this.bytes + Arrays.bytesFor(this.states) > this.#maxBytes)
        throw new TableFull('looking for circles needs more memory');
      this.#arrays = new Arrays(this.states);
      this.#decomposition = this.#findCircle(this.#arrays);
    }
    for (let left = transitions; left > 0; left--) if (this.#decomposition.next().done === true) return true;
    return false;
  }

  #expand(state: number): void {
    const engine = this.#engine;
    const { memory } = engine;
    this.#load(state);
    this.#firstEdge.push(this.#target.length);
    const { h0, h1 } = memory;
    for (let bits = this.#enabled.at(state); bits !== 0; bits &= bits - 1) {
      const thread = lowest(bits);
      const isKernels = ((engine.kernelThreads >>> thread) & 1) === 1;
      const ways = choiceCount(engine, thread);
      for (let choice = 0; choice < ways; choice++) {
        engine.progressed = false;
        engine.step(thread, choice);
        this.transitions++;
        if (!engine.runEnded && engine.isWithin(0)) {
          const via = (thread << CHOICE_BITS) | choice;
          const target = this.#meet(state, via);
          if (!isKernels || !engine.progressed) {
            this.#target.push(target);
            this.#via.push(isKernels && storedSince(engine, 0) ? via | STORES : via);
          }
        }
        memory.undoTo(0, h0, h1);
      }
    }
  }

  /** The number of the engine's present state, which is noted if it is new. */
  #meet(parent: number, action: number): number {
    const engine = this.#engine;
    const { words, h0, h1 } = engine.memory;
    const number = this.#numbers.numberOf(h0, h1);
    if (number < this.#parent.length) return number;
    this.#parent.push(parent);
    this.#action.push(action);
    this.#enabled.push(engine.enabled());
    this.#locking.push(waitingForLocks(engine));
    const chunk = (this.#frontier[Math.floor(number / FRONTIER_CHUNK)] ??= new Int32Array(
      FRONTIER_CHUNK * this.#record,
    ));
    const at = (number % FRONTIER_CHUNK) * this.#record;
    chunk.set(words, at);
    chunk[at + this.#record - 2] = h0;
    chunk[at + this.#record - 1] = h1;
    return number;
  }

  #load(state: number): void {
    const chunk = this.#frontier[Math.floor(state / FRONTIER_CHUNK)] as Int32Array;
    const at = (state % FRONTIER_CHUNK) * this.#record;
    const hashes = at + this.#record - 2;
    this.#engine.load(chunk.subarray(at, hashes), chunk[hashes], chunk[hashes + 1]);
    if ((state + 1) % FRONTIER_CHUNK === 0) this.#frontier[Math.floor(state / FRONTIER_CHUNK)] = undefined;
  }

  /** Decomposes the states, and what is left of components; gives way after each few edges. */
  *#findCircle(arrays: Arrays): Generator<undefined, void> {
    const { group } = arrays;
    const left: (Iterable<number> | undefined)[] = [group.keys()];
    let groups = 0;
    for (let states = left.pop(); states !== undefined; states = left.pop()) {
      for (const component of this.#components(states, arrays)) {
        if (component === undefined) {
          yield;
          continue;
        }
        groups++;
        for (const state of component) group[state] = groups;
        const motion = this.#motionIn(component, group);
        if (motion.isLivelock) {
          this.#found(component, motion, arrays);
          return;
        }
        if (!motion.stores || motion.wronged !== 0) continue;
        const rest = component.filter((s) => (this.#enabled.at(s) & this.#locking.at(s) & motion.starved) === 0);
        if (rest.length === 0) continue;
        groups++;
        for (const state of rest) {
          group[state] = groups;
          arrays.index[state] = NO_STATE;
        }
        left.push(rest);
      }
    }
  }

  /**
   * The strongly connected components with an edge inside, of states that are one group: Tarjan's algorithm without recursion.
   * `undefined` in between, to give way.
   */
  *#components(states: Iterable<number>, arrays: Arrays): Generator<number[] | undefined> {
    const { index, low, edge, onStack, group } = arrays;
    const stack: number[] = [];
    let counter = 0;
    let own: number | undefined;
    let work = 0;
    for (const root of states) {
      own ??= group[root];
      const calls = index[root] === NO_STATE && group[root] === own ? [root] : [];
      while (calls.length > 0) {
        if (++work % EDGES_A_TRANSITION === 0) yield undefined;
        const v = calls[calls.length - 1];
        if (index[v] === NO_STATE) {
          index[v] = low[v] = counter++;
          edge[v] = this.#firstEdge.at(v);
          stack.push(v);
          onStack[v] = 1;
        }
        if (edge[v] < this.#firstEdge.at(v + 1)) {
          const w = this.#target.at(edge[v]++);
          if (group[w] !== own) continue;
          if (index[w] === NO_STATE) calls.push(w);
          else if (onStack[w] === 1) low[v] = Math.min(low[v], index[w]);
          continue;
        }
        calls.pop();
        const caller = calls.at(-1);
        if (caller !== undefined) low[caller] = Math.min(low[caller], low[v]);
        if (low[v] !== index[v]) continue;
        const component = stack.splice(stack.lastIndexOf(v));
        for (const w of component) onStack[w] = 0;
        if (component.length > 1 || this.#hasLoop(v)) yield component;
      }
    }
  }

  #hasLoop(state: number): boolean {
    for (let e = this.#firstEdge.at(state); e < this.#firstEdge.at(state + 1); e++)
      if (this.#target.at(e) === state) return true;
    return false;
  }

  /** What moves in a component, whose states are a group of their own. */
  #motionIn(component: readonly number[], group: Int32Array): Motion {
    const motion = new Motion();
    const own = group[component[0]];
    for (const state of component) {
      motion.state(this.#enabled.at(state), this.#locking.at(state));
      for (let e = this.#firstEdge.at(state); e < this.#firstEdge.at(state + 1); e++) {
        if (group[this.#target.at(e)] !== own) continue;
        motion.moves |= 1 << actionOf(this.#via.at(e)).thread;
        motion.stores ||= (this.#via.at(e) & STORES) !== 0;
      }
    }
    return motion;
  }

  #found(component: readonly number[], { moves, ever }: Motion, arrays: Arrays): void {
    const engine = this.#engine;
    const home = component.reduce((first, state) => Math.min(first, state));
    const circle = new Walk({ firstEdge: this.#firstEdge, target: this.#target, arrays }, home);
    circle.through((e) => (this.#via.at(e) & STORES) !== 0);
    for (let bits = moves; bits !== 0; bits &= bits - 1)
      circle.through((e) => actionOf(this.#via.at(e)).thread === lowest(bits));
    // Who stands still cannot go on somewhere on the way: those that could everywhere would be wronged.
    for (let bits = ever & ~moves; bits !== 0; bits &= bits - 1)
      circle.through((_, state) => ((this.#enabled.at(state) >>> lowest(bits)) & 1) === 0);
    circle.close();
    const way = this.#scheduleTo(home);
    engine.reset();
    for (const action of way) engine.step(action.thread, action.choice);
    const edges = circle.edges.map((e) => actionOf(this.#via.at(e)));
    this.found = {
      bug: livelockOf(engine, moves, edges.length),
      schedule: [...way, { thread: RESTART, choice: FOR_EVER }, ...edges],
    };
    this.depth = way.length + edges.length;
  }

  #scheduleTo(state: number): Decision[] {
    const schedule: Decision[] = [];
    for (let s = state; this.#parent.at(s) !== NO_STATE; s = this.#parent.at(s))
      schedule.push(actionOf(this.#action.at(s)));
    return schedule.reverse();
  }
}

/** What the decomposition keeps of each state. */
class Arrays {
  readonly index: Int32Array;
  readonly low: Int32Array;
  readonly edge: Int32Array;
  /** States of different groups are taken for not connected. */
  readonly group: Int32Array;
  readonly onStack: Uint8Array;
  readonly bytes: number;

  constructor(states: number) {
    this.index = new Int32Array(states).fill(NO_STATE);
    this.low = new Int32Array(states);
    this.edge = new Int32Array(states);
    this.group = new Int32Array(states);
    this.onStack = new Uint8Array(states);
    this.bytes = Arrays.bytesFor(states);
  }

  /** Bytes taken, with what the stacks of the decomposition may need. */
  static bytesFor(states: number): number {
    return states * (4 * 4 + 1 + 2 * 8);
  }
}

/** The kept edges, and which states are one group. */
interface Graph {
  readonly firstEdge: ChunkedInts;
  readonly target: ChunkedInts;
  readonly arrays: Arrays;
}

/** A way through a strongly connected group of states. */
class Walk {
  readonly edges: number[] = [];
  readonly #graph: Graph;
  readonly #home: number;
  readonly #group: number;
  /** The state that each of {@link edges} leaves. */
  readonly #sources: number[] = [];
  #at: number;

  constructor(graph: Graph, home: number) {
    this.#graph = graph;
    this.#home = home;
    this.#group = graph.arrays.group[home];
    this.#at = home;
  }

  /** Goes on along a shortest way whose last edge is wanted, if no edge was so far. */
  through(isWanted: (edge: number, source: number) => boolean): void {
    if (!this.edges.some((edge, i) => isWanted(edge, this.#sources[i]))) this.#go(isWanted);
  }

  /** Goes back to where it began. */
  close(): void {
    if (this.#at !== this.#home || this.edges.length === 0)
      this.#go((edge) => this.#graph.target.at(edge) === this.#home);
  }

  #go(isWanted: (edge: number, source: number) => boolean): void {
    const { firstEdge, target, arrays } = this.#graph;
    // The decomposition is over: its arrays take how each state was come to.
    const { index: cameBy, low: cameFrom, group } = arrays;
    cameBy.fill(NO_STATE);
    const queue = [this.#at];
    for (const state of queue)
      for (let e = firstEdge.at(state); e < firstEdge.at(state + 1); e++) {
        const next = target.at(e);
        if (group[next] !== this.#group) continue;
        if (isWanted(e, state)) {
          this.#append(state, e);
          return;
        }
        if (next === this.#at || cameBy[next] !== NO_STATE) continue;
        cameBy[next] = e;
        cameFrom[next] = state;
        queue.push(next);
      }
  }

  #append(last: number, edge: number): void {
    const { target, arrays } = this.#graph;
    const [edges, sources] = [[edge], [last]];
    for (let state = last; state !== this.#at; state = arrays.low[state]) {
      edges.push(arrays.index[state]);
      sources.push(arrays.low[state]);
    }
    this.edges.push(...edges.reverse());
    this.#sources.push(...sources.reverse());
    this.#at = target.at(edge);
  }
}

function actionOf(via: number): Decision {
  return { thread: (via >> CHOICE_BITS) & ((1 << THREAD_BITS) - 1), choice: via & ((1 << CHOICE_BITS) - 1) };
}
