/**
 * A schedule as what its threads do in turn: stretches that go to the end of a round, however many steps that takes, and
 * stretches of so many steps. So a round can be left out or take another choice, and the others still go to their ends.
 */
import { KIND } from '@shootdown/machine';
import { Iterations } from './iterations.js';
import type { ReplayedSystem } from '../view/running-system.js';
import type { Decision } from '../base/schedule.js';
import { choiceCount } from '../view/running-system.js';

/** An alternative taken, of how many. */
export interface Choice {
  readonly taken: number;
  readonly ways: number;
}

/** What a thread does before another goes on, within one round. */
export interface Stretch {
  readonly thread: number;
  /** Number of the round; a thread that does not repeat has one. */
  readonly iteration: number;
  /** Whether it goes to the end of the round. */
  readonly endsRound: boolean;
  readonly steps: number;
  readonly choices: readonly Choice[];
}

/** Where the next decision of a run comes from. */
export interface Decisions {
  /** The next decision that can be taken now; `undefined` if there is none. */
  next(): Decision | undefined;
  /** Told of it right after it was taken. */
  took?(action: Decision): void;
}

/** Steps that a stretch to the end of a round may take more than it took. */
const MOST_EXTRA = 200;

/** The stretches of a schedule, which must be of one run. */
export function stretchesOf(engine: ReplayedSystem, schedule: readonly Decision[]): Stretch[] {
  const iterations = new Iterations(engine);
  const stretches: (Stretch & { steps: number; endsRound: boolean; choices: Choice[] })[] = [];
  engine.forgetLockOrder();
  engine.reset();
  iterations.begin();
  for (const action of schedule) {
    const { thread, choice } = action;
    const iteration = iterations.of(thread);
    let stretch = stretches.at(-1);
    if (stretch?.iteration !== iteration) {
      stretch = { thread, iteration, endsRound: false, steps: 0, choices: [] };
      stretches.push(stretch);
    }
    if (engine.request(thread).kind === KIND.CHOOSE)
      stretch.choices.push({ taken: choice, ways: choiceCount(engine, thread) });
    engine.take(action);
    engine.memory.undoTop = 0;
    stretch.steps++;
    stretch.endsRound = iterations.hasEndedRound(thread);
    iterations.took(action);
  }
  return stretches;
}

/** Takes stretches one after the other; where a thread cannot go on, the next one begins. */
export class Stretches implements Decisions {
  readonly #engine: ReplayedSystem;
  readonly #iterations: Iterations;
  readonly #stretches: readonly Stretch[];
  #at = -1;
  #steps = 0;
  #choices = 0;

  /** @param stretches - of runs of the same model */
  constructor(engine: ReplayedSystem, stretches: readonly Stretch[]) {
    this.#engine = engine;
    this.#iterations = new Iterations(engine);
    this.#stretches = stretches;
  }

  next(): Decision | undefined {
    if (this.#at < 0) {
      this.#iterations.begin();
      this.#at = 0;
    }
    while (this.#at < this.#stretches.length) {
      const stretch = this.#stretches[this.#at];
      const isChoice = this.#isAtChoice(stretch.thread);
      const choice = isChoice ? (stretch.choices.at(this.#choices)?.taken ?? 0) : 0;
      const action = { thread: stretch.thread, choice };
      if (this.#steps < mostStepsOf(stretch) && this.#engine.canTake(action)) {
        if (isChoice) this.#choices++;
        return action;
      }
      this.#goOn();
    }
    return undefined;
  }

  took({ thread }: Decision): void {
    this.#steps++;
    if (this.#iterations.hasEndedRound(thread)) this.#goOn();
  }

  #isAtChoice(thread: number): boolean {
    const hasEnded = ((this.#engine.finished() >>> thread) & 1) === 1;
    return !hasEnded && this.#engine.request(thread).kind === KIND.CHOOSE;
  }

  #goOn(): void {
    this.#at++;
    this.#steps = 0;
    this.#choices = 0;
  }
}

function mostStepsOf({ steps, endsRound }: Stretch): number {
  return endsRound ? steps + MOST_EXTRA : steps;
}
