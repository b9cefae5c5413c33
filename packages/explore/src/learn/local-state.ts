/** A local state of a kernel function, and what answers lead to. */
import type { KfuncInfo } from '@shootdown/machine';
import type { History, Next } from './history-tree.js';

/** Where a function stands: histories after which it does the same for ever. */
export interface LocalState {
  readonly id: number;
  readonly fn: KfuncInfo;
  readonly args: readonly unknown[];
  readonly next: Next;
  readonly h0: number;
  readonly h1: number;
  readonly key: string;
  /** The program point, the same for all that the variables may hold. */
  readonly point: string;
  /** What is run to go on from here. */
  readonly history: History;
  /** The outermost loop around it through which it can come back to where it was; absent where there is none. */
  readonly loop: string | undefined;
  readonly edges: Map<number, Map<number, LocalEdge>>;
}

/** What an answer leads to. */
export interface LocalEdge {
  readonly to: LocalState;
  /** Whether it goes back in a loop through which functions come back to where they were. Every circle has one that does. */
  readonly isBack: boolean;
}
