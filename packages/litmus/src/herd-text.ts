/**
 * An outcome in herd7's words.
 */
import type { Condition } from './ast.js';
import { conditionText } from './proposition-text.js';
import { placeText } from './places.js';
import { verdictOf, type Outcome } from './run.js';

const KINDS: Readonly<Record<Condition['quantifier'], string>> = {
  exists: 'Allowed',
  '~exists': 'Forbidden',
  forall: 'Required',
};

/** Executions that bear the condition out, and those that do not: of `~exists` those without what it forbids. */
export function witnessesOf({ test, fitting, others }: Outcome): { positive: number; negative: number } {
  return test.condition.quantifier === '~exists'
    ? { positive: others, negative: fitting }
    : { positive: fitting, negative: others };
}

/** Whether the condition is borne out: `exists` by one execution, `forall` and `~exists` by all. */
export function isBorneOut({ test, fitting, others }: Outcome): boolean {
  const { quantifier } = test.condition;
  if (quantifier === 'exists') return fitting > 0;
  return quantifier === 'forall' ? others === 0 : fitting === 0;
}

/**
 * What herd7 prints of a test, less the hash of its text.
 *
 * @param seconds - how long it took
 */
export function herdText(outcome: Outcome, seconds: number): string {
  const { test, places, states, fitting, others, flags, wasCut } = outcome;
  const { positive, negative } = witnessesOf(outcome);
  const state = (values: Outcome['states'][number]): string =>
    values.map((value, i) => `${placeText(places[i])}=${value.toString()};`).join(' ');
  return [
    `Test ${test.name} ${KINDS[test.condition.quantifier]}`,
    `States ${states.length}`,
    ...states.map(state),
    `${wasCut ? 'Loop ' : ''}${isBorneOut(outcome) ? 'Ok' : 'No'}`,
    'Witnesses',
    `Positive: ${positive} Negative: ${negative}`,
    ...flags.map((flag) => `Flag ${flag}`),
    `Condition ${conditionText(test.condition)}`,
    `Observation ${test.name} ${verdictOf(outcome)} ${fitting} ${others}`,
    `Time ${test.name} ${seconds.toFixed(2)}`,
    '',
  ].join('\n');
}
