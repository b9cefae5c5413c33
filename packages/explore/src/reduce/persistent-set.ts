/**
 * Partial order reduction by persistent sets. From a state it is enough to try the steps of some threads, if whatever the
 * others may do before one of these moves conflicts with none of their steps: the orders left out lead to the same states.
 *
 * A set is closed thread by thread. With a thread that can move goes every thread that may still touch what it touches
 * ({@link FutureAccesses}); with one that waits, every thread that may end its wait. Threads whose step an invariant could see, or
 * leads away from what could be an end, are in no set but the full one. The search takes the rest as well where a step of the set closes a loop of its thread, so
 * that no step is put off for ever.
 */
import { KIND } from '@shootdown/machine';
import type { RunningSystem } from '../view/running-system.js';
import type { FutureAccesses } from './future-accesses.js';
import type { SchedulePoints } from './schedule-points.js';
import { bitCount, lowest } from '../base/thread-set.js';

/**
 * The smallest set found; all of `enabled` if there is none.
 *
 * @param enabled - bits of the threads that can move
 */
export function persistentSet(
  engine: RunningSystem,
  futureAccesses: FutureAccesses,
  points: SchedulePoints,
  enabled: number,
): number {
  if ((enabled & (enabled - 1)) === 0) return enabled;
  const live = ~engine.finished() & ((1 << engine.threadCount) - 1);
  let best = enabled;
  let bestCount = bitCount(enabled);
  let tried = 0;
  for (let seeds = enabled; seeds !== 0 && bestCount > 1; seeds &= seeds - 1) {
    const seed = seeds & -seeds;
    if ((tried & seed) !== 0) continue;
    const set = closure(engine, futureAccesses, points, seed, enabled, live);
    tried |= seed;
    const count = bitCount(set);
    if (count >= bestCount) continue;
    best = set;
    bestCount = count;
  }
  return best;
}

/** The movable threads of the closure around one of them. */
function closure(
  engine: RunningSystem,
  futureAccesses: FutureAccesses,
  points: SchedulePoints,
  seed: number,
  enabled: number,
  live: number,
): number {
  let set = seed;
  for (let work = seed; work !== 0;) {
    const thread = lowest(work);
    work &= work - 1;
    const canMove = ((enabled >>> thread) & 1) === 1;
    const control = engine.control(thread);
    if (canMove && (futureAccesses.isVisible(control) || engine.rests.couldEndAt(thread, control))) return enabled;
    const holder = canMove ? 0 : onlyOneToEndWait(engine, points, thread);
    const more = holder === 0 ? conflicting(engine, futureAccesses, control, live & ~set) : holder & ~set;
    set |= more;
    work |= more;
    if ((set & enabled) === enabled) return enabled;
  }
  return set & enabled;
}

/** Threads that may still do what conflicts with the step at `control`. */
function conflicting(engine: RunningSystem, futureAccesses: FutureAccesses, control: number, others: number): number {
  let found = 0;
  for (let bits = others; bits !== 0; bits &= bits - 1) {
    const other = lowest(bits);
    if (futureAccesses.conflicts(control, engine.control(other))) found |= 1 << other;
  }
  return found;
}

/** The holder of the lock that a thread waits for, if nobody else can let it go. */
function onlyOneToEndWait(engine: RunningSystem, points: SchedulePoints, thread: number): number {
  const request = engine.request(thread);
  if (request.kind !== KIND.LOCK || !points.isReleasedByHolderOnly(request.address)) return 0;
  return 1 << (engine.memory.words[request.address] - 1);
}
