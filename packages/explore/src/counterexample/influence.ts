/**
 * Which reads of a run a thread's later steps depend on, by experiment: the run is taken up to the read and goes on with a
 * thread that does not see what another wrote, or that sees already what another is about to write. What it then does not
 * do any more, it did because of what it read; and if then the rule is not broken, that decided it.
 */
import type { KernelBug } from '@shootdown/machine';
import { Iterations } from './iterations.js';
import { counterfactualReads, type CounterfactualRead } from './counterfactual-reads.js';
import { Stopped } from '../base/deadline.js';
import type { ReplayedSystem } from '../view/running-system.js';
import { CounterfactualView, type Counterfactual } from './counterfactual.js';
import { effectOf, type RunStep, type WordChange } from './run-steps.js';
import { RESTART, type Decision } from '../base/schedule.js';

/** Words that were read as another step had left them, or before another step overwrote them. */
export interface Influence {
  /** The step that read. */
  readonly reader: number;
  /** The step that had written the words, or that was to overwrite them. */
  readonly writer: number;
  /** What was read of that. */
  readonly addresses: readonly number[];
  /** Whether without it the rule would not have been broken. */
  readonly isDecisive: boolean;
  /** Steps of the reader's iteration that would not have been taken without it. */
  readonly caused: ReadonlySet<number>;
}

const NOBODY: ReadonlySet<number> = new Set();
/** Steps taken in experiments at most; what was not tried counts as decisive. */
const MOST_STEPS = 300_000;
/** One step of an experiment in so many asks whether there is time left. */
const ASKING = 64;
/** Steps that a thread may take more than in the run, to come to the end of what it was doing. */
const MOST_EXTRA = 400;

/**
 * The influences of a run: between threads, between the rounds of one, and within what one does through memory.
 *
 * @param engine - one whose every access is a step; is left in some other state
 * @param bug - what the run breaks in the end
 * @param ended - iterations that came to their end
 */
export function influencesOf(
  engine: ReplayedSystem,
  schedule: readonly Decision[],
  steps: readonly RunStep[],
  bug: KernelBug,
  ended: ReadonlySet<number>,
): Influence[] {
  const candidates = new Map<number, CounterfactualRead[]>();
  const isOfEnd = bug.kind === 'deadlock' || Object.hasOwn(engine.system.finals ?? {}, bug.rule);
  for (const candidate of counterfactualReads(steps, engine.system.layout, isOfEnd ? ended : NOBODY)) {
    const { action } = steps[candidate.reader];
    candidates.set(action, [...(candidates.get(action) ?? []), candidate]);
  }
  const iterations = new Iterations(engine);
  const experiments = new Experiments(engine, iterations, schedule, steps, bug);
  const influences: Influence[] = [];
  engine.forgetLockOrder();
  engine.reset();
  iterations.begin();
  for (const [at, action] of schedule.entries()) {
    engine.memory.undoTop = 0;
    for (const { counterfactual, ...who } of candidates.get(at) ?? [])
      influences.push({ ...who, ...experiments.under(who.reader, counterfactual) });
    engine.take(action);
  }
  return influences;
}

/** What came of an experiment. */
interface Outcome {
  /** How often the iteration did what. */
  readonly effects: Map<string, number>;
  readonly isBroken: boolean;
}

/** Goes on with the run under a counterfactual, and takes all back. */
class Experiments {
  readonly #engine: ReplayedSystem;
  readonly #iterations: Iterations;
  readonly #schedule: readonly Decision[];
  readonly #steps: readonly RunStep[];
  readonly #wanted: KernelBug;
  /** Each iteration's steps. */
  readonly #ofIteration = new Map<number, number[]>();
  #stepsLeft = MOST_STEPS;

