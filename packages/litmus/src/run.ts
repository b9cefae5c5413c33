/**
 * Runs a litmus test: every execution that the model allows, counted, with the final states they end in.
 */
import type { Flag, Rules } from '@shootdown/lkmm';
import type { LitmusTest, Place } from './ast.js';
import { Candidate } from './candidate.js';
import { enumerate, type Execution } from './enumerate.js';
import { Globals } from './globals.js';
import { UnsupportedError } from './litmus-error.js';
import { judgeOf, type Model } from './model.js';
import { observedPlaces, shownPlaces } from './places.js';
import { unfold, type Path } from './unfold.js';
import { Nonsense, type Value } from './value.js';

/** How to run a test. */
export interface RunOptions {
  /** `lkmm` by default. */
  readonly model?: Model;
  /** Which version of the kernel's model. The present rules by default. */
  readonly rules?: Rules;
  /** How often a loop may run, 2 by default, as in herd7. */
  readonly unroll?: number;
  /** Called now and then; what it throws ends the run. */
  readonly tick?: () => void;
}

/** One final state: a value for each place shown, in their order. */
export type FinalState = readonly Value[];

/** What a test does. */
export interface Outcome {
  readonly test: LitmusTest;
  /** The places whose values {@link states} gives. */
  readonly places: readonly Place[];
  /** Different final states, sorted. */
  readonly states: readonly FinalState[];
  /** Executions that fit the proposition, and those that do not. */
  readonly fitting: number;
  readonly others: number;
  readonly flags: readonly Flag[];
  /** Whether a loop ran into its bound, so that executions may be missing. */
  readonly wasCut: boolean;
}

/** herd7's word for what was observed: whether some, all or none of the executions fit. */
export type Verdict = 'Never' | 'Sometimes' | 'Always';

/** The verdict of an outcome. Where there is no execution at all, nothing was ever observed. */
export function verdictOf({ fitting, others }: Pick<Outcome, 'fitting' | 'others'>): Verdict {
  if (fitting === 0) return 'Never';
  return others === 0 ? 'Always' : 'Sometimes';
}

/** Choices between two calls of `tick`. */
const TICKS = 256;

/**
 * Runs `test`.
 *
 * @throws {@link UnsupportedError} if an execution does what cannot be run here
 */
export function runLitmus(test: LitmusTest, options: RunOptions = {}): Outcome {
  const globals = new Globals(test);
  const places = shownPlaces(test);
  const observed = observedPlaces(test);
  const states = new Map<string, FinalState>();
  const flags = new Set<Flag>();
  let fitting = 0;
  let others = 0;
  const { candidates, wasCut } = candidatesOf(test, globals, options);
  const step = stepper(options.tick);
  for (const candidate of candidates) {
    const judge = judgeOf(options.model ?? 'lkmm', candidate.skeleton);
    const found = (execution: Execution): undefined => {
      if (test.filter !== undefined && !globals.holds(test.filter, execution)) return;
      if (execution.nonsense !== undefined) throw new UnsupportedError(execution.nonsense);
      if (globals.holds(test.condition.proposition, execution)) fitting++;
      else others++;
      const state = places.map((place) => globals.valueOf(place, execution));
      const nonsense = state.find((value) => value instanceof Nonsense);
      if (nonsense !== undefined) throw new UnsupportedError(nonsense.reason);
      const key = state.join(' ');
      if (!states.has(key)) states.set(key, state);
      for (const flag of judge.flags(execution.coherence)) flags.add(flag);
      if (hasLockFinal(execution, observed, globals)) flags.add('lock-final');
    };
    enumerate(candidate, judge, globals, { found, step });
  }
  return {
    test,
    places,
    states: [...states.values()].sort(compareStates),
    fitting,
    others,
    flags: [...flags].sort(),
    wasCut,
  };
}

/** Every choice of paths, put together; they are made one after the other. */
export function candidatesOf(
  test: LitmusTest,
  globals: Globals,
  { rules, unroll = 2 }: RunOptions,
): { candidates: Iterable<Candidate>; wasCut: boolean } {
  const unfolded = test.threads.map((thread, number) =>
    unfold(thread, {
      addresses: globals.addresses,
      initial: (name) => globals.register(number, name, thread.parameters),
      unroll,
    }),
  );
  function* candidates(): Generator<Candidate> {
    for (const paths of combinations(unfolded.map(({ paths: of }) => of)))
      yield new Candidate(paths, globals.addresses, rules);
  }
  return { candidates: candidates(), wasCut: unfolded.some(({ wasCut }) => wasCut) };
}

/** Calls `tick` every so many times. */
export function stepper(tick: (() => void) | undefined): () => void {
  if (tick === undefined) return () => undefined;
  let steps = 0;
  return () => {
    if (++steps % TICKS === 0) tick();
  };
}

function* combinations(paths: readonly (readonly Path[])[], chosen: readonly Path[] = []): Generator<readonly Path[]> {
  if (chosen.length === paths.length) yield chosen;
  else for (const path of paths[chosen.length]) yield* combinations(paths, [...chosen, path]);
}

function hasLockFinal({ candidate }: Execution, observed: readonly Place[], globals: Globals): boolean {
  const globalsSeen = observed.flatMap((place) =>
    place.kind === 'global' ? [globals.addresses.of(place.name, place.index)] : [],
  );
  return candidate.skeleton.events.some(({ kind }, e) => {
    if (kind !== 'LKR' && kind !== 'LKW' && kind !== 'UL' && kind !== 'LF') return false;
    const term = candidate.address[e]?.term;
    return term?.kind === 'constant' && globalsSeen.some((address) => address === term.value);
  });
}

function compareStates(one: FinalState, other: FinalState): number {
  for (let i = 0; i < one.length; i++) {
    const order = compareValues(one[i], other[i]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareValues(one: Value, other: Value): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one === 'number') return -1;
  if (typeof other === 'number') return 1;
  const [left, right] = [one.toString(), other.toString()];
  return left === right ? 0 : left < right ? -1 : 1;
}
