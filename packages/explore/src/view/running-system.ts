/**
 * What verdicts and reductions see of the running system: its state, what threads would do next, and steps to try. Strategies
 * and evidence see a little more, {@link SearchedSystem} and {@link ReplayedSystem}.
 */
import { KIND, type KernelBug, type Memory, type Request, type System } from '@shootdown/machine';
import type { Automaton } from '../learn/automaton.js';
import type { Deadline } from '../base/deadline.js';
import type { Performed } from '../base/performed.js';
import type { Decision } from '../base/schedule.js';

/** Where threads rest that may rest for ever. */
export interface RestingThreads {
  /** Bits of the daemons. */
  readonly daemons: number;
  /**
   * Whether the present state is an end.
   *
   * @param enabled - bits of the threads that can move
   */
  areAll(enabled: number): boolean;
  /** Bits of the daemons that are in the midst of their work. */
  busy(enabled: number): number;
  /** Whether a thread that has not ended, a daemon, is in the midst of its work. */
  isBusy(thread: number, enabled: number): boolean;
  /** Whether a thread is a daemon that rests in the present state. */
  isDaemonAtRest(thread: number): boolean;
  /** Whether a thread's next step could lead away from an end. */
  couldEndAt(thread: number, control: number): boolean;
  /** Whether a thread stands where it may rest though it could go on. */
  isHead(control: number): boolean;
}

/** A system as it stands, and what one step makes of it. */
export interface RunningSystem {
  readonly system: System;
  readonly memory: Memory;
  /** What is learnt of the threads' control states. */
  readonly automaton: Automaton;
  readonly threadCount: number;
  /** Bits of the threads that are neither devices nor daemons. */
  readonly kernelThreads: number;
  /** Bits of those of them that repeat. */
  readonly repeatingKernelThreads: number;
  readonly rests: RestingThreads;
  /** Address of the first control word. */
  readonly controls: number;
  /** When to stop, in the middle of whatever is done. */
  readonly deadline: Deadline | undefined;
  /** The first violation that counts of the last step. */
  bug: KernelBug | undefined;
  /** Whether the last step broke a rule that ends its thread and does not count: nothing follows it. */
  runEnded: boolean;
  /** Whether steps are only tried out and will be taken back. */
  isProbing: boolean;
  /** Whether a thread got anywhere in a step: out of its outermost spin loop, to its end or next round. */
  progressed: boolean;
  /** Whether a violation counts. */
  counts(bug: KernelBug): boolean;
  /** The control state of a thread. */
  control(thread: number): number;
  /** The request a thread makes next; only for one that has not ended. */
  request(thread: number): Request<unknown>;
  /**
   * Bits of the threads that could take a step now.
   *
   * @param among - bits of those asked about; all by default
   */
  enabled(among?: number): number;
  /** Bits of the threads that have ended. */
  finished(): number;
  /** Whether a thread takes no step because another one runs in its place. */
  isStopped(thread: number): boolean;
  /** Bits of the threads that are stopped and have not ended. */
  stopped(): number;
  /** Bits of the threads whose next request is a plain access. */
  plainAccesses(): number;
  /**
   * Lets a thread take one step: its next request and the local ones after it.
   *
   * @param choice - the alternative, where the request is a choice
   */
  step(thread: number, choice: number): void;
}

/** A system that is run again and again. */
export interface RestartableSystem extends RunningSystem {
  /** Gets every request that is performed. */
  recorder: ((step: Performed) => void) | undefined;
  /** Whether the last step went back to the head of a loop of its thread. */
  readonly closesCycle: boolean;
  /** Back to the initial state; what was learnt stays. */
  reset(): void;
  /**
   * The first violation that counts of the state itself.
   *
   * @param enabled - bits of the enabled threads
   * @param since - where the undo log was in the state before, if that was judged
   */
  broken(enabled: number, since?: number): KernelBug | undefined;
  /**
   * Whether the state is within the model's stated size.
   *
   * @param since - where the undo log was in the state before, if that is within it
   */
  isWithin(since?: number): boolean;
  /** Forgets what earlier runs showed of the lock order. */
  forgetLockOrder(): void;
}

/** A system whose schedules are run, to tell what happens in them. */
export interface ReplayedSystem extends RestartableSystem {
  /**
   * Takes one decision of a schedule.
   *
   * @throws {@link Stopped} when there is no time left
   */
  take(decision: Decision): void;
  /** Whether a decision can be taken now. */
  canTake(decision: Decision): boolean;
  /** The words that make the present state a violation: what invariants read and what stuck threads wait for. */
  concerns(bug: KernelBug): ReadonlySet<number>;
  /** Whether the request at a control state is never a schedule point: a barrier, or the specification's own. */
  isAlwaysLocal(control: number): boolean;
  /** Addresses of the words that stop a thread. */
  stopsOf(thread: number): readonly number[];
}

/** A system whose states are searched. */
export interface SearchedSystem extends RestartableSystem {
  /** The decisions that led to the present state; set by the search. */
  scheduleSoFar: () => readonly Decision[];
  /** Whether {@link progressed} is to be set. So it is while steps are only tried out. */
  watchesProgress: boolean;
  /** Whether new knowledge of what is shared is only noted, and broken rules are nobody's concern. */
  isWarmingUp: boolean;
  /** A search begins that has left out nothing yet. */
  beginSearch(): void;
  /** First half of the fingerprint of the present state; computes both. */
  fingerprint0(): number;
  /** Second half of the fingerprint that {@link fingerprint0} computed. */
  fingerprint1(): number;
  /**
   * Goes to a state seen before.
   *
   * @param words - the words of memory and the control states
   */
  load(words: Int32Array, h0: number, h1: number): void;
  /**
   * Bits of the threads whose steps are worth trying: the orders left out lead to nothing else. Where a step
   * {@link closesCycle}, ended its run or left the stated size, those of the others are worth trying too.
   *
   * @param enabled - bits of the enabled threads
   */
  worthTrying(enabled: number): number;
  /** The steps of threads that {@link worthTrying} left out are taken after all. */
  expandFully(threads: number): void;
  /**
   * Counts a step of the search. Where what it explored does not count, it goes on while it learns what else is wrong.
   *
   * @throws SharingChanged once it learns no more
   */
  reconsider(): void;
  /** @throws SharingChanged where what was explored does not count, so that its schedules lead elsewhere by now */
  assertUpToDate(): void;
  /**
   * Learns what the invariants read in this state.
   *
   * @param since - where the undo log was in the state before, if that was looked at or judged
   */
  observe(since?: number): void;
  /** States are judged in the order of runs from now on: what did not change since the state before is not looked at again. */
  followRuns(): void;
  /** Ends a step of a run that is followed: it will not be taken back. */
  noteChanges(): void;
  /** The first invariant that does not hold in this state. */
  brokenInvariant(): KernelBug | undefined;
}

/** Alternatives of a thread's next request. */
export function choiceCount(running: RunningSystem, thread: number): number {
  const request = running.request(thread);
  return request.kind === KIND.CHOOSE ? request.ways : 1;
}

/** Whether memory, not only control states, changed since the undo log was at `mark`. */
export function storedSince(running: RunningSystem, mark: number): boolean {
  const { undoLog, undoTop } = running.memory;
  for (let i = mark; i < undoTop; i += 2) if (undoLog[i] < running.controls) return true;
  return false;
}
