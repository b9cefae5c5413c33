/**
 * Deadlock: some kernel thread has not ended, and none can ever go on again, whatever the devices do. A spinning thread
 * cannot go on if, run alone, it neither leaves the loop nor changes memory; a device may take any steps meanwhile.
 */
import { KIND, KernelBug } from '@shootdown/machine';
import { storedSince, choiceCount, type RunningSystem } from '../view/running-system.js';
import { lowest } from '../base/thread-set.js';

/** Most states looked at behind one state before giving up. */
const CLOSURE_LIMIT = 100_000;
/** Most states that are looked at of what one thread alone may do. */
const ATTEMPT_LIMIT = 1000;

/** One state in so many asks whether there is time left. */
const ASKING = 1024;

/** Thrown when whether a state is stuck could not be decided. */
export class DeadlockUndecided extends Error {}

/**
 * The deadlock of the engine's present state, if it is one. Leaves the state as it was.
 *
 * @param enabled - bits of the enabled threads
 */
export function deadlockOf(engine: RunningSystem, enabled: number): KernelBug | undefined {
  if (engine.repeatingKernelThreads === 0 && aDaemonGoesOn(engine, enabled)) return undefined;
  const waiting = waitingThreads(engine, enabled);
  if (waiting === 0) return undefined;
  const circle = engine.repeatingKernelThreads === 0 ? 0 : lockCircle(engine, enabled);
  if (circle !== 0) return new KernelBug('deadlock', 'deadlock', describe(engine, circle, enabled));
  if (!mayBeStuck(engine, enabled & waiting)) return undefined;
  if (probing(engine, () => someoneGoesOn(engine, enabled & waiting) || othersHelp(engine, waiting, enabled)))
    return undefined;
  const stuck = waiting | (engine.rests.busy(enabled) & ~enabled);
  return new KernelBug('deadlock', 'deadlock', describe(engine, stuck, enabled));
}

/**
 * Bits of the threads one of which must go on: the kernel threads that have not ended; where all have, the daemons in the midst
 * of their work.
 */
export function waitingThreads(engine: RunningSystem, enabled: number): number {
  const kernel = engine.kernelThreads & ~engine.finished();
  return kernel !== 0 || engine.rests.daemons === 0 ? kernel : engine.rests.busy(enabled);
}

/** Whether it is left to the daemons to go on, and one of them that is at work can: asked before it is asked of all of them. */
function aDaemonGoesOn(engine: RunningSystem, enabled: number): boolean {
  if ((engine.kernelThreads & ~engine.finished()) !== 0) return false;
  for (let bits = enabled & engine.rests.daemons; bits !== 0; bits &= bits - 1) {
    const thread = lowest(bits);
    if (engine.automaton.spinOuter[engine.control(thread)] === 0 && engine.rests.isBusy(thread, enabled)) return true;
  }
  return false;
}

/**
 * Kernel threads and daemons that wait for locks held by each other, by themselves or by threads that have ended: bits of all
 * that wait so for ever, whatever the others do.
 */
function lockCircle(engine: RunningSystem, enabled: number): number {
  const finished = engine.finished();
  let stuck = ~enabled & ~finished & (engine.kernelThreads | engine.rests.daemons) & ((1 << engine.threadCount) - 1);
  for (let before = 0; before !== stuck;) {
    before = stuck;
    for (let bits = stuck; bits !== 0; bits &= bits - 1) {
      const thread = lowest(bits);
      if (!waitsForOneOf(engine, thread, stuck | finished)) stuck &= ~(1 << thread);
    }
  }
  // That nobody else lets such a lock go is only what its rules say.
  return stuck === 0 || probing(engine, () => anyIsFreed(engine, stuck)) ? 0 : stuck;
}

/** Whether a disabled thread waits for itself, or for a lock that one of `holders` holds. */
function waitsForOneOf(engine: RunningSystem, thread: number, holders: number): boolean {
  if (engine.automaton.stuck[engine.control(thread)]) return true;
  const { kind, op, address } = engine.request(thread);
  const { words, image } = engine.memory;
  if (kind === KIND.LOCK || op?.takesLock === true) {
    const holder = words[address] - 1;
    return holder >= 0 && holder < engine.threadCount && ((holders >>> holder) & 1) === 1;
  }
  // A writer has the lock to itself once the readers are out.
  const isReaders = image.locks.some((lock) => lock.shared && lock.address + 1 === address);
  return kind === KIND.AWAIT && isReaders && words[address - 1] === thread + 1 && (words[address] & holders) !== 0;
}

