/** The sizes a scenario is built with: defaults, what a variant and the suite change, and `--set`. */
import { suggestion, type Given, type GivenSpec, type Scenario } from '@shootdown/machine';
import { UsageError } from './exit.js';

/** Sizes by name. */
export type GivenValues = Readonly<Record<string, Given>>;

/** The scenario's own defaults, whatever the variant. */
export function defaultsOf(scenario: Scenario): GivenValues {
  return Object.fromEntries(Object.entries(scenario.given).map(([name, spec]) => [name, spec.default]));
}

/**
 * Reads `k=v` texts against what the scenario allows.
 *
 * @param texts - each `k=v` or several joined by commas
 * @throws {@link UsageError} for an unknown name or a value out of range
 */
export function parseSettings(scenario: Scenario, texts: readonly string[]): GivenValues {
  const pairs = texts.flatMap((text) => text.split(',')).filter((text) => text !== '');
  return Object.fromEntries(pairs.map((pair) => parsePair(scenario, pair)));
}

function parsePair(scenario: Scenario, pair: string): [string, Given] {
  const at = pair.indexOf('=');
  if (at <= 0) throw new UsageError(`--set: expected name=value, got ${JSON.stringify(pair)}`);
  const name = pair.slice(0, at).trim();
  const spec = Object.hasOwn(scenario.given, name) ? scenario.given[name] : undefined;
  if (spec === undefined) {
    const known = Object.keys(scenario.given);
    const hint = known.length === 0 ? 'its sizes cannot be set' : suggestion(name, known, 'it has');
    throw new UsageError(`--set: ${scenario.name} has no ${JSON.stringify(name)}; ${hint}`);
  }
  return [name, parseGiven(`--set ${name}`, spec, pair.slice(at + 1).trim())];
}

/**
 * Reads one value.
 *
 * @param subject - what an error message begins with
 */
export function parseGiven(subject: string, spec: GivenSpec, text: string): Given {
  const value = convert(spec, text);
  const hint = spec.about === undefined ? '' : ` (${spec.about})`;
  if (value === undefined)
    throw new UsageError(`${subject}: expected ${allowed(spec)}, got ${JSON.stringify(text)}${hint}`);
  return value;
}

function convert(spec: GivenSpec, text: string): Given | undefined {
  switch (typeof spec.default) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'number': {
      const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
      return value >= (spec.min ?? -Infinity) && value <= (spec.max ?? Infinity) ? value : undefined;
    }
    case 'string':
      return spec.oneOf === undefined || spec.oneOf.includes(text) ? text : undefined;
  }
}

/** What a value may be, in words. */
export function allowed({ default: example, min, max, oneOf }: GivenSpec): string {
  if (typeof example === 'boolean') return 'true or false';
  if (typeof example === 'string') return oneOf === undefined ? 'a text' : `one of ${oneOf.join(', ')}`;
  if (min !== undefined && max !== undefined) return `a whole number, ${min} to ${max}`;
  if (min !== undefined) return `a whole number >= ${min}`;
  return max !== undefined ? `a whole number <= ${max}` : 'a whole number';
}

/** `k=v k=v`, as headings print it. */
export function givenText(given: GivenValues): string {
  return Object.entries(given)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}
