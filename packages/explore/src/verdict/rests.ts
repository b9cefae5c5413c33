/**
 * Where threads rest: what a daemon, or a thread that repeats, may do for ever once its work is done. Its round is young as
 * long as it did nothing in it but steps of the specification, or is in a spin loop that the round begins with, all of whose
 * attempts failed. The states in which all threads rest are ends of a run, though some of them may go on.
 */
import { KIND, WORD_GHOST, type Memory, type Request, type Thread } from '@shootdown/machine';
import { FINISHED, type Automaton } from '../learn/automaton.js';
import type { RunningSystem } from '../view/running-system.js';
import { comesBack, runsOut } from './deadlock.js';
import { lowest } from '../base/thread-set.js';

/** Whether a thread may rest, and is waited for to do so. */
export function mayRest({ kind, repeat }: Thread): boolean {
  return kind === 'daemon' || repeat === true;
}

/** A round that has begun, and one in which nothing has happened yet, or all that did is forgotten. */
const YOUNG = 1;
const HEAD = 2;

/** Which control states are of young rounds; learnt together with the edges. */
export class YoungRounds {
  readonly #memory: Memory;
  #ages: (number | undefined)[] = [];

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Every control state is learnt anew. */
  clear(): void {
    this.#ages = [];
  }

  /** A thread that may rest begins here. */
  begin(control: number): void {
    if (control !== FINISHED) this.#ages[control] = HEAD;
  }

  /** An edge was learnt. */
  onEdge({ requests, spinOuter }: Automaton, from: number, to: number): void {
    const age = this.#ages[from];
    if (age === undefined || to === FINISHED || this.#ages[to] === HEAD) return;
    if (age === HEAD && this.#isSpecification(requests[from])) this.#ages[to] = HEAD;
    else if (spinOuter[from] !== 0 && spinOuter[to] === spinOuter[from]) this.#ages[to] = YOUNG;
  }

  /** Whether a control state is of a young round. */
  has(control: number): boolean {
    return this.#ages[control] !== undefined;
  }

  /** Whether it is where a round begins, or begins anew. */
  isHead(control: number): boolean {
    return this.#ages[control] === HEAD;
  }

  /** Whether a request is taken together with what was before it, wherever it stands. */
  #isSpecification({ kind, op, address }: Request<unknown>): boolean {
    if (kind === KIND.FENCE || op?.isLocal === true) return true;
    return kind >= KIND.READ && kind <= KIND.XOR && (this.#memory.image.flags[address] & WORD_GHOST) !== 0;
  }
}

/** Says where the threads of a system rest, and where all do that must. */
export class Rests {
  /** Bits of the daemons. */
  readonly daemons: number;
  /** Bits of the threads that must have ended. */
  readonly #ending: number;
  /** Bits of those that must rest. */
  readonly #resting: number;
  readonly #repeating: number;
  /** Bits of the devices that may have stopped anywhere. */
  readonly #stopping: number;
  readonly #engine: RunningSystem;
  readonly #young: YoungRounds;
  /** Whether it matters where threads rest. */
  readonly matter: boolean;

  /** @param judgesEnds - whether anything is asked of the ends of runs */
  constructor(engine: RunningSystem, young: YoungRounds, judgesEnds: boolean) {
    const bitsOf = (is: (kind: string, repeats: boolean) => boolean): number =>
      engine.system.threads.reduce(
        (bits, { kind = 'kernel', repeat = false }, i) => (is(kind, repeat) ? bits | (1 << i) : bits),
        0,
      );
    this.#engine = engine;
    this.#young = young;
    this.daemons = bitsOf((kind) => kind === 'daemon');
    this.#repeating = bitsOf((_, repeats) => repeats);
    this.#ending = bitsOf((kind, repeats) => kind === 'kernel' && !repeats);
    this.#resting = this.daemons | this.#repeating;
    this.#stopping = judgesEnds ? bitsOf((kind, repeats) => kind === 'device' && !repeats) : 0;
    this.matter = judgesEnds || this.daemons !== 0;
  }

  /** Notes where a thread begins. */
  begin(thread: number, control: number): void {
    if (((this.#resting >>> thread) & 1) === 1) this.#young.begin(control);
  }

  /**
   * Whether the engine's present state is an end.
   *
   * @param enabled - bits of the threads that can move
   */
  areAll(enabled: number): boolean {
    const finished = this.#engine.finished();
    if ((this.#ending & ~finished) !== 0) return false;
    for (let bits = this.#resting & ~finished; bits !== 0; bits &= bits - 1)
      if (!this.#rests(lowest(bits), enabled)) return false;
    return true;
  }

  /** Bits of the daemons that are in the midst of their work. */
  busy(enabled: number): number {
    let busy = 0;
    for (let bits = this.daemons & ~this.#engine.finished(); bits !== 0; bits &= bits - 1)
      if (this.isBusy(lowest(bits), enabled)) busy |= bits & -bits;
    return busy;
  }

  /** Whether a thread that has not ended, a daemon, is in the midst of its work. */
  isBusy(thread: number, enabled: number): boolean {
    return !this.#rests(thread, enabled);
  }

  /** Whether a thread is a daemon that rests in the engine's present state. */
  isDaemonAtRest(thread: number): boolean {
    const isRunning = ((this.daemons & ~this.#engine.finished()) >>> thread) & 1;
    return isRunning === 1 && this.#rests(thread, this.#engine.enabled(1 << thread));
  }

  /** Whether a thread's next step could lead away from an end. */
  couldEndAt(thread: number, control: number): boolean {
    return this.matter && (((this.#stopping >>> thread) & 1) === 1 || this.#young.has(control));
  }

  /** Whether each step of a thread leads to what could be an end. */
  isAnywhere(thread: number): boolean {
    return ((this.#stopping >>> thread) & 1) === 1;
  }

  /** Whether a thread stands where it may rest though it could go on. */
  isHead(control: number): boolean {
    return this.matter && this.#young.isHead(control);
  }

  #rests(thread: number, enabled: number): boolean {
    const engine = this.#engine;
    const control = engine.control(thread);
    if (!this.#young.has(control)) return false;
    if (((enabled >>> thread) & 1) === 0) return true;
    if (!this.#young.isHead(control)) return false;
    if (engine.automaton.spinOuter[control] !== 0 && !runsOut(engine, thread)) return true;
    if (((this.#repeating >>> thread) & 1) === 0) return false;
    const { kind, op } = engine.request(thread);
    const mayWait = kind === KIND.LOCK || kind === KIND.AWAIT || op?.when !== undefined;
    return (!mayWait && engine.automaton.spinOuter[control] === 0) || comesBack(engine, thread);
  }
}
