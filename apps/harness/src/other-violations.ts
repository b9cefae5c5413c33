/** What else is broken: a search past each rule that the searches before found broken, until one finds none. */
import { without } from '@shootdown/explore';
import type { Answer, Question } from './answer.js';

/** A search past rules that are broken. */
export interface OtherAnswer {
  readonly answer: Answer;
  /** Their names. */
  readonly past: readonly string[];
}

/**
 * Searches on. All searches together take as long as the first was given.
 *
 * @param first - a search that found a violation, or not: then there is nothing to search for
 * @param run - runs a search
 */
export async function* otherViolations(
  first: Answer,
  run: (question: Question) => Promise<Answer>,
): AsyncGenerator<OtherAnswer> {
  const { maxSeconds } = first.question.options;
  const past: string[] = [];
  let answer = first;
  let taken = 0;
  for (let { violation } = first.result; violation !== undefined; { violation } = answer.result) {
    if (past.includes(violation.name)) throw new Error(`${violation.name} was found broken twice`);
    past.push(violation.name);
    taken += answer.result.seconds;
    const { chosen, given, options } = answer.question;
    const only = without(options.only, violation.name);
    const left = maxSeconds === undefined ? {} : { maxSeconds: Math.max(maxSeconds - taken, LEAST_SECONDS) };
    answer = await run({ chosen, given, options: { ...options, ...left, only } });
    yield { answer, past: [...past] };
  }
}

/** So that a search without time says so itself. */
const LEAST_SECONDS = 0.001;
