/**
 * Lock order, as lockdep keeps it: an edge from every lock held to the lock waited for, over all runs of a search. A cycle
 * is an inversion even if no run explored deadlocks.
 */
import { KernelBug, type LayoutImage } from '@shootdown/machine';
import type { Decision } from '../base/schedule.js';

/** One dependency and where it was taken. */
export interface EdgeKnown {
  readonly from: number;
  readonly to: number;
  readonly where: string;
  /** The run that took it. */
  readonly schedule: readonly Decision[];
}

/** An inversion, and the dependencies that make the circle. */
export class LockInversion extends KernelBug {
  /** Each from a lock held, by the address of its holder word, to the one waited for. */
  readonly circle: readonly (readonly [from: number, to: number])[];

  constructor(message: string, circle: LockInversion['circle']) {
    super('lock-order', 'lock-order', message);
    this.circle = circle;
  }
}

/** The graph of lock dependencies met so far. Locks are named by the addresses of their holder words. */
export class LockOrder {
  readonly #slots = new Map<number, number>();
  readonly #nameOf: (address: number) => string;
  #known: Uint8Array;
  #edges: EdgeKnown[] = [];
  /** Runs that took the other edges of the last inversion. */
  earlierRuns: readonly (readonly Decision[])[] = [];

  constructor(image: LayoutImage, nameOf: (address: number) => string) {
    image.locks.forEach(({ address }, i) => this.#slots.set(address, i));
    this.#known = new Uint8Array(this.#slots.size ** 2);
    this.#nameOf = nameOf;
  }

  /** The dependencies met so far. */
  get edges(): readonly EdgeKnown[] {
    return this.#edges;
  }

  /** Forgets every edge. */
  clear(): void {
    this.#known = new Uint8Array(this.#known.length);
    this.#edges = [];
    this.earlierRuns = [];
  }

  /** Whether waiting for `to` while holding `from` is nothing new. */
  isKnown(from: number, to: number): boolean {
    return this.#known[this.#slot(from, to)] === 1;
  }

  /**
   * Notes that somebody waits for `to` while holding `from`; an edge that closes a cycle is not kept, so that it is
   * reported whenever it is met.
   *
   * @param where - thread and functions, for the report
   * @param schedule - makes the run so far
   */
  add(from: number, to: number, where: string, schedule: () => readonly Decision[]): KernelBug | undefined {
    const back = this.#path(to, from, new Set());
    if (back === undefined) {
      this.#known[this.#slot(from, to)] = 1;
      this.#edges.push({ from, to, where, schedule: schedule() });
      return undefined;
    }
    this.earlierRuns = back.map((edge) => edge.schedule);
    const cycle = [...back, { from, to, where }];
    const edges = cycle.map((e) => `${this.#nameOf(e.to)} after ${this.#nameOf(e.from)} (${e.where})`);
    return new LockInversion(
      `locks are taken in circular order: ${edges.join('; ')}`,
      cycle.map((e) => [e.from, e.to]),
    );
  }

  #slot(from: number, to: number): number {
    return (this.#slots.get(from) ?? 0) * this.#slots.size + (this.#slots.get(to) ?? 0);
  }

  #path(from: number, to: number, seen: Set<number>): EdgeKnown[] | undefined {
    seen.add(from);
    for (const edge of this.#edges) {
      if (edge.from !== from) continue;
      if (edge.to === to) return [edge];
      const rest = seen.has(edge.to) ? undefined : this.#path(edge.to, to, seen);
      if (rest !== undefined) return [edge, ...rest];
    }
    return undefined;
  }
}
