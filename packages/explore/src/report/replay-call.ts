/** How a program that uses the library runs a counterexample again: a call to paste into it. */
import type { CheckedVariant } from '../api/check-model.js';

/**
 * The call of `replay` that runs a counterexample again.
 *
 * @param asked - what was searched; `undefined` for a system that belongs to no scenario
 * @param only - what counted, where not everything did
 * @param schedule - the schedule text of the search
 */
export function replayCall(
  asked: CheckedVariant | undefined,
  only: readonly string[] | undefined,
  schedule: string,
): string {
  const counted = only === undefined ? [] : [`[${only.map(quoted).join(', ')}]`];
  return `replay(${[systemText(asked, counted), quoted(schedule), ...counted].join(', ')})`;
}

function systemText(asked: CheckedVariant | undefined, counted: readonly string[]): string {
  if (asked === undefined) return 'system';
  const { scenario, variant, given } = asked;
  const sizes = Object.entries(given)
    .filter(([name, value]) => value !== ownValue(asked, name))
    .map(([name, value]) => `${key(name)}: ${typeof value === 'string' ? quoted(value) : String(value)}`);
  const options = [
    ...(variant === Object.keys(scenario.variants)[0] ? [] : [`variant: ${quoted(variant)}`]),
    ...(sizes.length === 0 ? [] : [`given: { ${sizes.join(', ')} }`]),
    ...counted.map((names) => `only: ${names}`),
  ];
  return `systemOf(scenario${options.length === 0 ? '' : `, { ${options.join(', ')} }`})`;
}

/** The value of a size that nobody has to name. */
function ownValue({ scenario, variant }: CheckedVariant, name: string): unknown {
  return scenario.variants[variant].given?.[name] ?? scenario.given[name]?.default;
}

const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name));

/** As a string literal of a program. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
