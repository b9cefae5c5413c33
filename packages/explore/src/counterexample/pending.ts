/** What stands below the last step of a counterexample: what stuck threads wait for, the two steps of a race, what was still to come. */
import type { KernelBug } from '@shootdown/machine';
import { wouldMend } from './ahead.js';
import { racingPair } from '../verdict/data-race.js';
import type { ReplayedSystem } from '../view/running-system.js';
import { Run, type Moment } from './evidence-run.js';
import type { Decision } from '../base/schedule.js';
import { waitingThreads } from '../verdict/deadlock.js';
import type { TraceStep } from './trace.js';

/** How a thread stands at the end of a counterexample. */
export type EndStatus = 'race' | 'waits' | 'spins for ever' | 'next';

/** A thread at the end of a counterexample. */
export interface Pending {
  readonly thread: string;
  /** Innermost function. */
  readonly func: string;
  readonly how: EndStatus;
  /** What it waits for or races with, or what it does next: its next step, and the next one that changes what the steps are about. */
  readonly steps: readonly Omit<Moment, 'index'>[];
}

/** Steps ahead that are looked at for one that would have mattered. */
const MOST_AHEAD = 60;

/**
 * How the threads stand that have not ended.
 *
 * @param engine - one whose every access is a step; is left in some other state
 * @param steps - the run, with what is shown of it
 */
export function pendingOf(
  engine: ReplayedSystem,
  schedule: readonly Decision[],
  bug: KernelBug,
  steps: readonly TraceStep[],
): Pending[] {
  const run = new Run(engine, schedule, bug);
  switch (bug.kind) {
    case 'data-race':
      return racing(run);
    case 'deadlock':
      return unended(engine, waitingThreads(engine, engine.enabled())).map((thread) => stuck(run, thread));
    case 'livelock':
    case 'lock-order':
    case 'leak':
      return [];
    default:
      return unended(engine, -1)
        .filter((thread) => isPartOf(engine.system.threads[thread].name, steps, bug) || wouldMend(engine, thread, bug))
        .flatMap((thread) => comingFrom(run, thread, steps, bug));
  }
}

function unended(engine: ReplayedSystem, among: number): number[] {
  const left = among & ~engine.finished();
  return engine.system.threads.flatMap((_, thread) => (((left >>> thread) & 1) === 1 ? [thread] : []));
}

/** Whether a thread has a part in what is shown, and goes on: one that broke a rule by what it did does not. */
function isPartOf(thread: string, steps: readonly TraceStep[], bug: KernelBug): boolean {
  const isBreaker = bug.kind !== 'invariant' && steps.at(-1)?.thread === thread;
  return !isBreaker && steps.some((one) => one.matters && one.thread === thread);
}

function racing(run: Run): Pending[] {
  const { engine } = run;
  const enabled = engine.enabled();
  return (racingPair(engine, engine.plainAccesses() & enabled, enabled) ?? []).flatMap((thread) => {
    const moment = run.next(thread);
    return moment === undefined ? [] : [pending(moment, 'race')];
  });
}

function stuck(run: Run, thread: number): Pending {
  const { moment, spins } = run.stuck(thread);
  return pending(moment, spins ? 'spins for ever' : 'waits');
}

function pending(moment: Moment, how: EndStatus, then: readonly Moment[] = []): Pending {
  const { thread, func } = moment;
  return { thread, func, how, steps: [moment, ...then].map(({ index: _, ...rest }) => rest) };
}

/** What a thread that repeats would do next, where that comes too late: the condition would hold then. */
function mending(run: Run, thread: number, bug: KernelBug): Pending[] {
  const first = wouldMend(run.engine, thread, bug) ? run.next(thread) : undefined;
  return first === undefined ? [] : [pending(first, 'next')];
}

/** What a thread was about to do, unless that is to begin another round. */
function comingFrom(run: Run, thread: number, steps: readonly TraceStep[], bug: KernelBug): Pending[] {
  const { engine } = run;
  if (engine.system.threads[thread].repeat === true && run.isAtStart(thread)) return mending(run, thread, bug);
  if (((engine.enabled() >>> thread) & 1) === 0) return [pending(run.stuck(thread).moment, 'waits')];
  const [first, ...later] = run.ahead(thread, MOST_AHEAD);
  if (first === undefined) return [];
  const shown = new Set(
    steps.flatMap(({ matters, target, changes }) => (matters ? [target, ...changes.map((one) => one.target)] : [])),
  );
  const wouldMatter = ({ changes }: Moment): boolean => changes.some(({ target }) => shown.has(target));
  const then = wouldMatter(first) ? undefined : later.find(wouldMatter);
  return [pending(first, 'next', then === undefined ? [] : [then])];
}
