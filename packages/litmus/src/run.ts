/**
 * Runs a litmus test: every execution that the model allows, counted, with the final states they end in.
 */
import { Checker, flagsOf, type Flag, type Rules } from '@shootdown/lkmm';
import type { LitmusTest, Literal, Place, Proposition } from './ast.js';
import { Candidate } from './candidate.js';
import { enumerate, type Execution, type Globals } from './enumerate.js';
import { UnsupportedError } from './litmus-error.js';
import { observedPlaces, shownPlaces } from './places.js';
import { unfold, type Path } from './unfold.js';
import { Address, Addresses, type Value } from './value.js';

/** How to run a test. */
export interface RunOptions {
  /** Which version of the model's rules. The present ones by default. */
  readonly rules?: Rules;
  /** How often a loop may run, 2 by default, as in herd7. */
  readonly unroll?: number;
  /** Called now and then; throws to end the run. */
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

const TICKS = 256;

/**
 * Runs `test`.
 *
 * @throws {@link UnsupportedError} if an execution does what cannot be run here
 */
export function runLitmus(test: LitmusTest, options: RunOptions = {}): Outcome {
  const globals = globalsOf(test);
  const unfolded = test.threads.map((thread, number) =>
    unfold(thread, {
      addresses: globals.addresses,
      initial: (name) => globals.register(number, name, thread.parameters),
      unroll: options.unroll ?? 2,
    }),
  );
  const places = shownPlaces(test);
  const observed = observedPlaces(test);
  const states = new Map<string, FinalState>();
  const flags = new Set<Flag>();
  let fitting = 0;
  let others = 0;
  let ticks = 0;
  const step = (): void => {
    if (++ticks % TICKS === 0) options.tick?.();
  };
  for (const paths of combinations(unfolded.map(({ paths: of }) => of))) {
    const candidate = new Candidate(paths, options.rules);
    const checker = new Checker(candidate.skeleton);
    enumerate(
      candidate,
      { refuses: (coherence) => checker.check(coherence) !== undefined },
      globals,
      (execution) => {
        const value = (place: Place): Value => valueOf(place, execution, globals);
        if (test.filter !== undefined && !holds(test.filter, value, globals)) return;
        if (execution.isWild) throw new UnsupportedError('an access through a pointer that holds a number');
        if (holds(test.condition.proposition, value, globals)) fitting++;
        else others++;
        const state = places.map(value);
        const key = state.join(' ');
        if (!states.has(key)) states.set(key, state);
        for (const flag of flagsOf(checker, execution.coherence)) flags.add(flag);
        if (hasLockFinal(execution, observed, globals)) flags.add('lock-final');
      },
      step,
    );
  }
  return {
    test,
    places,
    states: [...states.values()].sort(compareStates),
    fitting,
    others,
    flags: [...flags].sort(),
    wasCut: unfolded.some(({ wasCut }) => wasCut),
  };
}

interface AllGlobals extends Globals {
  readonly register: (thread: number, name: string, parameters: readonly string[]) => Value;
  readonly literal: (literal: Literal) => Value;
}

function globalsOf(test: LitmusTest): AllGlobals {
  const addresses = new Addresses();
  const numbers = new Map<Address, number>();
  const locations: Address[] = [];
  const literal = (value: Literal): Value =>
    typeof value === 'number' ? value : addresses.of(value.address, value.index);
  const memory = new Map<Address, Value>();
  const registers = new Map<string, Value>();
  for (const { place, value } of test.initial)
    if (place.kind === 'global') memory.set(addresses.of(place.name, place.index), literal(value));
    else registers.set(`${place.thread}:${place.name}`, literal(value));
  const numberOf = (location: Address): number => {
    const known = numbers.get(location);
    if (known !== undefined) return known;
    numbers.set(location, locations.length);
    return locations.push(location) - 1;
  };
  return {
    addresses,
    literal,
    initial: (location) => memory.get(location) ?? 0,
    numberOf,
    locationOf: (number) => locations[number],
    register: (thread, name, parameters) =>
      registers.get(`${thread}:${name}`) ?? (parameters.includes(name) ? addresses.of(name, 0) : 0),
  };
}

function* combinations(paths: readonly (readonly Path[])[], chosen: readonly Path[] = []): Generator<readonly Path[]> {
  if (chosen.length === paths.length) yield chosen;
  else for (const path of paths[chosen.length]) yield* combinations(paths, [...chosen, path]);
}

function valueOf(place: Place, execution: Execution, globals: AllGlobals): Value {
  if (place.kind === 'global') return execution.finally(globals.addresses.of(place.name, place.index));
  const { candidate, values } = execution;
  const term = candidate.paths[place.thread]?.registers.get(place.name);
  if (term === undefined) return globals.register(place.thread, place.name, []);
  return candidate.worth({ term, base: candidate.bases[place.thread] }, values, globals.addresses) ?? 0;
}

function holds(proposition: Proposition, value: (place: Place) => Value, globals: AllGlobals): boolean {
  switch (proposition.kind) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'not':
      return !holds(proposition.of, value, globals);
    case 'and':
      return holds(proposition.left, value, globals) && holds(proposition.right, value, globals);
    case 'or':
      return holds(proposition.left, value, globals) || holds(proposition.right, value, globals);
    case 'implies':
      return !holds(proposition.left, value, globals) || holds(proposition.right, value, globals);
    case 'equal': {
      const { right } = proposition;
      const wanted = typeof right === 'object' && 'kind' in right ? value(right) : globals.literal(right);
      return value(proposition.left) === wanted;
    }
  }
}

function hasLockFinal({ candidate }: Execution, observed: readonly Place[], globals: AllGlobals): boolean {
  const locks = new Set(
    candidate.skeleton.events.flatMap(({ kind }, e) => {
      const term = candidate.address[e];
      const isLock = kind === 'LKR' || kind === 'LKW' || kind === 'UL' || kind === 'LF';
      return isLock && term?.term.kind === 'constant' ? [term.term.value] : [];
    }),
  );
  return observed.some((place) => place.kind === 'global' && locks.has(globals.addresses.of(place.name, place.index)));
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
