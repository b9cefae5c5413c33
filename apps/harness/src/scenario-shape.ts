/** Scenarios that come from outside the type checker: a user's model file. */
import { assertScenario, suggestion, type Scenario } from '@shootdown/machine';
import { STRATEGIES } from '@shootdown/explore';

/** Whether a value is meant to be a scenario, well formed or not. */
export function isMeantAsScenario(value: unknown): value is Scenario {
  return typeof value === 'object' && value !== null && ['build', 'variants'].some((key) => key in value);
}

/** What is wrong with a scenario, one sentence; `undefined` when nothing is. */
export function flawOf(value: unknown): string | undefined {
  try {
    assertScenario(value);
  } catch (error) {
    return (error as Error).message;
  }
  return unknownStrategy(value);
}

function unknownStrategy({ variants }: Scenario): string | undefined {
  const known: readonly string[] = STRATEGIES;
  for (const [name, { strategy }] of Object.entries(variants))
    if (strategy !== undefined && !known.includes(strategy))
      return `variants.${name} has no strategy ${JSON.stringify(strategy)}; ${suggestion(strategy, known, 'there are')}`;
  return undefined;
}
