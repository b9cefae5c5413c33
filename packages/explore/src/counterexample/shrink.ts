/**
 * Shrinking: a schedule that breaks the same rule with fewer steps and fewer switches between threads. Candidates are
 * run leniently (a decision whose thread cannot move is skipped), so any subsequence is a candidate.
 */
import { ModelError, type KernelBug, type ViolationKind } from '@shootdown/machine';
import type { ReplayedSystem } from '../view/running-system.js';
import { Stretches, stretchesOf, type Decisions, type Stretch } from './rounds.js';
import { exhaustedBy, type Exhausted } from '../base/resources.js';
import { RESTART, type Decision } from '../base/schedule.js';
import { withLowChoicesFirst, withOtherChoices, withTurnsMoved, withoutRounds } from './shrink-rounds.js';

/** Kinds that a step shows, so that the state after it need not be judged. */
const STEP_KINDS: ReadonlySet<ViolationKind> = new Set([
  'assertion',
  'guard',
  'lock-order',
  'lock-misuse',
  'use-after-free',
  'double-free',
  'null-dereference',
  'exception',
]);

/** What is to be broken. */
type Rule = Pick<KernelBug, 'kind' | 'rule'>;

/** A run that breaks the wanted rule: the decisions really taken, and what broke. */
export interface BreakingRun {
  readonly schedule: readonly Decision[];
  readonly bug: KernelBug;
  /** Set where shrinking was stopped before it had tried all. */
  readonly cutBy?: Exhausted;
}

/** Thrown once all tries were made. */
class NoTriesLeft extends Error {}

/** Runs decisions from the start until the wanted rule breaks; `undefined` if it does not. */
export function runUntil(engine: ReplayedSystem, schedule: readonly Decision[], wanted: Rule): BreakingRun | undefined {
  let i = 0;
  const next = (): Decision | undefined => {
    while (i < schedule.length && !engine.canTake(schedule[i])) i++;
    return schedule.at(i++);
  };
  return runBy(engine, { next }, wanted);
}

function runBy(engine: ReplayedSystem, decisions: Decisions, wanted: Rule): BreakingRun | undefined {
  const isWanted = (bug: KernelBug | undefined): boolean => bug?.kind === wanted.kind && bug.rule === wanted.rule;
  const isOfState = !STEP_KINDS.has(wanted.kind);
  engine.forgetLockOrder();
  engine.reset();
  const taken: Decision[] = [];
  let bug = engine.bug;
  for (;;) {
    if (isOfState) bug ??= engine.broken(engine.enabled());
    if (bug !== undefined && isWanted(bug)) return { schedule: taken, bug };
    if (engine.runEnded || !engine.isWithin()) return undefined;
    const action = decisions.next();
    if (action === undefined) return undefined;
    if (!takes(engine, action)) return undefined;
    engine.memory.undoTop = 0;
    decisions.took?.(action);
    taken.push(action);
    bug = engine.bug;
  }
}

