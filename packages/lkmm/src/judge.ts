/**
 * One whole execution, judged: allowed, with its flags, or forbidden, with the cycle that forbids it.
 */
import { Checker } from './checker.js';
import { Coherence } from './coherence.js';
import { cycleOf } from './cycle.js';
import { INITIAL } from './event.js';
import { flagsOf } from './flags.js';
import type { Execution, Judgement } from './judgement.js';
import type { Rules } from './rules.js';
import { Skeleton } from './skeleton.js';

/**
 * Judges an execution.
 *
 * @throws RangeError if a read has no write, or an event no location
 */
export function judge(execution: Execution, rules?: Rules): Judgement {
  const skeleton = new Skeleton(execution, rules);
  validate(execution, skeleton);
  const coherence = coherent(execution, skeleton);
  if (coherence === undefined) return cycleOf(execution, skeleton);
  const checker = new Checker(skeleton);
  const axiom = checker.check(coherence);
  if (axiom !== undefined) return cycleOf(execution, skeleton, { checker, coherence, axiom });
  return { allowed: true, flags: flagsOf(checker, coherence) };
}

/** The execution as a {@link Coherence}, or undefined if it breaks coherence or atomicity. */
function coherent({ readsFrom, coherenceOrder }: Execution, skeleton: Skeleton): Coherence | undefined {
  const { dense, events } = skeleton;
  const coherence = new Coherence(skeleton);
  for (let e = 0; e < events.length; e++) {
    const { location } = events[e];
    if (location !== undefined && !coherence.setLocation(e, location)) return undefined;
  }
  for (const order of coherenceOrder)
    for (let i = 1; i < order.length; i++)
      if (!coherence.orderWrites(dense[order[i - 1]], dense[order[i]])) return undefined;
  for (const [read, write] of readsFrom)
    if (!coherence.chooseReadsFrom(dense[read], write === INITIAL ? INITIAL : dense[write])) return undefined;
  return coherence;
}

function validate({ events, readsFrom, coherenceOrder }: Execution, { dense }: Skeleton): void {
  const writes = new Set<number>();
  events.forEach(({ kind, location }, e) => {
    if (kind !== 'F' && location === undefined) throw new RangeError(`event ${e}: a ${kind} has a location, got none`);
    const isRead = kind === 'R' || kind === 'LKR' || kind === 'LF' || kind === 'RU';
    if (isRead && !readsFrom.has(e)) throw new RangeError(`event ${e}: a ${kind} reads from a write, got none`);
    if (kind === 'W' || kind === 'LKW' || kind === 'UL') writes.add(e);
  });
  for (const [read, write] of readsFrom) {
    if (dense[read] === undefined || (write !== INITIAL && !writes.has(write)))
      throw new RangeError(`event ${read}: expected to read from a write or from INITIAL, got event ${write}`);
    if (write !== INITIAL && events[write].location !== events[read].location)
      throw new RangeError(`event ${read}: expected to read from its own location, got event ${write} of another`);
  }
  for (const write of coherenceOrder.flat())
    if (!writes.delete(write)) throw new RangeError(`coherence order: expected each write once, got event ${write}`);
  const [left] = writes;
  if (left !== undefined) throw new RangeError(`coherence order: expected every write, event ${left} is missing`);
}
