/** What makes a state itself a violation: an invariant, a data race, a deadlock, or something left behind at the end. */
import {
  KernelBug,
  ModelError,
  SLOT_LIVE,
  answerOfInvariant,
  answerOfWithin,
  conditionWrote,
  type Invariant,
} from '@shootdown/machine';
import { blamed } from '../base/blame.js';
import { dataRaceOf } from './data-race.js';
import { WITHIN, conditionsOf, type Conditions } from '../base/conditions.js';
import type { RunningSystem } from '../view/running-system.js';
import type { CodeChecks } from '../learn/code-checks.js';
import { OPEN, conditionOf, type InvariantReadSets } from '../reduce/invariant-read-sets.js';
import type { SchedulePoints } from '../reduce/schedule-points.js';
import { EvaluatedRules } from './never-asked.js';
import { mayRest } from './rests.js';
import { deadlockOf } from './deadlock.js';

/** Bits of all conditions. */
const ALL = -1;

/** What is judged: a running system, and what watches the code of its conditions. */
export interface JudgedSystem extends RunningSystem {
  /** Checks what is taken for granted of operations and conditions; absent where nothing is. */
  readonly checks: CodeChecks | undefined;
}

/** Judges the present state of a system. */
export class Judge {
  readonly #engine: JudgedSystem;
  readonly #points: SchedulePoints;
  readonly #invariants: Conditions;
  readonly #finals: Conditions;
  readonly #seesDeadlocks: boolean;
  readonly #seesLeaks: boolean;
  /** Whether anything is asked of the ends of runs. */
  readonly judgesEnds: boolean;
  /** Whether an end was met, at which something is asked. */
  hasEnded = false;
  readonly #readSets: InvariantReadSets;
  /** Which conditions were evaluated. */
  readonly asked: EvaluatedRules;
  /** Bits of the conditions that must be asked again. */
  #stale = ALL;
  readonly #numbers: ReadonlyMap<Invariant, number>;
  /** Whether states are judged in the order of a run: nothing is taken back. */
  #followsRuns = false;

  constructor(engine: JudgedSystem, points: SchedulePoints) {
    this.#engine = engine;
    this.#points = points;
    this.#readSets = points.readSets;
    const { invariants, finals, numbers } = conditionsOf(engine.system, (bug) => engine.counts(bug));
    this.#invariants = invariants;
    this.#finals = finals;
    this.#numbers = numbers;
    this.asked = new EvaluatedRules(this.#invariants, this.#finals);
    this.#seesDeadlocks = engine.counts(new KernelBug('deadlock', 'deadlock', ''));
    const { slabs } = engine.system.layout;
    this.#seesLeaks = slabs.some(({ outlives }) => !outlives) && engine.counts(new KernelBug('leak', 'leak', ''));
    this.judgesEnds = this.#finals.length > 0 || this.#seesLeaks;
  }

  /** From now on states are judged in the order of a run, and {@link noteChanges} is called after each step. */
  followRuns(): void {
    this.#followsRuns = true;
  }

  /** A step was taken: empties the undo log. */
  noteChanges(): void {
    if (this.#followsRuns) this.#stale |= this.#readSets.changedSince(0);
    this.#engine.memory.undoTop = 0;
  }

  /** Memory has become another one. */
  forget(): void {
    this.#stale = ALL;
  }

  /**
   * The first violation that counts.
   *
   * @param enabled - bits of the enabled threads
   * @param since - where the undo log was in a state that was judged and is the one before, if there is such a state
   */
  verdict(enabled: number, since?: number): KernelBug | undefined {
    const engine = this.#engine;
    const bug = this.brokenInvariant(since) ?? this.#race(enabled);
    if (bug !== undefined) return bug;
    const deadlock = this.#seesDeadlocks ? deadlockOf(engine, enabled) : undefined;
    if (deadlock !== undefined || !this.judgesEnds || !engine.rests.areAll(enabled)) return deadlock;
    this.hasEnded ||= !engine.isProbing;
    return this.#brokenFinal() ?? this.#leak();
  }

  /**
   * Looks at the state as the invariants do, only to learn what they read.
   *
   * @param since - as for {@link verdict}
   */
  observe(since?: number): void {
    const conditions = since === undefined ? ALL : this.#readSets.changedSince(since);
    this.#invariants.forEach(([name, holds], place) => {
      if (((conditions >>> conditionOf(place)) & 1) === 1) this.#ask(name, holds, 'invariants', conditionOf(place));
    });
  }

