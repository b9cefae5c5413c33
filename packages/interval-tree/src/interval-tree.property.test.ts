/** The tree against a twin that cannot be wrong: an array, searched from end to end. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { UndoWords } from '../bench/undo-words.js';
import { IntervalTree, IntervalTree64, intervalTreeWords, type IntervalTreeOf, type Span } from './index.js';

const IDS = 24;

interface Node<K> {
  readonly id: number;
  readonly start: K;
  readonly last: K;
}

/** Inserts and removes by one sorted array; equal starts in order of insertion. */
class Twin<K extends number | bigint> {
  nodes: Node<K>[] = [];

  insert(id: number, start: K, last: K): void {
    const later = this.nodes.findIndex((node) => node.start > start);
    this.nodes.splice(later === -1 ? this.nodes.length : later, 0, { id, start, last });
  }

  remove(id: number): void {
    this.nodes = this.nodes.filter((node) => node.id !== id);
  }

  matches(start: K, last: K): number[] {
    return this.nodes.filter((node) => node.start <= last && start <= node.last).map(({ id }) => id);
  }

  /** Cuts the range at every place where something may begin or end, and joins equal neighbours. */
  spans(start: K, last: K, one: K): Span<K>[] {
    const after = (key: K): K => ((key as number) + (one as number)) as K;
    const before = (key: K): K => ((key as number) - (one as number)) as K;
    const cuts = this.nodes
      .flatMap((node) => [node.start, after(node.last)])
      .filter((cut) => cut > start && cut <= last);
    const starts = [...new Set([start, ...cuts])].sort((a, b) => (a < b ? -1 : 1));
    const spans: Span<K>[] = [];
    starts.forEach((from, i) => {
      const isHole = this.matches(from, from).length === 0;
      const to = i + 1 < starts.length ? before(starts[i + 1]) : last;
      const previous = spans.at(-1);
      if (previous?.isHole === isHole) spans[spans.length - 1] = { ...previous, last: to };
      else spans.push({ isHole, start: from, last: to });
    });
    return spans;
  }
}

/** What breaks the rules of a red-black tree or of `subtreeLast` below `id`, and the number of black nodes to a leaf. */
function checkSubtree<K extends number | bigint>(
  tree: IntervalTreeOf<K>,
  id: number | undefined,
  parent: number | undefined,
  faults: string[],
): number {
  if (id === undefined) return 1;
  const node = tree.node(id);
  if (node.parent !== parent) faults.push(`parent of ${id}`);
  const children = [node.left, node.right].filter((child) => child !== undefined).map((child) => tree.node(child));
  if (node.colour === 'red' && children.some(({ colour }) => colour === 'red')) faults.push(`red below red ${id}`);
  const largest = children.reduce<K>((max, child) => (child.subtreeLast > max ? child.subtreeLast : max), node.last);
  if (node.subtreeLast !== largest) faults.push(`subtreeLast of ${id}`);
  const blacks = checkSubtree(tree, node.left, id, faults);
  if (checkSubtree(tree, node.right, id, faults) !== blacks) faults.push(`black height of ${id}`);
  return blacks + (node.colour === 'black' ? 1 : 0);
}

function checkTree<K extends number | bigint>(tree: IntervalTreeOf<K>, twin: Twin<K>): void {
  const faults: string[] = [];
  checkSubtree(tree, tree.root, undefined, faults);
  if (tree.root !== undefined && tree.node(tree.root).colour === 'red') faults.push('red root');
  if (tree.size !== twin.nodes.length) faults.push('size');
  if (tree.leftmost !== twin.nodes[0]?.id) faults.push('leftmost');
  expect(faults).toEqual([]);
}

interface Step<K> {
  readonly id: number;
  readonly a: K;
  readonly b: K;
}

function stepsOver<K>(key: fc.Arbitrary<K>): fc.Arbitrary<Step<K>[]> {
  return fc.array(fc.record({ id: fc.nat(IDS - 1), a: key, b: key }), { maxLength: 60, size: 'max' });
}

