/**
 * Runs a system one step at a time: memory, the control state of every thread, and what counts as a step. The control
 * states lie behind the layout's words in the same buffer, so that one undo log takes a step back.
 */
import {
  KIND,
  KernelBug,
  Memory,
  ModelError,
  isEnabled,
  mix,
  perform,
  type Request,
  type System,
} from '@shootdown/machine';
import { Automaton, FINISHED } from './automaton.js';
import { Behaviour } from './behaviour.js';
import { isPlain } from './data-race.js';
import { blamed } from './blame.js';
import { Judge } from './judge.js';
import { Liveness } from './liveness.js';
import { Futures } from './futures.js';
import { Journal, learnFrom, type JournalPart } from './journal.js';
import type { Knowledge, Outdated, Standing } from './knowledge.js';
import { LockOrder, type EdgeKnown } from './lock-order.js';
import { bitCount, persistentSet } from './persistent-set.js';
import type { Touch } from './relevance.js';
import { ALWAYS_LOCAL, SchedulePoints, VISIBLE } from './schedule-points.js';
import { LivenessChanged, SymmetryLost, type SearchRestart } from './restart.js';
import { FOR_EVER, RESTART, type Action } from './search.js';
import { storedSince, waysOf } from './stuck.js';
import { Symmetry } from './symmetry.js';

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
  /** Re-run histories and trap impure calls. */
  readonly checkPurity?: boolean;
  /** Remember the source line of each request. */
  readonly captureSites?: boolean;
}

/** One performed request, as a recorder sees it. */
export interface Performed {
  readonly thread: number;
  readonly control: number;
  readonly request: Request<unknown>;
  /** Words at the request's address before and after. */
  readonly before: readonly [number, number];
  readonly after: readonly [number, number];
  /** The answer. */
  readonly lo: number;
  readonly hi: number;
  /** Words read and written, in order. */
  readonly touched: readonly Touch[];
}

const NOTHING_TOUCHED: Touch[] = [];

/** After so many states it is decided whether leaving out orders is worth its price: what part of the steps it must spare. */
const ORDERS_ON_TRIAL = 1000;
const WORTH_IT = 0.25;

/** Local steps taken together at most: a thread that loops locally for ever must not stop the search. */
const EAGER_LIMIT = 256;

/** The running system; {@link Engine.reset} brings it to its initial state. */
export class Engine {
  readonly system: System;
  readonly memory: Memory;
  automaton: Automaton;
  /** What the functions of the model do, as far as was tried. */
  readonly behaviour: Behaviour;
  readonly threadCount: number;
  /** Bits of the threads that are not devices. */
  readonly kernelThreads: number;
  /** Address of the first control word. */
  readonly controls: number;
  /** The first violation that counts of the last step. */
  bug: KernelBug | undefined;
  /**
   * Whether the last step broke a rule that ends its thread and does not count: nothing follows it. A thread that is about
   * to raise such a bug stays where it is, and its next step is the one that ends the run.
   */
  cut = false;
  recorder: ((step: Performed) => void) | undefined;
  /** Whether some thread changed memory in a spin loop that it did not leave by that. */
  mayLivelock = false;
  /** Whether steps are only tried out and will be taken back. */
  isProbing = false;
  /** Whether a thread got anywhere in a step tried out: out of its outermost spin loop, to its end or next round. */
  progressed = false;
  /** The decisions that led to the present state; set by the search. */
  scheduleSoFar: () => readonly Action[] = () => [];

