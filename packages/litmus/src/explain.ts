/**
 * Why a test is answered as it is: an execution that fits, or what stands in the way of one.
 */
import { INITIAL, judge, type Axiom, type Step } from '@shootdown/lkmm';
import type { LitmusTest } from './ast.js';
import type { Candidate } from './candidate.js';
import { enumerate, type Execution } from './enumerate.js';
import { judgeOf } from './model.js';
import { everyChoice, type Choice } from './every-choice.js';
import { Globals } from './globals.js';
import { candidatesOf, stepper, type RunOptions } from './run.js';
import { StepNames, storyOf, type Story } from './story.js';

/** An execution that is allowed, told. */
export interface Allowed {
  readonly kind: 'allowed';
  readonly story: Story;
}

/** One way in which the executions that would fit are forbidden. */
export interface Forbidden {
  readonly kind: 'forbidden';
  readonly axiom: Axiom;
  readonly story: Story;
  /** The cycle, a line for each step. */
  readonly cycle: readonly string[];
}

/** The answer to `why`. */
export interface Explanation {
  /** Whether it is about executions that fit the proposition. About others it is where all are required to fit. */
  readonly isOfFitting: boolean;
  /** One execution, or each axiom that some execution breaks; nothing where no values fit at all. */
  readonly ways: readonly (Allowed | Forbidden)[];
}

/** Stories of different axioms are told, up to so many. */
const MOST_WAYS = 3;
/** Executions that are looked through for them. */
const MOST_CHOICES = 2_000;
/** Executions that are looked through where none is coherent. */
const MOST_INCOHERENT = 100_000;

/**
 * Why `test` is answered as it is under the kernel's model. Where some execution fits the proposition, one that does;
 * otherwise why those that would are forbidden. Of `forall` it is the executions that do not fit.
 */
export function explainLitmus(test: LitmusTest, options: RunOptions = {}): Explanation {
  const allowed = findAllowed(test, options);
  const isOfFitting = test.condition.quantifier !== 'forall';
  if (allowed !== undefined) return { isOfFitting, ways: [{ kind: 'allowed', story: allowed }] };
  return { isOfFitting, ways: [...forbiddenWays(test, options)] };
}

/** The first execution that fits and is allowed. */
function findAllowed(test: LitmusTest, options: RunOptions): Story | undefined {
  for (const choice of wantedChoices(test, options, 'lkmm')) return storyOf(test, choice);
  return undefined;
}

/** Executions that fit, those of the kernel's model or those that are coherent, as many as are looked through. */
function* wantedChoices(test: LitmusTest, options: RunOptions, which: 'lkmm' | 'coherent'): Generator<Choice> {
  const globals = new Globals(test);
  const step = stepper(options.tick);
  const most = which === 'lkmm' ? 1 : MOST_CHOICES;
  let left = most;
  for (const candidate of candidatesOf(test, globals, options).candidates) {
    const choices: Choice[] = [];
    const found = (execution: Execution): 'enough' | undefined => {
      if (execution.nonsense !== undefined || !isWanted(test, globals, execution)) return undefined;
      choices.push(choiceOf(candidate, globals, execution));
      return --left > 0 ? undefined : 'enough';
    };
    const judge = which === 'lkmm' ? judgeOf(which, candidate.skeleton) : { refuses: () => false };
    enumerate(candidate, judge, globals, { found, step });
    yield* choices;
    if (left <= 0) return;
  }
}

function isWanted(test: LitmusTest, globals: Globals, ended: Execution | Choice): boolean {
  if (test.filter !== undefined && !globals.holds(test.filter, ended)) return false;
  return globals.holds(test.condition.proposition, ended) === (test.condition.quantifier !== 'forall');
}

/** What is kept of an execution that will be written over. */
function choiceOf(candidate: Candidate, globals: Globals, { coherence, values, finally: last }: Execution): Choice {
  const { skeleton } = candidate;
  const { events, origin, dense, input } = skeleton;
  const location = [...coherence.location];
  const locations = location.map((number) => (number < 0 ? undefined : globals.locationOf(number)));
  const readsFrom = new Map<number, number>();
  events.forEach(({ kind }, e) => {
    const from = coherence.readsFrom[e];
    if (kind === 'R' || kind === 'LKR' || kind === 'LF' || kind === 'RU')
      readsFrom.set(origin[e], from < 0 ? INITIAL : origin[from]);
  });
  const written = new Map<number, number[]>();
  events.forEach(({ kind }, e) => {
    if (kind === 'W' || kind === 'LKW' || kind === 'UL')
      written.set(location[e], [...(written.get(location[e]) ?? []), e]);
  });
  const coherenceOrder = [...written.values()].map((writes) =>
    writes.sort((a, b) => (coherence.isBefore(a, b) ? -1 : 1)).map((e) => origin[e]),
  );
  const located = input.events.map((event, e) =>
    dense[e] < 0 || location[dense[e]] < 0 ? event : { ...event, location: location[dense[e]] },
  );
  const finals = new Map(locations.flatMap((at) => (at === undefined ? [] : [[at, last(at)] as const])));
  return {
    candidate,
    values: [...values],
    locations,
    finally: (at) => finals.get(at) ?? globals.initial(at),
    execution: { ...input, events: located, readsFrom, coherenceOrder },
  };
}

function* forbiddenWays(test: LitmusTest, options: RunOptions): Generator<Forbidden> {
  const told = new Set<string>();
  const look = function* (choices: Iterable<Choice>): Generator<Forbidden> {
    for (const choice of choices) {
      const answer = judge(choice.execution, options.rules);
      if (answer.allowed || told.has(answer.axiom) || answer.cycle.length === 0) continue;
      told.add(answer.axiom);
      const names = new StepNames(choice);
      yield {
        kind: 'forbidden',
        axiom: answer.axiom,
        story: storyOf(test, choice),
        cycle: answer.cycle.map((step: Step) => names.text(step)),
      };
      if (told.size >= MOST_WAYS) return;
    }
  };
  yield* look(wantedChoices(test, options, 'coherent'));
  if (told.size > 0) return;
  // Coherence itself stands in the way.
  yield* look(incoherentChoices(test, options));
}

/** Executions that fit, coherent or not. */
function* incoherentChoices(test: LitmusTest, options: RunOptions): Generator<Choice> {
  const globals = new Globals(test);
  const step = stepper(options.tick);
  let left = MOST_INCOHERENT;
  for (const candidate of candidatesOf(test, globals, options).candidates)
    for (const choice of everyChoice(candidate, globals, step)) {
      if (isWanted(test, globals, choice)) yield choice;
      if (--left <= 0) return;
    }
}
