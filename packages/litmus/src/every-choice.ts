/**
 * Every choice of rf and co of a candidate, also those that break coherence: generated and not tested.
 *
 * It is what an explanation looks through, and what the tests compare the enumeration with. It takes time that grows with
 * the factorial of the writes of a location, so it is for small tests.
 */
import { INITIAL, type Execution } from '@shootdown/lkmm';
import type { Candidate } from './candidate.js';
import type { Ended, Globals } from './globals.js';
import type { Term } from './unfold.js';
import { Address, Nonsense, ThinAir, type Value } from './value.js';

/** A whole execution, allowed or not. */
export interface Choice extends Ended {
  /** For `judge()`; numbers are those of all events. */
  readonly execution: Execution;
  /** What each event accesses, by dense number. */
  readonly locations: readonly (Address | undefined)[];
}

/** Every choice in which values, addresses and branches fit together. `step` is called before each. */
export function* everyChoice(candidate: Candidate, globals: Globals, step: () => void): Generator<Choice> {
  const { skeleton } = candidate;
  const { events } = skeleton;
  const readers = events.flatMap(({ kind }, e) => (kind === 'R' || kind === 'LF' || kind === 'RU' ? [e] : []));
  const sources = readers.map((read) => {
    const { kind } = events[read];
    const wanted = kind === 'R' ? 'W' : kind === 'LF' ? 'LKW' : 'UL';
    const found = events.flatMap((event, e) => (event.kind === wanted ? [e] : []));
    return kind === 'LF' ? found : [INITIAL, ...found];
  });
  for (const chosen of product(sources)) {
    step();
    const readsFrom = new Map(readers.map((read, i) => [read, chosen[i]]));
    const worked = work(candidate, globals, readsFrom);
    if (worked === undefined) continue;
    yield* orders(candidate, globals, readsFrom, worked, step);
  }
}

interface Worked {
  readonly values: (Value | undefined)[];
  readonly locations: (Address | undefined)[];
}

/** Values and addresses under one choice of rf, if they fit. */
function work(candidate: Candidate, globals: Globals, readsFrom: ReadonlyMap<number, number>): Worked | undefined {
  const { events } = candidate.skeleton;
  const values: (Value | undefined)[] = events.map(() => undefined);
  const locations: (Address | undefined)[] = events.map(() => undefined);
  const learn = (): boolean => {
    let isNew = false;
    events.forEach(({ kind }, e) => {
      const address = candidate.address[e];
      if (locations[e] === undefined && address !== undefined) {
        const value = candidate.worth(address, values);
        if (value instanceof Address) {
          locations[e] = value;
          isNew = true;
        }
      }
      const from = readsFrom.get(e);
      const location = locations[e];
      if (kind !== 'R' || values[e] !== undefined || from === undefined || location === undefined) return;
      const stored = from === INITIAL ? undefined : candidate.stored[from];
      values[e] = stored === undefined ? globals.initial(location) : candidate.worth(stored, values);
      if (values[e] !== undefined) isNew = true;
    });
    return isNew;
  };
  while (learn());
  for (const constraint of candidate.constraints) {
    const value = candidate.worth(constraint, values);
    if (value === undefined || value instanceof Nonsense || (value === 0) !== constraint.isZero) return undefined;
  }
  if (events.some(({ kind }, e) => kind !== 'F' && locations[e] === undefined)) return undefined;
  for (const [read, from] of readsFrom) if (from !== INITIAL && locations[from] !== locations[read]) return undefined;
  events.forEach(({ kind }, e) => {
    // Only copies go round: any value does.
    if (kind === 'R') values[e] ??= new ThinAir(e);
  });
  const isCalculated = events.some(({ kind }, e) => kind === 'W' && isOfThinAir(candidate, values, e));
  return isCalculated ? undefined : { values, locations };
}

