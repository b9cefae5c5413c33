/**
 * What makes a circle of states a livelock. Threads run along it for ever, no kernel thread gets anywhere by it, the spin
 * loop of one changes memory, and it is fair to every thread that stands still:
 *
 * - weak fairness: a thread that could always go on would; so it cannot somewhere on the circle;
 * - strong fairness, for one that waits for a lock: a lock that is free again and again is granted in the end; so the thread
 *   can go on nowhere on the circle.
 */
import { KIND, KernelBug } from '@shootdown/machine';
import type { RunningSystem } from '../view/running-system.js';
import { lowest } from '../base/thread-set.js';

/** What is to be known of the states and steps of a circle, or of a set of states that may hold one. */
export class Motion {
  /** Threads that move. */
  moves = 0;
  /** Whether a kernel thread changes memory. */
  stores = false;
  /** Threads that can move in every state. */
  always = -1;
  /** Threads that can move in some state. */
  ever = 0;
  /** Threads that wait for a lock in some state in which they could have it. */
  granted = 0;

  /**
   * A state.
   *
   * @param enabled - bits of the threads that can move
   * @param locking - bits of those that wait for a lock, free or not
   */
  state(enabled: number, locking: number): void {
    this.always &= enabled;
    this.ever |= enabled;
    this.granted |= enabled & locking;
  }

  /** Threads that stand still though they would go on whatever happens. */
  get wronged(): number {
    return this.always & ~this.moves;
  }

  /** Threads that stand still though the lock they wait for is free again and again. */
  get starved(): number {
    return this.granted & ~this.moves;
  }

  /** Whether running so for ever is fair and changes something. */
  get isLivelock(): boolean {
    return this.stores && this.wronged === 0 && this.starved === 0;
  }
}

/** A circle as it is run. */
export class Circle {
  readonly #h0: number;
  readonly #h1: number;
  readonly #motion = new Motion();
  #steps = 0;

  /** @param engine - stands where the circle begins */
  constructor({ memory }: RunningSystem) {
    this.#h0 = memory.h0;
    this.#h1 = memory.h1;
  }

  /** A thread is about to take a step from the engine's present state. */
  moves(engine: RunningSystem, thread: number): void {
    this.#motion.state(engine.enabled(), waitingForLocks(engine));
    this.#motion.moves |= 1 << thread;
    this.#steps++;
  }

  /** A kernel thread has changed memory. */
  stores(): void {
    this.#motion.stores = true;
  }

  /** The livelock, where the engine is back where the circle began. */
  livelock(engine: RunningSystem): KernelBug | undefined {
    const { h0, h1 } = engine.memory;
    if (this.#steps === 0 || h0 !== this.#h0 || h1 !== this.#h1 || !this.#motion.isLivelock) return undefined;
    return livelockOf(engine, this.#motion.moves, this.#steps);
  }
}

/**
 * The livelock of a circle through the engine's present state.
 *
 * @param moves - bits of the threads that move
 */
export function livelockOf(engine: RunningSystem, moves: number, steps: number): KernelBug {
  const where: string[] = [];
  for (let bits = moves & engine.kernelThreads; bits !== 0; bits &= bits - 1) {
    const thread = lowest(bits);
    where.push(`${engine.system.threads[thread].name} in ${engine.automaton.stackOf(engine.control(thread))[0] ?? ''}`);
  }
  const text = `no thread makes progress: ${where.join('; ')} (a cycle of ${steps} steps)`;
  return new KernelBug('livelock', 'livelock', text);
}

/** Bits of the threads that wait for a lock, free or not. */
export function waitingForLocks(engine: RunningSystem): number {
  let bits = 0;
  for (let i = 0; i < engine.threadCount; i++) {
    if (engine.control(i) === 0) continue;
    const { kind, op } = engine.request(i);
    if (kind === KIND.LOCK || op?.takesLock === true) bits |= 1 << i;
  }
  return bits;
}