  constructor(
    engine: ReplayedSystem,
    iterations: Iterations,
    schedule: readonly Decision[],
    steps: readonly RunStep[],
    wanted: KernelBug,
  ) {
    this.#engine = engine;
    this.#iterations = iterations;
    this.#schedule = schedule;
    this.#steps = steps;
    this.#wanted = wanted;
    steps.forEach(({ iteration }, step) => {
      const own = this.#ofIteration.get(iteration);
      if (own === undefined) this.#ofIteration.set(iteration, [step]);
      else own.push(step);
    });
  }

  /** What would be otherwise, had the thread of a step seen something else from there on. */
  under(reader: number, counterfactual: Counterfactual): Pick<Influence, 'caused' | 'isDecisive'> {
    if (this.#stepsLeft <= 0) return { caused: new Set(), isDecisive: true };
    const own = (this.#ofIteration.get(this.#steps[reader].iteration) ?? []).filter((step) => step >= reader);
    const { memory } = this.#engine;
    const { undoTop, h0, h1 } = memory;
    const { bug, runEnded } = this.#engine;
    this.#engine.isProbing = true;
    const outcome = this.#goOn(own, counterfactual);
    this.#engine.isProbing = false;
    this.#engine.recorder = undefined;
    memory.listener = undefined;
    memory.undoTo(undoTop, h0, h1);
    this.#engine.bug = bug;
    this.#engine.runEnded = runEnded;
    if (outcome === undefined) return { caused: new Set(), isDecisive: true };
    const { effects, isBroken } = outcome;
    const caused = new Set<number>();
    for (const i of own) {
      const { effect } = this.#steps[i];
      const count = effects.get(effect) ?? 0;
      if (count === 0) caused.add(i);
      else effects.set(effect, count - 1);
    }
    return { caused, isDecisive: !isBroken };
  }

  /** Goes on to the end of the schedule; `undefined` if the model's code cannot be run on what it sees. */
  #goOn(own: readonly number[], counterfactual: Counterfactual): Outcome | undefined {
    try {
      return this.#run(own, counterfactual);
    } catch (error) {
      if (error instanceof Stopped) throw error;
      return undefined;
    }
  }

  #run(own: readonly number[], counterfactual: Counterfactual): Outcome {
    const { thread } = counterfactual;
    const effects = new Map<string, number>();
    const world = new CounterfactualView(this.#engine, counterfactual);
    this.#listen(thread, effects);
    const last = this.#steps[own.at(-1) ?? 0].action;
    let [isDone, isBroken] = [false, false];
    const take = (action: Decision): boolean => {
      if (--this.#stepsLeft % ASKING === 0) this.#engine.deadline?.check();
      const isTaken = world.step(action);
      isDone ||= isTaken && action.thread === thread && this.#iterations.hasEndedRound(thread);
      isBroken ||= this.#isBroken();
      return isTaken;
    };
    for (let at = this.#steps[own[0]].action; at < this.#schedule.length && !isBroken; at++) {
      const action = this.#schedule[at];
      if (action.thread === RESTART) break;
      if (at > last || action.thread !== thread || !isDone) take(action);
      if (at !== last) continue;
      for (let extra = 0; !isDone && !isBroken && extra < MOST_EXTRA && take({ thread, choice: 0 }); extra++);
      world.end();
    }
    return { effects, isBroken };
  }

  #isBroken(): boolean {
    const { bug } = this.#engine;
    const isWanted = (one: KernelBug | undefined): boolean =>
      one?.kind === this.#wanted.kind && one.rule === this.#wanted.rule;
    return isWanted(bug) || (bug === undefined && isWanted(this.#engine.broken(this.#engine.enabled())));
  }

  #listen(thread: number, effects: Map<string, number>): void {
    const { memory, controls } = this.#engine;
    let pending: WordChange[] = [];
    memory.listener = (address, old, value) => {
      if (address < controls) pending.push({ address, old, value });
    };
    this.#engine.recorder = (performed) => {
      const changes = pending;
      pending = [];
      if (performed.thread !== thread) return;
      const effect = effectOf(performed, changes);
      effects.set(effect, (effects.get(effect) ?? 0) + 1);
    };
  }
}
