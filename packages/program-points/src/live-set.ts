/** Sets of variables that are never changed. */
import type { Variable } from './scope.js';

/** Variables whose values may still be read. */
export type LiveSet = ReadonlySet<Variable>;

/** No variable. */
export const NOTHING: LiveSet = new Set();

/** The variables that are in any of the sets. */
export function union(first: LiveSet, ...others: readonly LiveSet[]): LiveSet {
  let all = first;
  for (const other of others)
    if (![...other].every((one) => all.has(one))) all = all.size === 0 ? other : new Set([...all, ...other]);
  return all;
}

/** The set with one variable more. */
export function having(set: LiveSet, variable: Variable | undefined): LiveSet {
  return variable === undefined || set.has(variable) ? set : new Set([...set, variable]);
}

/** The set with one variable less. */
export function without(set: LiveSet, variable: Variable | undefined): LiveSet {
  return variable === undefined || !set.has(variable) ? set : new Set([...set].filter((one) => one !== variable));
}
