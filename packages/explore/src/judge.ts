/** What makes a state itself a violation: an invariant, a data race, a deadlock, or something left behind at the end. */
import { KernelBug, SLOT_LIVE, type Invariant } from '@shootdown/machine';
import { blamed } from './blame.js';
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

  constructor(engine: Engine, points: SchedulePoints) {
    this.#engine = engine;
    this.#points = points;
    const selected = (entries: Readonly<Record<string, Invariant>> = {}): Conditions =>
      Object.entries(entries).filter(([name]) => engine.counts(new KernelBug('invariant', name, '')));
    this.#invariants = selected(engine.system.invariants);
    this.#finals = selected(engine.system.finals);
    this.#seesDeadlocks = engine.counts(new KernelBug('deadlock', 'deadlock', ''));
  }

  /**
   * The first violation that counts.
   *
   * @param enabled - bits of the enabled threads
   */
  verdict(enabled: number): KernelBug | undefined {
    const engine = this.#engine;
    const bug = this.#firstBroken(this.#invariants) ?? this.#race(enabled);
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
    this.#points.watchObserver();
    const answer = system.within(memory);
    this.#points.unwatch();
    return answer;
  }

  #firstBroken(conditions: Conditions): KernelBug | undefined {
    if (conditions.length === 0) return undefined;
    this.#points.watchObserver();
    let bug: KernelBug | undefined;
    for (const [name, holds] of conditions) {
      const answer = this.#answerOf(name, holds);
      if (answer === true) continue;
      bug = new KernelBug('invariant', name, answer === false ? `${name} does not hold` : answer);
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
