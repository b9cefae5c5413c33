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
  return new KernelBug('deadlock', 'deadlock', describe(engine, waiting));
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

function probing<T>(engine: Engine, body: () => T): T {
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
    const isOut = engine.progressed || engine.bug !== undefined || engine.cut || storedSince(engine, mark);
    const isOutLater = !isOut && !seen.has(control) && getsOut(engine, thread, seen.add(control));
    memory.undoTo(mark, h0, h1);
    if (isOut || isOutLater) return true;
  }
  return false;
}

function storedSince(engine: Engine, mark: number): boolean {
  const { undoLog, undoTop } = engine.memory;
  for (let i = mark; i < undoTop; i += 2) if (undoLog[i] < engine.controls) return true;
  return false;
}

/** Whether some steps of the devices let a waiting thread go on. */
function devicesHelp(engine: Engine, waiting: number, enabled: number): boolean {
  const seen = new Set([`${engine.memory.h0},${engine.memory.h1}`]);
  return devicesHelpFrom(engine, waiting, enabled, seen);
}

function devicesHelpFrom(engine: Engine, waiting: number, enabled: number, seen: Set<string>): boolean {
  const { memory } = engine;
  for (let bits = enabled & ~engine.kernelThreads; bits !== 0; bits &= bits - 1) {
    const thread = lowest(bits);
    const ways = waysOf(engine, thread);
    for (let choice = 0; choice < ways; choice++) {
      const [mark, h0, h1] = [memory.undoTop, memory.h0, memory.h1];
      engine.step(thread, choice);
      const key = `${memory.h0},${memory.h1}`;
      let helped = false;
      if (!engine.cut && !seen.has(key)) {
        if (seen.add(key).size > CLOSURE_LIMIT)
          throw new StuckUndecided('the devices of this model run too long to decide whether a state is stuck');
        const now = engine.enabled();
        helped = someoneGoesOn(engine, now & waiting) || devicesHelpFrom(engine, waiting, now, seen);
      }
      memory.undoTo(mark, h0, h1);
      if (helped) return true;
    }
  }
  return false;
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

function describe(engine: Engine, waiting: number): string {
  const lines: string[] = [];
  for (let bits = waiting; bits !== 0; bits &= bits - 1) {
    const thread = lowest(bits);
    const request = engine.request(thread);
    const target = request.address === 0 ? '' : ` ${engine.memory.layout.nameOf(request.address)}`;
    const spins = engine.automaton.spinOuter[engine.control(thread)] === 0 ? 'waits in' : 'spins for ever in';
    lines.push(
      `${engine.system.threads[thread]?.name ?? ''} ${spins} ${engine.automaton.stackOf(engine.control(thread))[0] ?? ''} (${request.label}${target})`,
    );
  }
  return `no thread can go on: ${lines.join('; ')}`;
}
