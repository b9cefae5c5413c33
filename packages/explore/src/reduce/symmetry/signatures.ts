/**
 * Signatures: for each member of each scalarset a number of 64 bits that tells what the state says of it, whichever member it is. A
 * symmetry that carries one state into another carries the signatures along, so that either
 * state has the same ones. What they do not tell, of facts about several members at once, {@link Signatures.hash} adds.
 *
 * Every word, with its value, adds to the signature of a member a hash of the orbit of the triple (word, value, member): of
 * all that the symmetries make of the three. What is the same for most members of a set is left out.
 */
import { mix, wordHash0, wordHash1, type Memory } from '@shootdown/machine';
import type { Automaton } from '../../learn/automaton.js';
import { orbitOf, type Mover, type Point } from './orbits.js';
import { multinomial, type Permutation, type ValueMap } from './permutations.js';

/** What one fact, a word with its value or a thread at a control state, says of the members. */
export interface Contribution {
  /** What it adds to signatures: a member and two numbers each. */
  readonly adds: Int32Array;
  /** A hash of its orbit. */
  readonly orbit0: number;
  readonly orbit1: number;
  /** What must be known, besides the signatures, to tell the facts of a state: {@link NOTHING}, {@link WHO} or {@link MORE}. */
  readonly needs: number;
}

/** Signatures tell whom the fact is about. */
export const NOTHING = 0;
/** It is about several members at once, and there may be another like it about others: who goes with whom. */
export const WHO = 1;
/** Who is in which part does not say all of it. */
export const MORE = 2;

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
 * @param start - a fact; its first number is where it is
 * @param hashOf - of a point, two numbers that are the same in every process
 */
export function contributionsOf(
  start: Point,
  members: Members,
  move: Mover,
  hashOf: (point: Point) => readonly [number, number],
): readonly { readonly point: Point; readonly says: Contribution }[] {
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
  const least0 = new Map<number, number>();
  const least1 = new Map<number, number>();
  for (let i = 0; i < joined.length; i++) {
    const root = rootOf(i);
    const [a, b] = hashes[Math.floor(i / count)];
    const salt = Math.imul((i % count) + 1, 0x9e3779b1);
    const [h0, h1] = [mix(a ^ salt), mix(b + salt)];
    least0.set(root, Math.min(least0.get(root) ?? h0, h0));
    least1.set(root, Math.min(least1.get(root) ?? h1, h1));
  }
  const orbit0 = mix(hashes.reduce((least, [a]) => Math.min(least, a), Infinity));
  const orbit1 = mix(hashes.reduce((least, [, b]) => Math.min(least, b), Infinity));
  const isAtOnePlace = points.every(([place]) => place === start[0]);
  return points.map((point, n) => {
    const roots = Array.from({ length: count }, (_, member) => rootOf(n * count + member));
    const adds = partsThatStandOut(roots, members, (root) => [least0.get(root) as number, least1.get(root) as number]);
    return { point, says: { adds, orbit0, orbit1, needs: needsOf(roots, members, points.length, isAtOnePlace) } };
  });
}

/** Leaves out what is the same for most members of a set. */
function partsThatStandOut(
  roots: readonly number[],
  { ranges }: Members,
  hashOf: (root: number) => readonly [number, number],
): Int32Array {
  const adds: number[] = [];
  for (const [first, end] of ranges) {
    const own = roots.slice(first, end);
    const often = (root: number): number => own.filter((other) => other === root).length;
    const usual = own.reduce((a, b) =>
      often(b) > often(a) || (often(b) === often(a) && hashOf(b)[0] < hashOf(a)[0]) ? b : a,
    );
    own.forEach((root, i) => {
      if (root !== usual) adds.push(first + i, ...hashOf(root));
    });
  }
  return Int32Array.from(adds);
}

/**
 * What it takes to tell a fact from the others of its orbit, if for each member the part is known that it has in it.
 *
 * @param parts - by member
 * @param size - facts in the orbit
 * @param isAtOnePlace - whether a state has but one of them
 */
