/** What the scenarios of the gallery have in common: each shows one kind of violation by the smallest model that has it. */
import {
  kfunc,
  scenario,
  type Kthread,
  type Memory,
  type NamedMemory,
  type Placed,
  type Scenario,
  type StateTypes,
  type ThreadSpec,
  type ViolationKind,
} from '@shootdown/machine';

/** Threads that each run a body once, by the name of a kernel function; or threads as {@link scenario} takes them. */
type Threads = Readonly<Record<string, () => Kthread<void>>> | readonly ThreadSpec[];

/** One exhibit. */
export interface Exhibit<S extends StateTypes> {
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
  readonly state: S;
  readonly init?: (memory: Memory, state: Placed<S>) => void;
  readonly invariants?: Readonly<Record<string, (now: NamedMemory<Placed<S>>) => boolean | string>>;
  readonly threads: (state: Placed<S>, isBroken: boolean) => Threads;
}

/** The scenario of an exhibit: `kinds/KIND` with the variants `fixed` and `broken`. */
export function exhibit<S extends StateTypes>(written: Exhibit<S>): Scenario {
  const { kind, suffix = '', asks, rule = kind, fixed, broken, threads, ...parts } = written;
  return scenario({
    name: `kinds/${kind}${suffix}`,
    asks,
    source: 'docs/kinds.md',
    variants: {
      fixed: { expect: 'holds', about: fixed },
      // Breadth first: the report is to be a shortest one.
      broken: { expect: kind, rule, about: broken, strategy: 'bfs' },
    },
    ...parts,
    threads: (state, { variant }) => onCpus(threads(state, variant === 'broken')),
  });
}

function onCpus(threads: Threads): readonly ThreadSpec[] {
  if (isList(threads)) return threads;
  return Object.entries(threads).map(([name, body], cpu) => ({ name: `CPU ${cpu}`, run: kfunc(name, body) }));
}

function isList(threads: Threads): threads is readonly ThreadSpec[] {
  return Array.isArray(threads);
}
