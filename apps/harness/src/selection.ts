/** Which scenarios a user means: by name, by subsystem, or by a pattern. */
import { closeMatches, type Scenario } from '@shootdown/machine';
import { UsageError } from './exit.js';
import { chooseVariant, type Chosen } from './find-scenario.js';
import { matchesGlob } from './glob.js';

/**
 * The variants that a pattern selects: `SUBSYSTEM`, `SCENARIO`, `SCENARIO@VARIANT`, or any of these with `*` and `?`.
 *
 * @param patterns - any of them may match; none selects everything
 * @param subject - what an error message begins with
 * @throws {@link UsageError} for a pattern that matches nothing
 */
export function selectVariants(
  catalogue: readonly Scenario[],
  patterns: readonly string[],
  subject: string,
): readonly Chosen[] {
  const all = catalogue.flatMap((scenario) =>
    Object.keys(scenario.variants).map((variant) => chooseVariant(scenario.name, scenario, variant)),
  );
  if (patterns.length === 0) return all;
  const selected = new Set(patterns.flatMap((pattern) => matching(all, catalogue, pattern, subject)));
  return all.filter((one) => selected.has(one));
}

function matching(
  all: readonly Chosen[],
  catalogue: readonly Scenario[],
  pattern: string,
  subject: string,
): readonly Chosen[] {
  const found = all.filter(({ called, variant }) =>
    [subsystemOf(called), called, `${called}@${variant}`].some((name) => matchesGlob(pattern, name)),
  );
  if (found.length > 0) return found;
  throw new UsageError(`${subject}: nothing matches ${JSON.stringify(pattern)}; ${meant(pattern, catalogue)}`);
}

function meant(pattern: string, catalogue: readonly Scenario[]): string {
  const at = pattern.lastIndexOf('@');
  const scenario = catalogue.find(({ name }) => at > 0 && name === pattern.slice(0, at));
  if (scenario !== undefined) return `${scenario.name} has the variants ${Object.keys(scenario.variants).join(', ')}`;
  const subsystems = [...new Set(catalogue.map(({ name }) => subsystemOf(name)))];
  const close = closeMatches(pattern, [...subsystems, ...catalogue.map(({ name }) => name)]);
  if (close.length > 0) return `did you mean ${close.join(' or ')}?`;
  return `expected a scenario, a pattern such as ${subsystems[0]}/*, or a subsystem: ${subsystems.join(', ')}`;
}

const subsystemOf = (name: string): string => name.slice(0, name.indexOf('/'));