/** Each step toggles a node and asks about the same range, as given: reversed ranges are asked about too. */
function runSteps<K extends number | bigint>(trees: IntervalTreeOf<K>[], steps: Step<K>[], one: K): void {
  const twin = new Twin<K>();
  for (const { id, a, b } of steps) {
    const start: K = a <= b ? a : b;
    const last: K = a <= b ? b : a;
    const isIn = twin.nodes.some((node) => node.id === id);
    const expected = { matches: twin.matches(a, b), spans: twin.spans(start, last, one) };
    for (const tree of trees) {
      expect([...tree.matches(a, b)]).toEqual(expected.matches);
      expect([...tree.spans(start, last)]).toEqual(expected.spans);
      expect(tree.has(id)).toBe(isIn);
      if (isIn) tree.remove(id);
      else tree.insert(id, start, last);
    }
    if (isIn) twin.remove(id);
    else twin.insert(id, start, last);
    for (const tree of trees) checkTree(tree, twin);
  }
}

const words = intervalTreeWords(IDS);

const numberKeys = fc.oneof(
  fc.nat(30),
  fc.nat(Number.MAX_SAFE_INTEGER),
  fc.integer({ min: 2 ** 32 - 3, max: 2 ** 32 + 3 }),
  fc.integer({ min: Number.MAX_SAFE_INTEGER - 5, max: Number.MAX_SAFE_INTEGER }),
);

const largest = 2n ** 64n - 1n;
const bigintKeys = fc.oneof(
  fc.bigInt({ min: 0n, max: 30n }),
  fc.bigInt({ min: 0n, max: largest }),
  fc.bigInt({ min: 2n ** 32n - 3n, max: 2n ** 32n + 3n }),
  fc.bigInt({ min: 2n ** 63n - 3n, max: 2n ** 63n + 3n }),
  fc.bigInt({ min: largest - 5n, max: largest }),
);

test('trees with number keys answer as an array does, in every kind of memory', () => {
  fc.assert(
    fc.property(stepsOver(numberKeys), (steps) => {
      runSteps(
        [
          new IntervalTree({ capacity: 0 }),
          new IntervalTree({ storage: new Int32Array(words) }),
          new IntervalTree({ storage: new UndoWords(words) }),
        ],
        steps,
        1,
      );
    }),
  );
});

test('trees with bigint keys answer as an array does, in every kind of memory', () => {
  fc.assert(
    fc.property(stepsOver(bigintKeys), (steps) => {
      runSteps(
        [
          new IntervalTree64({ capacity: 0 }),
          new IntervalTree64({ storage: new Uint32Array(words) }),
          new IntervalTree64({ storage: new UndoWords(words) }),
        ],
        steps,
        1n,
      );
    }),
  );
});

test('undoing stores undoes operations', () => {
  fc.assert(
    fc.property(stepsOver(numberKeys), fc.nat(79), (steps, kept) => {
      const storage = new UndoWords(words);
      const tree = new IntervalTree({ storage });
      const toggle = ({ id, a, b }: Step<number>): void => {
        if (tree.has(id)) tree.remove(id);
        else tree.insert(id, Math.min(a, b), Math.max(a, b));
      };
      steps.slice(0, kept).forEach(toggle);
      const depth = storage.depth;
      const before = storage.snapshot();
      steps.slice(kept).forEach(toggle);
      storage.undo(depth);
      expect(storage.snapshot()).toEqual(before);
    }),
  );
});

test('an id that add gives is never in use, and ids of removed nodes come back', () => {
  const action = fc.oneof(
    fc.constant('add' as const),
    fc.record({ insert: fc.nat(40) }),
    fc.record({ remove: fc.nat(40) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 120, size: 'max' }), (actions) => {
      const tree = new IntervalTree({ capacity: 0 });
      const used = new Set<number>();
      let highest = -1;
      for (const one of actions) {
        if (one === 'add') {
          const id = tree.add(id0(used), 99);
          expect(used.has(id)).toBe(false);
          // No id beyond those ever seen is taken while one below is free.
          if (used.size <= highest) expect(id).toBeLessThanOrEqual(highest);
          used.add(id);
          highest = Math.max(highest, id);
        } else if ('insert' in one && !used.has(one.insert)) {
          tree.insert(one.insert, 1, 2);
          used.add(one.insert);
          highest = Math.max(highest, one.insert);
        } else if ('remove' in one && used.delete(one.remove)) {
          tree.remove(one.remove);
        }
        expect(new Set(tree.matches(0, 100))).toEqual(used);
      }
    }),
  );
});

function id0(used: Set<number>): number {
  return used.size % 50;
}
