/** Whether leaving out orders of steps is worth its price: decided once so many states were looked at. */
import { bitCount } from '../base/thread-set.js';
import type { OrdersTried } from './knowledge.js';

/** After so many states it is decided; what part of the steps it must spare. */
const ON_TRIAL = 1000;
const WORTH_IT = 0.25;

/** What one search saw of it. */
export class OrderTrial {
  /** States with several movable threads that this search looked at, the threads movable there and those left out. */
  #states = 0;
  #movable = 0;
  #leftOut = 0;

  /** A search begins. */
  begin(): void {
    this.#states = this.#movable = this.#leftOut = 0;
  }

  /** Another search has decided. */
  settle(): void {
    this.#states = ON_TRIAL;
  }

  /** Whether it is decided. */
  get isSettled(): boolean {
    return this.#states >= ON_TRIAL;
  }

  /**
   * A state: its movable threads, and those of them that are tried.
   *
   * @returns whether it is decided now that it is not worth it
   */
  hasFailed(enabled: number, set: number): boolean {
    this.#movable += bitCount(enabled);
    this.#leftOut += bitCount(enabled & ~set);
    return ++this.#states === ON_TRIAL && this.#leftOut < this.#movable * WORTH_IT;
  }

  /** Threads that were left out are tried after all. */
  expandFully(threads: number): void {
    this.#leftOut -= bitCount(threads);
  }

  /** What was counted. */
  get tried(): OrdersTried {
    return { states: this.#states, movable: this.#movable, leftOut: this.#leftOut };
  }

  /** Goes on from there. */
  resume({ states, movable, leftOut }: OrdersTried): void {
    this.#states = states;
    this.#movable = movable;
    this.#leftOut = leftOut;
  }
}