  /** Adds the words that a condition reads in this state. */
  concerns(rule: string, words: Set<number>): void {
    const { memory } = this.#engine;
    memory.watch = (address) => words.add(address);
    for (const [name, holds] of [...this.#invariants, ...this.#finals]) if (name === rule) holds(memory);
    this.#points.unwatch();
  }

  /**
   * Whether the state is within the model's stated size.
   *
   * @param since - where the undo log was in a state that is
   */
  isWithin(since?: number): boolean {
    const { system, memory } = this.#engine;
    if (system.within === undefined || !this.#isStale(OPEN, since)) return true;
    this.#points.watchObserver(OPEN);
    const { within } = system;
    const { checks } = this.#engine;
    const answer = this.#looking('the stated size (within)', () =>
      answerOfWithin(checks === undefined ? within(memory) : checks.condition('within', WITHIN, within)),
    );
    if (this.#followsRuns && answer) this.#stale &= ~(1 << OPEN);
    return answer;
  }

  /**
   * The first invariant that does not hold.
   *
   * @param since - as for {@link verdict}
   */
  brokenInvariant(since?: number): KernelBug | undefined {
    if (this.#invariants.length === 0) return undefined;
    if (since !== undefined) return this.#firstBroken(this.#readSets.changedSince(since));
    const bug = this.#firstBroken(this.#followsRuns ? this.#stale : ALL);
    if (this.#followsRuns && bug === undefined) this.#stale &= 1 << OPEN;
    return bug;
  }

  /**
   * The first invariant that does not hold, where one does not of those that nobody but the running thread can have changed: one of
   * the others that does not hold either comes first, as it does in a replay.
   *
   * @param since - where the undo log was when they held; `undefined` where they were never asked
   */
  brokenByHolder(since: number | undefined): KernelBug | undefined {
    const asked = since === undefined ? ALL : this.#readSets.changedSince(since);
    return this.#firstBroken(asked & this.#readSets.confined) && this.#firstBroken(ALL);
  }

  #isStale(condition: number, since: number | undefined): boolean {
    if (since !== undefined) return ((this.#readSets.changedSince(since) >>> condition) & 1) === 1;
    return !this.#followsRuns || ((this.#stale >>> condition) & 1) === 1;
  }

  /** @param conditions - bits of those to be asked */
  #firstBroken(conditions: number): KernelBug | undefined {
    if ((conditions & ~(1 << OPEN)) === 0) return undefined;
    for (const [place, [name, holds]] of this.#invariants.entries()) {
      const condition = conditionOf(place);
      if (((conditions >>> condition) & 1) === 0) continue;
      const answer = this.#ask(name, holds, 'invariants', condition);
      if (answer !== true) return brokenBy(name, answer);
    }
    return undefined;
  }

  #brokenFinal(): KernelBug | undefined {
    for (const [name, holds] of this.#finals) {
      const answer = this.#ask(name, holds, 'finals', OPEN);
      if (answer !== true) return brokenBy(name, answer);
    }
    return undefined;
  }

  #ask(name: string, holds: Invariant, kind: 'invariants' | 'finals', condition: number): boolean | string {
    this.asked.note(holds, kind);
    this.#points.watchObserver(condition);
    const { checks, memory } = this.#engine;
    return this.#looking(`the invariant "${name}"`, () =>
      answerOfInvariant(
        name,
        checks === undefined
          ? holds(memory)
          : checks.condition(`the invariant "${name}"`, this.#numberOf(holds), holds),
      ),
    );
  }

  /** Evaluates a condition, which must change nothing. */
  #looking<T>(what: string, body: () => T): T {
    const { memory } = this.#engine;
    const { undoTop } = memory;
    try {
      const answer = body();
      if (memory.undoTop !== undoTop) throw new ModelError(conditionWrote(what));
      return answer;
    } catch (error) {
      throw blamed(what, error);
    } finally {
      this.#points.unwatch();
    }
  }

  /** Tells a condition from all others, also from those that share a bit with it; the same in a rebuilt system. */
  #numberOf(condition: Invariant): number {
    return this.#numbers.get(condition) ?? WITHIN;
  }

  #race(enabled: number): KernelBug | undefined {
    const plain = this.#engine.plainAccesses();
    if (plain === 0) return undefined;
    // What a handler interrupts may be in the midst of its access.
    const next = enabled | this.#engine.stopped();
    return (plain & next) === 0 ? undefined : this.#counted(dataRaceOf(this.#engine, plain & next, next));
  }

  /** An object still allocated at an end. */
  #leak(): KernelBug | undefined {
    if (!this.#seesLeaks) return undefined;
    const { layout, words } = this.#engine.memory;
    for (const slab of layout.slabs) {
      if (slab.outlives) continue;
      const live = slab.states.findIndex(({ address }) => words[address] === SLOT_LIVE);
      if (live < 0) continue;
      const ended = this.#engine.system.threads.some(mayRest) ? 'has ended or rests' : 'has ended';
      const text = `${slab.name}#${live} is still allocated where every thread ${ended}`;
      return new KernelBug('leak', 'leak', text, slab.slots[live].$address);
    }
    return undefined;
  }

  #counted(bug: KernelBug | undefined): KernelBug | undefined {
    return bug !== undefined && this.#engine.counts(bug) ? bug : undefined;
  }
}

function brokenBy(name: string, answer: unknown): KernelBug {
  if (answer !== false && typeof answer !== 'string')
    throw new ModelError(
      `the invariant ${name}: expected true, false or a sentence, got ${answer instanceof Promise ? 'a promise: an invariant must not be async' : String(answer)}`,
    );
  return new KernelBug('invariant', name, answer === false ? `${name} does not hold` : answer);
}
