/** What a system asks of its states, numbered alike in systems that are built alike. */
import { KernelBug, type Invariant, type System } from '@shootdown/machine';

/** Conditions by name. */
export type Conditions = readonly (readonly [string, Invariant])[];

/** The number of the stated size among the conditions; invariants and finals have those from 1 on. */
export const WITHIN = 0;

/** Those invariants and finals that count. */
export function conditionsOf(
  { invariants = {}, finals = {} }: System,
  counts: (bug: KernelBug) => boolean,
): { invariants: Conditions; finals: Conditions; numbers: ReadonlyMap<Invariant, number> } {
  const selected = (entries: Readonly<Record<string, Invariant>>): Conditions =>
    Object.entries(entries).filter(([name]) => counts(new KernelBug('invariant', name, '')));
  const [states, ends] = [selected(invariants), selected(finals)];
  return {
    invariants: states,
    finals: ends,
    numbers: new Map([...states, ...ends].map(([, holds], i) => [holds, i + 1])),
  };
}
