/** A step as those see it who record a run. */
import type { Request } from '@shootdown/machine';

/** One word that a step read or wrote. */
export interface Touch {
  readonly address: number;
  readonly isWrite: boolean;
}

/** One performed request, as a recorder sees it. */
export interface Performed {
  readonly thread: number;
  readonly control: number;
  readonly request: Request<unknown>;
  /** Words at the request's address before and after. */
  readonly before: readonly [number, number];
  readonly after: readonly [number, number];
  /** The answer. */
  readonly lo: number;
  readonly hi: number;
  /** Words read and written, in order. */
  readonly touched: readonly Touch[];
}
