/**
 * Which steps of a counterexample a reader needs: those without which it would not have gone wrong, those that last changed a
 * word the violation is about, and how these came about as far as their own threads know.
 */
import { KIND, type Request } from '@shootdown/machine';
import type { Influence } from './influence.js';
import type { RunStep } from './run-steps.js';

/** A step as far as this is concerned. */
export interface Touching extends RunStep {
  /** Whether its thread is hardware, which takes no locks. */
  readonly isDevice?: boolean;
  /** Set for barriers and the specification's own steps. */
  readonly isLocal: boolean;
  /** What was asked for; absent where another run begins. */
  readonly request?: Request<unknown> | undefined;
  /** Whether it returned something. */
  readonly hasAnswered?: boolean;
  /** The lock it takes or lets go, by the address of the holder word, else 0. */
  readonly lock: number;
}

/** What a violation is about. */
export interface Concern {
  /** The words that make the last state wrong. */
  readonly about: ReadonlySet<number>;
  /** Whether the last step is what broke the rule, and not that no thread goes on. */
  readonly endsWithBreach: boolean;
  /** Whether a condition on states is broken, which the last step need have nothing to do with. */
  readonly isAboutStates: boolean;
  /** Whether who holds the locks among those words is what is wrong. */
  readonly isAboutLocks: boolean;
}

/** For each step, whether it matters. */
export function sliceOf(steps: readonly Touching[], influences: readonly Influence[], concern: Concern): boolean[] {
  const matters = steps.map(() => false);
  const begin = beginnings(steps, concern);
  for (const step of begin) matters[step] = true;
  const decisive = influences.filter((one) => one.isDecisive && isTold(steps, one));
  const told = latest([...decisive, ...causesOf(begin, steps, influences)], steps);
  for (const { reader, writer } of told) {
    matters[writer] = true;
    if (steps[reader].thread !== steps[writer].thread) matters[reader] = true;
  }
  for (const { reader, writer } of decisive)
    if (steps[reader].iteration === steps[writer].iteration) matters[reader] = true;
  for (const step of undoneBy(steps, matters)) matters[step] = true;
  for (const step of locksToTell(steps, matters, concern)) matters[step] = true;
  return matters;
}

/** Whether what passes between two steps is more than an iteration going on: another's write, or its own that took another's away. */
function isTold(steps: readonly Touching[], { reader, writer, addresses }: Influence): boolean {
  if (steps[reader].iteration !== steps[writer].iteration) return true;
  return steps[reader].changes.length === 0 && addresses.some((address) => tookAway(steps, writer, address));
}

/** Whether a write took away what another iteration had stored since the writer's own iteration looked last. */
function tookAway(steps: readonly Touching[], writer: number, address: number): boolean {
  const { iteration } = steps[writer];
  for (let i = writer - 1; i >= 0; i--) {
    const touches = steps[i].touched.filter((touch) => touch.address === address);
    if (touches.length > 0 && steps[i].iteration === iteration) return false;
    if (touches.some(({ isWrite }) => isWrite)) return true;
  }
  return false;
}

/** The steps that made the last state wrong, and the one that broke the rule; where there are none of either, the last one. */
function beginnings(steps: readonly Touching[], { about, endsWithBreach, isAboutStates }: Concern): number[] {
  const changes = lastChanges(steps, about, isAboutStates);
  const last = steps.findLastIndex(({ isLocal }) => !isLocal);
  const isTold = changes.some((step) => isAboutStates || steps[step].action === steps[last]?.action);
  const isBreach = endsWithBreach && last >= 0 && !isTold;
  return isBreach ? [...changes, last] : changes;
}

