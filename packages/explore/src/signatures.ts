/**
 * Signatures: for each member of each scalarset one number that tells what the state says of it, whichever member it is. A
 * symmetry that carries one state into another carries the signatures along, so that sorting the members by theirs leads to
 * the same image of either state; members with equal signatures may change places freely.
 *
 * Every word, with its value, adds to the signature of a member a hash of the orbit of the triple (word, value, member): of
 * all that the symmetries make of the three. What is the same for most members of a set is left out.
 */
import { mix } from '@shootdown/machine';
import { orbitOf, type Mover, type Point } from './orbits.js';

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
