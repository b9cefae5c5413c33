/** What is asked of declared scalarsets before a search relies on them. */
import { ModelError, type Layout, type ScalarSet, type System, type Thread } from '@shootdown/machine';
import type { Permutation } from './permutations.js';
import { textOfType } from '../../learn/request-text.js';

/**
 * Checks that a system's scalarsets say who changes places with whom, and that those are threads of one sort: how a thread
 * counts when others are stuck or have ended is nothing that its code shows.
 *
 * @throws {@link ModelError} naming the set
 */
export function assertScalarSets({ symmetries = [], threads, layout }: System): void {
  const taken = new Set<number>();
  symmetries.forEach((set, i) => {
    if (symmetries.findIndex(({ name }) => name === set.name) !== i) throw flaw(set, 'expected one set of that name');
    assertSize(set);
    for (const group of set.threads ?? []) assertGroup(set, group, threads, taken);
  });
  if (symmetries.length > 0) assertMembers(symmetries, layout);
}

function assertSize(set: ScalarSet): void {
  const { size, threads = [], objects = [] } = set;
  if (!Number.isInteger(size) || size < 1) throw flaw(set, `expected a size that is a whole number >= 1, got ${size}`);
  const other = [...threads, ...objects].find(({ length }) => length !== size);
  if (other !== undefined)
    throw flaw(set, `expected ${size} members in each group of threads and array of objects, got ${other.length}`);
}

function assertGroup(set: ScalarSet, group: readonly number[], threads: readonly Thread[], taken: Set<number>): void {
  for (const thread of group) {
    if (!(thread in threads)) throw flaw(set, `expected thread numbers below ${threads.length}, got ${thread}`);
    if (taken.has(thread)) throw flaw(set, `expected each thread once, got ${threads[thread].name} again`);
    taken.add(thread);
    const [first, one] = [threads[group[0]], threads[thread]];
    if (sortOf(first) !== sortOf(one))
      throw flaw(
        set,
        `expected threads of one sort, got ${first.name}, ${sortOf(first)}, and ${one.name}, ${sortOf(one)}`,
      );
  }
}

function assertMembers(sets: readonly ScalarSet[], layout: Layout): void {
  for (let address = 1; address < layout.size; address++) {
    const { set: name, words } = layout.typeAt(address)?.type.membership ?? { set: '', words: [] };
    const set = sets.find((one) => one.name === name);
    if (set === undefined) continue;
    const values = new Set(words.map(([lo, hi]) => `${lo} ${hi}`));
    if (words.length !== set.size || values.size !== set.size)
      throw flaw(
        set,
        `expected one value for each of ${set.size} members in ${layout.nameOf(address)}, got ${words.length}, ${values.size} of them different`,
      );
  }
}

/**
 * Checks that objects which change places are alike: of one type, guarded alike, and in slabs alike.
 *
 * @throws {@link ModelError} naming the first two that are not
 */
export function assertAlike({ layout }: System, generators: readonly Permutation[]): void {
  const { flags, guard, slot, size } = layout.image;
  const kindOf = (address: number): string => {
    const place = layout.typeAt(address);
    return place === undefined ? '' : `${address - place.start} ${textOfType(place.type)}`;
  };
  for (const { addresses } of generators)
    for (let from = 1; from < size; from++) {
      const to = addresses[from];
      const isAlike =
        to === from ||
        (kindOf(from) === kindOf(to) &&
          flags[from] === flags[to] &&
          addresses[guard[from]] === guard[to] &&
          addresses[slot[from]] === slot[to]);
      if (!isAlike)
        throw new ModelError(
          `a scalarset exchanges ${layout.nameOf(from)} and ${layout.nameOf(to)}: expected words of one type, with guards and slots that are ` +
            'exchanged as well; declare the locks and slots that belong to members as their objects, or leave the scalarset out',
        );
    }
}

const sortOf = ({ kind = 'kernel', repeat = false }: Thread): string =>
  `a ${kind} thread that ${repeat ? 'repeats' : 'ends'}`;

function flaw({ name }: ScalarSet, what: string): ModelError {
  return new ModelError(`scalarset ${name}: ${what}`);
}