/** How steps came about, as far as their iterations go: what those wrote themselves, and what they saw of other threads. */
function causesOf(
  begin: readonly number[],
  steps: readonly Touching[],
  influences: readonly Influence[],
): readonly Influence[] {
  const shared = sharedWords(steps);
  const isShared = ({ reader, writer, addresses }: Influence): boolean =>
    addresses.some((address) => shared.has(address)) &&
    (steps[reader].iteration === steps[writer].iteration || steps[reader].thread !== steps[writer].thread);
  const byIteration = groupBy(influences.filter(isShared), ({ reader }) => steps[reader].iteration);
  const causes = new Set<Influence>();
  const open = [...begin];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const now = step;
    const { iteration } = steps[now];
    for (const one of latest(
      (byIteration.get(iteration) ?? []).filter(({ caused }) => caused.has(now)),
      steps,
    )) {
      if (causes.has(one)) continue;
      causes.add(one);
      if (steps[one.writer].iteration === iteration) open.push(one.writer);
    }
  }
  return [...causes];
}

/**
 * The steps that changed each of these words last.
 *
 * @param alsoKept - those too that stored there what was there
 */
function lastChanges(steps: readonly Touching[], about: ReadonlySet<number>, alsoKept: boolean): number[] {
  const last = new Map<number, number>();
  const kept = new Map<number, number>();
  steps.forEach(({ changes, request }, step) => {
    for (const { address } of changes) if (about.has(address)) last.set(address, step);
    if (alsoKept && request?.kind === KIND.WRITE && about.has(request.address)) kept.set(request.address, step);
  });
  for (const [address, step] of kept) if (step < (last.get(address) ?? 0)) kept.delete(address);
  return [...new Set([...last.values(), ...kept.values()])];
}

/** Of several looks of one iteration at what one step did, the latest is what decided. */
function latest(influences: readonly Influence[], steps: readonly Touching[]): Influence[] {
  const inOrder = influences.toSorted((a, b) => a.reader - b.reader);
  const keyOf = ({ reader, writer }: Influence): string => `${steps[reader].iteration},${writer}`;
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

/** The steps whose change to a shared word their own iteration took back in a step that matters. */
function undoneBy(steps: readonly Touching[], matters: readonly boolean[]): number[] {
  const shared = sharedWords(steps);
  const latestChange = new Map<number, { step: number; old: number }>();
  const undone: number[] = [];
  steps.forEach(({ iteration, lock, changes }, step) => {
    for (const { address, old, value } of changes) {
      const former = latestChange.get(address);
      const isUndone = former?.old === value && steps[former.step].iteration === iteration && lock === 0;
      if (isUndone && matters[step] && shared.has(address)) undone.push(former.step);
      latestChange.set(address, { step, old });
    }
  });
  return undone;
}

/** Where a thread took a lock and, if it did, where it let it go. */
interface Section {
  readonly key: string;
  readonly lock: number;
  readonly steps: readonly number[];
}

/**
 * Taking a lock and letting it go, where a reader needs it: another thread does something that matters in between, or who
 * holds the lock is what is wrong, and its thread did not take it again.
 */
function locksToTell(
  steps: readonly Touching[],
  matters: readonly boolean[],
  { about, isAboutLocks }: Concern,
): readonly number[] {
  const sections = sectionsOf(steps);
  const last = new Set(new Map(sections.map((section) => [section.key, section])).values());
  const isInterrupted = ({ steps: [from, to = from] }: Section): boolean =>
    steps
      .slice(from, to)
      .some(({ thread, isDevice }, i) => thread !== steps[from].thread && isDevice !== true && matters[from + i]);
  return sections
    .filter((section) => isInterrupted(section) || (isAboutLocks && about.has(section.lock) && last.has(section)))
    .flatMap((section) => section.steps);
}

function sectionsOf(steps: readonly Touching[]): Section[] {
  const sections: Section[] = [];
  const open = new Map<string, Section & { steps: number[] }>();
  steps.forEach(({ thread, lock, changes }, step) => {
    if (lock === 0 || changes.length === 0) return;
    const key = `${thread},${lock}`;
    const section = open.get(key);
    if (section === undefined) {
      const taken = { key, lock, steps: [step] };
      sections.push(taken);
      open.set(key, taken);
    } else {
      section.steps.push(step);
      open.delete(key);
    }
  });
  return sections;
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
