/** What a thread sees if a step had not been taken, or had been already: memory as it is, but for some cells. */
import type { ReplayedSystem } from '../view/running-system.js';
import type { Decision } from '../base/schedule.js';

/** Words of a cell, the undefined ones as they are. */
export type SeenWords = readonly (number | undefined)[];

/** Memory as a thread sees it, as if a step had not been taken or had been already. */
export interface Counterfactual {
  readonly thread: number;
  /** What it sees otherwise, by the addresses of cells. */
  readonly seen: ReadonlyMap<number, SeenWords>;
}

/** Lets one thread see something else at some cells, until they are written anew. */
export class CounterfactualView {
  readonly #engine: ReplayedSystem;
  readonly #thread: number;
  readonly #seen: Map<number, SeenWords>;

  constructor(engine: ReplayedSystem, { thread, seen }: Counterfactual) {
    this.#engine = engine;
    this.#thread = thread;
    this.#seen = new Map(seen);
  }

  /** The thread sees everything as it is from now on. */
  end(): void {
    this.#seen.clear();
  }

  /** Takes a decision if that can be. */
  step(action: Decision): boolean {
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

  #try(action: Decision): boolean {
    if (!this.#engine.canTake(action)) return false;
    this.#engine.take(action);
    return !this.#engine.runEnded;
  }

  /** What is now at the cells. */
  #words(): Map<number, number[]> {
    const { words } = this.#engine.memory;
    return new Map([...this.#seen].map(([address, cell]) => [address, cell.map((_, i) => words[address + i])]));
  }

  #show(cells: ReadonlyMap<number, SeenWords>): void {
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
