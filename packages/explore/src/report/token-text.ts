/**
 * Replay tokens: `SCENARIO@VARIANT:k=v,k=v:SCHEDULE`, all of a counterexample in one word that no shell looks into. Only
 * sizes that differ from the scenario's own defaults are named; what counted is the pair `only=a+b`.
 */
import type { Given, Scenario } from '@shootdown/machine';

/** What a token says. */
export interface TokenParts {
  /** The scenario's name, or what else it is called on the command line. */
  readonly called: string;
  readonly scenario: Scenario;
  readonly variant: string;
  readonly given: Readonly<Record<string, Given>>;
  /** What counted, where not everything did. */
  readonly only: readonly string[] | undefined;
  /** The schedule text of the search. */
  readonly schedule: string;
}

/** The token of a counterexample. */
export function tokenText({ called, scenario, variant, given, only, schedule }: TokenParts): string {
  const pairs = Object.entries(given)
    .filter(([name, value]) => scenario.given[name]?.default !== value)
    .map(([name, value]) => `${name}=${encode(String(value))}`);
  if (only !== undefined) pairs.push(`only=${only.map(encode).join('+')}`);
  return `${encode(called)}@${variant}:${pairs.join(',')}:${schedule}`;
}

/** Percent-encodes all that a shell, or a token, could take for its own. */
function encode(text: string): string {
  const escape = (char: string): string =>
    Array.from(new TextEncoder().encode(char), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
      '',
    );
  return text.replace(/[^A-Za-z0-9._/-]/gu, escape);
}
