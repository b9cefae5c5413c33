/** The report of a search that did not end by itself. */
import type { Progress, Violation } from '@shootdown/explore';
import type { ExitCode } from '../exit.js';
import { EXIT } from '../exit.js';
import type { Output } from '../io.js';
import type { Watched } from '../watch.js';
import type { AnswerJson } from './answer-json.js';
import { BOUNDS, figures } from './answer-text.js';
import { styleFor } from './style.js';

/** What is known of it. */
export interface CutSearch {
  readonly search: Watched;
  readonly progress: Progress;
  /** What ended it. */
  readonly bound: string;
  /** The function that did not return, where that is known. */
  readonly where: string | undefined;
  /** What it had found, if it had, and what the program ends with for that. */
  readonly found: { readonly violation: Violation; readonly exit: ExitCode } | undefined;
}

/** For people. */
export function cutText({ search, progress, bound, where, found }: CutSearch, output: Output): string {
  const style = styleFor(output);
  const why = BOUNDS[bound] ?? bound;
  const verdict =
    found === undefined
      ? style('yellow', `unknown: ${why}; nothing is broken so far, expected ${search.expected}`)
      : foundText(found, search, style);
  return [
    '',
    verdict,
    `  ${figures(progress)}`,
    ...(where === undefined ? [] : [`  it had to be ended from outside, for this did not return: ${where}`]),
    ...(found === undefined ? [] : ['', found.violation.message, `  not told how it comes about: ${why}`]),
    '',
  ].join('\n');
}

function foundText(
  { violation, exit }: NonNullable<CutSearch['found']>,
  { expected }: Watched,
  style: ReturnType<typeof styleFor>,
): string {
  const isExpected = exit === EXIT.EXPECTED;
  const text = `violated: ${violation.kind}`;
  return style(isExpected ? 'green' : 'red', isExpected ? `${text}, as expected` : `${text}, but expected ${expected}`);
}

/** For programs. */
export function cutJson({ search, progress, bound, found }: CutSearch): AnswerJson {
  const { states, transitions, depth, bytes, seconds } = progress;
  const figuresOnly = { states, transitions, depth, bytes, seconds: Math.round(seconds * 1e6) / 1e6 };
  return found === undefined
    ? { ...search.json, ...figuresOnly, bound }
    : { ...search.json, ...figuresOnly, verdict: 'violated', violation: { ...found.violation }, tellingCutBy: bound };
}