  /** Hash of the state in which a schedule says that a circle begins. */
  #circle: { readonly h0: number; readonly h1: number; steps: number } | undefined;
  readonly #options: EngineOptions;
  readonly #liveness: Liveness | undefined;
  #symmetry: Symmetry | undefined;
  #isSymmetric = false;
  readonly #points: SchedulePoints;
  #futures: Futures | undefined;
  /** States with several movable threads that this search looked at, the threads movable there and those left out. */
  #orders = { states: 0, movable: 0, leftOut: 0 };
  readonly #judge: Judge;
  /** Whether the initial state is within the model's stated size, as those are from which steps are taken. */
  #startsWithin = false;
  /** How the request at each control state is scheduled. */
  #schedule: number[] = [];
  readonly #lockOrder: LockOrder;
  /** The lock order of the runs seen and of all their images. */
  readonly #imageOrder: LockOrder;
  /** 1 for the control states whose next request is a plain access: only with one of them can there be a data race. */
  #plain: number[] = [0];
  #hasPlain = false;
  /**
   * Control states whose access may be followed by one to a variable of the specification that others see. It goes with the
   * access, so that this is a schedule point.
   */
  readonly #beforeGhost = new Set<string>();
  /** 1 for those of them that are classified. */
  #goesWithGhost: number[] = [];
  /** Words that are accessed plainly, by their cells' addresses: accesses to these may race. */
  readonly #plainWords = new Set<number>();
  /** Whether all that the present step did so far could as well be done later: a choice, and what nobody notices. */
  #isMover = false;
  readonly #journal = new Journal();
  #starts: number[] = [];
  constructor(system: System, options: EngineOptions) {
    if (system.threads.length === 0 || system.threads.length > MAX_THREADS)
      throw new RangeError(`expected 1 to ${MAX_THREADS} threads, got ${system.threads.length}`);
    const names = system.threads.map(({ name }) => name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new ModelError(`threads: expected names that differ, got ${twice} twice`);
    this.system = system;
    this.#options = options;
    this.threadCount = system.threads.length;
    this.controls = system.layout.image.size;
    this.memory = new Memory(system.layout, this.threadCount);
    this.memory.threadNames = names;
    const { checkPurity = false, captureSites = false } = options;
    this.behaviour = new Behaviour(this.memory, { checkPurity, captureSites });
    this.#liveness = options.deadAnswers ? undefined : new Liveness();
    if (options.symmetry && (system.symmetries?.length ?? 0) > 0)
      this.#symmetry = new Symmetry(system, this.memory, this.controls);
    if (options.partialOrder && options.reduction)
      this.#futures = new Futures(this.memory, this.#symmetry, this.#journal);
    this.#seeLeaks();
    this.automaton = this.#newAutomaton();
    this.#symmetry?.restart(this.automaton);
    this.#points = new SchedulePoints(this.memory, options.reduction, this.#symmetry, this.#futures);
    this.kernelThreads = system.threads.reduce((bits, t, i) => (t.kind === 'device' ? bits : bits | (1 << i)), 0);
    const nameOf = (address: number): string => system.layout.nameOf(address);
    this.#lockOrder = new LockOrder(system.layout.image, nameOf);
    this.#imageOrder = new LockOrder(system.layout.image, nameOf);
    this.#judge = new Judge(this, this.#points);
  }

  /** Where devices go on after the kernel threads have ended, whether an object is left behind is seen like an invariant. */
  #seeLeaks(): void {
    const { threads, layout } = this.system;
    if (!threads.some(({ kind }) => kind === 'device')) return;
    for (const slab of layout.slabs) for (const { address } of slab.states) this.#futures?.observe(address);
  }

