/** Watches locks: in which order they are taken, also in the images of a run, and whether a thread ends holding one. */
import { KernelBug } from '@shootdown/machine';
import { SymmetryLost } from '../base/restart.js';
import type { Decision } from '../base/schedule.js';
import type { Symmetry } from '../reduce/symmetry/symmetry.js';
import { LockOrder, type EdgeKnown } from '../verdict/lock-order.js';
import type { RunningSystem } from '../view/running-system.js';

const NONE: readonly KernelBug[] = [];

/** The locks of one engine. */
export class LockWatch {
  readonly #engine: RunningSystem;
  readonly #order: LockOrder;
  /** The lock order of the runs seen and of all their images. */
  readonly #imageOrder: LockOrder;

  constructor(engine: RunningSystem) {
    this.#engine = engine;
    const { layout } = engine.system;
    const nameOf = (address: number): string => layout.nameOf(address);
    this.#order = new LockOrder(layout.image, nameOf);
    this.#imageOrder = new LockOrder(layout.image, nameOf);
  }

  /** The dependencies seen. */
  get edges(): readonly EdgeKnown[] {
    return this.#order.edges;
  }

  /** The runs before the present one that an inversion needs. */
  get earlierRuns(): readonly (readonly Decision[])[] {
    return this.#order.earlierRuns;
  }

  /** Forgets what earlier runs showed. */
  forget(): void {
    this.#order.clear();
  }

  /**
   * Takes over a dependency that another search met.
   *
   * @returns the inversion, if it closes a circle
   */
  adopt({ from, to, where, schedule }: EdgeKnown, symmetry: Symmetry | undefined): KernelBug | undefined {
    if (this.#order.isKnown(from, to)) return undefined;
    const bug = this.#order.add(from, to, where, () => schedule);
    if (bug === undefined && symmetry !== undefined) this.#noteImages(symmetry, from, to);
    return bug;
  }

  /** Keeps the lock order: this thread waits for the lock at `to` holding others. */
  note(
    thread: number,
    control: number,
    to: number,
    scheduleSoFar: () => readonly Decision[],
    symmetry: Symmetry | undefined,
  ): void {
    const { memory, system, automaton } = this.#engine;
    for (const { address, lock, shared } of memory.image.locks) {
      if (lock === 'token' || address === to || !memory.holds(address, shared) || this.#order.isKnown(address, to))
        continue;
      const where = `${system.threads[thread].name} in ${automaton.stackOf(control).join(' < ')}`;
      const bug = this.#order.add(address, to, where, scheduleSoFar);
      if (bug !== undefined) memory.report(bug);
      else if (symmetry !== undefined) this.#noteImages(symmetry, address, to);
    }
  }

  /** Keeps the lock order that the images of this run show: an inversion among those is looked for without symmetry. */
  #noteImages(symmetry: Symmetry, from: number, to: number): void {
    let isCircular = false;
    symmetry.forImagesOfBoth(from, to, (one, other) => {
      if (this.#imageOrder.add(one, other, '', () => []) !== undefined) isCircular = true;
    });
    if (!isCircular || !this.#engine.counts(new KernelBug('lock-order', 'lock-order', ''))) return;
    throw new SymmetryLost('the orders in which members take locks close a circle together');
  }

  /** The rules that a thread breaks which ends now: one for each lock that it holds. */
  heldAtExit(thread: number): readonly KernelBug[] {
    const { memory, system } = this.#engine;
    memory.thread = thread;
    let bugs = NONE;
    for (const { address, lock, shared } of memory.image.locks) {
      if (lock === 'token' || !memory.holds(address, shared)) continue;
      const text = `${system.threads[thread]?.name ?? ''} ended holding ${memory.layout.nameOf(address)}`;
      bugs = [...bugs, new KernelBug('lock-misuse', 'held-at-exit', text, address)];
    }
    return bugs;
  }
}
