/**
 * Symmetry reduction. Two states that a permutation of the scalarsets carries into each other have the same future, so the
 * visited table keeps one fingerprint for all of them: a hash of the members' signatures, in no order. Where these do not do,
 * it is the hash of the image in which the members of each set are sorted by signature; of several such images, the least.
 */
import { ModelError, wordHash0, wordHash1, type Memory, type System } from '@shootdown/machine';
import { PermutedImages } from './permuted-images.js';
import type { Automaton } from '../../learn/automaton.js';
import { ControlImages } from './control-images.js';
import { ImageProbe } from './image-probe.js';
import { orbitOf, type Point } from './orbits.js';
import {
  factorial,
  generatorsOf,
  valueMaps,
  type MovableSet,
  type Permutation,
  type ValueMap,
} from './permutations.js';
import { assertAlike } from './scalar-sets.js';
import { MOVES, NAMES, STAYS, Signatures, type Action, type Members } from './signatures.js';

/** Members with equal signatures, by their first place among the sorted ones and the one after them. */
type Stretch = readonly [number, number];

/** Most orders of members with equal signatures that are tried for a state. */
const MOST_ORDERS = 5040;

/** Sets hashes of images apart from those of signatures. */
const BY_IMAGES = 0x2545f491;

/** Keeps what is needed to know a state up to symmetry. */
export class Symmetry {
  /** The fingerprint of the present state and all its images. */
  f0 = 0;
  f1 = 0;
  /** Tells whether operations and conditions treat members alike. */
  readonly probe: ImageProbe;
  readonly #memory: Memory;
  readonly #threads: number;
  /** Address of the first control word. */
  readonly #controls: number;
  readonly #sets: readonly MovableSet[];
  readonly #generators: readonly Permutation[];
  /** By generator and address. */
  readonly #values: readonly (readonly (ValueMap | undefined)[])[];
  /** By address. */
  readonly #how: Uint8Array;
  readonly #members: Members;
  readonly #images: ControlImages;
  readonly #signatures: Signatures;
  readonly #permutedImages: PermutedImages;
  /** What the words that stay contribute to the fingerprint. */
  #fixed0 = 0;
  #fixed1 = 0;
  /** The members by signature; those of all sets one after the other. */
  readonly #sorted: Int32Array;
  readonly #orbits = new Map<string, readonly Point[]>();

  /** @param controls - address of the first control word */
  constructor(system: System, memory: Memory, controls: number) {
    this.#memory = memory;
    this.#threads = system.threads.length;
    this.#controls = controls;
    const { sets, generators } = generatorsOf(system);
    assertAlike(system, generators);
    const values = generators.map((p) => valueMaps(memory.layout, memory.image, p));
    const how = Uint8Array.from({ length: controls }, (_, a) => {
      if (values.some((maps) => maps[a] !== undefined)) return NAMES;
      return generators.some(({ addresses }) => addresses[a] !== a) ? MOVES : STAYS;
    });
    const members = membersOf(sets, generators);
    const images = new ControlImages(memory, generators, values);
    const action: Action = { generators, values, how, controlImage: (g, control) => known(images.of(g, control)) };
    this.#sets = sets;
    this.#generators = generators;
    this.#values = values;
    this.#how = how;
    this.#members = members;
    this.#images = images;
    this.#signatures = new Signatures(memory, this.#threads, members, action);
    this.probe = new ImageProbe(system, memory, sets, images);
    this.#permutedImages = new PermutedImages(system, memory, sets, members, action);
    this.#sorted = new Int32Array(members.count);
  }

  /** Number of permutations, the identity not counted. */
  get size(): number {
    return this.#sets.reduce((product, { size }) => product * factorial(size), 1) - 1;
  }