/** Whether others can take steps after which one of the stuck threads can move, as far as was looked. */
function anyIsFreed(engine: RunningSystem, stuck: number): boolean {
  return reaches(engine, ~stuck, () => engine.enabled(stuck) !== 0, CLOSURE_LIMIT) === true;
}

/** A thread that is enabled and not in a spin loop can go on: the cheap test. */
function mayBeStuck(engine: RunningSystem, enabled: number): boolean {
  for (let bits = enabled; bits !== 0; bits &= bits - 1)
    if (engine.automaton.spinOuter[engine.control(lowest(bits))] === 0) return false;
  return true;
}

/** Whether one of these enabled threads could go on by itself. */
function someoneGoesOn(engine: RunningSystem, enabled: number): boolean {
  for (let bits = enabled; bits !== 0; bits &= bits - 1)
    if (canProgress(engine, lowest(bits)) || comesToRest(engine, lowest(bits))) return true;
  return false;
}

/** Whether a thread is a daemon in the midst of an attempt that it rests in further on. */
function comesToRest(engine: RunningSystem, thread: number): boolean {
  if (((engine.rests.daemons >>> thread) & 1) === 0) return false;
  const isThere = (): boolean => engine.rests.isDaemonAtRest(thread);
  return reaches(engine, 1 << thread, isThere, ATTEMPT_LIMIT) === true;
}

/** Whether an enabled thread, run alone, changes memory, leaves its outermost spin loop or ends. */
export function canProgress(engine: RunningSystem, thread: number): boolean {
  const control = engine.control(thread);
  return (
    engine.automaton.spinOuter[control] === 0 || probing(engine, () => getsOut(engine, thread, new Set([control])))
  );
}

/** Runs what only tries steps out; what broke before is what is broken after. */
export function probing<T>(engine: RunningSystem, body: () => T): T {
  const { isProbing, bug, runEnded } = engine;
  engine.isProbing = true;
  try {
    return body();
  } finally {
    engine.isProbing = isProbing;
    engine.bug = bug;
    engine.runEnded = runEnded;
  }
}

function getsOut(engine: RunningSystem, thread: number, seen: Set<number>): boolean {
  const { memory } = engine;
  if (engine.enabled(1 << thread) === 0) return false;
  const ways = choiceCount(engine, thread);
  for (let choice = 0; choice < ways; choice++) {
    const [mark, h0, h1] = [memory.undoTop, memory.h0, memory.h1];
    engine.progressed = false;
    engine.step(thread, choice);
    const control = engine.control(thread);
    const isOut = hasProgressed(engine, mark);
    const isOutLater = !isOut && !seen.has(control) && getsOut(engine, thread, seen.add(control));
    memory.undoTo(mark, h0, h1);
    if (isOut || isOutLater) return true;
  }
  return false;
}

/** Whether a thread in a spin loop, run alone, leaves the loop, whatever it changes meanwhile. */
export function runsOut(engine: RunningSystem, thread: number): boolean {
  const leaves = (): boolean => engine.progressed || engine.bug !== undefined || engine.runEnded;
  return probing(engine, () => reaches(engine, 1 << thread, leaves, ATTEMPT_LIMIT) !== false);
}

/** Whether a thread, run alone, can come back to the present state. */
export function comesBack(engine: RunningSystem, thread: number): boolean {
  const { memory } = engine;
  const { h0, h1 } = memory;
  const isBack = (): boolean => !engine.runEnded && memory.h0 === h0 && memory.h1 === h1;
  return probing(engine, () => reaches(engine, 1 << thread, isBack, ATTEMPT_LIMIT) === true);
}

interface Level {
  readonly mark: number;
  readonly h0: number;
  readonly h1: number;
  /** Threads not yet tried here, and the alternative of the lowest one to try next. */
  pending: number;
  choice: number;
}

/**
 * Whether some steps of the others let a waiting thread go on. The waiting threads take steps meanwhile, for one may look
 * at memory before and after a device's step.
 */
