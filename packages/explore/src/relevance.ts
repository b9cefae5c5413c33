/**
 * Which steps of a counterexample a reader needs: a backward slice. It begins with the step that broke the rule and with those
 * that last changed a word the violation is about, and goes from what a thread did to the steps of others without which it
 * would have done something else.
 */
import type { Influence, RunStep } from './influence.js';

/** One word that a step read or wrote. */
export interface Touch {
  readonly address: number;
  readonly isWrite: boolean;
}

/** A step as far as this is concerned. */
export interface Touching extends RunStep {
  /** Set for barriers and the specification's own steps. */
  readonly isLocal: boolean;
  /** The lock it takes or lets go, by the address of the holder word, else 0. */
  readonly lock: number;
}

/** What a violation is about. */
export interface Concern {
  /** The words that make the last state wrong. */
  readonly about: ReadonlySet<number>;
  /** Whether the last step is what broke the rule, and not that no thread goes on. */
  readonly endsWithBreach: boolean;
}

/** For each step, whether it matters. */
export function whatMatters(steps: readonly Touching[], influences: readonly Influence[], concern: Concern): boolean[] {
  const matters = steps.map(() => false);
  const begin = beginnings(steps, concern);
  for (const step of begin) matters[step] = true;
  const decisive = influences.filter((one) => one.isDecisive && steps[one.reader].actor !== steps[one.writer].actor);
  const told = latest([...decisive, ...causesOf(begin, steps, influences)], steps);
  for (const { reader, writer } of told) {
    matters[writer] = true;
    if (steps[reader].thread !== steps[writer].thread) matters[reader] = true;
  }
  for (const step of locksToTell(steps, matters, concern.about)) matters[step] = true;
  return matters;
}

/** The steps that made the last state wrong; where there are none, the one that broke the rule. */
function beginnings(steps: readonly Touching[], { about, endsWithBreach }: Concern): number[] {
  const changes = lastChanges(steps, about);
  const last = steps.findLastIndex(({ isLocal }) => !isLocal);
  const isBreach = endsWithBreach && last >= 0 && !changes.some((step) => steps[step].action === steps[last].action);
  return isBreach ? [...changes, last] : changes;
}

/** How steps came about, as far as their actors go: what those wrote themselves, and what they saw of other threads. */
function causesOf(
  begin: readonly number[],
  steps: readonly Touching[],
  influences: readonly Influence[],
): readonly Influence[] {
  const shared = sharedWords(steps);
  const isTold = ({ reader, writer, address }: Influence): boolean =>
    shared.has(address) &&
    (steps[reader].actor === steps[writer].actor || steps[reader].thread !== steps[writer].thread);
  const byActor = groupBy(influences.filter(isTold), ({ reader }) => steps[reader].actor);
  const causes = new Set<Influence>();
  const open = [...begin];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const now = step;
    const { actor } = steps[now];
    for (const one of latest((byActor.get(actor) ?? []).filter(({ caused }) => caused.has(now)), steps)) {
      if (causes.has(one)) continue;
      causes.add(one);
      if (steps[one.writer].actor === actor) open.push(one.writer);
    }
  }
  return [...causes];
}

/** The steps that changed each of these words last. */
function lastChanges(steps: readonly Touching[], about: ReadonlySet<number>): number[] {
  const last = new Map<number, number>();
  steps.forEach(({ changes }, step) => {
    for (const { address } of changes) if (about.has(address)) last.set(address, step);
  });
  return [...last.values()];
}

/** Of several looks of one actor at one word as one step left it, the latest is what decided. */
function latest(influences: readonly Influence[], steps: readonly Touching[]): Influence[] {
  const inOrder = influences.toSorted((a, b) => a.reader - b.reader);
  const keyOf = ({ reader, writer, address }: Influence): string => `${steps[reader].actor},${writer},${address}`;
  return [...new Map(inOrder.map((one) => [keyOf(one), one])).values()];
}

/** Words that several threads touch. */
function sharedWords(steps: readonly Touching[]): Set<number> {
  const owner = new Map<number, number>();
  const shared = new Set<number>();
  for (const { thread, touched } of steps)
    for (const { address } of touched)
      if ((owner.get(address) ?? thread) === thread) owner.set(address, thread);
      else shared.add(address);
  return shared;
}

/**
 * Taking a lock and letting it go, where a reader needs it: another thread does something that matters in between, or the
 * violation is about the lock.
 */
function locksToTell(steps: readonly Touching[], matters: readonly boolean[], about: ReadonlySet<number>): number[] {
  const told: number[] = [];
  const taken = new Map<string, number>();
  steps.forEach(({ thread, lock, changes }, step) => {
    if (lock === 0 || changes.length === 0) return;
    const key = `${thread},${lock}`;
    const from = taken.get(key);
    if (from === undefined) taken.set(key, step);
    else taken.delete(key);
    if (about.has(lock)) told.push(step);
    if (from === undefined) return;
    const isInterrupted = steps.slice(from, step).some((other, i) => other.thread !== thread && matters[from + i]);
    if (isInterrupted) told.push(from, step);
  });
  return told;
}

function groupBy<T>(all: readonly T[], keyOf: (one: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}
