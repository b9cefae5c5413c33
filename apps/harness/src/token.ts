/** Replay tokens: what they say, written and read. */
import { tokenText } from '@shootdown/explore/report';
import { suggestion, type Given } from '@shootdown/machine';
import { chooseVariant, loadScenario, type Chosen, type Library } from './find-scenario.js';
import { defaultsOf, parseGiven, type GivenValues } from './given.js';
import { UsageError } from './exit.js';

/** What a token says. */
export interface Counterexample {
  readonly chosen: Chosen;
  readonly given: GivenValues;
  readonly only: readonly string[] | undefined;
  /** The schedule text of the search. */
  readonly schedule: string;
}

const EXAMPLE = 'npu/atsd-shootdown@original:threads=2:1.0123abcd.AAEC';

/** The token of a counterexample. */
export function formatToken({ chosen, ...rest }: Counterexample): string {
  return tokenText({ ...chosen, ...rest });
}

/**
 * Reads a token, loading its scenario.
 *
 * @throws {@link UsageError} when it is damaged or names what does not exist
 */
export async function parseToken(token: string, library: Library): Promise<Counterexample> {
  const [head, pairs, schedule, ...rest] = token.trim().split(':');
  const match = /^([^@]+)@([^@]+)$/.exec(head);
  if (match === null || pairs === undefined || schedule === undefined || rest.length > 0)
    throw new UsageError(
      `replay: expected a token like ${EXAMPLE}, got ${JSON.stringify(token)}; copy the whole token`,
    );
  const called = decode(match[1]);
  const chosen = chooseVariant(called, await loadScenario(called, library), match[2]);
  return { chosen, schedule, ...parsePairs(chosen, pairs) };
}

function parsePairs({ scenario }: Chosen, text: string): Pick<Counterexample, 'given' | 'only'> {
  const given: Record<string, Given> = { ...defaultsOf(scenario) };
  let only: readonly string[] | undefined;
  for (const pair of text === '' ? [] : text.split(',')) {
    const [name, value] = pair.split('=');
    if (value === undefined)
      throw new UsageError(
        `replay: expected name=value in the token, got ${JSON.stringify(pair)}; copy the whole token`,
      );
    if (name === 'only') {
      only = value.split('+').map(decode);
    } else {
      if (!Object.hasOwn(scenario.given, name))
        throw new UsageError(
          `replay: ${scenario.name} has no ${JSON.stringify(name)}; ${suggestion(name, Object.keys(scenario.given), 'it has')}`,
        );
      given[name] = parseGiven(`replay: ${name}`, scenario.given[name], decode(value));
    }
  }
  return { given, only };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError(`replay: the token is damaged at ${JSON.stringify(text)}; copy the whole token`);
  }
}
