/** Scenarios of model files, which can be evaluated once more. */
import type { Scenario } from '@shootdown/machine';

/** How they are loaded once more. */
const loaders = new WeakMap<Scenario, () => Scenario | undefined>();
/** Why there is no other way. */
const failures = new WeakMap<Scenario, string>();

/** Notes how a scenario can be loaded once more. */
export function noteLoader(scenario: Scenario, load: () => Scenario | undefined): void {
  loaders.set(scenario, load);
}

/**
 * The scenario as its model file defines it when it is evaluated once more, with what it imports, as it was loaded the first time:
 * what the file keeps in variables outside of the scenario is as it was in the beginning. The scenario itself where it is from no model file, or
 * where that cannot be evaluated in one go, as one cannot that awaits something outside of all functions.
 */
export function loadedAnew(scenario: Scenario): Scenario {
  try {
    return loaders.get(scenario)?.() ?? scenario;
  } catch (error) {
    loaders.delete(scenario);
    failures.set(scenario, error instanceof Error ? error.message.split('\n')[0] : String(error));
    return scenario;
  }
}

/** Why {@link loadedAnew} could not evaluate the model file of a scenario once more; `undefined` where it could, or was not asked. */
export function whyLoadedOnce(scenario: Scenario): string | undefined {
  return failures.get(scenario);
}
