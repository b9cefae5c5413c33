/**
 * An execution told: a column for each thread, and what went from one event to another.
 */
import { INITIAL, type Step, type StepKind } from '@shootdown/lkmm';
import type { LitmusTest } from './ast.js';
import { eventText } from './event-text.js';
import type { Choice } from './every-choice.js';

/** One event in a story. */
export interface StoryEvent {
  /** A letter, or two, that names it. */
  readonly name: string;
  readonly text: string;
}

/** An execution as a table. */
export interface Story {
  /** The events of each thread, in program order. */
  readonly threads: readonly (readonly StoryEvent[])[];
  /** rf and co between events, in words. */
  readonly edges: readonly string[];
}

const STEPS: Readonly<Record<StepKind, string>> = {
  rf: 'is read by',
  co: 'is overwritten by',
  fr: 'reads what is overwritten by',
  po: 'comes before, in program order,',
  'po-loc': 'comes before, in program order and at the same location,',
  rmw: 'is one operation with',
  addr: 'gives the address of',
  data: 'gives the value of',
  ctrl: 'decides whether there is',
  'full-fence': 'is before, by a full fence,',
  wmb: 'is before, by smp_wmb(),',
  rmb: 'is before, by smp_rmb(),',
  acquire: 'is an acquire, and so before',
  release: 'is before the release',
  'unlock-lock': 'is before, by an unlock and a lock,',
  'grace-period': 'is before, by a grace period,',
  'rcu-section': 'ends the read-side section that is begun by',
  ordered: 'is ordered before',
};

/** Names and texts of the events of one execution. */
export class StepNames {
  readonly #names: readonly string[];
  readonly #texts: readonly string[];

  constructor(choice: Choice) {
    const { events } = choice.execution;
    this.#texts = events.map((event, e) => textOf(choice, e));
    let next = 0;
    // The two halves of a lock are one line.
    this.#names = events.map(({ kind }) => (kind === 'LKW' ? nameOf(next - 1) : nameOf(next++)));
  }

  /** The name of an event. */
  name(e: number): string {
    return this.#names[e];
  }

  /** What an event does. */
  event(e: number): string {
    return this.#texts[e];
  }

  /** A step of a cycle in words. */
  text({ from, to, kind, over }: Step): string {
    const by = over === undefined || kind === 'grace-period' ? '' : ` [${this.name(over)}]`;
    if (from === to && kind === 'grace-period') return `${this.#full(from)} is a grace period`;
    return `${this.#full(from)} ${STEPS[kind]}${by} ${this.#full(to)}`;
  }

  #full(e: number): string {
    return `${this.name(e)}: ${this.event(e)}`;
  }
}

/** The execution as columns and edges. */
export function storyOf(test: LitmusTest, choice: Choice): Story {
  const names = new StepNames(choice);
  const { events, readsFrom, coherenceOrder } = choice.execution;
  const threads = test.threads.map((_, thread) =>
    events.flatMap((event, e) =>
      event.thread === thread && event.kind !== 'LKW' ? [{ name: names.name(e), text: names.event(e) }] : [],
    ),
  );
  const edges: string[] = [];
  for (const [read, write] of [...readsFrom].sort(([a], [b]) => a - b))
    edges.push(`rf: ${write === INITIAL ? 'the initial value' : names.name(write)} -> ${names.name(read)}`);
  for (const order of coherenceOrder) {
    const once = order.filter((e) => events[e].kind !== 'LKW');
    if (once.length > 1) edges.push(`co: ${once.map((e) => names.name(e)).join(' -> ')}`);
  }
  return { threads, edges };
}

function nameOf(number: number): string {
  const letter = String.fromCharCode(97 + (number % 26));
  return number < 26 ? letter : nameOf(Math.floor(number / 26) - 1) + letter;
}

function textOf({ candidate, values, locations, execution }: Choice, e: number): string {
  const event = execution.events[e];
  const dense = candidate.skeleton.dense[e];
  const location = locations[dense]?.toString() ?? '';
  const stored = candidate.stored[dense];
  // A value that goes round is known only to those who read it.
  const value =
    event.kind === 'R'
      ? values[dense]
      : stored?.term.kind === 'constant'
        ? stored.term.value
        : choiceValue(candidate, values, dense);
  return eventText(event, location, value?.toString() ?? '?');
}

function choiceValue(
  candidate: Choice['candidate'],
  values: Choice['values'],
  dense: number,
): { toString: () => string } | undefined {
  const stored = candidate.stored[dense];
  return stored === undefined ? undefined : candidate.worth(stored, values);
}
