/**
 * Runs a system one step at a time: memory, the control state of every thread, and what counts as a step. The control
 * states lie behind the layout's words in the same buffer, so that one undo log takes a step back.
 */
import {
  KIND,
  KernelBug,
  Memory,
  ModelError,
  assertSystem,
  callOf,
  codeOf,
  initialize,
  isEnabled,
  mix,
  perform,
  type MutatedCode,
  type Request,
  type System,
} from '@shootdown/machine';
import { Automaton, FINISHED, STUCK_HI, STUCK_LO } from '../learn/automaton.js';
import { Circle } from '../verdict/fairness.js';
import { HistoryTree } from '../learn/history-tree.js';
import { CodeChecks } from '../learn/code-checks.js';
import type { Deadline } from '../base/deadline.js';
import { Judge } from '../verdict/judge.js';
import { FutureAccesses } from '../reduce/future-accesses.js';
import { Journal, learnFrom, type JournalPart } from '../learn/journal.js';
import type { Knowledge, Outdated, SearchAssumptions } from './knowledge.js';
import type { EdgeKnown } from '../verdict/lock-order.js';
import { ModelFault, brokenByOperation } from '../learn/model-exception.js';
import type { NeverAsked } from '../verdict/never-asked.js';
import { persistentSet } from '../reduce/persistent-set.js';
import type { Performed, Touch } from '../base/performed.js';
import { PlaceKnowledge, type PlacesKnown } from '../learn/place-knowledge.js';
import { GhostSteps } from './ghost-steps.js';
import { LockWatch } from './lock-watch.js';
import { OrderTrial } from './order-trial.js';
import { PlainWords } from './plain-words.js';
import { conditionReads, watchTouched, wordsAt } from './recording.js';
import { FOR_EVER, RESTART, type Decision } from '../base/schedule.js';
import { storedSince, choiceCount, type ReplayedSystem, type SearchedSystem } from '../view/running-system.js';
import { ALWAYS_LOCAL, SchedulePoints, VISIBLE } from '../reduce/schedule-points.js';
import { PlacesChanged, SymmetryLost, type SearchRestart } from '../base/restart.js';
import { Rests, YoungRounds } from '../verdict/rests.js';
import { deadlockOf } from '../verdict/deadlock.js';
import { Symmetry } from '../reduce/symmetry/symmetry.js';

/** Most threads a system may have: a set of threads is the bits of one number. */
export const MAX_THREADS = 31;

/** What the engine should do besides running. */
export interface EngineOptions {
  /** Whether accesses that no other thread can conflict with are schedule points too. */
  readonly reduction: boolean;
  /** Whether a violation counts. */
  readonly counts: (bug: KernelBug) => boolean;
  /** Whether answers that nobody will look at again tell states apart. */
  readonly deadAnswers: boolean;
  /** Whether states that a declared symmetry carries into each other are one. */
  readonly symmetry: boolean;
  /** Whether {@link Engine.worthTrying} leaves out orders of steps that do not matter; only together with `reduction`. */
  readonly partialOrder: boolean;
  /** Picks the hash that states are told apart by, a signed 32-bit integer; default 0. */
  readonly hashSeed?: number | undefined;
  /** Re-run histories and trap impure calls. */
  readonly checkPurity?: boolean;
  /** Remember the source line of each request. */
  readonly captureSites?: boolean;
}

const NOTHING_TOUCHED: Touch[] = [];

/** Local steps taken together at most: a thread that loops locally for ever must not stop the search. */
const EAGER_LIMIT = 256;

/** A search that does not count goes on while it learns: so many steps, and such a part of all its steps, may teach nothing. */
const STEPS_IN_VAIN = 50;
const PART_IN_VAIN = 0.1;

/** One decision of a schedule in so many asks whether there is time left. */
const ASKING = 64;

/** The running system; {@link Engine.reset} brings it to its initial state. */
export class Engine implements SearchedSystem, ReplayedSystem {
  readonly system: System;
  readonly memory: Memory;
  /** What the mutations of the system make of its code; absent where there are none. */
  readonly code: MutatedCode | undefined;
  automaton: Automaton;
  /** What the functions of the model do, as far as was tried. */
  readonly histories: HistoryTree;
  readonly threadCount: number;
  /** Bits of the threads that are neither devices nor daemons. */
  readonly kernelThreads: number;
  /** By thread: the words that stop it while one of them is not zero; absent where nothing stops anybody. */
  readonly #stops: readonly (readonly number[])[] | undefined;
  /** Bits of those that repeat. */
  readonly repeatingKernelThreads: number;
  /** Where threads rest. */
  readonly rests: Rests;
  /** Address of the first control word. */
  readonly controls: number;
  /** Checks what is taken for granted of operations and conditions; absent where nothing is. */
  readonly checks: CodeChecks | undefined;
  /** Why symmetries that the system declares are not used, where the search found that they must not be. */
  whySymmetryLost: string | undefined;
  /** The first violation that counts of the last step. */
  bug: KernelBug | undefined;
  /**
   * Whether the last step broke a rule that ends its thread and does not count: nothing follows it. A thread that is about
   * to raise such a bug stays where it is, and its next step is the one that ends the run.
   */
  runEnded = false;
  /** Gets every request that is performed. */
  recorder: ((step: Performed) => void) | undefined;
  /** Whether some thread changed memory in a spin loop that it did not leave by that. */
  mayLivelock = false;
  /** The broken rules that do not count and at which runs ended: what would have followed is not known. */
  readonly lost = new Set<string>();
  /** Whether steps are only tried out and will be taken back. */
  isProbing = false;
  /** Whether {@link progressed} is to be set. So it is while steps are only tried out. */
  watchesProgress = false;
  /** Whether a thread got anywhere in a step: out of its outermost spin loop, to its end or next round. */
  progressed = false;
  /** The decisions that led to the present state; set by the search. */
  scheduleSoFar: () => readonly Decision[] = () => [];
  /** Decisions of schedules taken. */
  #taken = 0;

