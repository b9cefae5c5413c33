/**
 * Which reads of a run a thread's later steps depend on, by experiment: the run is taken up to the read and goes on with a
 * thread that does not see what another wrote, or that sees already what another is about to write. What it then does not
 * do any more, it did because of what it read.
 */
import { KIND, type KernelBug, type Layout, type Request } from '@shootdown/machine';
import { Actors } from './actors.js';
import type { Engine, Performed } from './engine.js';
import type { Touch } from './relevance.js';
import { RESTART, type Action } from './search.js';

/** A word that changed. */
export interface WordChange {
  readonly address: number;
  readonly old: number;
  readonly value: number;
}

/** A performed request of the run. */
export interface RunStep {
  /** Which decision of the schedule led to it. */
  readonly action: number;
  readonly thread: number;
  /** Number of what its thread was doing: a round of one that repeats, else all it does. */
  readonly actor: number;
  /** Whether its thread could see something else there: it is what a decision is about, and takes no lock. */
  readonly mayPretend: boolean;
  readonly touched: readonly Touch[];
  readonly changes: readonly WordChange[];
  /** What it did, whatever it saw: steps that do the same have the same. */
  readonly effect: string;
}

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
  /** Steps of the reader's actor that would not have been taken without it. */
  readonly caused: ReadonlySet<number>;
}

/** Steps taken in experiments at most; what was not tried counts as decisive. */
const MOST_STEPS = 300_000;
/** Steps that a thread may take more than in the run, to come to the end of what it was doing. */
const MOST_EXTRA = 400;

/** Words of a cell, the undefined ones as they are. */
type Words = readonly (number | undefined)[];

/** Memory as a thread sees it, as if a step had not been taken or had been already. */
interface Pretence {
  readonly thread: number;
  /** What it sees otherwise, by the addresses of cells. */
  readonly seen: ReadonlyMap<number, Words>;
}

/** Reads of one step of what another wrote, whose influence is to be tried. */
interface Candidate {
  readonly reader: number;
  readonly writer: number;
  readonly addresses: number[];
  readonly pretence: Pretence;
}

/**
 * The influences of a run: between threads, between the rounds of one, and within what one does through memory.
 *
 * @param engine - one whose every access is a step; is left in some other state
 * @param bug - what the run breaks in the end
 */
export function influencesOf(
  engine: Engine,
  schedule: readonly Action[],
  steps: readonly RunStep[],
  bug: KernelBug,
): Influence[] {
  const candidates = new Map<number, Candidate[]>();
  for (const candidate of candidatesOf(steps, engine.system.layout)) {
    const { action } = steps[candidate.reader];
    candidates.set(action, [...(candidates.get(action) ?? []), candidate]);
  }
  const actors = new Actors(engine);
  const experiments = new Experiments(engine, actors, schedule, steps, bug);
  const influences: Influence[] = [];
  engine.forgetLockOrder();
  engine.reset();
  actors.begin();
  for (const [at, action] of schedule.entries()) {
    engine.memory.undoTop = 0;
    for (const { pretence, ...who } of candidates.get(at) ?? [])
      influences.push({ ...who, ...experiments.under(who.reader, pretence) });
    engine.take(action);
  }
  return influences;
}

/** Reads of what was written before, and of what is overwritten while the reader's actor is still at it. */
function candidatesOf(steps: readonly RunStep[], layout: Layout): Candidate[] {
  const candidates = new Map<string, Candidate>();
  const note = (reader: number, writer: number, address: number, seen: ReadonlyMap<number, Words>): void => {
    const key = `${reader},${writer}`;
    const known = candidates.get(key) ?? {
      reader,
      writer,
      addresses: [],
      pretence: { thread: steps[reader].thread, seen },
    };
    known.addresses.push(address);
    candidates.set(key, known);
  };
  const lastOf = new Map(steps.map(({ actor }, i) => [actor, i]));
  /** For each cell, the step that changed it last. */
  const written = new Map<number, number>();
  /** For each step, the cells that are as it left them, and what was there before. */
  const standing = new Map<number, Map<number, Words>>();
  /** For each cell, the steps that read it as it is now. */
  const readers = new Map<number, number[]>();
  steps.forEach(({ thread, touched, changes, mayPretend }, step) => {
    if (thread === RESTART) for (const memory of [written, standing, readers]) memory.clear();
    for (const address of mayPretend ? readsIn(touched) : []) {
      const writer = written.get(address);
      if (writer !== undefined) note(step, writer, address, new Map(standing.get(writer)));
      readers.set(address, [...(readers.get(address) ?? []), step]);
    }
    const cells = cellsChanged(changes, layout);
    const after = new Map([...cells].map(([address, cell]) => [address, cell.after]));
    for (const [address, { before }] of cells) {
      for (const reader of readers.get(address) ?? []) {
        const isStillAtIt = (lastOf.get(steps[reader].actor) ?? 0) > step;
        if (steps[reader].thread !== thread && isStillAtIt) note(reader, step, address, after);
      }
      readers.delete(address);
      standing.get(written.get(address) ?? -1)?.delete(address);
      written.set(address, step);
      standing.set(step, (standing.get(step) ?? new Map<number, Words>()).set(address, before));
    }
  });
  return [...candidates.values()];
}

function readsIn(touched: readonly Touch[]): Set<number> {
  return new Set(touched.filter(({ isWrite }) => !isWrite).map(({ address }) => address));
}

