/**
 * A model as a worker thread builds it again. A thread cannot be sent a scenario, which holds functions: it is told what the
 * user called it and at which sizes, and loads it for itself.
 */
import type { System } from '@shootdown/machine';
import type { Question } from './answer.js';
import { catalogue } from './catalogue.js';
import { chooseVariant, loadScenario } from './find-scenario.js';
import type { GivenValues } from './given.js';
import { buildSystem } from './search.js';

/** What a worker thread is told of a model: plain data, as messages between threads must be. */
export interface WorkerModel {
  /** A name of the catalogue, or the path of a model file, with `#name` where it holds several scenarios. */
  readonly called: string;
  readonly variant: string;
  readonly given: GivenValues;
  /** Violation kinds and names that count; absent: all. */
  readonly only: readonly string[] | undefined;
  /** Folder that `called` is looked up in. */
  readonly cwd: string;
}

/** What to tell a worker thread. */
export function workerModelOf({ chosen, given, options }: Question, cwd: string): WorkerModel {
  return { called: chosen.called, variant: chosen.variant, given, only: options.only, cwd };
}

/**
 * Builds the model in a worker thread. Only scenarios that ship with the program are known there by name.
 *
 * @throws {@link UsageError} when there is no such scenario or its code fails
 */
export async function buildInWorker({ called, variant, given, only, cwd }: WorkerModel): Promise<System> {
  const scenario = await loadScenario(called, { catalogue, cwd });
  return buildSystem(chooseVariant(called, scenario, variant), given, only);
}
