/** What makes a state itself a violation: an invariant, a data race, a deadlock, or something left behind at the end. */
import { KernelBug, SLOT_LIVE, type Invariant } from '@shootdown/machine';
import { blamed } from './blame.js';
import { ConditionMemo, MAX_CONDITIONS } from './condition-memo.js';
import { dataRaceOf } from './data-race.js';
import type { Engine } from './engine.js';
import type { SchedulePoints } from './schedule-points.js';
import { deadlockOf } from './stuck.js';

type Conditions = readonly (readonly [string, Invariant])[];

/** Judges the present state of an engine. */
export class Judge {
  readonly #engine: Engine;
  readonly #points: SchedulePoints;
  readonly #invariants: Conditions;
  readonly #finals: Conditions;
  readonly #seesDeadlocks: boolean;
  /** Set where states are judged in the order of a run; its last condition is that of the model's size. */
  #memo: ConditionMemo | undefined;

  constructor(engine: Engine, points: SchedulePoints) {
    this.#engine = engine;
    this.#points = points;
    const selected = (entries: Readonly<Record<string, Invariant>> = {}): Conditions =>
      Object.entries(entries).filter(([name]) => engine.counts(new KernelBug('invariant', name, '')));
    this.#invariants = selected(engine.system.invariants);
    this.#finals = selected(engine.system.finals);
    this.#seesDeadlocks = engine.counts(new KernelBug('deadlock', 'deadlock', ''));
  }

  /** From now on states are judged in the order of a run, and {@link noteChanges} is called after each step. */
  followRuns(): void {
    if (this.#invariants.length < MAX_CONDITIONS)
      this.#memo = new ConditionMemo(this.#engine.memory, this.#invariants.length + 1);
  }

  /** A step was taken: empties the undo log. */
  noteChanges(): void {
    if (this.#memo === undefined) this.#engine.memory.undoTop = 0;
    else this.#memo.noteChanges();
  }

  /** Memory has become another one. */
  forget(): void {
    this.#memo?.forget();
  }

  /**
   * The first violation that counts.
   *
   * @param enabled - bits of the enabled threads
   */
  verdict(enabled: number): KernelBug | undefined {
    const engine = this.#engine;
    const bug = this.brokenInvariant() ?? this.#race(enabled);
    if (bug !== undefined) return bug;
    if ((engine.finished() & engine.kernelThreads) !== engine.kernelThreads)
      return this.#seesDeadlocks ? deadlockOf(engine, enabled) : undefined;
    return this.#firstBroken(this.#finals) ?? this.#counted(this.#leak());
  }

  /** Looks at the state as the invariants do, only to learn what they read. */
  observe(): void {
    this.#firstBroken(this.#invariants);
  }

  /** Adds the words that a condition reads in this state. */
  concerns(rule: string, words: Set<number>): void {
    const { memory } = this.#engine;
    memory.watch = (address) => words.add(address);
    for (const [name, holds] of [...this.#invariants, ...this.#finals]) if (name === rule) holds(memory);
    this.#points.unwatch();
  }

  /** Whether the state is within the model's stated size. */
  isWithin(): boolean {
    const { system, memory } = this.#engine;
    if (system.within === undefined) return true;
    if (this.#memo !== undefined) return this.#memo.holds(this.#invariants.length, system.within);
    this.#points.watchObserver();
    const answer = system.within(memory);
    this.#points.unwatch();
    return answer;
  }

  /** The first invariant that does not hold. */
  brokenInvariant(): KernelBug | undefined {
    const memo = this.#memo;
    if (memo === undefined) return this.#firstBroken(this.#invariants);
    if (memo.allHold(~(-1 << this.#invariants.length))) return undefined;
    for (let i = 0; i < this.#invariants.length; i++) {
      const [name, holds] = this.#invariants[i];
      const answer = memo.holds(i, () => this.#answerOf(name, holds));
      if (answer !== true) return brokenBy(name, answer);
    }
    return undefined;
  }

  #firstBroken(conditions: Conditions): KernelBug | undefined {
    if (conditions.length === 0) return undefined;
    this.#points.watchObserver();
    let bug: KernelBug | undefined;
    for (const [name, holds] of conditions) {
      const answer = this.#answerOf(name, holds);
      if (answer === true) continue;
      bug = brokenBy(name, answer);
      break;
    }
    this.#points.unwatch();
    return bug;
  }

  #answerOf(name: string, holds: Invariant): boolean | string {
    try {
      return holds(this.#engine.memory);
    } catch (error) {
      throw blamed(`the invariant ${name}`, error);
    }
  }

  #race(enabled: number): KernelBug | undefined {
    const plain = this.#engine.plainAccesses();
    return (plain & enabled) === 0 ? undefined : this.#counted(dataRaceOf(this.#engine, plain & enabled, enabled));
  }

  /** An object still allocated where every kernel thread has ended. */
  #leak(): KernelBug | undefined {
    const { layout, words } = this.#engine.memory;
    for (const slab of layout.slabs) {
      if (slab.outlives) continue;
      const live = slab.states.findIndex(({ address }) => words[address] === SLOT_LIVE);
      if (live < 0) continue;
      const text = `${slab.name}#${live} is still allocated where every thread has ended`;
      return new KernelBug('leak', 'leak', text, slab.slots[live].$address);
    }
    return undefined;
  }

  #counted(bug: KernelBug | undefined): KernelBug | undefined {
    return bug !== undefined && this.#engine.counts(bug) ? bug : undefined;
  }
}

function brokenBy(name: string, answer: false | string): KernelBug {
  return new KernelBug('invariant', name, answer === false ? `${name} does not hold` : answer);
}
