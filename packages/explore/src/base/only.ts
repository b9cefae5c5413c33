/** Which violations can count where only some do, so that a scenario may leave out what only the others need. */
import { VIOLATION_KINDS } from '@shootdown/machine';

/** Kinds that a search reports under their own name only; the others are reported under the name of the broken rule. */
const UNNAMED_KINDS: readonly string[] = ['deadlock', 'livelock', 'data-race', 'lock-order'];

const isKind = (name: string): boolean => (VIOLATION_KINDS as readonly string[]).includes(name);
const isNamedKind = (name: string): boolean => isKind(name) && !UNNAMED_KINDS.includes(name);

/** Before a kind or name that does not count; where there are only such, all others count. */
const NOT = '-';

/** The kinds and names that count, and those that do not. */
interface Counted {
  /** `undefined`: all */
  readonly some: readonly string[] | undefined;
  readonly none: readonly string[];
}

function read(only: readonly string[] | undefined): Counted {
  const none = (only ?? []).filter((name) => name.startsWith(NOT)).map((name) => name.slice(NOT.length));
  const some = only?.filter((name) => !name.startsWith(NOT));
  return { some: some?.length === 0 ? undefined : some, none };
}

/** The kinds and names of a list as they are called: those that count, and those that do not. */
export function namesIn(only: readonly string[]): readonly string[] {
  const { some = [], none } = read(only);
  return [...some, ...none];
}

/** The list by which, of what counts in another, this kind or name does not. */
export function without(only: readonly string[] | undefined, kindOrRule: string): readonly string[] {
  return [...(only ?? []), `${NOT}${kindOrRule}`];
}

/** Tells whether a broken rule counts. */
export function counter(only: readonly string[] | undefined): (bug: { kind: string; rule: string }) => boolean {
  const { some, none } = read(only);
  return ({ kind, rule }) =>
    (some === undefined || some.includes(kind) || some.includes(rule)) && !none.includes(kind) && !none.includes(rule);
}

/**
 * Whether a violation of this kind or name may count. A kind stands for all its names and a name may be of any kind, so
 * this says no only where it must be so.
 *
 * @param only - the kinds and names that count, or with a `-` in front do not; absent: all do
 */
export function mayCount(only: readonly string[] | undefined, kindOrRule: string): boolean {
  const { some, none } = read(only);
  if (none.includes(kindOrRule)) return false;
  if (some === undefined || some.includes(kindOrRule)) return true;
  if (isKind(kindOrRule)) return isNamedKind(kindOrRule) && some.some((name) => !isKind(name));
  return some.some(isNamedKind);
}
