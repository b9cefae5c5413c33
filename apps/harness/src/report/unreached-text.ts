/** What a search did not reach, for people. */
import type { Unreached } from '@shootdown/unreached';

/** Lines at most; `--json` has all. */
const MOST = 10;

/** A warning, empty where everything was reached. */
export function unreachedText(what: string, unreached: readonly Unreached[]): string {
  if (unreached.length === 0) return '';
  const lines = unreached.slice(0, MOST).map(lineOf);
  const more = unreached.length - lines.length;
  return [
    `warning: ${what}: model code was never reached at these sizes, so nothing was checked of it:`,
    ...lines,
    ...(more > 0 ? [`  and ${more} more; --json has all`] : []),
    '',
  ].join('\n');
}

function lineOf({ func, file, line, code, alternatives }: Unreached): string {
  const which = alternatives === undefined ? '' : `alternatives ${alternatives.slice(0, MOST).join(', ')} of `;
  return `  ${file}:${line} in ${func}: ${which}${code}`;
}
