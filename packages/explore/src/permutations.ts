/**
 * The permutations of a system's scalarsets, and what each does to threads, addresses and values. A permutation of a set
 * moves member `i` with its threads and its objects to the place of member `p[i]`.
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

/** Most permutations worth keeping a hash for; larger sets are permuted among their first few members only. */
const MOST_PERMUTATIONS = 120;

/** One symmetry of the system. */
export interface Permutation {
  /** Where each thread goes. */
  readonly threads: Int32Array;
  /** Where each word goes. */
  readonly addresses: Int32Array;
  /** Where each member of each set goes. */
  readonly members: ReadonlyMap<string, readonly number[]>;
}

/** Every permutation but the identity. */
export function permutationsOf(system: System): readonly Permutation[] {
  let combined: ReadonlyMap<string, readonly number[]>[] = [new Map()];
  for (const set of system.symmetries ?? []) {
    const room = Math.floor(MOST_PERMUTATIONS / combined.length);
    const orders = arrangements(set.size, movable(set.size, room));
    combined = combined.flatMap((members) => orders.map((order) => new Map(members).set(set.name, order)));
  }
  return combined.slice(1).map((members) => permutation(system, members));
}

/** The most members that may change places while the permutations stay within `room`. */
function movable(size: number, room: number): number {
  let count = 1;
  for (let n = 1; n < size && count * (n + 1) <= room; n++) count *= n + 1;
  let most = 1;
  for (let n = 2, f = 2; n <= size && f <= count; f *= ++n) most = n;
  return most;
}

/** The arrangements of 0 to `size - 1` that move only the first `most`; the identity is first. */
function arrangements(size: number, most: number): readonly (readonly number[])[] {
  let partial: number[][] = [[]];
  for (let place = 0; place < most; place++)
    partial = partial.flatMap((order) =>
      Array.from({ length: most }, (_, m) => m).flatMap((m) => (order.includes(m) ? [] : [[...order, m]])),
    );
  return partial.map((order) => [...order, ...Array.from({ length: size - most }, (_, i) => most + i)]);
}

function permutation(system: System, members: ReadonlyMap<string, readonly number[]>): Permutation {
  const threads = Int32Array.from(system.threads, (_, i) => i);
  const addresses = Int32Array.from({ length: system.layout.image.size }, (_, a) => a);
  for (const set of system.symmetries ?? []) {
    const order = members.get(set.name) ?? [];
    for (const group of set.threads ?? []) order.forEach((to, from) => (threads[group[from]] = group[to]));
    for (const objects of set.objects ?? []) order.forEach((to, from) => moveWords(addresses, set, objects, from, to));
  }
  for (const elements of system.layout.threadArrays)
    threads.forEach((to, from) => {
      if (to !== from) moveObject(addresses, elements[from], elements[to]);
    });
  return { threads, addresses, members };
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
    if (place.type.name === 'ptr') maps[address] = (target) => p.addresses[target];
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
