/**
 * The permutations of a system's scalarsets, and what each does to threads, addresses and values. A permutation of a set
 * moves member `i` with its threads and its objects to the place of member `p[i]`. All are made of the exchanges of two
 * neighbours, the generators.
 */
import {
  Cell,
  ModelError,
  sizeOf,
  type Handle,
  type Layout,
  type LayoutImage,
  type ScalarSet,
  type System,
} from '@shootdown/machine';

/** One symmetry of the system. */
export interface Permutation {
  /** Where each thread goes. */
  readonly threads: Int32Array;
  /** Where each word goes. */
  readonly addresses: Int32Array;
  /** Where each member of each set goes. */
  readonly members: ReadonlyMap<string, readonly number[]>;
}

/** A scalarset whose members change places. */
export interface MovableSet {
  readonly name: string;
  readonly size: number;
  /** Number of its first generator: that exchanges members 0 and 1, the next one 1 and 2, and so on. */
  readonly firstGenerator: number;
}

/** The sets with members that change places, and the generators of all permutations of those. */
export function generatorsOf(system: System): { sets: readonly MovableSet[]; generators: readonly Permutation[] } {
  const sets: MovableSet[] = [];
  const generators: Permutation[] = [];
  for (const { name, size } of system.symmetries ?? []) {
    if (size < 2) continue;
    sets.push({ name, size, firstGenerator: generators.length });
    for (let i = 0; i + 1 < size; i++) {
      const order = Array.from({ length: size }, (_, m) => (m === i ? i + 1 : m === i + 1 ? i : m));
      generators.push(ofOneSet(system, name, order));
    }
  }
  return { sets, generators };
}

/** In how many ways a set can be split into parts of these sizes, for members that differ. */
export function multinomial(sizes: readonly number[]): number {
  let ways = 1;
  let placed = 0;
  for (const size of sizes) for (let i = 1; i <= size; i++) ways = (ways * ++placed) / i;
  return Math.round(ways);
}

/** n! */
export function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** The numbers of the generators that, taken in turn, move each member `m` of a set to place `order[m]`. */
export function exchangesFor({ firstGenerator }: MovableSet, order: readonly number[]): number[] {
  const wanted = [...order];
  const exchanges: number[] = [];
  for (let end = wanted.length - 1; end > 0; end--)
    for (let i = 0; i < end; i++) {
      const [a, b] = [wanted[i], wanted[i + 1]];
      if (a <= b) continue;
      wanted[i] = b;
      wanted[i + 1] = a;
      exchanges.push(firstGenerator + i);
    }
  return exchanges;
}

/**
 * A permutation of a system.
 *
 * @param members - by set: where each member goes; of a set that is not named, all stay
 */
export function permutationOf(system: System, members: ReadonlyMap<string, readonly number[]>): Permutation {
  // A word may belong to members of several sets.
  return inTurn(
    system,
    [...members].map(([name, order]) => ofOneSet(system, name, order)),
  );
}

/** The permutation that some others, taken in turn, come to. */
function inTurn(system: System, permutations: readonly Permutation[]): Permutation {
  const identity = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);
  const all = {
    threads: identity(system.threads.length),
    addresses: identity(system.layout.image.size),
    members: new Map<string, readonly number[]>(),
  };
  for (const { name, size } of system.symmetries ?? [])
    all.members.set(
      name,
      Array.from({ length: size }, (_, m) => m),
    );
  for (const p of permutations) {
    all.threads.forEach((to, from) => (all.threads[from] = p.threads[to]));
    all.addresses.forEach((to, from) => (all.addresses[from] = p.addresses[to]));
    for (const [name, order] of p.members)
      all.members.set(
        name,
        (all.members.get(name) ?? []).map((to) => order[to]),
      );
  }
  return all;
}

function ofOneSet(system: System, name: string, order: readonly number[]): Permutation {
  const threads = Int32Array.from(system.threads, (_, i) => i);
  const addresses = Int32Array.from({ length: system.layout.image.size }, (_, a) => a);
  for (const set of system.symmetries ?? []) {
    if (set.name !== name) continue;
    for (const group of set.threads ?? []) order.forEach((to, from) => (threads[group[from]] = group[to]));
    for (const objects of set.objects ?? []) order.forEach((to, from) => moveWords(addresses, set, objects, from, to));
  }
  for (const elements of system.layout.threadArrays)
    threads.forEach((to, from) => {
      if (to !== from) moveObject(addresses, elements[from], elements[to]);
    });
  return { threads, addresses, members: new Map([[name, order]]) };
}

function moveWords(
  addresses: Int32Array,
  set: ScalarSet,
  objects: readonly (Handle | Cell<unknown>)[],
  from: number,
  to: number,
): void {
  if (objects.length !== set.size)
    throw new ModelError(`scalarset ${set.name}: expected ${set.size} objects in each array, got ${objects.length}`);
  moveObject(addresses, objects[from], objects[to]);
}

function moveObject(
  addresses: Int32Array,
  from: Handle | Cell<unknown> | undefined,
  to: Handle | Cell<unknown> | undefined,
): void {
  if (from === undefined || to === undefined)
    throw new ModelError('an array of perThread() has fewer elements than threads that change places');
  const [source, target] = [placeOf(from), placeOf(to)];
  for (let i = 0; i < source.size; i++) addresses[source.address + i] = target.address + i;
}

function placeOf(object: Handle | Cell<unknown>): { address: number; size: number } {
  return object instanceof Cell
    ? { address: object.address, size: sizeOf(object.type) }
    : { address: object.$address, size: object.$struct.size };
}

/** What a permutation does to the values of one word. */
export type ValueMap = (value: number) => number;

/** For each word whose values name threads, members or addresses, what a permutation does to them. */
export function valueMaps(layout: Layout, image: LayoutImage, p: Permutation): (ValueMap | undefined)[] {
  const maps: (ValueMap | undefined)[] = new Array<undefined>(image.size).fill(undefined);
  const thread: ValueMap = (number) => (number === 0 ? 0 : p.threads[number - 1] + 1);
  const threads: ValueMap = (bits) => p.threads.reduce((image, to, from) => image | (((bits >>> from) & 1) << to), 0);
  for (const { address, shared } of image.locks) {
    maps[address] = thread;
    if (shared) maps[address + 1] = threads;
  }
  for (let address = 1; address < image.size; address++) {
    const place = layout.typeAt(address);
    if (place === undefined || maps[address] !== undefined) continue;
    if (place.type.threads !== undefined) maps[address] = place.type.threads === 'bits' ? threads : thread;
    if (place.type.target !== undefined) maps[address] = (target) => p.addresses[target];
    const { membership } = place.type;
    const order = membership === undefined ? undefined : p.members.get(membership.set);
    if (membership === undefined || order === undefined) continue;
    const word = address - place.start;
    const to = new Map(membership.words.map((words, member) => [words[word], membership.words[order[member]][word]]));
    if (to.size === membership.words.length) maps[address] = (value) => to.get(value) ?? value;
    else if (membership.words.some((words, member) => words[word] !== membership.words[order[member]][word]))
      throw new ModelError(
        `${layout.nameOf(address)}: values of a member must differ in every word in which they are not all equal`,
      );
  }
  return maps;
}