function othersHelp(engine: RunningSystem, waiting: number, enabled: number): boolean {
  if ((enabled & ~waiting) === 0) return false;
  const goesOn = (thread: number, mark: number): boolean =>
    ((waiting >>> thread) & 1) === 1 && (hasProgressed(engine, mark) || engine.rests.isDaemonAtRest(thread));
  const answer = reaches(engine, -1, goesOn, CLOSURE_LIMIT);
  if (answer === undefined)
    throw new DeadlockUndecided('the devices of this model run too long to decide whether a state is stuck');
  return answer;
}

/**
 * Whether steps of some threads lead from the present state to where they should.
 *
 * @param movers - bits of the threads that take steps
 * @param isThere - asked after each step: who took it, and where the undo log was before
 * @param limit - states looked at before giving up
 * @returns `undefined` where that was given up
 */
function reaches(
  engine: RunningSystem,
  movers: number,
  isThere: (thread: number, mark: number) => boolean,
  limit: number,
): boolean | undefined {
  const { memory } = engine;
  const seen = new Set([`${memory.h0},${memory.h1}`]);
  const here = (): Level => ({
    mark: memory.undoTop,
    h0: memory.h0,
    h1: memory.h1,
    pending: engine.enabled(movers),
    choice: 0,
  });
  const bottom = here();
  const path = [bottom];
  let answer: boolean | undefined = false;
  while (answer === false && path.length > 0) {
    const level = path[path.length - 1];
    memory.undoTo(level.mark, level.h0, level.h1);
    if (level.pending === 0) {
      path.pop();
      continue;
    }
    const thread = lowest(level.pending);
    const choice = nextChoice(engine, level, thread);
    engine.progressed = false;
    engine.step(thread, choice);
    answer = isThere(thread, level.mark);
    const key = `${memory.h0},${memory.h1}`;
    if (answer || engine.runEnded || seen.has(key)) continue;
    if (seen.size % ASKING === 0) engine.deadline?.check();
    if (seen.add(key).size > limit) answer = undefined;
    else path.push(here());
  }
  memory.undoTo(bottom.mark, bottom.h0, bottom.h1);
  return answer;
}

function nextChoice(engine: RunningSystem, level: Level, thread: number): number {
  const { choice } = level;
  if (choice + 1 < choiceCount(engine, thread)) level.choice = choice + 1;
  else {
    level.pending &= level.pending - 1;
    level.choice = 0;
  }
  return choice;
}

/** Whether the step just taken brought its thread out of its outermost spin loop or changed memory. */
function hasProgressed(engine: RunningSystem, mark: number): boolean {
  return engine.progressed || engine.bug !== undefined || engine.runEnded || storedSince(engine, mark);
}

/**
 * Where the waiting threads are. One that could move and only looks again spins; unless it falls asleep over it, for then it
 * is told where it sleeps.
 */
function describe(engine: RunningSystem, waiting: number, enabled: number): string {
  const lines: string[] = [];
  for (let bits = waiting; bits !== 0; bits &= bits - 1) {
    const thread = lowest(bits);
    const waitsAt = ((enabled >>> thread) & 1) === 0 ? engine.control(thread) : controlAsleep(engine, thread);
    const control = waitsAt ?? engine.control(thread);
    const { label, address } = engine.automaton.requests[control];
    const target = address === 0 ? '' : ` ${engine.memory.layout.nameOf(address)}`;
    const func = engine.automaton.stackOf(control).find((name) => name !== label) ?? '';
    const waits = waitsAt === undefined ? 'spins for ever in' : 'waits in';
    const how = engine.isStopped(thread) ? 'is interrupted in' : waits;
    lines.push(`${engine.system.threads[thread]?.name ?? ''} ${how} ${func} (${label}${target})`);
  }
  return `no thread can go on: ${lines.join('; ')}`;
}

/** The control state in which a stuck thread cannot move any more, run alone; `undefined` for one that can for ever. */
function controlAsleep(engine: RunningSystem, thread: number): number | undefined {
  let control: number | undefined;
  const isAsleep = (): boolean => {
    if (engine.enabled(1 << thread) === 0) control = engine.control(thread);
    return control !== undefined;
  };
  probing(engine, () => reaches(engine, 1 << thread, isAsleep, ATTEMPT_LIMIT));
  return control;
}
