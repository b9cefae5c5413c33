/** Which violations can count where only some do, so that a scenario may leave out what only the others need. */
import { VIOLATION_KINDS } from '@shootdown/machine';

/** Kinds that a search reports under their own name only; the others are reported under the name of the broken rule. */
const UNNAMED_KINDS: readonly string[] = ['deadlock', 'livelock', 'data-race', 'lock-order'];

const isKind = (name: string): boolean => (VIOLATION_KINDS as readonly string[]).includes(name);
const isNamedKind = (name: string): boolean => isKind(name) && !UNNAMED_KINDS.includes(name);

/**
 * Whether a violation of this kind or name may count. A kind stands for all its names and a name may be of any kind, so
 * this says no only where it must be so.
 *
 * @param only - the kinds and names that count; absent: all do
 */
export function mayCount(only: readonly string[] | undefined, kindOrRule: string): boolean {
  if (only === undefined || only.includes(kindOrRule)) return true;
  if (isKind(kindOrRule)) return isNamedKind(kindOrRule) && only.some((name) => !isKind(name));
  return only.some(isNamedKind);
}