function needsOf(parts: readonly number[], { ranges }: Members, size: number, isAtOnePlace: boolean): number {
  let ways = 1;
  let isOfOne = 0;
  for (const [first, end] of ranges) {
    const own = parts.slice(first, end);
    const sizes = [...new Set(own)].map((part) => own.filter((other) => other === part).length);
    ways *= multinomial(sizes);
    if (sizes.length === 1) continue;
    isOfOne += sizes.length === 2 && sizes.includes(1) ? 1 : 2;
  }
  if (ways !== size) return MORE;
  return isAtOnePlace || isOfOne <= 1 ? NOTHING : WHO;
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
  /** A second number for each. */
  readonly others: Int32Array;
  /** A hash of the orbits of all facts. */
  #orbits0 = 0;
  #orbits1 = 0;
  /** How many facts need something besides: by {@link Contribution.needs}. */
  readonly #needing = new Int32Array(3);
  readonly #memory: Memory;
  readonly #members: Members;
  readonly #action: Action;
  /** By address: what a word adds, to be mixed with its value; or by value. */
  readonly #ofWord: (Contribution | undefined)[] = [];
  readonly #ofValue: Map<number, Contribution>[] = [];
  /** By thread and control state. */
  #ofControl: (Contribution | undefined)[][] = [];
  /** What the words that name members say now, by address, and the threads, by number. */
  readonly #said: Contribution[] = [];
  readonly #saidByThread: Contribution[] = [];
  /** The words and threads that may say who goes with whom. */
  readonly #jointWords: readonly number[];
  readonly #jointThreads: readonly number[];
  /** The members by name, which is a hash of their signature, and 1 for those of which another one of the set has the same. */
  readonly #names0: Int32Array;
  readonly #names1: Int32Array;
  readonly #isTied: Uint8Array;
  #automaton!: Automaton;

  constructor(memory: Memory, threads: number, members: Members, action: Action) {
    this.#memory = memory;
    this.#members = members;
    this.#action = action;
    this.values = new Int32Array(members.count);
    this.others = new Int32Array(members.count);
    this.#names0 = new Int32Array(members.count);
    this.#names1 = new Int32Array(members.count);
    this.#isTied = new Uint8Array(members.count);
    const { how, generators } = action;
    this.#jointWords = [...how.keys()].filter(
      (a) =>
        (how[a] === NAMES && generators.some(({ addresses }) => addresses[a] !== a)) ||
        (how[a] === MOVES && this.#whereMoving(a).needs === WHO),
    );
    this.#jointThreads = Array.from({ length: threads }, (_, t) => t).filter((t) =>
      generators.some((p) => p.threads[t] !== t),
    );
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
    this.others.fill(0);
    this.#needing.fill(0);
    this.#orbits0 = 0;
    this.#orbits1 = 0;
    for (let address = 0; address < how.length; address++)
      if (how[address] === NAMES) this.#add((this.#said[address] = this.#whereNaming(address, words[address])), 1);
      else if (how[address] === MOVES) this.moving(address, 0, words[address]);
    for (let thread = 0; thread < this.#ofControl.length; thread++)
      this.#add((this.#saidByThread[thread] = this.#whereControl(thread, words[how.length + thread])), 1);
  }

  /** A word that belongs to a member changed. */
  moving(address: number, old: number, value: number): void {
    const { adds, needs } = this.#whereMoving(address);
    this.#needing[needs] += (value === 0 ? 0 : 1) - (old === 0 ? 0 : 1);
    const { values, others } = this;
    const [a, b] = [Math.imul(old, 0x9e3779b1), Math.imul(value, 0x9e3779b1)];
    for (let i = 0; i < adds.length; i += 3) {
      const [member, h0, h1] = [adds[i], adds[i + 1], adds[i + 2]];
      values[member] += mix(h0 ^ b) - mix(h0 ^ a);
      others[member] += mix((h1 + b) | 0) - mix((h1 + a) | 0);
    }
  }

  /** A word whose value names members changed. */
  naming(address: number, value: number): void {
    this.#add(this.#said[address], -1);
    this.#add((this.#said[address] = this.#whereNaming(address, value)), 1);
  }

  /** A thread's control state changed. */
  control(thread: number, value: number): void {
    this.#add(this.#saidByThread[thread], -1);
    this.#add((this.#saidByThread[thread] = this.#whereControl(thread, value)), 1);
  }

  /**
   * Adds up a hash of all facts, which calls members by their signatures.
   *
   * @returns whether signatures tell the members apart as far as need be
   */
  hash(into: { f0: number; f1: number }): boolean {
    if (this.#needing[MORE] > 0) return false;
    const { values, others } = this;
    const [names0, names1] = [this.#names0, this.#names1];
    let f0 = this.#orbits0;
    let f1 = this.#orbits1;
    for (let m = 0; m < values.length; m++) {
      f0 += names0[m] = mix(values[m] ^ Math.imul(others[m], 0x85ebca6b));
      f1 += names1[m] = mix((others[m] + Math.imul(values[m], 0x7feb352d)) | 0);
    }
    into.f0 = f0 | 0;
    into.f1 = f1 | 0;
    return this.#needing[WHO] === 0 || this.#addJoint(into);
  }

  /** Adds the facts that are about several members at once, unless one of those is about a member that has no name of its own. */
  #addJoint(into: { f0: number; f1: number }): boolean {
    this.#findTied();
    const { words } = this.#memory;
    const { how } = this.#action;
    for (const address of this.#jointWords) {
      if (how[address] === NAMES) {
        const says = this.#said[address];
        if (says.needs === WHO && !this.#addFact(says, 0, into)) return false;
      } else if (words[address] !== 0) {
        if (!this.#addFact(this.#whereMoving(address), words[address], into)) return false;
      }
    }
    for (const thread of this.#jointThreads) {
      const says = this.#saidByThread[thread];
      if (says.needs === WHO && !this.#addFact(says, 0, into)) return false;
    }
    return true;
  }

  #addFact({ adds, orbit0, orbit1 }: Contribution, value: number, into: { f0: number; f1: number }): boolean {
    let h0 = orbit0;
    let h1 = orbit1;
    for (let i = 0; i < adds.length; i += 3) {
      const member = adds[i];
      if (this.#isTied[member] === 1) return false;
      h0 += mix(adds[i + 1] ^ this.#names0[member]);
      h1 += mix(adds[i + 2] ^ this.#names1[member]);
    }
    into.f0 = (into.f0 + mix(h0 ^ Math.imul(value, 0x9e3779b1))) | 0;
    into.f1 = (into.f1 + mix((h1 + Math.imul(value, 0x846ca68b)) | 0)) | 0;
    return true;
  }

  #findTied(): void {
    const [names0, names1, isTied] = [this.#names0, this.#names1, this.#isTied];
    isTied.fill(0);
    for (const [first, end] of this.#members.ranges)
      for (let a = first; a < end; a++)
        for (let b = a + 1; b < end; b++)
          if (names0[a] === names0[b] && names1[a] === names1[b]) isTied[a] = isTied[b] = 1;
  }

  #add({ adds, orbit0, orbit1, needs }: Contribution, sign: number): void {
    const { values, others } = this;
    this.#orbits0 = (this.#orbits0 + sign * orbit0) | 0;
    this.#orbits1 = (this.#orbits1 + sign * orbit1) | 0;
    this.#needing[needs] += sign;
    for (let i = 0; i < adds.length; i += 3) {
      values[adds[i]] += sign * adds[i + 1];
      others[adds[i]] += sign * adds[i + 2];
    }
  }

  #whereMoving(address: number): Contribution {
    const known = this.#ofWord[address];
    if (known !== undefined) return known;
    const { generators } = this.#action;
    const { seed } = this.#memory;
    const all = contributionsOf(
      [address],
      this.#members,
      (g, [a]) => [generators[g].addresses[a]],
      ([a]) => [wordHash0(a, 0, seed), wordHash1(a, 0, seed)],
    );
    for (const { point, says } of all) this.#ofWord[point[0]] = says;
    return all[0].says;
  }

  #whereNaming(address: number, value: number): Contribution {
    const known = (this.#ofValue[address] ??= new Map<number, Contribution>()).get(value);
    if (known !== undefined) return known;
    const { generators, values } = this.#action;
    const { seed } = this.#memory;
    const all = contributionsOf(
      [address, value],
      this.#members,
      (g, [a, v]) => [generators[g].addresses[a], values[g][a]?.(v) ?? v],
      ([a, v]) => [wordHash0(a, v, seed), wordHash1(a, v, seed)],
    );
    for (const { point, says } of all)
      (this.#ofValue[point[0]] ??= new Map<number, Contribution>()).set(point[1], says);
    return all[0].says;
  }

  #whereControl(thread: number, control: number): Contribution {
    const known = this.#ofControl[thread][control];
    if (known !== undefined) return known;
    const { hash0, hash1 } = this.#automaton;
    const { generators, controlImage } = this.#action;
    const { seed } = this.#memory;
    const all = contributionsOf(
      [thread, control],
      this.#members,
      (g, [t, c]) => [generators[g].threads[t], controlImage(g, c)],
      ([t, c]) => [
        mix(hash0[c] ^ Math.imul(t + 1, 0x9e3779b1) ^ seed),
        mix(Math.imul(hash1[c], 5) + (Math.imul(t + 1, 0x9e3779b1) ^ seed)),
      ],
    );
    for (const { point, says } of all) this.#ofControl[point[0]][point[1]] = says;
    return all[0].says;
  }
}
