/**
 * Signatures: for each member of each scalarset one number that tells what the state says of it, whichever member it is. A
 * symmetry that carries one state into another carries the signatures along, so that sorting the members by theirs leads to
 * the same image of either state; members with equal signatures may change places freely.
 *
 * Every word, with its value, adds to the signature of a member a hash of the orbit of the triple (word, value, member): of
 * all that the symmetries make of the three. What is the same for most members of a set is left out.
 */
import { mix, wordHash0, type Memory } from '@shootdown/machine';
import type { Automaton } from './automaton.js';
import { orbitOf, type Mover, type Point } from './orbits.js';
import type { Permutation, ValueMap } from './permutations.js';

/** What a word adds to the signatures: pairs of a member and a number. */
export type Contribution = Int32Array;

/** The members of the sets, one after the other. */
export interface Members {
  /** For each set, the number of its first member and of the first one after it. */
  readonly ranges: readonly (readonly [number, number])[];
  /** How many there are. */
  readonly count: number;
  /** By generator: where each member goes. */
  readonly moves: readonly Int32Array[];
}

/**
 * What each point of an orbit adds to the signatures.
 *
 * @param hashOf - of a point, the same in every process
 */
export function contributionsOf(
  start: Point,
  members: Members,
  move: Mover,
  hashOf: (point: Point) => number,
): readonly { readonly point: Point; readonly adds: Contribution }[] {
  const { points, images } = orbitOf(start, members.moves.length, move);
  const { count } = members;
  const joined = Int32Array.from({ length: points.length * count }, (_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (joined[root] !== root) root = joined[root] = joined[joined[root]];
    return root;
  };
  images.forEach((numbers, g) => {
    numbers.forEach((image, point) => {
      if (image < 0) return;
      members.moves[g].forEach((to, from) => (joined[rootOf(point * count + from)] = rootOf(image * count + to)));
    });
  });
  const hashes = points.map(hashOf);
  /** The least of the hashes of an orbit of triples, by its root. */
  const least = new Map<number, number>();
  for (let i = 0; i < joined.length; i++) {
    const root = rootOf(i);
    const hash = mix(hashes[Math.floor(i / count)] ^ Math.imul((i % count) + 1, 0x9e3779b1));
    least.set(root, Math.min(least.get(root) ?? hash, hash));
  }
  return points.map((point, n) => {
    const orbits = Array.from({ length: count }, (_, member) => least.get(rootOf(n * count + member)) as number);
    return { point, adds: contribution(orbits, members) };
  });
}

/** Leaves out what is the same for most members of a set. */
function contribution(orbits: readonly number[], { ranges }: Members): Contribution {
  const adds: number[] = [];
  for (const [first, end] of ranges) {
    const own = orbits.slice(first, end);
    const often = (hash: number): number => own.filter((other) => other === hash).length;
    const usual = own.reduce((a, b) => (often(b) > often(a) || (often(b) === often(a) && b < a) ? b : a));
    own.forEach((hash, i) => {
      if (hash !== usual) adds.push(first + i, hash);
    });
  }
  return Int32Array.from(adds);
}

/** How a word is looked at: it stays where it is, it belongs to a member, or its value names one. */
export const STAYS = 0;
export const MOVES = 1;
export const NAMES = 2;

/** What permutations do to memory and to control states. */
export interface Action {
  readonly generators: readonly Permutation[];
  /** By generator and address. */
  readonly values: readonly (readonly (ValueMap | undefined)[])[];
  /** The image of a control state. */
  readonly controlImage: (generator: number, control: number) => number;
  /** By address of a word: {@link STAYS}, {@link MOVES} or {@link NAMES}. */
  readonly how: Uint8Array;
}

/** The signatures of all members in the present state. */
export class Signatures {
  /** By member, those of all sets one after the other. */
  readonly values: Int32Array;
  readonly #memory: Memory;
  readonly #members: Members;
  readonly #action: Action;
  /** By address: what a word adds, to be mixed with its value; or by value. */
  readonly #ofWord: (Contribution | undefined)[] = [];
  readonly #ofValue: Map<number, Contribution>[] = [];
  /** By thread and control state. */
  #ofControl: (Contribution | undefined)[][] = [];
  #automaton!: Automaton;

  constructor(memory: Memory, members: Members, action: Action) {
    this.#memory = memory;
    this.#members = members;
    this.#action = action;
    this.values = new Int32Array(members.count);
  }

  /** The automaton is to be learnt, for the first time or anew. */
  restart(automaton: Automaton, threads: number): void {
    this.#automaton = automaton;
    this.#ofControl = Array.from({ length: threads }, () => []);
  }

  /** Looks at memory and control states anew. */
  recompute(): void {
    const { words } = this.#memory;
    const { how } = this.#action;
    this.values.fill(0);
    for (let address = 0; address < how.length; address++)
      if (how[address] === NAMES) this.#add(this.#whereNaming(address, words[address]), 1);
      else if (how[address] === MOVES) this.moving(address, 0, words[address]);
    for (let thread = 0; thread < this.#ofControl.length; thread++)
      this.#add(this.#whereControl(thread, words[how.length + thread]), 1);
  }

  /** A word that belongs to a member changed. */
  moving(address: number, old: number, value: number): void {
    const adds = (this.#ofWord[address] ??= this.#whereMoving(address));
    const { values } = this;
    const [a, b] = [Math.imul(old, 0x9e3779b1), Math.imul(value, 0x9e3779b1)];
    for (let i = 0; i < adds.length; i += 2) values[adds[i]] += mix(adds[i + 1] ^ b) - mix(adds[i + 1] ^ a);
  }

  /** A word whose value names members changed. */
  naming(address: number, old: number, value: number): void {
    this.#add(this.#whereNaming(address, old), -1);
    this.#add(this.#whereNaming(address, value), 1);
  }

  /** A thread's control state changed. */
  control(thread: number, old: number, value: number): void {
    this.#add(this.#whereControl(thread, old), -1);
    this.#add(this.#whereControl(thread, value), 1);
  }

  #add(adds: Contribution, sign: number): void {
    const { values } = this;
    for (let i = 0; i < adds.length; i += 2) values[adds[i]] += sign * adds[i + 1];
  }

  #whereMoving(address: number): Contribution {
    const { generators } = this.#action;
    const all = contributionsOf(
      [address],
      this.#members,
      (g, [a]) => [generators[g].addresses[a]],
      ([a]) => wordHash0(a, 0),
    );
    for (const { point, adds } of all) this.#ofWord[point[0]] = adds;
    return all[0].adds;
  }

  #whereNaming(address: number, value: number): Contribution {
    const known = (this.#ofValue[address] ??= new Map<number, Contribution>()).get(value);
    if (known !== undefined) return known;
    const { generators, values } = this.#action;
    const all = contributionsOf(
      [address, value],
      this.#members,
      (g, [a, v]) => [generators[g].addresses[a], values[g][a]?.(v) ?? v],
      ([a, v]) => wordHash0(a, v),
    );
    for (const { point, adds } of all)
      (this.#ofValue[point[0]] ??= new Map<number, Contribution>()).set(point[1], adds);
    return all[0].adds;
  }

  #whereControl(thread: number, control: number): Contribution {
    const known = this.#ofControl[thread][control];
    if (known !== undefined) return known;
    const { hash0, hash1 } = this.#automaton;
    const { generators, controlImage } = this.#action;
    const all = contributionsOf(
      [thread, control],
      this.#members,
      (g, [t, c]) => [generators[g].threads[t], controlImage(g, c)],
      ([t, c]) => mix(hash0[c] ^ Math.imul(hash1[c], 5) ^ Math.imul(t + 1, 0x9e3779b1)),
    );
    for (const { point, adds } of all) this.#ofControl[point[0]][point[1]] = adds;
    return all[0].adds;
  }
}