  #newAutomaton(): Automaton {
    return new Automaton(this.memory, this.behaviour, this.#liveness, {
      onControl: (control, request) => {
        if (isPlain(request)) this.#plainWords.add(request.address);
        this.#futures?.onControl(control, request);
      },
      onEdge: (from, to) => this.#futures?.onEdge(from, to),
      onTaken: (from, lo, hi) => {
        this.#journal.edge(from, lo, hi);
      },
    });
  }

  /** Takes no states for one any more that only a symmetry carries into each other; call {@link reset} next. */
  dropSymmetry(): void {
    this.#symmetry = undefined;
    this.relearn();
  }

  /** Forgets every control state learnt; call {@link reset} next. */
  relearn(): void {
    this.#futures?.clear();
    this.#journal.clear();
    this.#schedule = [];
    this.#plain = [0];
    this.#starts = [];
    this.#beforeGhost.clear();
    this.#goesWithGhost = [];
    this.automaton = this.#newAutomaton();
    this.#symmetry?.restart(this.automaton);
  }

  /** The search must begin again; call {@link reset} next. */
  beginAgain(why: SearchRestart): void {
    if (why instanceof LivenessChanged) this.relearn();
    if (why instanceof SymmetryLost) this.dropSymmetry();
    this.forgetLockOrder(); // its schedules are of the steps as they were
  }

  /** What was learnt, without the automaton. */
  get known(): Knowledge {
    return {
      points: this.#points.known,
      liveness: this.#liveness?.known,
      beforeGhost: [...this.#beforeGhost],
      isSymmetric: this.#symmetry !== undefined,
      leavesOutOrders: this.leavesOutOrders,
      mayLivelock: this.mayLivelock,
      lockOrder: this.#lockOrder.edges,
    };
  }

  /**
   * Takes over what another search of the same model knows, without its lock order.
   *
   * @returns whether what either of them explored does not count any more
   */
  adopt(other: Knowledge): Outdated {
    this.mayLivelock ||= other.mayLivelock;
    const isLivenessNew = other.liveness !== undefined && this.#liveness?.adopt(other.liveness) === true;
    const isSymmetryLost = this.#symmetry !== undefined && !other.isSymmetric;
    const ghosts = this.#beforeGhost.size;
    for (const hash of other.beforeGhost) this.#beforeGhost.add(hash);
    if (this.#beforeGhost.size > ghosts)
      this.#goesWithGhost.forEach((_, c, all) => (all[c] = this.#beforeGhost.has(this.#hashOf(c)) ? 1 : 0));
    let isOutdated = this.#beforeGhost.size > ghosts || ghosts > other.beforeGhost.length;
    isOutdated = this.#points.adopt(other.points) || isOutdated;
    if (isSymmetryLost) return 'symmetry';
    if (isLivenessNew) return 'liveness';
    return isOutdated ? 'sharing' : 'no';
  }

  /** Goes on where another search settled whether orders are left out. */
  settleOrders(leavesOut: boolean): void {
    this.#orders.states = ORDERS_ON_TRIAL;
    if (!leavesOut) this.#forgetFutures();
  }

  #forgetFutures(): void {
    this.#futures = undefined;
    this.#points.forgetFutures();
  }

  /**
   * Takes over a dependency of locks that another search met.
   *
   * @returns the inversion, if it closes a circle
   */
  adoptLockEdge({ from, to, where, schedule }: EdgeKnown): KernelBug | undefined {
    if (this.#lockOrder.isKnown(from, to)) return undefined;
    const bug = this.#lockOrder.add(from, to, where, () => schedule);
    if (bug === undefined && this.#symmetry !== undefined) this.#noteLockImages(this.#symmetry, from, to);
    return bug;
  }

  /** What the reductions of this search rest on, besides what was learnt. */
  get standing(): Standing {
    const { hash0, hash1 } = this.automaton;
    const reliedOn = this.#futures?.reliedOn ?? [];
    return { orders: { ...this.#orders }, reliedOn: Int32Array.from(reliedOn.flatMap((c) => [hash0[c], hash1[c]])) };
  }

  /** Goes on with a search that rested on this; call after {@link beginSearch} and {@link learn}. */
  resume({ orders, reliedOn }: Standing): void {
    this.#orders = { ...orders };
    for (let i = 0; i < reliedOn.length; i += 2) {
      const control = this.automaton.controlOf(reliedOn[i], reliedOn[i + 1]);
      if (control !== undefined) this.#futures?.relyOn(control);
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
        if (this.#futures === undefined) return;
        this.#futures.current = control;
        this.#futures.touch(address, isWrite);
      },
    };
    learnFrom(part, learner, this.memory, (control) => automaton.requests[control].kind);
  }

  #hashOf(control: number): string {
    return `${this.automaton.hash0[control]},${this.automaton.hash1[control]}`;
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
    this.cut = false;
    this.#circle = undefined;
    if (this.#futures !== undefined) this.#futures.current = FINISHED;
    this.system.init?.(memory);
    this.system.threads.forEach((thread, i) => {
      this.#starts[i] ??= this.automaton.start(thread.run(), thread.repeat === true);
      this.#setControl(i, this.#starts[i]);
    });
    if (this.#symmetry !== undefined && !this.isScouting) this.#startSymmetry(this.#symmetry);
    this.#startsWithin = this.#judge.isWithin();
    for (let i = 0; i < this.threadCount && this.bug === undefined; i++) this.#settleLocal(i, undefined);
    memory.undoTop = 0;
  }

  #startSymmetry(symmetry: Symmetry): void {
    symmetry.start(this.#starts);
    symmetry.recompute();
    if (!this.#isSymmetric) symmetry.checkInitial();
    this.#isSymmetric = true;
    this.memory.listener = symmetry.changed;
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

  /** Bits of the threads that could take a step now. */
  enabled(): number {
    const { memory, threadCount, controls } = this;
    const { requests } = this.automaton;
    const words = memory.words;
    let bits = 0;
    for (let i = 0; i < threadCount; i++) {
      const control = words[controls + i];
      if (control === FINISHED) continue;
      const request = requests[control];
      const kind = request.kind;
      if (kind === KIND.LOCK) {
        memory.thread = i;
        if (!isEnabled(memory, request)) continue;
      } else if (kind === KIND.AWAIT || (kind === KIND.OP && request.op?.when !== undefined)) {
        memory.thread = i;
        if (this.#futures !== undefined) this.#futures.current = control;
        this.#points.noteWaiting(request);
        const isAble = isEnabled(memory, request);
        this.#points.unwatch();
        if (!isAble) continue;
      }
      bits |= 1 << i;
    }
    return bits;
  }

  /**
   * Bits of the threads whose steps are worth trying: the orders left out lead to nothing else. Where a step
   * {@link loopedBack}, ended its run or left the stated size, those of the others are worth trying too.
   *
   * @param enabled - bits of the enabled threads
   */
  worthTrying(enabled: number): number {
    // Where locks are let go by others, whether a thread holds one is not its own doing.
    if (this.#futures === undefined || !this.#points.guardsTrusted || (enabled & (enabled - 1)) === 0) return enabled;
    const set = persistentSet(this, this.#futures, enabled);
    this.#orders.movable += bitCount(enabled);
    this.#orders.leftOut += bitCount(enabled & ~set);
    if (++this.#orders.states === ORDERS_ON_TRIAL && this.#orders.leftOut < this.#orders.movable * WORTH_IT) {
      this.#forgetFutures();
      this.#points.beginAgain();
    }
    return set;
  }

  /** The steps of threads that {@link worthTrying} left out are taken after all. */
  takesAfterAll(threads: number): void {
    this.#orders.leftOut -= bitCount(threads);
  }

  /** Whether the last step went back to the head of a loop of its thread. */
  get loopedBack(): boolean {
    return this.automaton.loopedBack;
  }

  /** A search begins that has left out nothing yet. */
  beginSearch(): void {
    this.#futures?.beginSearch();
    this.#orders = { states: 0, movable: 0, leftOut: 0 };
  }

  /** Whether it is settled for this search whether orders of steps are left out. */
  get isOrderSettled(): boolean {
    return this.#futures === undefined || this.#orders.states >= ORDERS_ON_TRIAL;
  }

  /** Whether orders of steps are left out at all: not any more if that turned out not to be worth its price. */
  get leavesOutOrders(): boolean {
    return this.#futures !== undefined;
  }

  /** Whether {@link worthTrying} left out what turned out to matter: the search must begin again. */
  get isRefuted(): boolean {
    return this.#futures?.isRefuted === true;
  }

  /** Grows with everything learnt of what threads may still do. */
  get learnt(): number {
    return this.#futures?.growth ?? 0;
  }

  /** Whether a held lock is let go by its holder alone. */
  isReleasedByHolderOnly(address: number): boolean {
    return this.#points.isReleasedByHolderOnly(address);
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
    this.cut = false;
    const memory = this.memory;
    memory.thread = thread;
    memory.choice = choice;
    if (this.#circle !== undefined && !this.isProbing) this.#circle.steps++;
    this.automaton.loopedBack = false;
    const before = this.control(thread);
    if (this.#futures !== undefined) this.#futures.current = before;
    if (this.automaton.raised[before] !== undefined) {
      this.cut = true;
      return;
    }
    const mark = memory.undoTop;
    this.#isMover = this.automaton.requests[before].kind === KIND.CHOOSE;
    this.#advance(thread, before, mark);
    if (this.#isMover && this.#canFollow(thread, mark)) this.#advance(thread, this.control(thread), mark);
    if (!this.mayLivelock && staysInSpin(this.automaton, before, this.control(thread)))
      this.mayLivelock = storedSince(this, mark);
  }

  /** Performs a thread's request and the local ones after it. */
  #advance(thread: number, before: number, mark: number): void {
    const control = this.#perform(thread, before);
    this.#setControl(thread, control);
    if (!this.cut && control !== FINISHED && this.#schedule[control] !== VISIBLE) this.#settleLocal(thread, mark);
  }

  /**
   * Whether the next request goes with the choice just made: nobody notices when a thread chooses, so it may as well choose
   * last thing before that request. Not where the request waits for something, and not where it may race.
   */
  #canFollow(thread: number, mark: number): boolean {
    const control = this.control(thread);
    if (!this.#options.reduction || this.cut || this.bug !== undefined || control === FINISHED) return false;
    const request = this.automaton.requests[control];
    const { kind, op, address } = request;
    const isAccess = kind >= KIND.READ && kind <= KIND.XOR;
    const isOperation = kind === KIND.OP && op?.when === undefined && op?.takesLock !== true;
    if (this.automaton.raised[control] !== undefined || (!isAccess && !isOperation)) return false;
    if (isAccess && this.#plainWords.has(address)) return false;
    if (!this.isWithin(mark) || this.#goesWithGhost[control] === 1 || this.#isBrokenByHolder(mark)) return false;
    if (isAccess) this.#noteTouched(request);
    this.memory.thread = thread;
    this.memory.choice = 0;
    return true;
  }

  /** Whether the request at a control state is never a schedule point: a barrier, or the specification's own. */
  isAlwaysLocal(control: number): boolean {
    return this.#schedule[control] === ALWAYS_LOCAL;
  }

  /** Takes one decision of a schedule. */
  take({ thread, choice }: Action): void {
    if (thread === RESTART) this.#restart(choice);
    else this.step(thread, choice);
  }

  /** A decision that is no step: begins again, or notes where a circle begins. */
  #restart(choice: number): void {
    if (choice === FOR_EVER) this.#circle = { h0: this.memory.h0, h1: this.memory.h1, steps: 0 };
    else this.reset();
  }

  /** The livelock that a closed circle is. */
  #closedCircle(): KernelBug | undefined {
    const { h0, h1 } = this.memory;
    if (this.#circle?.h0 !== h0 || this.#circle.h1 !== h1 || this.#circle.steps === 0) return undefined;
    const bug = new KernelBug('livelock', 'livelock', 'the threads run for ever in a circle and none gets anywhere');
    return this.counts(bug) ? bug : undefined;
  }

  /** Whether a decision can be taken now. */
  canTake({ thread, choice }: Action): boolean {
    return (
      thread === RESTART ||
      (thread < this.threadCount && ((this.enabled() >>> thread) & 1) === 1 && choice < waysOf(this, thread))
    );
  }

  /** Forgets what earlier runs showed of the lock order. */
  forgetLockOrder(): void {
    this.#lockOrder.clear();
  }

  /** The runs before the present one that a lock inversion needs. */
  get earlierRuns(): readonly (readonly Action[])[] {
    return this.#lockOrder.earlierRuns;
  }

  /** Whether new knowledge of what is shared is only noted, and broken rules are nobody's concern. */
  get isScouting(): boolean {
    return this.#points.isScouting;
  }

  set isScouting(value: boolean) {
    this.#points.isScouting = value;
  }

  /**
   * The first violation that counts of the state itself.
   *
   * @param enabled - bits of the enabled threads
   * @param since - where the undo log was in the state before, if that was judged
   */
  broken(enabled: number, since?: number): KernelBug | undefined {
    return this.#judge.verdict(enabled, since) ?? (this.#circle === undefined ? undefined : this.#closedCircle());
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
    return this.#judge.isWithin(this.#startsWithin && !this.isProbing ? since : undefined);
  }

  /** Bits of the threads whose next request is a plain access. */
  plainAccesses(): number {
    if (!this.#hasPlain) return 0;
    const { words } = this.memory;
    let bits = 0;
    for (let i = 0; i < this.threadCount; i++) bits |= this.#plain[words[this.controls + i]] << i;
    return bits;
  }

  /** Performs one request of a thread at `control`; answers the control state after it. */
  #perform(thread: number, control: number): number {
    const { memory, automaton } = this;
    const request = automaton.requests[control];
    const recorded = this.recorder === undefined ? undefined : this.#wordsAt(request);
    const touched: Touch[] = recorded === undefined ? NOTHING_TOUCHED : this.#looksAt(request);
    memory.reported = undefined;
    try {
      this.#points.note(request);
      if (recorded !== undefined) this.#watch(request, touched);
      if ((request.kind === KIND.LOCK || request.op?.takesLock === true) && !this.isScouting && !this.isProbing)
        this.#noteLock(thread, control, request.address);
      perform(memory, request);
    } catch (error) {
      this.#points.unwatch();
      if (!(error instanceof KernelBug)) throw blamed(request.label, error);
      this.#end(error);
    }
    this.#points.unwatch();
    if (memory.reported !== undefined) this.#noteReports(memory.reported);
    if (recorded !== undefined && (!this.cut || this.bug !== undefined))
      this.recorder?.({
        thread,
        control,
        request,
        before: recorded,
        after: this.#wordsAt(request),
        lo: memory.lo,
        hi: memory.hi,
        touched,
      });
    if (this.cut) return FINISHED;
    const next = automaton.next(control, memory.lo, memory.hi);
    if (this.isProbing && automaton.isProgress(control, memory.lo, memory.hi)) this.progressed = true;
    if (
      this.#circle !== undefined &&
      !this.isProbing &&
      (this.kernelThreads >>> thread) & 1 &&
      automaton.isProgress(control, memory.lo, memory.hi)
    )
      this.#circle = undefined;
    if (next === FINISHED) this.#checkExit(thread);
    else {
      if (this.#schedule[next] === undefined) this.#classify(next);
      const raised = automaton.raised[next];
      if (raised !== undefined) this.#note(raised);
    }
    return next;
  }

  #end(bug: KernelBug): void {
    this.#note(bug);
    this.cut = true;
  }

  #noteReports(first: KernelBug): void {
    const others = this.memory.alsoReported ?? [];
    this.memory.alsoReported = undefined;
    for (const bug of [first, ...others]) this.#note(bug);
  }

  #note(bug: KernelBug): void {
    if (this.#options.counts(bug)) this.bug ??= bug;
    else if (bug.kind === 'guard' || bug.rule === 'unlock-by-non-owner') this.#points.distrustGuards();
  }

  /** Keeps the lock order: this thread waits for the lock at `to` holding others. */
  #noteLock(thread: number, control: number, to: number): void {
    const { memory } = this;
    for (const { address, lock, shared } of memory.image.locks) {
      if (lock === 'token' || address === to || !memory.holds(address, shared) || this.#lockOrder.isKnown(address, to))
        continue;
      const where = `${this.system.threads[thread].name} in ${this.automaton.stackOf(control).join(' < ')}`;
      const bug = this.#lockOrder.add(address, to, where, this.scheduleSoFar);
      if (bug !== undefined) memory.report(bug);
      else if (this.#symmetry !== undefined) this.#noteLockImages(this.#symmetry, address, to);
    }
  }

  /** Keeps the lock order that the images of this run show: an inversion among those is looked for without symmetry. */
  #noteLockImages(symmetry: Symmetry, from: number, to: number): void {
    let isCircular = false;
    symmetry.forImagesOfBoth(from, to, (one, other) => {
      if (this.#imageOrder.add(one, other, '', () => []) !== undefined) isCircular = true;
    });
    if (!isCircular || !this.counts(new KernelBug('lock-order', 'lock-order', ''))) return;
    this.#points.unwatch();
    throw new SymmetryLost();
  }

  #checkExit(thread: number): void {
    const { memory } = this;
    memory.thread = thread;
    for (const { address, lock, shared } of memory.image.locks)
      if (lock !== 'token' && memory.holds(address, shared))
        this.#note(
          new KernelBug(
            'lock-misuse',
            'held-at-exit',
            `${this.system.threads[thread]?.name ?? ''} ended holding ${memory.layout.nameOf(address)}`,
            address,
          ),
        );
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
    let isWithin: boolean | undefined;
    let judged = mark;
    for (
      let i = 0;
      i < EAGER_LIMIT &&
      !this.cut &&
      control !== FINISHED &&
      this.#points.isLocal(this.#schedule[control], this.automaton.requests[control]);
      i++
    ) {
      if (this.automaton.loopHead[control] && ++heads > 1) break;
      if (this.#schedule[control] !== ALWAYS_LOCAL) {
        isWithin ??= this.isWithin(mark);
        if (!isWithin || this.#goesWithGhost[control] === 1 || this.#isBrokenByHolder(judged)) break;
        judged = memory.undoTop;
        last = control;
        this.#isMover &&= this.automaton.requests[control].kind !== KIND.UNLOCK;
      } else {
        isWithin = undefined;
        this.#noteGhost(this.automaton.requests[control]);
      }
      memory.choice = 0;
      const { undoTop, h0, h1 } = memory;
      const next = this.#perform(thread, control);
      if (this.cut && this.bug === undefined) {
        memory.undoTo(undoTop, h0, h1);
        this.cut = false;
        break;
      }
      if (this.#schedule[control] === ALWAYS_LOCAL) this.#weighGhost(last, this.automaton.requests[control]);
      control = next;
    }
    this.#setControl(thread, this.cut ? FINISHED : control);
  }

  /** Whether an invariant does not hold in the midst of what is taken for one step; notes it. */
  #isBrokenByHolder(since: number | undefined): boolean {
    const bug = this.isScouting || this.isProbing ? undefined : this.#judge.brokenByHolder(since);
    if (bug !== undefined) this.#note(bug);
    return bug !== undefined;
  }

  /**
   * A step of the specification was taken with what went before: if others can tell, the last local step is none any more.
   *
   * @param last - control state of that step
   */
  #weighGhost(last: number, request: Request<unknown>): void {
    if (request.kind === KIND.FENCE || !this.#points.isExposed(request)) return;
    this.#isMover = false;
    if (last === FINISHED) return;
    this.#beforeGhost.add(this.#hashOf(last));
    this.#goesWithGhost[last] = 1;
    this.#points.beginAgain();
  }

  /** A variable of the specification is touched together with the step before it. */
  #noteGhost(request: Request<unknown>): void {
    if (request.kind !== KIND.OP) this.#noteTouched(request);
  }

  /** A word is touched by the present step that its request does not name. */
  #noteTouched({ kind, address, wide }: Request<unknown>): void {
    if (this.#futures === undefined || address === 0) return;
    this.#futures.touch(address, kind !== KIND.READ);
    if (wide) this.#futures.touch(address + 1, kind !== KIND.READ);
  }

  #classify(control: number): void {
    this.#plain[control] = isPlain(this.automaton.requests[control]) ? 1 : 0;
    this.#hasPlain ||= this.#plain[control] === 1;
    this.#goesWithGhost[control] = this.#beforeGhost.size > 0 && this.#beforeGhost.has(this.#hashOf(control)) ? 1 : 0;
    this.#schedule[control] =
      this.automaton.raised[control] === undefined ? this.#points.classOf(this.automaton.requests[control]) : VISIBLE;
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
    const salt = Math.imul(thread + 1, 0x9e3779b1);
    memory.h0 ^= mix(automaton.hash0[old] ^ salt) ^ mix(automaton.hash0[control] ^ salt);
    memory.h1 ^= mix(Math.imul(automaton.hash1[old], 5) + salt) ^ mix(Math.imul(automaton.hash1[control], 5) + salt);
    memory.words[address] = control;
    memory.listener?.(address, old, control);
  }

  /** What a request reads before anything else: the condition of an operation. */
  #looksAt(request: Request<unknown>): Touch[] {
    const touched: Touch[] = [];
    if (request.op?.when === undefined) return touched;
    this.memory.watch = (address, isWrite) => touched.push({ address, isWrite });
    isEnabled(this.memory, request);
    this.#points.unwatch();
    return touched;
  }

  /** Collects what a request touches. */
  #watch({ kind, address, isVoid }: Request<unknown>, touched: Touch[]): void {
    if (kind === KIND.OP) {
      const noted = this.memory.watch;
      this.memory.watch = (at, isWrite) => {
        noted?.(at, isWrite);
        touched.push({ address: at, isWrite });
      };
    } else if (address !== 0) {
      if (kind !== KIND.WRITE && !isVoid) touched.push({ address, isWrite: false });
      if (kind !== KIND.READ && kind !== KIND.AWAIT) touched.push({ address, isWrite: true });
    }
  }

  /** The words that make the present state a violation: what invariants read and what stuck threads wait for. */
  concerns(bug: KernelBug): ReadonlySet<number> {
    const { slot } = this.memory.image;
    const words = new Set([bug.subject, bug.object].flatMap((word) => (word === 0 ? [] : [word, slot[word]])));
    if (bug.kind === 'invariant') this.#judge.concerns(bug.rule, words);
    else if (bug.kind !== 'use-after-free')
      for (let i = 0; i < this.threadCount; i++) {
        if (this.control(i) === FINISHED || ((this.kernelThreads >>> i) & 1) === 0) continue;
        const request = this.request(i);
        if (request.address !== 0) words.add(request.address);
        for (const { address } of this.#looksAt(request)) words.add(address);
      }
    return words;
  }

  #wordsAt(request: Request<unknown>): readonly [number, number] {
    const { words } = this.memory;
    return [words[request.address], request.wide ? words[request.address + 1] : 0];
  }
}

function staysInSpin({ spinOuter }: Automaton, before: number, after: number): boolean {
  return spinOuter[before] !== 0 && spinOuter[after] === spinOuter[before];
}
