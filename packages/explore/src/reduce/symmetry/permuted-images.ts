/** The images of the present state, each under the permutation that puts the members of the sets into some order. */
import { mix, wordHash0, wordHash1, type Memory, type System } from '@shootdown/machine';
import { FINISHED, type Automaton } from '../../learn/automaton.js';
import { exchangesFor, permutationOf, valueMaps, type MovableSet, type ValueMap } from './permutations.js';
import { STAYS, type Action, type Members } from './signatures.js';

/** A permutation as far as states are concerned. */
interface Arrangement {
  readonly threads: Int32Array;
  /** Of the words that move or name members: where each goes, and what becomes of its value. */
  readonly places: Int32Array;
  readonly values: readonly (ValueMap | undefined)[];
  /** The generators that, taken in turn, come to it. */
  readonly exchanges: readonly number[];
  /** Images of control states, as far as they were asked for. */
  controls: number[];
}

/** Images kept at most: then all are forgotten, and made again when they are asked for again. */
const MOST_KNOWN = 10_000;

/** Hashes images of the present state. */
export class PermutedImages {
  /** The hash of the image looked at last, of what moves or names members alone. */
  h0 = 0;
  h1 = 0;
  readonly #system: System;
  readonly #memory: Memory;
  readonly #sets: readonly MovableSet[];
  readonly #members: Members;
  readonly #action: Action;
  /** The words that move or name members. */
  readonly #moved: Int32Array;
  readonly #known = new Map<string, Arrangement>();
  readonly #identity: Arrangement;
  /** Where each member goes; those of all sets one after the other. */
  readonly #placeOf: Int32Array;
  #automaton!: Automaton;

  constructor(system: System, memory: Memory, sets: readonly MovableSet[], members: Members, action: Action) {
    this.#system = system;
    this.#memory = memory;
    this.#sets = sets;
    this.#members = members;
    this.#action = action;
    this.#moved = Int32Array.from(action.how.keys()).filter((address) => action.how[address] !== STAYS);
    this.#placeOf = new Int32Array(members.count);
    this.#identity = this.#arrange(this.#placeOf.map((_, m) => m));
  }

  /** The automaton is to be learnt, for the first time or anew. */
  restart(automaton: Automaton): void {
    this.#automaton = automaton;
    for (const arrangement of this.#known.values()) arrangement.controls = [];
    this.#identity.controls = [];
  }

  /** Looks at the state itself. */
  lookAtState(): void {
    this.#look(this.#identity);
  }

  /** Looks at the image in which the members come in an order. */
  lookAtSorted(members: Int32Array): void {
    for (let place = 0; place < members.length; place++) this.#placeOf[members[place]] = place;
    this.#look(this.#arrangementOf(this.#placeOf));
  }

  /** Looks at the image in which two members of a set have changed places. */
  lookAtExchanged(one: number, other: number): void {
    const placeOf = this.#placeOf;
    for (let m = 0; m < placeOf.length; m++) placeOf[m] = m;
    placeOf[one] = other;
    placeOf[other] = one;
    this.#look(this.#arrangementOf(placeOf));
  }

  #arrangementOf(placeOf: Int32Array): Arrangement {
    const key = String.fromCharCode(...placeOf);
    let arrangement = this.#known.get(key);
    if (arrangement === undefined) {
      if (this.#known.size >= MOST_KNOWN) this.#known.clear();
      arrangement = this.#arrange(placeOf);
      this.#known.set(key, arrangement);
    }
    return arrangement;
  }

  #arrange(placeOf: Int32Array): Arrangement {
    const orders = this.#sets.map((set, s) => {
      const [first, end] = this.#members.ranges[s];
      return { set, order: Array.from(placeOf.subarray(first, end), (place) => place - first) };
    });
    const p = permutationOf(this.#system, new Map(orders.map(({ set, order }) => [set.name, order])));
    const maps = valueMaps(this.#memory.layout, this.#memory.image, p);
    return {
      threads: p.threads,
      places: this.#moved.map((address) => p.addresses[address]),
      values: Array.from(this.#moved, (address) => maps[address]),
      exchanges: orders.flatMap(({ set, order }) => exchangesFor(set, order)),
      controls: [],
    };
  }

  #look({ threads, places, values, exchanges, controls }: Arrangement): void {
    const { words, seed } = this.#memory;
    const moved = this.#moved;
    let h0 = 0;
    let h1 = 0;
    for (let i = 0; i < moved.length; i++) {
      const map = values[i];
      const value = map === undefined ? words[moved[i]] : map(words[moved[i]]);
      if (value === 0) continue;
      h0 += wordHash0(places[i], value, seed);
      h1 += wordHash1(places[i], value, seed);
    }
    const { hash0, hash1 } = this.#automaton;
    const firstControl = this.#action.how.length;
    for (let t = 0; t < threads.length; t++) {
      const control = words[firstControl + t];
      if (control === FINISHED) continue;
      const image = (controls[control] ??= exchanges.reduce((c, g) => this.#action.controlImage(g, c), control));
      const salt = Math.imul(threads[t] + 1, 0x9e3779b1) ^ seed;
      h0 += mix(hash0[image] ^ salt);
      h1 += mix(Math.imul(hash1[image], 5) + salt);
    }
    this.h0 = h0 | 0;
    this.h1 = h1 | 0;
  }
}
