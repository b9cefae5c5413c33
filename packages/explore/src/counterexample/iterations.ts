/** Who acts in a run: each round of a thread that repeats its function, else a thread as a whole. */
import type { ReplayedSystem } from '../view/running-system.js';
import { FOR_EVER, RESTART, type Decision } from '../base/schedule.js';

/** Follows a run and numbers its iterations. */
export class Iterations {
  readonly #engine: ReplayedSystem;
  #starts: number[] = [];
  #current: number[] = [];
  #count = 0;

  /** @param engine - the one that runs; {@link begin} is called after its reset, {@link took} after each decision */
  constructor(engine: ReplayedSystem) {
    this.#engine = engine;
    this.#current = Array.from({ length: engine.threadCount }, () => this.#count++);
  }

  /** A run begins. */
  begin(): void {
    const threads = Array.from({ length: this.#engine.threadCount }, (_, thread) => thread);
    this.#starts = threads.map((thread) => this.#engine.control(thread));
    this.#current = threads.map(() => this.#count++);
  }

  /** A decision was taken. */
  took({ thread, choice }: Decision): void {
    if (thread === RESTART) {
      if (choice !== FOR_EVER) this.begin();
    } else if (this.hasEndedRound(thread)) this.#current[thread] = this.#count++;
  }

  /** Number of what a thread is doing. */
  of(thread: number): number {
    return this.#current[thread];
  }

  /** Whether a thread that has just taken a step is back where it began. */
  hasEndedRound(thread: number): boolean {
    const { closesCycle, system } = this.#engine;
    return (
      closesCycle && system.threads[thread].repeat === true && this.#engine.control(thread) === this.#starts[thread]
    );
  }
}
