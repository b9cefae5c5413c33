/** What the scenarios of the gallery have in common: each shows one kind of violation by the smallest model that has it. */
import {
  kfunc,
  scenario,
  type Kthread,
  type Layout,
  type Scenario,
  type Setup,
  type System,
  type Thread,
  type Variant,
  type ViolationKind,
} from '@shootdown/machine';

/** One exhibit. */
export interface Exhibit {
  /** What it shows; the scenario is called after it. */
  readonly kind: ViolationKind;
  /** Behind the kind in the name, where there is more than one of it. */
  readonly suffix?: string;
  readonly asks: string;
  /** The rule that must be the one broken, where it is not called as its kind. */
  readonly rule?: string;
  /** What is right in `fixed` and wrong in `broken`. */
  readonly fixed: string;
  readonly broken: string;
  readonly build: (isBroken: boolean) => System;
}

/** The scenario of an exhibit: `kinds/KIND` with the variants `fixed` and `broken`. */
export function exhibit({ kind, suffix = '', asks, rule = kind, fixed, broken, build }: Exhibit): Scenario {
  const variants: Record<string, Variant> = {
    fixed: { expect: 'holds', about: fixed },
    // Breadth first: the report is to be a shortest one.
    broken: { expect: kind, rule, about: broken, strategy: 'bfs' },
  };
  return scenario({
    name: `kinds/${kind}${suffix}`,
    asks,
    source: 'docs/kinds.md',
    given: {},
    variants,
    build: ({ variant }: Setup) => build(variant === 'broken'),
  });
}

/** Threads that each run a body once, under a kernel function's name. */
export function threadsOf(bodies: Readonly<Record<string, () => Kthread<void>>>): Thread[] {
  return Object.entries(bodies).map(([name, body], cpu) => {
    const main = kfunc(name, body);
    return { name: `CPU ${cpu}`, run: () => main() };
  });
}

/** A system without more to it than its threads. */
export function systemOf(layout: Layout, bodies: Readonly<Record<string, () => Kthread<void>>>): System {
  return { layout, threads: threadsOf(bodies) };
}
