/** Orbits: everything that the generators of a group carry something to. */
import { SymmetryLost } from '../../base/restart.js';

/** Most points of an orbit. */
const MOST_POINTS = 20_000;

/** Something that permutations move, as numbers. */
export type Point = readonly number[];

/** What a generator makes of a point; `undefined` where that is not known. */
export type Mover = (generator: number, point: Point) => Point | undefined;

/** An orbit: its points, the first of them the one asked for, and where each generator leads from each. */
export interface Orbit {
  readonly points: readonly Point[];
  /** By generator: for each point the number of its image; -1 where not known. */
  readonly images: readonly (readonly number[])[];
}

/**
 * The orbit of a point.
 *
 * @throws {@link SymmetryLost} when it is too large to be looked at
 */
export function orbitOf(start: Point, generators: number, move: Mover): Orbit {
  const points: Point[] = [start];
  const numbers = new Map([[start.join(), 0]]);
  const images: number[][] = Array.from({ length: generators }, () => []);
  for (let i = 0; i < points.length; i++)
    for (let g = 0; g < generators; g++) {
      const image = move(g, points[i]);
      let number = -1;
      if (image !== undefined) {
        const key = image.join();
        number = numbers.get(key) ?? points.length;
        if (number === points.length) {
          if (number === MOST_POINTS)
            throw new SymmetryLost(
              'something names so many members at once that its images are too many to be looked at',
            );
          points.push(image);
          numbers.set(key, number);
        }
      }
      images[g].push(number);
    }
  return { points, images };
}