/** The cells that changed, by the address of their first word. */
function cellsChanged(
  changes: readonly WordChange[],
  layout: Layout,
): Map<number, { before: (number | undefined)[]; after: (number | undefined)[] }> {
  const cells = new Map<number, { before: (number | undefined)[]; after: (number | undefined)[] }>();
  for (const { address, old, value } of changes) {
    const field = layout.typeAt(address);
    const start = field?.start ?? address;
    const nothing = (): undefined[] => Array.from({ length: field?.type.words ?? 1 }, () => undefined);
    const cell = cells.get(start) ?? { before: nothing(), after: nothing() };
    cell.before[address - start] ??= old;
    cell.after[address - start] = value;
    cells.set(start, cell);
  }
  return cells;
}

/** What a step did, whatever it saw. */
export function effectOf({ request }: Pick<Performed, 'request'>, changes: readonly WordChange[]): string {
  const cells = changes.map(({ address, value }) => `${address}=${value}`).join(' ');
  return `${request.kind} ${request.label} ${request.address}: ${cells}`;
}

/** Whether a request reads at its own time and not to wait its turn. */
export function mayPretendFor({ kind }: Request<unknown>): boolean {
  return kind !== KIND.LOCK && kind !== KIND.UNLOCK;
}

/** What came of an experiment. */
interface Outcome {
  /** How often the actor did what. */
  readonly effects: Map<string, number>;
  readonly isBroken: boolean;
}

/** Goes on with the run under a pretence, and takes all back. */
class Experiments {
  readonly #engine: Engine;
  readonly #actors: Actors;
  readonly #schedule: readonly Action[];
  readonly #steps: readonly RunStep[];
  readonly #wanted: KernelBug;
  /** Each actor's steps. */
  readonly #ofActor = new Map<number, number[]>();
  #stepsLeft = MOST_STEPS;

  constructor(
    engine: Engine,
    actors: Actors,
    schedule: readonly Action[],
    steps: readonly RunStep[],
    wanted: KernelBug,
  ) {
    this.#engine = engine;
    this.#actors = actors;
    this.#schedule = schedule;
    this.#steps = steps;
    this.#wanted = wanted;
    steps.forEach(({ actor }, step) => {
      const own = this.#ofActor.get(actor);
      if (own === undefined) this.#ofActor.set(actor, [step]);
      else own.push(step);
    });
  }

  /** What would be otherwise, had the thread of a step seen something else from there on. */
  under(reader: number, pretence: Pretence): Pick<Influence, 'caused' | 'isDecisive'> {
    if (this.#stepsLeft <= 0) return { caused: new Set(), isDecisive: true };
    const own = (this.#ofActor.get(this.#steps[reader].actor) ?? []).filter((step) => step >= reader);
    const { memory } = this.#engine;
    const { undoTop, h0, h1 } = memory;
    const { bug, cut } = this.#engine;
    this.#engine.isProbing = true;
    const outcome = this.#goOn(own, pretence);
    this.#engine.isProbing = false;
    this.#engine.recorder = undefined;
    memory.listener = undefined;
    memory.undoTo(undoTop, h0, h1);
    this.#engine.bug = bug;
    this.#engine.cut = cut;
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
  #goOn(own: readonly number[], pretence: Pretence): Outcome | undefined {
    try {
      return this.#run(own, pretence);
    } catch {
      return undefined;
    }
  }

  #run(own: readonly number[], pretence: Pretence): Outcome {
    const { thread } = pretence;
    const effects = new Map<string, number>();
    const world = new Pretending(this.#engine, pretence);
    this.#listen(thread, effects);
    const last = this.#steps[own.at(-1) ?? 0].action;
    let [isDone, isBroken] = [false, false];
    const take = (action: Action): boolean => {
      this.#stepsLeft--;
      const isTaken = world.step(action);
      isDone ||= isTaken && action.thread === thread && this.#actors.hasEndedRound(thread);
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

/** Lets one thread see something else at some cells, until they are written anew. */
class Pretending {
  readonly #engine: Engine;
  readonly #thread: number;
  readonly #seen: Map<number, Words>;

  constructor(engine: Engine, { thread, seen }: Pretence) {
    this.#engine = engine;
    this.#thread = thread;
    this.#seen = new Map(seen);
  }

  /** The thread sees everything as it is from now on. */
  end(): void {
    this.#seen.clear();
  }

  /** Takes a decision if that can be. */
  step(action: Action): boolean {
    const { memory } = this.#engine;
    const isMisled = action.thread === this.#thread;
    const real = this.#words();
    if (isMisled) this.#show(this.#seen);
    const shown = this.#words();
    const isTaken = this.#try(action);
    for (const [address, words] of shown)
      if (words.some((word, i) => word !== memory.words[address + i])) {
        this.#seen.delete(address);
        real.delete(address);
      }
    if (isMisled) this.#show(real);
    return isTaken;
  }

  #try(action: Action): boolean {
    if (!this.#engine.canTake(action)) return false;
    this.#engine.take(action);
    return !this.#engine.cut;
  }

  /** What is now at the cells. */
  #words(): Map<number, number[]> {
    const { words } = this.#engine.memory;
    return new Map([...this.#seen].map(([address, cell]) => [address, cell.map((_, i) => words[address + i])]));
  }

  #show(cells: ReadonlyMap<number, Words>): void {
    const { memory } = this.#engine;
    const { listener } = memory;
    memory.listener = undefined;
    for (const [address, words] of cells)
      words.forEach((word, i) => {
        if (word !== undefined) memory.store(address + i, word);
      });
    memory.listener = listener;
  }
}