/** Takes a decision; returns whether the model is one there, for a run that the search never took may come elsewhere. */
function takes(engine: ReplayedSystem, action: Decision): boolean {
  try {
    engine.take(action);
    return true;
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}

/**
 * The smallest run found that breaks the same rule; `undefined` if even the whole schedule does not. No step, round of a thread
 * that repeats, or pair of rounds can be left out of it, unless the tries or the time did not suffice.
 *
 * @param engine - one whose every access is a step
 * @param tries - candidates run at most
 * @throws {@link Stopped} when the engine's deadline comes before the first run has ended
 */
export function shrink(
  engine: ReplayedSystem,
  schedule: readonly Decision[],
  wanted: KernelBug,
  tries = 4000,
): BreakingRun | undefined {
  if (wanted.kind === 'livelock') return { schedule, bug: wanted };
  const found = runUntil(engine, withoutLoops(engine, schedule), wanted) ?? runUntil(engine, schedule, wanted);
  return found === undefined ? undefined : new Shrinking(engine, wanted, found, tries).smallest();
}

/** The best run so far. */
class Shrinking {
  readonly #engine: ReplayedSystem;
  readonly #wanted: KernelBug;
  #best: BreakingRun;
  #triesLeft: number;

  constructor(engine: ReplayedSystem, wanted: KernelBug, found: BreakingRun, tries: number) {
    this.#engine = engine;
    this.#wanted = wanted;
    this.#best = found;
    this.#triesLeft = tries;
  }

  smallest(): BreakingRun {
    try {
      this.#tryAll();
    } catch (error) {
      if (!(error instanceof NoTriesLeft)) return { ...this.#best, cutBy: exhaustedBy(error) };
    }
    return this.#best;
  }

  #tryAll(): void {
    const { threads } = this.#engine.system;
    const hasRounds = threads.some(({ repeat }) => repeat === true) && !this.#best.schedule.some(isRestart);
    let before: BreakingRun;
    do {
      before = this.#best;
      if (hasRounds) this.#shrinkRounds();
      while (withoutThreadEnds(this.#best.schedule, this.#consider));
      while (withoutRuns(this.#best.schedule, this.#consider));
      while (withFewerSwitches(this.#best.schedule, this.#consider));
    } while (this.#best !== before);
  }

  #shrinkRounds(): void {
    for (const pass of [withoutRounds, withTurnsMoved, withOtherChoices, withLowChoicesFirst])
      while (pass(stretchesOf(this.#engine, this.#best.schedule), this.#considerStretches));
  }

  readonly #consider = (candidate: readonly Decision[]): boolean => {
    this.#countTry();
    return this.#keep(runUntil(this.#engine, candidate, this.#wanted));
  };

  readonly #considerStretches = (candidate: readonly Stretch[]): boolean => {
    this.#countTry();
    return this.#keep(runBy(this.#engine, new Stretches(this.#engine, candidate), this.#wanted));
  };

  #countTry(): void {
    this.#engine.deadline?.check();
    if (this.#triesLeft-- <= 0) throw new NoTriesLeft();
  }

  #keep(run: BreakingRun | undefined): boolean {
    if (run === undefined || !isSmaller(run.schedule, this.#best.schedule)) return false;
    this.#best = run;
    return true;
  }
}

function isRestart({ thread }: Decision): boolean {
  return thread === RESTART;
}

/** The same run without the stretches that end in the state they began in. */
function withoutLoops(engine: ReplayedSystem, schedule: readonly Decision[]): Decision[] {
  const { memory } = engine;
  engine.reset();
  const firstAt = new Map([[`${memory.h0},${memory.h1}`, 0]]);
  const kept: Decision[] = [];
  const keys = [...firstAt.keys()];
  for (const action of schedule) {
    engine.take(action);
    memory.undoTop = 0;
    kept.push(action);
    if (action.thread === RESTART) {
      firstAt.clear();
      keys.length = 0;
    }
    const key = `${memory.h0},${memory.h1}`;
    const before = firstAt.get(key);
    if (before === undefined || engine.bug !== undefined) {
      firstAt.set(key, kept.length);
      keys.push(key);
    } else {
      for (const gone of keys.splice(before + 1)) firstAt.delete(gone);
      kept.length = before;
    }
  }
  return kept;
}

/** By steps first, then by switches, then by which choices come first. */
function isSmaller(a: readonly Decision[], b: readonly Decision[]): boolean {
  const difference = a.length - b.length || switches(a) - switches(b);
  if (difference !== 0) return difference < 0;
  const at = a.findIndex(({ choice }, i) => choice !== b[i].choice);
  return at >= 0 && a[at].choice < b[at].choice;
}

function switches(schedule: readonly Decision[]): number {
  return schedule.reduce(
    (count, action, i) => (i > 0 && schedule[i - 1]?.thread !== action.thread ? count + 1 : count),
    0,
  );
}

/** Tries to leave out all, or the first or last half and so on, of one thread's steps. */
function withoutThreadEnds(
  schedule: readonly Decision[],
  consider: (candidate: readonly Decision[]) => boolean,
): boolean {
  for (const thread of new Set(schedule.map((action) => action.thread))) {
    const own = schedule.flatMap((action, i) => (action.thread === thread ? [i] : []));
    for (let size = own.length; size >= 1; size = Math.floor(size / 2)) {
      const [first, last] = [new Set(own.slice(0, size)), new Set(own.slice(-size))];
      if (consider(schedule.filter((_, i) => !last.has(i))) || consider(schedule.filter((_, i) => !first.has(i))))
        return true;
    }
  }
  return false;
}

/** Schedules up to this length are tried without every stretch; longer ones without aligned halves, quarters and so on. */
const SHORT = 64;

/** Tries to leave out stretches, long ones first. */
function withoutRuns(schedule: readonly Decision[], consider: (candidate: readonly Decision[]) => boolean): boolean {
  const isShort = schedule.length <= SHORT;
  for (
    let size = Math.ceil(schedule.length / 2);
    size >= 1;
    size = isShort || size === 1 ? size - 1 : Math.ceil(size / 2)
  )
    for (let at = 0; at < schedule.length; at += isShort ? 1 : size)
      if (consider([...schedule.slice(0, at), ...schedule.slice(at + size)])) return true;
  return false;
}

/** Tries to move each stretch of one thread next to its thread's stretch before or after it. */
function withFewerSwitches(
  schedule: readonly Decision[],
  consider: (candidate: readonly Decision[]) => boolean,
): boolean {
  const blocks = blocksOf(schedule);
  for (let i = 0; i < blocks.length; i++) {
    const thread = blocks[i]?.[0]?.thread;
    const others = blocks.filter((_, j) => j !== i);
    const earlier = blocks.slice(0, i).findLastIndex((block) => block[0]?.thread === thread);
    if (earlier >= 0 && consider([...others.slice(0, earlier + 1), blocks[i], ...others.slice(earlier + 1)].flat()))
      return true;
    const later = others.findIndex((block, j) => j >= i && block[0]?.thread === thread);
    if (later >= 0 && consider([...others.slice(0, later), blocks[i], ...others.slice(later)].flat())) return true;
  }
  return false;
}

function blocksOf(schedule: readonly Decision[]): Decision[][] {
  const blocks: Decision[][] = [];
  for (const action of schedule) {
    const last = blocks.at(-1);
    if (last !== undefined && last[0]?.thread === action.thread) last.push(action);
    else blocks.push([action]);
  }
  return blocks;
}
