/** What a thread does from the present state on if only it goes on. */
import type { KernelBug } from '@shootdown/machine';
import type { ReplayedSystem } from '../view/running-system.js';
import type { WordChange } from './run-steps.js';
import { probing } from '../verdict/deadlock.js';
import type { Performed } from '../base/performed.js';

/** How a thread that goes on alone comes to a stop: it has to wait, is back where it was, ends, or has not yet. */
export type Stop = 'waits' | 'circles' | 'ends' | 'goes on';

/** Steps that a stuck thread takes alone at most, until it sleeps or is back where it was. */
export const MOST_LOOKS = 400;

/**
 * Takes steps of one thread alone, and takes them back.
 *
 * @param most - steps at most
 * @param visit - told of each request performed
 * @param atStop - called in the state in which it stops
 */
export function ahead<T>(
  engine: ReplayedSystem,
  thread: number,
  most: number,
  visit: (performed: Performed, changes: readonly WordChange[]) => void,
  atStop: (stop: Stop) => T,
): T {
  const { memory, recorder } = engine;
  const { undoTop, h0, h1, listener } = memory;
  let changes: WordChange[] = [];
  memory.listener = (address, old, value) => {
    if (address < engine.controls) changes.push({ address, old, value });
  };
  engine.recorder = (performed) => {
    visit(performed, changes);
    changes = [];
  };
  try {
    return probing(engine, () => atStop(goOn(engine, thread, most)));
  } finally {
    engine.recorder = recorder;
    memory.listener = listener;
    memory.undoTo(undoTop, h0, h1);
  }
}

function goOn(engine: ReplayedSystem, thread: number, most: number): Stop {
  const { memory } = engine;
  const bit = 1 << thread;
  const seen = new Set<string>();
  for (let i = 0; i < most; i++) {
    if ((engine.finished() & bit) !== 0) return 'ends';
    if ((engine.enabled() & bit) === 0) return 'waits';
    const key = `${memory.h0},${memory.h1}`;
    if (seen.has(key)) return 'circles';
    seen.add(key);
    engine.bug = undefined;
    engine.step(thread, 0);
    if (engine.bug !== undefined || engine.runEnded) return 'ends';
  }
  return 'goes on';
}

/** Whether a condition on states that is broken would hold again if an enabled thread took its next step. */
export function wouldMend(engine: ReplayedSystem, thread: number, bug: KernelBug): boolean {
  const isBroken = (): boolean => {
    const now = engine.broken(engine.enabled());
    return now?.kind === bug.kind && now.rule === bug.rule;
  };
  if (bug.kind !== 'invariant' || ((engine.enabled() >>> thread) & 1) === 0 || !probing(engine, isBroken)) return false;
  return ahead(
    engine,
    thread,
    1,
    () => undefined,
    () => engine.bug === undefined && !isBroken(),
  );
}
