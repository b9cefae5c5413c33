/**
 * Deadlock: some kernel thread has not ended, and none can ever go on again, whatever the devices do. A spinning thread
 * cannot go on if, run alone, it neither leaves the loop nor changes memory; a device may take any steps meanwhile.
 */
import { KIND, KernelBug } from '@shootdown/machine';
import type { Engine } from './engine.js';

/** Most states looked at behind one state before giving up. */
const CLOSURE_LIMIT = 100_000;

/** Thrown when whether a state is stuck could not be decided. */
export class StuckUndecided extends Error {}

/**
 * The deadlock of the engine's present state, if it is one. Leaves the state as it was.
 *
 * @param enabled - bits of the enabled threads
 */
export function deadlockOf(engine: Engine, enabled: number): KernelBug | undefined {
  const waiting = engine.kernelThreads & ~engine.finished();
  if (waiting === 0 || !mayBeStuck(engine, enabled & waiting)) return undefined;
  if (probing(engine, () => someoneGoesOn(engine, enabled & waiting) || devicesHelp(engine, waiting, enabled)))
    return undefined;
  return new KernelBug('deadlock', 'deadlock', describe(engine, waiting, enabled));
}

/** A thread that is enabled and not in a spin loop can go on: the cheap test. */
function mayBeStuck(engine: Engine, enabled: number): boolean {
  for (let bits = enabled; bits !== 0; bits &= bits - 1)
    if (engine.automaton.spinOuter[engine.control(lowest(bits))] === 0) return false;
  return true;
}

/** Whether one of these enabled threads could go on by itself. */
function someoneGoesOn(engine: Engine, enabled: number): boolean {
  for (let bits = enabled; bits !== 0; bits &= bits - 1) if (canGoOn(engine, lowest(bits))) return true;
  return false;
}

/** Whether an enabled thread, run alone, changes memory, leaves its outermost spin loop or ends. */
export function canGoOn(engine: Engine, thread: number): boolean {
  const control = engine.control(thread);
  return (
    engine.automaton.spinOuter[control] === 0 || probing(engine, () => getsOut(engine, thread, new Set([control])))
  );
}

/** Runs what only tries steps out; what broke before is what is broken after. */
export function probing<T>(engine: Engine, body: () => T): T {
  const { isProbing, bug, cut } = engine;
  engine.isProbing = true;
  try {
    return body();
  } finally {
    engine.isProbing = isProbing;
    engine.bug = bug;
    engine.cut = cut;
  }
}

function getsOut(engine: Engine, thread: number, seen: Set<number>): boolean {
  const { memory } = engine;
  if ((engine.enabled() & (1 << thread)) === 0) return false;
  const ways = waysOf(engine, thread);
  for (let choice = 0; choice < ways; choice++) {
    const [mark, h0, h1] = [memory.undoTop, memory.h0, memory.h1];
    engine.progressed = false;
    engine.step(thread, choice);
    const control = engine.control(thread);
    const isOut = gotOut(engine, mark);
    const isOutLater = !isOut && !seen.has(control) && getsOut(engine, thread, seen.add(control));
    memory.undoTo(mark, h0, h1);
    if (isOut || isOutLater) return true;
  }
  return false;
}

/** Whether memory, not only control states, changed since the undo log was at `mark`. */
export function storedSince(engine: Engine, mark: number): boolean {
  const { undoLog, undoTop } = engine.memory;
  for (let i = mark; i < undoTop; i += 2) if (undoLog[i] < engine.controls) return true;
  return false;
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
 * Whether some steps of the devices let a waiting thread go on. The waiting threads take steps meanwhile, for one may look
 * at memory before and after a device's step.
 */
function devicesHelp(engine: Engine, waiting: number, enabled: number): boolean {
  if ((enabled & ~engine.kernelThreads) === 0) return false;
  const { memory } = engine;
  const seen = new Set([`${memory.h0},${memory.h1}`]);
  const bottom: Level = { mark: memory.undoTop, h0: memory.h0, h1: memory.h1, pending: enabled, choice: 0 };
  const path = [bottom];
  let isHelped = false;
  while (!isHelped && path.length > 0) {
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
    isHelped = ((waiting >>> thread) & 1) === 1 && gotOut(engine, level.mark);
    const key = `${memory.h0},${memory.h1}`;
    if (isHelped || engine.cut || seen.has(key)) continue;
    if (seen.add(key).size > CLOSURE_LIMIT)
      throw new StuckUndecided('the devices of this model run too long to decide whether a state is stuck');
    path.push({ mark: memory.undoTop, h0: memory.h0, h1: memory.h1, pending: engine.enabled(), choice: 0 });
  }
  memory.undoTo(bottom.mark, bottom.h0, bottom.h1);
  return isHelped;
}

function nextChoice(engine: Engine, level: Level, thread: number): number {
  const { choice } = level;
  if (choice + 1 < waysOf(engine, thread)) level.choice = choice + 1;
  else {
    level.pending &= level.pending - 1;
    level.choice = 0;
  }
  return choice;
}

/** Whether the step just taken brought its thread out of its outermost spin loop or changed memory. */
function gotOut(engine: Engine, mark: number): boolean {
  return engine.progressed || engine.bug !== undefined || engine.cut || storedSince(engine, mark);
}

/** Alternatives of a thread's next request. */
export function waysOf(engine: Engine, thread: number): number {
  const request = engine.request(thread);
  return request.kind === KIND.CHOOSE ? request.ways : 1;
}

/** Number of the lowest bit set. */
export function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** Where the waiting threads are. One that could go on, and only looks again, spins. */
function describe(engine: Engine, waiting: number, enabled: number): string {
  const lines: string[] = [];
  for (let bits = waiting; bits !== 0; bits &= bits - 1) {
    const thread = lowest(bits);
    const request = engine.request(thread);
    const target = request.address === 0 ? '' : ` ${engine.memory.layout.nameOf(request.address)}`;
    const stack = engine.automaton.stackOf(engine.control(thread));
    const func = stack.find((name) => name !== request.label) ?? '';
    const spins = ((enabled >>> thread) & 1) === 0 ? 'waits in' : 'spins for ever in';
    lines.push(`${engine.system.threads[thread]?.name ?? ''} ${spins} ${func} (${request.label}${target})`);
  }
  return `no thread can go on: ${lines.join('; ')}`;
}