  /** The automaton is to be learnt, for the first time or anew: knows no images. */
  restart(automaton: Automaton): void {
    this.#images.restart(automaton);
    this.probe.restart(automaton);
    this.#signatures.restart(automaton, this.#threads);
    this.#permutedImages.restart(automaton);
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
    for (let address = 0; address < this.#controls; address++)
      if (this.#how[address] === STAYS && words[address] !== 0) this.changed(address, 0, words[address]);
    this.#signatures.recompute();
  }

  /**
   * Checks that the initial state is its own image.
   *
   * @throws {@link ModelError} when it is not
   */
  checkInitial(): void {
    const { words, layout } = this.#memory;
    const permutedImages = this.#permutedImages;
    permutedImages.lookAtState();
    const { h0, h1 } = permutedImages;
    this.#members.moves.forEach((moves, g) => {
      const one = moves.findIndex((to, member) => to !== member);
      permutedImages.lookAtExchanged(one, one + 1);
      if (permutedImages.h0 === h0 && permutedImages.h1 === h1) return;
      const odd = this.#generators[g].addresses.findIndex(
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
      this.#signatures.control(address - this.#controls, value);
      return;
    }
    const how = this.#how[address];
    if (how === NAMES) this.#signatures.naming(address, value);
    else if (how === MOVES) this.#signatures.moving(address, old, value);
    else {
      const { seed } = this.#memory;
      this.#fixed0 = (this.#fixed0 + wordHash0(address, value, seed) - wordHash0(address, old, seed)) | 0;
      this.#fixed1 = (this.#fixed1 + wordHash1(address, value, seed) - wordHash1(address, old, seed)) | 0;
    }
  };

  /** Computes the fingerprint of the present state. */
  canonicalize(): void {
    if (!this.#signatures.hash(this)) {
      this.#canonicalizeByImages();
      return;
    }
    this.f0 = (this.f0 + this.#fixed0) | 0;
    this.f1 = (this.f1 + this.#fixed1) | 0;
  }

  /** Where signatures alone do not do: takes the hash of the image in which they are sorted. */
  #canonicalizeByImages(): void {
    const permutedImages = this.#permutedImages;
    const tied = this.#sort();
    permutedImages.lookAtSorted(this.#sorted);
    this.f0 = permutedImages.h0;
    this.f1 = permutedImages.h1;
    if (tied.length > 0) this.#tryOrders(this.#worthReordering(tied), 0);
    this.f0 = (this.f0 + this.#fixed0 + BY_IMAGES) | 0;
    this.f1 = (this.f1 + this.#fixed1) | 0;
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

  /** Sorts the members of each set by signature; returns the stretches of equal ones. */
  #sort(): Stretch[] {
    const signatures = this.#signatures.values;
    const sorted = this.#sorted;
    const tied: Stretch[] = [];
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

  /**
   * The stretches whose order makes a difference, or may. Where that is too many orders, members of the longest stretches stay
   * as they are sorted, by their numbers: the hash is one of an image all the same, but images of a state may have others.
   */
  #worthReordering(tied: readonly Stretch[]): readonly Stretch[] {
    const all = [...this.#makingDifference(tied)].sort(([a, b], [c, d]) => b - a - (d - c));
    let orders = 1;
    return all.filter(([from, to]) => (orders *= factorial(to - from)) <= MOST_ORDERS);
  }

  #makingDifference(tied: readonly Stretch[]): readonly Stretch[] {
    if (tied.reduce((orders, [from, to]) => orders * factorial(to - from), 1) <= 2) return tied;
    const permutedImages = this.#permutedImages;
    permutedImages.lookAtState();
    const { h0, h1 } = permutedImages;
    const isFixed = (at: number): boolean => {
      permutedImages.lookAtExchanged(this.#sorted[at], this.#sorted[at + 1]);
      return permutedImages.h0 === h0 && permutedImages.h1 === h1;
    };
    return tied.filter(([from, to]) => {
      for (let at = from; at + 1 < to; at++) if (!isFixed(at)) return true;
      return false;
    });
  }

  /** Tries every order of the members in each stretch from number `n` on: the least hash counts. */
  #tryOrders(stretches: readonly Stretch[], n: number, at = stretches[n]?.[0] ?? 0): void {
    if (n >= stretches.length) {
      const permutedImages = this.#permutedImages;
      permutedImages.lookAtSorted(this.#sorted);
      if (permutedImages.h0 > this.f0 || (permutedImages.h0 === this.f0 && permutedImages.h1 >= this.f1)) return;
      this.f0 = permutedImages.h0;
      this.f1 = permutedImages.h1;
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
}

function known(image: number | undefined): number {
  if (image === undefined) throw new Error('the image of a control state is not known');
  return image;
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
