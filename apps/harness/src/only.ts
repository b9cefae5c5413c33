/** What `--only` selects. */
import { namesIn } from '@shootdown/explore';
import { closeMatches, VIOLATION_KINDS, type System } from '@shootdown/machine';
import { UsageError } from './exit.js';

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
  const unknown = namesIn(only).filter((name) => !known.includes(name));
  for (const name of unknown) {
    const close = closeMatches(name, known);
    if (close.length > 0)
      throw new UsageError(
        `--only: no violation kind or invariant is called ${JSON.stringify(name)}; did you mean ${close.join(' or ')}?`,
      );
  }
  return unknown;
}
