/**
 * Symmetry reduction. Two states that a permutation of the scalarsets carries into each other have the same future, so the
 * visited table keeps one fingerprint for all of them: the hash of the image in which the members of each set are sorted by
 * their signatures; of several such images, the least.
 */
import { ModelError, mix, wordHash0, wordHash1, type Memory, type System } from '@shootdown/machine';
import { FINISHED, type Automaton } from './automaton.js';
import { ControlImages } from './control-images.js';
import { orbitOf, type Point } from './orbits.js';
import {
  exchangesFor,
  factorial,
  generatorsOf,
  inTurn,
  valueMaps,
  type MovableSet,
  type Permutation,
  type ValueMap,
} from './permutations.js';
import { contributionsOf, type Contribution, type Members } from './signatures.js';

/** How a word is looked at. */
const STAYS = 0;
const MOVES = 1;
const NAMES = 2;

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

/** Keeps what is needed to know a state up to symmetry. */
export class Symmetry {
  /** The fingerprint of the present state and all its images. */
  f0 = 0;
  f1 = 0;
  readonly #system: System;
  readonly #memory: Memory;
  readonly #controls: number;
  readonly #sets: readonly MovableSet[];
  readonly #generators: readonly Permutation[];
  /** By generator and address. */
  readonly #values: readonly (readonly (ValueMap | undefined)[])[];
  readonly #members: Members;
  readonly #images: ControlImages;
  /** By address. */
  readonly #how: Uint8Array;
  /** The words that move or name members. */
  readonly #moved: Int32Array;
  /** By member, those of all sets one after the other. */
  readonly #signatures: Int32Array;
  /** What the words that stay contribute to the fingerprint. */
  #fixed0 = 0;
  #fixed1 = 0;
  /** By address: what a word adds to signatures, to be mixed with its value; or by value. */
  readonly #ofWord: (Contribution | undefined)[] = [];
  readonly #ofValue: Map<number, Contribution>[] = [];
  /** By thread and control state. */
  #ofControl: (Contribution | undefined)[][] = [];
  readonly #arrangements = new Map<number, Arrangement>();
  readonly #identity: Arrangement;
  readonly #orbits = new Map<string, readonly Point[]>();
  /** Where each member goes, and who is there, by place; those of all sets one after the other. */
  readonly #placeOf: Int32Array;
  readonly #sorted: Int32Array;
  /** The hash of the image looked at last. */
  #h0 = 0;
  #h1 = 0;
  #automaton!: Automaton;

