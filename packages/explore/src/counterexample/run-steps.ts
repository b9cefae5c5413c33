/** The steps of a run, as far as it is asked what came of what. */
import { KIND, type Request } from '@shootdown/machine';
import type { Performed, Touch } from '../base/performed.js';

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
  readonly iteration: number;
  /** Whether its thread could see something else there: it is what a decision is about, and takes no lock. */
  readonly mayPretend: boolean;
  /** Whether it waited for what it saw. */
  readonly isWait: boolean;
  readonly touched: readonly Touch[];
  readonly changes: readonly WordChange[];
  /** What it did, whatever it saw: steps that do the same have the same. */
  readonly effect: string;
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