/** Whether a store calculates with a value that comes from nowhere. */
function isOfThinAir(candidate: Candidate, values: readonly (Value | undefined)[], write: number): boolean {
  const stored = candidate.stored[write];
  if (stored === undefined || stored.term.kind !== 'operation') return false;
  const known = values.map((value) => (value instanceof ThinAir ? undefined : value));
  const reads: number[] = [];
  const collect = (term: Term): void => {
    if (term.kind === 'read') reads.push(candidate.skeleton.dense[stored.base + term.event]);
    if (term.kind !== 'operation') return;
    collect(term.left);
    collect(term.right);
  };
  collect(stored.term);
  return reads.some((read) => known[read] === undefined);
}

/** Every order of the writes and of the sections of each location. */
function* orders(
  candidate: Candidate,
  globals: Globals,
  readsFrom: ReadonlyMap<number, number>,
  { values, locations }: Worked,
  step: () => void,
): Generator<Choice> {
  const { skeleton } = candidate;
  const { events, origin, dense } = skeleton;
  const at = new Map<Address, number[]>();
  events.forEach(({ kind }, e) => {
    const location = locations[e];
    if (location === undefined || (kind !== 'W' && kind !== 'LKR')) return;
    at.set(location, [...(at.get(location) ?? []), e]);
  });
  const places = [...at.values()];
  for (const arranged of product(places.map((list) => [...permutations(list)]))) {
    step();
    const from = new Map(
      [...readsFrom].map(([read, write]) => [origin[read], write === INITIAL ? INITIAL : origin[write]]),
    );
    const coherenceOrder: number[][] = [];
    let isPossible = true;
    for (const order of arranged) {
      const written: number[] = [];
      let last: number | undefined = INITIAL;
      for (const e of order) {
        if (events[e].kind === 'W') {
          written.push(origin[e]);
          continue;
        }
        // A lock that nobody gives back is taken by nobody else.
        if (last === undefined) isPossible = false;
        from.set(origin[e], last ?? INITIAL);
        const unlock = unlockOf(candidate, locations, e);
        written.push(origin[e + 1], ...(unlock === undefined ? [] : [origin[unlock]]));
        last = unlock === undefined ? undefined : origin[unlock];
      }
      coherenceOrder.push(written);
    }
    const missing = events.flatMap(({ kind }, e) =>
      (kind === 'UL' || kind === 'LKW') && !coherenceOrder.some((order) => order.includes(origin[e])) ? [e] : [],
    );
    if (!isPossible || missing.length > 0) continue;
    const located = candidate.skeleton.input.events.map((event, e) => {
      const location = dense[e] < 0 ? undefined : locations[dense[e]];
      return location === undefined ? event : { ...event, location: globals.numberOf(location) };
    });
    const input = { ...candidate.skeleton.input, events: located };
    const last = (location: Address): Value => {
      const order = coherenceOrder.find((one) => one.length > 0 && locations[dense[one[0]]] === location);
      const stored = order === undefined ? undefined : candidate.stored[dense[order[order.length - 1]]];
      return stored === undefined ? globals.initial(location) : (candidate.worth(stored, values) ?? 0);
    };
    yield { candidate, values, locations, finally: last, execution: { ...input, readsFrom: from, coherenceOrder } };
  }
}

/** The unlock that ends the section that LKR `read` begins. */
function unlockOf(
  { skeleton: { events } }: Candidate,
  locations: readonly (Address | undefined)[],
  read: number,
): number | undefined {
  for (let e = read + 2; e < events.length && events[e].thread === events[read].thread; e++) {
    if (locations[e] !== locations[read]) continue;
    if (events[e].kind === 'UL') return e;
    if (events[e].kind === 'LKR') return undefined;
  }
  return undefined;
}

function* product<T>(lists: readonly (readonly T[])[], chosen: readonly T[] = []): Generator<readonly T[]> {
  if (chosen.length === lists.length) yield chosen;
  else for (const one of lists[chosen.length]) yield* product(lists, [...chosen, one]);
}

function* permutations<T>(list: readonly T[]): Generator<readonly T[]> {
  if (list.length === 0) yield [];
  for (const [i, one] of list.entries())
    for (const rest of permutations([...list.slice(0, i), ...list.slice(i + 1)])) yield [one, ...rest];
}
