/** Exceptions of model code, told so that its author knows which code it was. */
import { ImpureModel, KernelBug, ModelError } from '@shootdown/machine';
import { Stopped } from './deadline.js';
import { SearchRestart } from './restart.js';

/** What to throw for an exception that came out of `what`: itself, if it says already what is wrong with the model. */
export function blamed(what: string, error: unknown): unknown {
  const isOurs = [SearchRestart, Stopped, ImpureModel, KernelBug, ModelError].some((type) => error instanceof type);
  if (isOurs) return error;
  return new ModelError(
    `${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    error,
  );
}
