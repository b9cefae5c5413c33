/**
 * Answers to litmus tests as JSON.
 */
import { verdictOf, witnessesOf, type Outcome, type Verdict } from '@shootdown/litmus';
import type { Answered, Unanswered } from './run-test.js';

/** What an outcome is in figures. */
interface Figures {
  readonly verdict: Verdict;
  readonly positive: number;
  readonly negative: number;
  readonly states: number;
  readonly flags: readonly string[];
}

/** One test. */
export type TestJson =
  | ({ readonly test: string; readonly seconds: number; readonly expected?: string } & Figures & {
        readonly sc?: Figures;
        readonly tso?: Figures;
      })
  | { readonly test: string; readonly unsupported: string; readonly message: string }
  | { readonly test: string; readonly unknown: string };

/** One test as JSON. */
export function testJson(result: Answered | Unanswered): TestJson {
  const { name: test } = result;
  if (result.kind === 'unanswered')
    return 'bound' in result.reason ? { test, unknown: result.reason.bound } : { test, ...result.reason };
  const { outcome, seconds, expected, beside } = result;
  return {
    test,
    ...figuresOf(outcome),
    seconds: Number(seconds.toFixed(6)),
    ...(expected !== undefined && { expected }),
    ...Object.fromEntries(beside.map(({ model, outcome: other }) => [model, figuresOf(other)])),
  };
}

function figuresOf(outcome: Outcome): Figures {
  return {
    verdict: verdictOf(outcome),
    ...witnessesOf(outcome),
    states: outcome.states.length,
    flags: outcome.flags,
  };
}
