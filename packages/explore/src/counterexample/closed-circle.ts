/** A circle of states in which answers tell no states apart that nobody looks at again, made one in which they do. */
import type { ReplayedSystem } from '../view/running-system.js';
import { FOR_EVER, RESTART, type Decision } from '../base/schedule.js';
import { tell } from './trace.js';

const ROUND: Decision = { thread: RESTART, choice: FOR_EVER };
/** Rounds tried at most. */
const MOST_ROUNDS = 256;

/**
 * The schedule of a livelock with every access a step, and its circle closed: so many rounds of it are run beforehand, and so
 * many make the circle, that no answer differs from one round to the next.
 *
 * @param coarse - what found the schedule
 * @param fine - an engine whose every access is a step and every answer counts
 */
export function closedFinely(
  coarse: ReplayedSystem,
  fine: ReplayedSystem,
  schedule: readonly Decision[],
): readonly Decision[] {
  const begin = schedule.findIndex(isMark);
  const [way, circle] = [schedule.slice(0, begin), schedule.slice(begin + 1)];
  for (let rounds = 1; rounds <= MOST_ROUNDS; rounds *= 4) {
    const repeated = Array.from({ length: rounds }, () => [ROUND, ...circle]).flat();
    const closed = firstClosed(fine, partsOf(tell(coarse, [...way, ...repeated]).fine));
    if (closed !== undefined) return closed;
  }
  throw new Error(`a circle did not close after ${MOST_ROUNDS} rounds`);
}

/** Way and rounds up to the first state met again after a round. */
function firstClosed(engine: ReplayedSystem, parts: readonly (readonly Decision[])[]): Decision[] | undefined {
  const { memory } = engine;
  const met = new Map<string, number>();
  engine.reset();
  for (const [i, part] of parts.entries()) {
    for (const action of part) {
      engine.take(action);
      memory.undoTop = 0;
    }
    const key = `${memory.h0},${memory.h1}`;
    const first = met.get(key);
    if (first !== undefined)
      return [...parts.slice(0, first + 1).flat(), ROUND, ...parts.slice(first + 1, i + 1).flat()];
    met.set(key, i);
  }
  return undefined;
}

/** The way to the circle, then each round. */
function partsOf(schedule: readonly Decision[]): Decision[][] {
  const parts: Decision[][] = [[]];
  for (const action of schedule) {
    if (isMark(action)) parts.push([]);
    else parts[parts.length - 1].push(action);
  }
  return parts;
}

function isMark({ thread, choice }: Decision): boolean {
  return thread === RESTART && choice === FOR_EVER;
}