  /** What a schedule says goes on for ever, as far as it was run. */
  #circle: Circle | undefined;
  readonly #options: EngineOptions;
  readonly #places = new PlaceKnowledge();
  #symmetry: Symmetry | undefined;
  #isSymmetric = false;
  readonly #points: SchedulePoints;
  #futureAccesses: FutureAccesses | undefined;
  readonly #orders = new OrderTrial();
  readonly #judge: Judge;
  /** How the request at each control state is scheduled. */
  #schedule: number[] = [];
  readonly #locks: LockWatch;
  readonly #plain = new PlainWords();
  readonly #ghosts = new GhostSteps((control) => this.automaton.pointOf(control));
  /** Whether a search goes on, and not single runs. */
  #isSearching = false;
  /** Whether all that the present step did so far could as well be done later: a choice, and what nobody notices. */
  #isMover = false;
  /** Steps of this search, and at which of them what number of assumptions had turned out wrong. */
  #steps = 0;
  #refutedAt = { steps: 0, refutations: 0 };
  readonly #young: YoungRounds;
  readonly #journal = new Journal();
  #starts: number[] = [];

  /** @param outcomes - what operations and conditions did in another system, built alike */
  constructor(system: System, options: EngineOptions, outcomes?: Map<number, number>) {
    assertSystem(system);
    if (system.threads.length === 0 || system.threads.length > MAX_THREADS)
      throw new RangeError(`expected 1 to ${MAX_THREADS} threads, got ${system.threads.length}`);
    const names = system.threads.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new ModelError(`threads: expected names that differ, got ${twice} twice`);
    this.system = system;
    this.#options = options;
    this.threadCount = system.threads.length;
    this.controls = system.layout.image.size;
    this.memory = new Memory(system.layout, this.threadCount, options.hashSeed);
    this.memory.threadNames = names;
    this.memory.code = this.code = codeOf(system);
    const { checkPurity = false, captureSites = false } = options;
    this.histories = new HistoryTree(this.memory, { checkPurity, captureSites });
    const { stops } = system.layout;
    if (stops.length > 0)
      this.#stops = names.map((_, i) => stops.filter(({ thread }) => thread === i).map(({ address }) => address));
    if (options.symmetry && this.#stops === undefined && (system.symmetries?.length ?? 0) > 0)
      this.#symmetry = new Symmetry(system, this.memory, this.controls);
    if (options.partialOrder && options.reduction && this.#stops === undefined)
      this.#futureAccesses = new FutureAccesses(this.memory, this.#symmetry, this.#journal);
    if (checkPurity || this.#symmetry !== undefined) this.checks = new CodeChecks(this.memory, checkPurity, outcomes);
    this.#young = new YoungRounds(this.memory);
    this.automaton = this.#newAutomaton();
    this.#symmetry?.restart(this.automaton);
    this.#points = new SchedulePoints(this.memory, options.reduction, this.#symmetry, this.#futureAccesses);
    const kernel = system.threads.map(({ kind = 'kernel' }) => kind === 'kernel');
    this.kernelThreads = kernel.reduce((bits, is, i) => (is ? bits | (1 << i) : bits), 0);
    this.repeatingKernelThreads = system.threads.reduce(
      (bits, { repeat }, i) => (kernel[i] && repeat === true ? bits | (1 << i) : bits),
      0,
    );
    this.#locks = new LockWatch(this);
    this.#judge = new Judge(this, this.#points);
    this.rests = new Rests(this, this.#young, this.#judge.judgesEnds);
  }

  #newAutomaton(): Automaton {
    return new Automaton(
      this.memory,
      this.histories,
      { ...this.#options, places: this.#places },
      {
        onControl: (control, request) => {
          this.#plain.onControl(request);
          this.#futureAccesses?.onControl(control, request);
        },
        onEdge: (from, to) => {
          this.#young.onEdge(this.automaton, from, to);
          this.#futureAccesses?.onEdge(from, to);
        },
        onTaken: (from, lo, hi) => {
          this.#journal.edge(from, lo, hi);
        },
      },
    );
  }

  /** Takes no states for one any more that only a symmetry carries into each other; call {@link reset} next. */
  dropSymmetry(): void {
    this.#symmetry = undefined;
    if (this.checks !== undefined) this.checks.images = undefined;
    this.relearn();
  }

  /** Forgets every control state learnt; call {@link reset} next. */
  relearn(): void {
    this.#places.hasChanged = false;
    this.#futureAccesses?.clear();
    this.#journal.clear();
    this.#schedule = [];
    this.#plain.relearn();
    this.#starts = [];
    this.#young.clear();
    this.#ghosts.clear();
    this.automaton = this.#newAutomaton();
    this.#symmetry?.restart(this.automaton);
  }

  /** The search must begin again; call {@link reset} next. */
  beginAgain(why: SearchRestart): void {
    if (why instanceof PlacesChanged || this.#places.hasChanged) this.relearn();
    if (why instanceof SymmetryLost) {
      this.whySymmetryLost = why.message;
      this.dropSymmetry();
    }
    this.#points.goesOnOutdated = this.#points.isOutdated = false;
    this.#plain.beginAgain();
    this.forgetLockOrder(); // its schedules are of the steps as they were
  }

  /** What was learnt, without the automaton. */
  get known(): Knowledge {
    return {
      points: this.#points.known,
      places: this.#places.known,
      fusedWithGhostStep: this.#ghosts.known,
      isSymmetric: this.#symmetry !== undefined,
      leavesOutOrders: this.leavesOutOrders,
      mayLivelock: this.mayLivelock,
      lost: [...this.lost],
      hasEnded: this.#judge.hasEnded,
      followed: this.#plain.followed,
      lockOrder: this.#locks.edges,
      asked: this.#judge.asked.known(this.memory),
      mutated: this.code?.applied ?? [],
    };
  }

  /** What the model declares and was never asked. */
  get neverAsked(): NeverAsked {
    return this.#judge.asked.never(this.memory);
  }

  /**
   * Takes over what another search of the same model knows, without its lock order.
   *
   * @returns whether what either of them explored does not count any more
   */
  adopt(other: Knowledge): Outdated {
    this.mayLivelock ||= other.mayLivelock;
    this.code?.adopt(other.mutated);
    this.#judge.asked.adopt(other.asked, this.memory);
    this.#judge.hasEnded ||= other.hasEnded;
    for (const rule of other.lost) this.lost.add(rule);
    const arePlacesNew = this.#places.adopt(other.places);
    const isSymmetryLost = this.#symmetry !== undefined && !other.isSymmetric;
    let isOutdated = this.#ghosts.adopt(other.fusedWithGhostStep);
    isOutdated = this.#points.adopt(other.points) || isOutdated;
    this.#plain.adopt(other.followed);
    isOutdated ||= this.#plain.isRaceMissed;
    if (isSymmetryLost) return 'symmetry';
    if (arePlacesNew) return 'places';
    return isOutdated ? 'sharing' : 'no';
  }

  /** Goes on where another search settled whether orders are left out. */
  settleOrders(leavesOut: boolean): void {
    this.#orders.settle();
    if (!leavesOut) this.#forgetFutures();
  }

  #forgetFutures(): void {
    this.#futureAccesses = undefined;
    this.#points.forgetFutures();
  }

  /**
   * Takes over a dependency of locks that another search met.
   *
   * @returns the inversion, if it closes a circle
   */
  adoptLockEdge(edge: EdgeKnown): KernelBug | undefined {
    return this.#locks.adopt(edge, this.#symmetry);
  }

  /** What the reductions of this search rest on, besides what was learnt. */
  get standing(): SearchAssumptions {
    const { hash0, hash1 } = this.automaton;
    const reliedOn = this.#futureAccesses?.reliedOn ?? [];
    return { orders: this.#orders.tried, reliedOn: Int32Array.from(reliedOn.flatMap((c) => [hash0[c], hash1[c]])) };
  }

  /** Goes on with a search that rested on this; call after {@link beginSearch} and {@link learn}. */
  resume({ orders, reliedOn }: SearchAssumptions): void {
    this.#orders.resume(orders);
    for (let i = 0; i < reliedOn.length; i += 2) {
      const control = this.automaton.controlOf(reliedOn[i], reliedOn[i + 1]);
      if (control !== undefined) this.#futureAccesses?.relyOn(control);
    }
  }

  /** Number of entries in the journal of what the automaton learnt. */
  get journalLength(): number {
    return this.#journal.length;
  }

  /** What the automaton learnt from entry number `from` of the journal on. */
  journalSince(from: number): JournalPart {
    return this.#journal.since(from, this.automaton, this.memory);
  }

  /** Learns what another engine's automaton did; throws {@link SearchRestart} as steps do. */
  learn(part: JournalPart): void {
    const { automaton } = this;
    const learner = {
      controlOf: (h0: number, h1: number) => automaton.controlOf(h0, h1),
      edge: (control: number, lo: number, hi: number) => automaton.take(control, lo, hi),
      touch: (control: number, address: number, isWrite: boolean) => {
        if (this.#futureAccesses === undefined) return;
        this.#futureAccesses.current = control;
        this.#futureAccesses.touch(address, isWrite);
      },
    };
    learnFrom(part, learner, this.memory, (control) => automaton.requests[control].kind);
  }

  /** Number of symmetries the state is reduced by; 1 for none. */
  get symmetries(): number {
    return (this.#symmetry?.size ?? 0) + 1;
  }

  /** First half of the fingerprint of the present state; computes both. */
  fingerprint0(): number {
    if (this.#symmetry === undefined) return this.memory.h0;
    this.#symmetry.canonicalize();
    return this.#symmetry.f0;
  }

  /** Second half of the fingerprint that {@link fingerprint0} computed. */
  fingerprint1(): number {
    return this.#symmetry === undefined ? this.memory.h1 : this.#symmetry.f1;
  }

  /**
   * Goes to a state seen before.
   *
   * @param words - the words of memory and the control states
   */
  load(words: Int32Array, h0: number, h1: number): void {
    const { memory } = this;
    const { listener } = memory;
    const now = memory.words;
    if (listener === undefined) now.set(words);
    else
      for (let address = 0; address < now.length; address++) {
        const [old, value] = [now[address], words[address]];
        if (old === value) continue;
        now[address] = value;
        listener(address, old, value);
      }
    memory.undoTop = 0;
    memory.h0 = h0;
    memory.h1 = h1;
  }

  /** States are judged in the order of runs from now on: what did not change since the state before is not looked at again. */
  followRuns(): void {
    this.#judge.followRuns();
  }

  /** Ends a step of a run that is followed: it will not be taken back. */
  noteChanges(): void {
    this.#judge.noteChanges();
  }

  /** Back to the initial state; what was learnt stays. */
  reset(): void {
    const memory = this.memory;
    this.#judge.forget();
    memory.words.fill(0);
    memory.undoTop = 0;
    memory.h0 = 0;
    memory.h1 = 0;
    memory.listener = undefined;
    memory.reported = undefined;
    this.#points.unwatch();
    this.bug = undefined;
    this.runEnded = false;
    this.#circle = undefined;
    if (this.#futureAccesses !== undefined) this.#futureAccesses.current = FINISHED;
    initialize(this.system, memory);
    this.system.threads.forEach((thread, i) => {
      this.#starts[i] ??= this.automaton.start(callOf(thread), thread.repeat === true);
      this.rests.begin(i, this.#starts[i]);
      this.#setControl(i, this.#starts[i]);
    });
    if (this.#symmetry !== undefined && !this.isWarmingUp) this.#startSymmetry(this.#symmetry);
    // The specification's first steps belong to the initial state, whoever's they are.
    for (let i = 0; i < this.threadCount && this.bug === undefined; i++) this.#settleSpecification(i);
    if (this.bug === undefined && !this.#judge.isWithin())
      throw new ModelError(
        'the initial state is outside the stated size (within), so there is nothing to search: state a larger one, or start smaller',
      );
    // What a thread throws before its first step it throws in every run, whatever others would do first.
    for (let i = 0; i < this.threadCount && this.bug === undefined; i++) {
      const raised = this.automaton.raised[this.control(i)];
      if (raised !== undefined) this.#note(raised);
    }
    for (let i = 0; i < this.threadCount && this.bug === undefined; i++) this.#settleLocal(i, undefined);
    memory.undoTop = 0;
  }

  #startSymmetry(symmetry: Symmetry): void {
    symmetry.start(this.#starts);
    symmetry.recompute();
    if (!this.#isSymmetric) symmetry.checkInitial();
    this.#isSymmetric = true;
    this.memory.listener = symmetry.changed;
    if (this.checks !== undefined) this.checks.images = symmetry.probe;
    const wasCarried = this.automaton.onExplored !== undefined;
    this.automaton.onExplored = (control, lo, hi, to) => {
      symmetry.explored(control, lo, hi, to);
    };
    if (!wasCarried) this.#carryAlong();
  }

  /** Carries along the edges that were taken before there was anything to carry them along with. */
  #carryAlong(): void {
    this.automaton.forgetTaken();
    this.#journal.forEachEdge((control, lo, hi) => this.automaton.take(control, lo, hi));
  }

  /** Whether anything is asked of the ends of runs. */
  get judgesEnds(): boolean {
    return this.#judge.judgesEnds;
  }

  /** Variables of the specification that were written twice with no step in between: what they said first nobody sees. */
  get unseenGhosts(): ReadonlySet<string> {
    return this.#ghosts.unseen;
  }

  /** Whether an end was met, at which something is asked. */
  get hasEnded(): boolean {
    return this.#judge.hasEnded;
  }

  /** Whether a violation counts. */
  counts(bug: KernelBug): boolean {
    return this.#options.counts(bug);
  }

  /** The control state of a thread. */
  control(thread: number): number {
    return this.memory.words[this.controls + thread];
  }

  /** The request a thread makes next; only for one that has not ended. */
  request(thread: number): Request<unknown> {
    return this.automaton.requests[this.control(thread)];
  }

  /**
   * Bits of the threads that could take a step now.
   *
   * @param among - bits of those asked about; all by default
   */
  enabled(among = -1): number {
    const { memory, threadCount, controls } = this;
    const { requests } = this.automaton;
    const words = memory.words;
    let bits = 0;
    for (let i = 0; i < threadCount; i++) {
      if (((among >>> i) & 1) === 0) continue;
      const control = words[controls + i];
      if (control === FINISHED || (this.#stops !== undefined && this.isStopped(i))) continue;
      const request = requests[control];
      const kind = request.kind;
      if (kind === KIND.LOCK) {
        memory.thread = i;
        if (!isEnabled(memory, request)) {
          this.#points.noteWaitingForLock(request);
          continue;
        }
      } else if (kind === KIND.AWAIT || (kind === KIND.OP && request.op?.when !== undefined)) {
        memory.thread = i;
        if (this.#futureAccesses !== undefined) this.#futureAccesses.current = control;
        this.#points.noteWaiting(request);
        const isAble =
          this.checks === undefined || kind !== KIND.OP
            ? isEnabled(memory, request)
            : this.checks.isEnabled(control, this.automaton.hash0[control], request);
        this.#points.unwatch();
        if (!isAble) continue;
      }
      bits |= 1 << i;
    }
    return bits;
  }

  /** Whether a thread takes no step because another one runs in its place. */
  isStopped(thread: number): boolean {
    const { words } = this.memory;
    return this.#stops?.[thread].some((address) => words[address] !== 0) === true;
  }

  /** Addresses of the words that stop a thread. */
  stopsOf(thread: number): readonly number[] {
    return this.#stops?.[thread] ?? [];
  }

  /** Bits of the threads that are stopped and have not ended. */
  stopped(): number {
    if (this.#stops === undefined) return 0;
    let bits = 0;
    for (let i = 0; i < this.threadCount; i++) if (this.control(i) !== FINISHED && this.isStopped(i)) bits |= 1 << i;
    return bits;
  }

  /**
   * Bits of the threads whose steps are worth trying: the orders left out lead to nothing else. Where a step
   * {@link closesCycle}, ended its run or left the stated size, those of the others are worth trying too.
   *
   * @param enabled - bits of the enabled threads
   */
  worthTrying(enabled: number): number {
    // Where locks are let go by others, whether a thread holds one is not its own doing.
    if (this.#futureAccesses === undefined || !this.#points.guardsTrusted || (enabled & (enabled - 1)) === 0)
      return enabled;
    const set = persistentSet(this, this.#futureAccesses, this.#points, enabled);
    if (this.#orders.hasFailed(enabled, set)) {
      this.#forgetFutures();
      this.#points.beginAgain();
    }
    return set;
  }

  /** The steps of threads that {@link worthTrying} left out are taken after all. */
  expandFully(threads: number): void {
    this.#orders.expandFully(threads);
  }

  /** Whether the last step went back to the head of a loop of its thread. */
  get closesCycle(): boolean {
    return this.automaton.closesCycle;
  }

  /** A search begins that has left out nothing yet. */
  beginSearch(): void {
    if (this.isWarmingUp) throw new Error('a search was begun while what it rests on was only looked at');
    this.#isSearching = true;
    this.#steps = 0;
    this.#futureAccesses?.beginSearch();
    this.#orders.begin();
  }

  /** Whether it is settled for this search whether orders of steps are left out. */
  get isOrderSettled(): boolean {
    return this.#futureAccesses === undefined || this.#orders.isSettled;
  }

  /** Whether orders of steps are left out at all: not any more if that turned out not to be worth its price. */
  get leavesOutOrders(): boolean {
    return this.#futureAccesses !== undefined;
  }

  /** Whether what was left out turned out to matter: the search must begin again. */
  get isRefuted(): boolean {
    const arePlacesOutdated = this.#isSearching && this.#places.hasChanged;
    return (
      arePlacesOutdated ||
      this.#points.isOutdated ||
      this.#plain.isRaceMissed ||
      this.#futureAccesses?.isRefuted === true
    );
  }

  /** Grows with everything learnt of what threads may still do. */
  get learnt(): number {
    return this.#points.refutations + (this.#futureAccesses?.growth ?? 0);
  }

  /** Bits of the threads that have ended. */
  finished(): number {
    let bits = 0;
    for (let i = 0; i < this.threadCount; i++) if (this.control(i) === FINISHED) bits |= 1 << i;
    return bits;
  }

  /**
   * Lets a thread take one step: its next request and the local ones after it.
   *
   * @param choice - the alternative, where the request is a choice
   */
  step(thread: number, choice: number): void {
    this.bug = undefined;
    this.runEnded = false;
    const memory = this.memory;
    memory.thread = thread;
    memory.choice = choice;
    if (this.#circle !== undefined && !this.isProbing) {
      this.#circle.moves(this, thread);
      memory.thread = thread;
    }
    this.automaton.closesCycle = false;
    const before = this.control(thread);
    if (this.#futureAccesses !== undefined) this.#futureAccesses.current = before;
    const raised = this.automaton.raised[before];
    if (raised !== undefined) {
      this.#die(thread, raised);
      return;
    }
    const mark = memory.undoTop;
    this.#isMover = this.automaton.requests[before].kind === KIND.CHOOSE;
    this.#advance(thread, before, mark);
    if (this.#isMover && this.#canFollow(thread, mark)) this.#advance(thread, this.control(thread), mark);
    if (!this.isProbing) this.#checkLearnt();
    if (((this.kernelThreads >>> thread) & 1) === 0) return;
    if (!this.mayLivelock && staysInSpin(this.automaton, before, this.control(thread)))
      this.mayLivelock = storedSince(this, mark);
    if (this.#circle !== undefined && !this.isProbing && storedSince(this, mark)) this.#circle.stores();
  }

  /** The steps explored so far do not count if they rest on what has turned out wrong. */
  #checkLearnt(): void {
    if (this.#plain.isRaceMissed && !this.#points.isOutdated) this.#points.outdate();
    if (this.#places.hasChanged && (this.#isSearching || this.isWarmingUp)) throw new PlacesChanged();
  }

  /** @throws SharingChanged where what was explored does not count, so that its schedules lead elsewhere by now */
  assertUpToDate(): void {
    if (this.#points.isOutdated) this.#points.beginAgain();
  }

  /**
   * Counts a step of the search. Where what it explored does not count, it goes on while it learns what else is wrong.
   *
   * @throws SharingChanged once it learns no more
   */
  reconsider(): void {
    this.#steps++;
    if (!this.#points.isOutdated) return;
    const { refutations } = this.#points;
    if (refutations !== this.#refutedAt.refutations) this.#refutedAt = { steps: this.#steps, refutations };
    else if (this.#steps - this.#refutedAt.steps > Math.max(STEPS_IN_VAIN, this.#steps * PART_IN_VAIN))
      this.#points.beginAgain();
  }

  /** A thread ends by a broken rule that does not count, which may leave the others stuck. */
  #die(thread: number, raised: KernelBug): void {
    this.runEnded = true;
    if (this.isWarmingUp || this.isProbing) return;
    if (!this.counts(raised)) this.lost.add(`${raised.kind} (${raised.rule})`);
    if (!this.counts(new KernelBug('deadlock', 'deadlock', ''))) return;
    this.#setControl(thread, FINISHED);
    const { recorder } = this;
    this.recorder = undefined; // what is only tried out is none of its business
    this.bug = deadlockOf(this, this.enabled());
    this.recorder = recorder;
    this.runEnded = true;
  }

  /** Performs a thread's request and the local ones after it. */
  #advance(thread: number, before: number, mark: number): void {
    this.#ghosts.beginStep();
    const control = this.#perform(thread, before);
    this.#setControl(thread, control);
    if (!this.runEnded && control !== FINISHED && this.#schedule[control] !== VISIBLE) this.#settleLocal(thread, mark);
  }

  /**
   * Whether the next request goes with the choice just made: nobody notices when a thread chooses, so it may as well choose
   * last thing before that request. Not where the request waits for something, and not where it may race.
   */
  #canFollow(thread: number, mark: number): boolean {
    const control = this.control(thread);
    if (!this.#options.reduction || this.runEnded || this.bug !== undefined || control === FINISHED) return false;
    const request = this.automaton.requests[control];
    const { kind, op, address } = request;
    const isAccess = kind >= KIND.READ && kind <= KIND.XOR;
    const isOperation = kind === KIND.OP && op?.when === undefined && op?.takesLock !== true;
    if (this.automaton.raised[control] !== undefined || (!isAccess && !isOperation)) return false;
    if (isAccess && this.#plain.has(address)) return false;
    if (this.rests.isHead(control)) return false;
    if (!this.isWithin(mark) || this.#ghosts.goesWith(control) || this.#isBrokenByHolder(mark)) return false;
    if (isAccess) {
      this.#noteTouched(request);
      if (!this.isWarmingUp && !this.isProbing) this.#plain.follow(address);
    }
    this.memory.thread = thread;
    this.memory.choice = 0;
    return true;
  }

  /** Whether the request at a control state is never a schedule point: a barrier, or the specification's own. */
  isAlwaysLocal(control: number): boolean {
    return this.#schedule[control] === ALWAYS_LOCAL;
  }

  /**
   * Another engine that does the same and has learnt nothing but where functions stand: this one is of no use once it was
   * stopped in the middle.
   */
  anew(): Engine {
    const engine = new Engine(this.system, this.#options);
    engine.adoptPlaces(this.#places.known);
    return engine;
  }

  /** Takes over what another engine knows of where functions stand, and nothing else; call {@link reset} next. */
  adoptPlaces(known: PlacesKnown): void {
    if (this.#places.adopt(known)) this.relearn();
  }

  /** What is known of where functions stand. */
  get places(): PlacesKnown {
    return this.#places.known;
  }

  /** When to stop, in the middle of whatever is done. */
  get deadline(): Deadline | undefined {
    return this.histories.deadline;
  }

  set deadline(deadline: Deadline | undefined) {
    this.histories.deadline = deadline;
  }

  /**
   * Takes one decision of a schedule.
   *
   * @throws {@link Stopped} when there is no time left
   */
  take({ thread, choice }: Decision): void {
    if (++this.#taken % ASKING === 0) this.deadline?.check();
    if (thread === RESTART) this.#restart(choice);
    else this.step(thread, choice);
  }

  /** A decision that is no step: begins again, or notes where a circle begins. */
  #restart(choice: number): void {
    if (choice === FOR_EVER) this.#circle = new Circle(this);
    else this.reset();
  }

  /** Whether a decision can be taken now. */
  canTake({ thread, choice }: Decision): boolean {
    return (
      thread === RESTART ||
      (thread < this.threadCount && ((this.enabled() >>> thread) & 1) === 1 && choice < choiceCount(this, thread))
    );
  }

  /** Forgets what earlier runs showed of the lock order. */
  forgetLockOrder(): void {
    this.#locks.forget();
  }

  /** The runs before the present one that a lock inversion needs. */
  get earlierRuns(): readonly (readonly Decision[])[] {
    return this.#locks.earlierRuns;
  }

  /**
   * Whether a search goes on for a while when what it rests on turns out wrong, to learn what else is. Its schedules lead
   * elsewhere then.
   */
  set goesOnOutdated(value: boolean) {
    this.#points.goesOnOutdated = value;
  }

  /** Whether it does. */
  get isOutdated(): boolean {
    return this.#points.isOutdated;
  }

  /** Whether new knowledge of what is shared is only noted, and broken rules are nobody's concern. */
  get isWarmingUp(): boolean {
    return this.#points.isWarmingUp;
  }

  set isWarmingUp(value: boolean) {
    if (!value) this.#ghosts.keepOnly((control) => this.#mayBeLocal(control));
    this.#points.isWarmingUp = value;
  }

  /** Of operations that wait, only a state could tell. */
  #mayBeLocal(control: number): boolean {
    const request = this.automaton.requests[control];
    return request.kind === KIND.OP || this.#points.isLocal(this.#schedule[control], request);
  }

  /**
   * The first violation that counts of the state itself.
   *
   * @param enabled - bits of the enabled threads
   * @param since - where the undo log was in the state before, if that was judged
   */
  broken(enabled: number, since?: number): KernelBug | undefined {
    const bug = this.#judge.verdict(enabled, since);
    if (bug !== undefined || this.#circle === undefined) return bug;
    const livelock = this.#circle.livelock(this);
    return livelock !== undefined && this.counts(livelock) ? livelock : undefined;
  }

  /** The first invariant that does not hold in this state. */
  brokenInvariant(): KernelBug | undefined {
    return this.#judge.brokenInvariant();
  }

  /**
   * Learns what the invariants read in this state.
   *
   * @param since - where the undo log was in the state before, if that was looked at or judged
   */
  observe(since?: number): void {
    this.#judge.observe(since);
  }

  /**
   * Whether the state is within the model's stated size.
   *
   * @param since - where the undo log was in the state before, if that is within it
   */
  isWithin(since?: number): boolean {
    return this.#judge.isWithin(this.isProbing ? undefined : since);
  }

  /** Bits of the threads whose next request is a plain access. */
  plainAccesses(): number {
    return this.#plain.accesses(this.memory.words, this.controls, this.threadCount);
  }

  /** Performs one request of a thread at `control`; returns the control state after it. */
  #perform(thread: number, control: number): number {
    const { memory, automaton } = this;
    const request = automaton.requests[control];
    const recorded = this.recorder === undefined ? undefined : wordsAt(memory, request);
    const touched: Touch[] = recorded === undefined ? NOTHING_TOUCHED : conditionReads(memory, this.#points, request);
    memory.reported = undefined;
    try {
      this.#points.note(request);
      if (recorded !== undefined) watchTouched(memory, request, touched);
      if ((request.kind === KIND.LOCK || request.op?.takesLock === true) && !this.isWarmingUp && !this.isProbing)
        this.#locks.note(thread, control, request.address, this.scheduleSoFar, this.#symmetry);
      const since = memory.undoTop;
      if (this.checks === undefined || request.kind !== KIND.OP) perform(memory, request);
      else this.#performChecked(this.checks, control, request);
      if (memory.undoTop > since && this.#points.watchesLocks) this.#points.noteLocks(since);
    } catch (error) {
      this.#points.unwatch();
      const bug = brokenByOperation(request.label, error);
      if (bug === undefined) throw error;
      if (bug.rule === 'recursive-lock' && !this.counts(bug)) {
        memory.lo = STUCK_LO;
        memory.hi = STUCK_HI;
      } else this.#end(bug);
    }
    this.#points.unwatch();
    if (memory.reported !== undefined) this.#noteReports(memory.reported);
    if (recorded !== undefined && (!this.runEnded || this.bug !== undefined))
      this.recorder?.({
        thread,
        control,
        request,
        before: recorded,
        after: wordsAt(memory, request),
        lo: memory.lo,
        hi: memory.hi,
        touched,
      });
    if (this.runEnded) return FINISHED;
    const next = automaton.next(control, memory.lo, memory.hi);
    if ((this.isProbing || this.watchesProgress) && automaton.isProgress(control, memory.lo, memory.hi))
      this.progressed = true;
    if (
      this.#circle !== undefined &&
      !this.isProbing &&
      (this.kernelThreads >>> thread) & 1 &&
      automaton.isProgress(control, memory.lo, memory.hi)
    )
      this.#circle = undefined;
    if (next === FINISHED) for (const bug of this.#locks.heldAtExit(thread)) this.#note(bug);
    else {
      if (this.#schedule[next] === undefined) this.#classify(next);
      const raised = automaton.raised[next];
      if (raised !== undefined) this.#note(raised);
    }
    return next;
  }

  #performChecked(checks: CodeChecks, control: number, request: Request<unknown>): void {
    const code = this.automaton.hash0[control];
    if (request.op?.when !== undefined) checks.isEnabled(control, code, request);
    checks.perform(control, code, request);
  }

  #end(bug: KernelBug): void {
    this.#note(bug);
    this.runEnded = true;
    if (!this.isWarmingUp && !this.isProbing && !this.counts(bug)) this.lost.add(`${bug.kind} (${bug.rule})`);
  }

  #noteReports(first: KernelBug): void {
    const others = this.memory.alsoReported ?? [];
    this.memory.alsoReported = undefined;
    for (const bug of [first, ...others]) this.#note(bug);
  }

  #note(bug: KernelBug): void {
    if (bug instanceof ModelFault && !this.isWarmingUp && !this.isProbing) throw bug.error;
    if (this.#options.counts(bug)) this.bug ??= bug;
    else if (bug.kind === 'guard' || bug.rule === 'unlock-by-non-owner') this.#points.distrustGuards();
  }

  /**
   * Takes local steps until the thread's next request is one that others could notice.
   *
   * @param mark - where the undo log was in the state before; `undefined` for the initial one
   */
  #settleLocal(thread: number, mark: number | undefined): void {
    const { memory } = this;
    memory.thread = thread;
    let control = this.control(thread);
    if (control !== FINISHED && this.#schedule[control] === undefined) this.#classify(control);
    const raised = this.automaton.raised[control];
    if (raised !== undefined) this.#note(raised);
    // A loop of local steps alone ends where it begins for the second time, so that a thread stuck in it is seen there.
    let heads = 0;
    let last = FINISHED;
    // Where others may take and give a thread's locks, it matters to it when it ends.
    const isAnywhere = this.rests.isAnywhere(thread) || !this.#points.guardsTrusted;
    let isWithin: boolean | undefined;
    let judged = mark;
    for (
      let i = 0;
      i < EAGER_LIMIT &&
      !this.runEnded &&
      control !== FINISHED &&
      (!isAnywhere || this.#schedule[control] === ALWAYS_LOCAL) &&
      this.#points.isLocal(this.#schedule[control], this.automaton.requests[control]);
      i++
    ) {
      if (this.automaton.loopHead[control] && ++heads > 1) break;
      if (this.#schedule[control] !== ALWAYS_LOCAL) {
        this.#ghosts.beginStep();
        isWithin ??= this.isWithin(mark);
        if (!isWithin || this.#ghosts.goesWith(control) || this.#isBrokenByHolder(judged)) break;
        judged = memory.undoTop;
        last = control;
        this.#isMover &&= this.automaton.requests[control].kind !== KIND.UNLOCK;
      } else {
        isWithin = undefined;
        this.#noteGhost(this.automaton.requests[control]);
      }
      memory.choice = 0;
      this.automaton.wentRound = false;
      const { undoTop, h0, h1 } = memory;
      const next = this.#perform(thread, control);
      if (this.runEnded && this.bug === undefined) {
        memory.undoTo(undoTop, h0, h1);
        this.runEnded = false;
        break;
      }
      if (this.#schedule[control] === ALWAYS_LOCAL) this.#checkGhostStep(last, this.automaton.requests[control]);
      control = next;
      if (this.automaton.wentRound) break; // what it changes in one round, it may for ever
    }
    this.#setControl(thread, this.runEnded ? FINISHED : control);
  }

  /** Takes the steps of the specification that a thread begins with. */
  #settleSpecification(thread: number): void {
    const { memory, automaton } = this;
    memory.thread = thread;
    memory.choice = 0;
    automaton.wentRound = false;
    let control = this.control(thread);
    let heads = 0;
    for (let i = 0; i < EAGER_LIMIT && control !== FINISHED && this.bug === undefined; i++) {
      if (this.#schedule[control] === undefined) this.#classify(control);
      if (automaton.raised[control] !== undefined || this.#schedule[control] !== ALWAYS_LOCAL) break;
      if ((automaton.loopHead[control] && ++heads > 1) || automaton.wentRound) break;
      if (automaton.requests[control].kind !== KIND.OP) this.#noteTouched(automaton.requests[control]);
      const { undoTop, h0, h1 } = memory;
      const next = this.#perform(thread, control);
      if (this.runEnded && this.bug === undefined) {
        memory.undoTo(undoTop, h0, h1);
        this.runEnded = false;
        break;
      }
      control = next;
    }
    this.#setControl(thread, this.runEnded ? FINISHED : control);
  }

  /** Whether an invariant does not hold in the midst of what is taken for one step; notes it. */
  #isBrokenByHolder(since: number | undefined): boolean {
    const bug = this.isWarmingUp || this.isProbing ? undefined : this.#judge.brokenByHolder(since);
    if (bug !== undefined) this.#note(bug);
    return bug !== undefined;
  }

  /**
   * A step of the specification was taken with what went before: if others can tell, the last local step is none any more.
   *
   * @param last - control state of that step
   */
  #checkGhostStep(last: number, request: Request<unknown>): void {
    if (request.kind === KIND.FENCE || !this.#points.isExposed(request)) return;
    this.#isMover = false;
    if (last === FINISHED) return;
    this.#ghosts.add(last);
    this.#points.outdate();
  }

  /** A variable of the specification is touched together with the step before it. */
  #noteGhost(request: Request<unknown>): void {
    const { kind, address, lo } = request;
    if (kind !== KIND.OP) this.#noteTouched(request);
    if (kind < KIND.WRITE || kind > KIND.XOR || (kind === KIND.WRITE && this.memory.words[address] === lo)) return;
    this.#ghosts.noteWrite(address, (word) => this.memory.layout.nameOf(word));
  }

  /** A word is touched by the present step that its request does not name. */
  #noteTouched({ kind, address, wide }: Request<unknown>): void {
    if (this.#futureAccesses === undefined || address === 0) return;
    this.#futureAccesses.touch(address, kind !== KIND.READ);
    if (wide) this.#futureAccesses.touch(address + 1, kind !== KIND.READ);
  }

  #classify(control: number): void {
    const { label, address, type } = this.automaton.requests[control];
    if (type !== undefined && address !== 0) this.memory.layout.assertHas({ address, type }, label);
    this.#plain.classify(control, this.automaton.requests[control]);
    this.#ghosts.classify(control);
    const how =
      this.automaton.raised[control] === undefined ? this.#points.classOf(this.automaton.requests[control]) : VISIBLE;
    this.#schedule[control] = how !== ALWAYS_LOCAL && this.rests.isHead(control) ? VISIBLE : how;
  }

  #setControl(thread: number, control: number): void {
    const { memory, automaton } = this;
    const address = this.controls + thread;
    const old = memory.words[address];
    if (old === control) return;
    let top = memory.undoTop;
    if (top + 2 > memory.undoLog.length) memory.growUndo();
    memory.undoLog[top++] = address;
    memory.undoLog[top++] = old;
    memory.undoTop = top;
    const salt = Math.imul(thread + 1, 0x9e3779b1) ^ memory.seed;
    const { hash0, hash1 } = automaton;
    memory.h0 = (memory.h0 + mix(hash0[control] ^ salt) - mix(hash0[old] ^ salt)) | 0;
    memory.h1 = (memory.h1 + mix(Math.imul(hash1[control], 5) + salt) - mix(Math.imul(hash1[old], 5) + salt)) | 0;
    memory.words[address] = control;
    memory.listener?.(address, old, control);
  }

  /** The words that make the present state a violation: what invariants read and what stuck threads wait for. */
  concerns(bug: KernelBug): ReadonlySet<number> {
    const { slot } = this.memory.image;
    const words = new Set([bug.subject, bug.object].flatMap((word) => (word === 0 ? [] : [word, slot[word]])));
    if (bug.kind === 'invariant') this.#judge.concerns(bug.rule, words);
    else if (bug.kind !== 'use-after-free')
      for (let i = 0; i < this.threadCount; i++) {
        if (this.control(i) === FINISHED || (((this.kernelThreads | this.rests.daemons) >>> i) & 1) === 0) continue;
        const request = this.request(i);
        if (request.address !== 0) words.add(request.address);
        for (const address of this.stopsOf(i)) words.add(address);
        for (const { address } of conditionReads(this.memory, this.#points, request)) words.add(address);
      }
    return words;
  }
}

function staysInSpin({ spinOuter }: Automaton, before: number, after: number): boolean {
  return spinOuter[before] !== 0 && spinOuter[after] === spinOuter[before];
}
