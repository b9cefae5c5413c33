/** What `--only` selects, and what a scenario may leave out because of it. */
import { VIOLATION_KINDS, type System } from '@shootdown/machine';
import { closeMatches } from './close-matches.js';
import { UsageError } from './exit.js';

/** Kinds that a search reports under their own name only; the others are reported under the name of the broken rule. */
const UNNAMED_KINDS: readonly string[] = ['deadlock', 'livelock', 'data-race', 'lock-order'];

const isKind = (name: string): boolean => (VIOLATION_KINDS as readonly string[]).includes(name);
const isNamedKind = (name: string): boolean => isKind(name) && !UNNAMED_KINDS.includes(name);

/**
 * Whether a violation of this kind or name may count. A kind stands for all its names and a name may be of any kind, so
 * this says no only where it must be so.
 */
export function mayCount(only: readonly string[] | undefined, kindOrRule: string): boolean {
  if (only === undefined || only.includes(kindOrRule)) return true;
  if (isKind(kindOrRule)) return isNamedKind(kindOrRule) && only.some((name) => !isKind(name));
  return only.some(isNamedKind);
}

/**
 * Names in `only` that nothing here declares: rules that model code reports, or slips.
 *
 * @throws {@link UsageError} for a name that is all but a known one
 */
export function undeclared(only: readonly string[], system: System, rules: readonly string[]): string[] {
  const known = [
    ...VIOLATION_KINDS,
    ...Object.keys(system.invariants ?? {}),
    ...Object.keys(system.finals ?? {}),
    ...rules,
  ];
  const unknown = only.filter((name) => !known.includes(name));
  for (const name of unknown) {
    const close = closeMatches(name, known);
    if (close.length > 0)
      throw new UsageError(
        `--only: no violation kind or invariant is called ${JSON.stringify(name)}; did you mean ${close.join(' or ')}?`,
      );
  }
  return unknown;
}