  /** @param controls - address of the first control word */
  constructor(system: System, memory: Memory, controls: number) {
    this.#system = system;
    this.#memory = memory;
    this.#controls = controls;
    const { sets, generators } = generatorsOf(system);
    this.#sets = sets;
    this.#generators = generators;
    this.#values = generators.map((p) => valueMaps(memory.layout, memory.image, p));
    this.#members = membersOf(sets, generators);
    this.#images = new ControlImages(memory, generators, this.#values);
    this.#how = Uint8Array.from({ length: controls }, (_, a) =>
      this.#values.some((maps) => maps[a] !== undefined)
        ? NAMES
        : generators.some(({ addresses }) => addresses[a] !== a)
          ? MOVES
          : STAYS,
    );
    this.#moved = Int32Array.from(this.#how.keys()).filter((a) => this.#how[a] !== STAYS);
    const { count } = this.#members;
    this.#signatures = new Int32Array(count);
    this.#placeOf = new Int32Array(count);
    this.#sorted = new Int32Array(count);
    this.#identity = this.#arrange([]);
  }

  /** Number of permutations, the identity not counted. */
  get size(): number {
    return this.#sets.reduce((product, { size }) => product * factorial(size), 1) - 1;
  }

  /** The automaton is to be learnt, for the first time or anew: knows no images. */
  restart(automaton: Automaton): void {
    this.#automaton = automaton;
    this.#images.restart(automaton);
    this.#ofControl = this.#system.threads.map(() => []);
    for (const arrangement of this.#arrangements.values()) arrangement.controls = [];
    this.#identity.controls = [];
  }

  /** The control states at which the threads start: the image of one thread's is the other's. */
  start(starts: readonly number[]): void {
    this.#images.start(starts);
  }

  /** An edge of the automaton is explored for the first time: carries it along. */
  explored(from: number, lo: number, hi: number, to: number): void {
    this.#images.explored(from, lo, hi, to);
  }

  /** Looks at the contents of memory anew. */
  recompute(): void {
    const { words } = this.#memory;
    this.#fixed0 = 0;
    this.#fixed1 = 0;
    this.#signatures.fill(0);
    for (let address = 0; address < this.#controls; address++)
      if (this.#how[address] === NAMES) this.#add(this.#contribution(address, words[address]), 1);
      else if (words[address] !== 0) this.changed(address, 0, words[address]);
    for (let t = 0; t < this.#ofControl.length; t++)
      this.#add(this.#controlContribution(t, words[this.#controls + t]), 1);
  }

  /**
   * Checks that the initial state is its own image.
   *
   * @throws {@link ModelError} when it is not
   */
  checkInitial(): void {
    const { words, layout } = this.#memory;
    this.#look(this.#identity);
    const [h0, h1] = [this.#h0, this.#h1];
    this.#generators.forEach((p, g) => {
      this.#look(this.#arrange([g]));
      if (this.#h0 === h0 && this.#h1 === h1) return;
      const odd = p.addresses.findIndex(
        (to, from) => words[to] !== (this.#values[g][from]?.(words[from]) ?? words[from]),
      );
      throw new ModelError(
        `the system declares symmetries, but its initial state is not symmetric${odd >= 0 ? ` in ${layout.nameOf(odd)}` : ''}; ` +
          'declare every object and value that belongs to a member, or leave the scalarset out',
      );
    });
  }

  /** One word changed, forth or back. */
  readonly changed = (address: number, old: number, value: number): void => {
    if (address >= this.#controls) {
      const thread = address - this.#controls;
      this.#add(this.#controlContribution(thread, old), -1);
      this.#add(this.#controlContribution(thread, value), 1);
      return;
    }
    const how = this.#how[address];
    if (how === STAYS) {
      this.#fixed0 ^= wordHash0(address, old) ^ wordHash0(address, value);
      this.#fixed1 ^= wordHash1(address, old) ^ wordHash1(address, value);
    } else if (how === NAMES) {
      this.#add(this.#contribution(address, old), -1);
      this.#add(this.#contribution(address, value), 1);
    } else {
      const adds = (this.#ofWord[address] ??= this.#wordContribution(address));
      const signatures = this.#signatures;
      const [a, b] = [Math.imul(old, 0x9e3779b1), Math.imul(value, 0x9e3779b1)];
      for (let i = 0; i < adds.length; i += 2) signatures[adds[i]] += mix(adds[i + 1] ^ b) - mix(adds[i + 1] ^ a);
    }
  };

  /** Computes the fingerprint of the present state. */
  canonicalize(): void {
    const tied = this.#sort();
    this.#look(this.#arrangement());
    this.f0 = this.#h0;
    this.f1 = this.#h1;
    if (tied.length > 0) this.#tryOrders(this.#worthReordering(tied), 0);
  }

  /** Calls `visit` for the image of an access under every permutation, and for the access itself. */
  forImages(address: number, thread: number, visit: (address: number, thread: number) => void): void {
    const points = this.#orbit('access', [address, thread], (g, [a, t]) => {
      const p = this.#generators[g];
      return [p.addresses[a], p.threads[t]];
    });
    for (const [a, t] of points) visit(a, t);
  }

  /** Calls `visit` for the images of two words under every permutation, and for the words themselves. */
  forImagesOfBoth(one: number, other: number, visit: (one: number, other: number) => void): void {
    const points = this.#orbit('both', [one, other], (g, [a, b]) => {
      const { addresses } = this.#generators[g];
      return [addresses[a], addresses[b]];
    });
    for (const [a, b] of points) visit(a, b);
  }

  /** As {@link forImages} for an access by a control state, as far as the images of that are known. */
  forControlImages(control: number, address: number, visit: (control: number, address: number) => void): void {
    const { points } = orbitOf([control, address], this.#generators.length, (g, [c, a]) => {
      const image = this.#images.of(g, c);
      return image === undefined ? undefined : [image, this.#generators[g].addresses[a]];
    });
    for (const [c, a] of points) visit(c, a);
  }

  #orbit(of: string, start: Point, move: (generator: number, point: Point) => Point): readonly Point[] {
    const key = `${of} ${start.join()}`;
    let points = this.#orbits.get(key);
    if (points === undefined) {
      ({ points } = orbitOf(start, this.#generators.length, move));
      this.#orbits.set(key, points);
    }
    return points;
  }

  #add(adds: Contribution, sign: number): void {
    const signatures = this.#signatures;
    for (let i = 0; i < adds.length; i += 2) signatures[adds[i]] += sign * adds[i + 1];
  }

  #wordContribution(address: number): Contribution {
    const all = contributionsOf(
      [address],
      this.#members,
      (g, [a]) => [this.#generators[g].addresses[a]],
      ([a]) => wordHash0(a, 0),
    );
    for (const { point, adds } of all) this.#ofWord[point[0]] = adds;
    return all[0].adds;
  }

  /** What a word that names members adds, for a value of it. */
  #contribution(address: number, value: number): Contribution {
    const known = (this.#ofValue[address] ??= new Map<number, Contribution>()).get(value);
    if (known !== undefined) return known;
    const all = contributionsOf(
      [address, value],
      this.#members,
      (g, [a, v]) => [this.#generators[g].addresses[a], this.#values[g][a]?.(v) ?? v],
      ([a, v]) => wordHash0(a, v),
    );
    for (const { point, adds } of all)
      (this.#ofValue[point[0]] ??= new Map<number, Contribution>()).set(point[1], adds);
    return all[0].adds;
  }

  #controlContribution(thread: number, control: number): Contribution {
    const known = this.#ofControl[thread][control];
    if (known !== undefined) return known;
    const { hash0, hash1 } = this.#automaton;
    const all = contributionsOf(
      [thread, control],
      this.#members,
      (g, [t, c]) => [this.#generators[g].threads[t], this.#imageOf(g, c)],
      ([t, c]) => mix(hash0[c] ^ Math.imul(hash1[c], 5) ^ Math.imul(t + 1, 0x9e3779b1)),
    );
    for (const { point, adds } of all) this.#ofControl[point[0]][point[1]] = adds;
    return all[0].adds;
  }

  #imageOf(generator: number, control: number): number {
    const image = this.#images.of(generator, control);
    if (image === undefined) throw new Error(`the image of control state ${control} is not known`);
    return image;
  }

  /** Sorts the members of each set by signature; answers the stretches of equal ones, by their first place and the one after. */
  #sort(): (readonly [number, number])[] {
    const signatures = this.#signatures;
    const sorted = this.#sorted;
    const tied: (readonly [number, number])[] = [];
    for (const [first, end] of this.#members.ranges) {
      for (let at = first; at < end; at++) {
        const signature = signatures[at];
        let to = at;
        for (; to > first && signatures[sorted[to - 1]] > signature; to--) sorted[to] = sorted[to - 1];
        sorted[to] = at;
      }
      for (let from = first, at = first + 1; at <= end; at++) {
        if (at < end && signatures[sorted[at]] === signatures[sorted[from]]) continue;
        if (at - from > 1) tied.push([from, at]);
        from = at;
      }
    }
    return tied;
  }

  /** Of the stretches of members with equal signatures those whose order makes a difference, or may. */
  #worthReordering(tied: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
    if (tied.reduce((orders, [from, to]) => orders * factorial(to - from), 1) <= 2) return tied;
    this.#look(this.#identity);
    const [h0, h1] = [this.#h0, this.#h1];
    const isFixed = (at: number): boolean => {
      this.#look(this.#exchange(this.#sorted[at], this.#sorted[at + 1]));
      return this.#h0 === h0 && this.#h1 === h1;
    };
    return tied.filter(([from, to]) => {
      for (let at = from; at + 1 < to; at++) if (!isFixed(at)) return true;
      return false;
    });
  }

  /** Tries every order of the members in each stretch from number `n` on: the least hash counts. */
  #tryOrders(stretches: readonly (readonly [number, number])[], n: number, at = stretches[n]?.[0] ?? 0): void {
    if (n >= stretches.length) {
      this.#look(this.#arrangement());
      if (this.#h0 < this.f0 || (this.#h0 === this.f0 && this.#h1 < this.f1)) {
        this.f0 = this.#h0;
        this.f1 = this.#h1;
      }
      return;
    }
    const sorted = this.#sorted;
    const [, end] = stretches[n];
    if (at + 1 >= end) {
      this.#tryOrders(stretches, n + 1);
      return;
    }
    for (let other = at; other < end; other++) {
      [sorted[at], sorted[other]] = [sorted[other], sorted[at]];
      this.#tryOrders(stretches, n, at + 1);
      [sorted[at], sorted[other]] = [sorted[other], sorted[at]];
    }
  }

  /** The permutation that brings the members into the order they are sorted in. */
  #arrangement(): Arrangement {
    this.#sorted.forEach((member, place) => (this.#placeOf[member] = place));
    return this.#arrangementOf(this.#placeOf);
  }

  /** The one that exchanges two members. */
  #exchange(one: number, other: number): Arrangement {
    const placeOf = this.#placeOf;
    for (let m = 0; m < placeOf.length; m++) placeOf[m] = m;
    placeOf[one] = other;
    placeOf[other] = one;
    return this.#arrangementOf(placeOf);
  }

  #arrangementOf(placeOf: Int32Array): Arrangement {
    let key = 0;
    for (const [first, end] of this.#members.ranges)
      for (let m = first; m < end; m++) key = key * (end - first) + placeOf[m] - first;
    let arrangement = this.#arrangements.get(key);
    if (arrangement === undefined) {
      const exchanges = this.#sets.flatMap((set, s) => {
        const [first, end] = this.#members.ranges[s];
        return exchangesFor(
          set,
          Array.from(placeOf.subarray(first, end), (place) => place - first),
        );
      });
      this.#arrangements.set(key, (arrangement = this.#arrange(exchanges)));
    }
    return arrangement;
  }

  #arrange(exchanges: readonly number[]): Arrangement {
    const p = inTurn(
      this.#system,
      exchanges.map((g) => this.#generators[g]),
    );
    const maps = valueMaps(this.#memory.layout, this.#memory.image, p);
    return {
      threads: p.threads,
      places: this.#moved.map((address) => p.addresses[address]),
      values: Array.from(this.#moved, (address) => maps[address]),
      exchanges,
      controls: [],
    };
  }

  /** Hashes the image of the present state under a permutation. */
  #look({ threads, places, values, exchanges, controls }: Arrangement): void {
    const { words } = this.#memory;
    const moved = this.#moved;
    let h0 = this.#fixed0;
    let h1 = this.#fixed1;
    for (let i = 0; i < moved.length; i++) {
      const map = values[i];
      const value = map === undefined ? words[moved[i]] : map(words[moved[i]]);
      if (value === 0) continue;
      h0 ^= wordHash0(places[i], value);
      h1 ^= wordHash1(places[i], value);
    }
    const { hash0, hash1 } = this.#automaton;
    for (let t = 0; t < threads.length; t++) {
      const control = words[this.#controls + t];
      if (control === FINISHED) continue;
      const image = (controls[control] ??= exchanges.reduce((c, g) => this.#imageOf(g, c), control));
      const salt = Math.imul(threads[t] + 1, 0x9e3779b1);
      h0 ^= mix(hash0[image] ^ salt);
      h1 ^= mix(Math.imul(hash1[image], 5) + salt);
    }
    this.#h0 = h0;
    this.#h1 = h1;
  }
}

function membersOf(sets: readonly MovableSet[], generators: readonly Permutation[]): Members {
  let count = 0;
  const ranges = sets.map(({ size }) => [count, (count += size)] as const);
  const moves = generators.map(() => Int32Array.from({ length: count }, (_, member) => member));
  sets.forEach(({ size, firstGenerator }, s) => {
    const [first] = ranges[s];
    for (let i = 0; i + 1 < size; i++) moves[firstGenerator + i].set([first + i + 1, first + i], first + i);
  });
  return { ranges, count, moves };
}
