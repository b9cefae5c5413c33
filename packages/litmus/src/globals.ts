/**
 * The variables of a test: their addresses, their first values, a number for each location.
 */
import type { LitmusTest, Literal, Place, Proposition } from './ast.js';
import type { Candidate } from './candidate.js';
import { Address, Addresses, type Value } from './value.js';

/** What a final state is read from. */
export interface Ended {
  readonly candidate: Candidate;
  /** What each read read, by dense number. */
  readonly values: readonly (Value | undefined)[];
  /** The last value of a global variable. */
  readonly finally: (location: Address) => Value;
}

/** The variables of one test. */
export class Globals {
  readonly addresses = new Addresses();
  readonly #numbers = new Map<Address, number>();
  readonly #locations: Address[] = [];
  readonly #memory = new Map<Address, Value>();
  readonly #registers = new Map<string, Value>();

  constructor({ initial }: LitmusTest) {
    for (const { place, value } of initial)
      if (place.kind === 'global') this.#memory.set(this.addresses.of(place.name, place.index), this.literal(value));
      else this.#registers.set(`${place.thread}:${place.name}`, this.literal(value));
  }

  /** A literal's value. */
  literal(value: Literal): Value {
    return typeof value === 'number' ? value : this.addresses.of(value.address, value.index);
  }

  /** The initial value of a location. */
  initial(location: Address): Value {
    return this.#memory.get(location) ?? 0;
  }

  /** A number for a location, the same each time. */
  numberOf(location: Address): number {
    const known = this.#numbers.get(location);
    if (known !== undefined) return known;
    this.#numbers.set(location, this.#locations.length);
    return this.#locations.push(location) - 1;
  }

  /** The location of a number. */
  locationOf(number: number): Address {
    return this.#locations[number];
  }

  /** What a local variable holds at first: what the initial state says, or the address that a parameter is, or 0. */
  register(thread: number, name: string, parameters: readonly string[]): Value {
    const set = this.#registers.get(`${thread}:${name}`);
    return set ?? (parameters.includes(name) ? this.addresses.of(name, 0) : 0);
  }

  /** What `place` holds in the end. */
  valueOf(place: Place, { candidate, values, finally: last }: Ended): Value {
    if (place.kind === 'global') return last(this.addresses.of(place.name, place.index));
    const term = candidate.paths[place.thread]?.registers.get(place.name);
    if (term === undefined) return this.register(place.thread, place.name, []);
    return candidate.worth({ term, base: candidate.bases[place.thread] }, values) ?? 0;
  }

  /** Whether `proposition` is true of the end. */
  holds(proposition: Proposition, ended: Ended): boolean {
    switch (proposition.kind) {
      case 'true':
        return true;
      case 'false':
        return false;
      case 'not':
        return !this.holds(proposition.of, ended);
      case 'and':
        return this.holds(proposition.left, ended) && this.holds(proposition.right, ended);
      case 'or':
        return this.holds(proposition.left, ended) || this.holds(proposition.right, ended);
      case 'implies':
        return !this.holds(proposition.left, ended) || this.holds(proposition.right, ended);
      case 'equal': {
        const { left, right } = proposition;
        const wanted = typeof right === 'object' && 'kind' in right ? this.valueOf(right, ended) : this.literal(right);
        return this.valueOf(left, ended) === wanted;
      }
    }
  }
}
