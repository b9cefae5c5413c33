/**
 * Replays `interval_tree.jsonl.gz`: answers, orders, spans, red-black shapes and colours that the kernel's own code gave.
 * Every case runs over every kind of memory, with bigint keys and, where all its keys fit, with number keys.
 */
import { readCases } from '@shootdown/tooling-vectors';
import { expect, test } from 'vitest';
import {
  IntervalTree,
  IntervalTree64,
  intervalTreeWords,
  type IntervalTreeOf,
  type IntervalTreeOptions,
} from './index.js';
import { UndoWords } from '../bench/undo-words.js';

type Op =
  | { op: 'insert'; node: number; start: string; last: string; order?: number[] }
  | { op: 'remove'; node: number; order?: number[] }
  | { op: 'query'; start: string; last: string; nodes: number[] }
  | { op: 'spans'; start: string; last: string; spans: [number, string, string][] };

interface Case {
  id: number;
  ops: Op[];
  final: { live: number; order: number[]; leftmost: number; subtree_last_root: string | null; shape: string };
}

type Memory = 'owned' | 'array' | 'storage';

function optionsOf(memory: Memory, { ops }: Case): IntervalTreeOptions {
  const nodes = 1 + Math.max(0, ...ops.map((op) => ('node' in op ? op.node : 0)));
  if (memory === 'owned') return { capacity: 1 };
  return {
    storage: memory === 'array' ? new Uint32Array(intervalTreeWords(nodes)) : new UndoWords(intervalTreeWords(nodes)),
  };
}

const LARGEST_NUMBER = Number.MAX_SAFE_INTEGER;
const LARGEST_BIGINT = 0xffff_ffff_ffff_ffffn;

/** The number of a key; what lies past the largest number, where no interval is, becomes that number. */
const numberOf = (hex: string): number => Math.min(Number(hex), LARGEST_NUMBER);

/** Whether number keys can replay the case: all that is not the far end of a query or of a hole must fit. */
function fitsNumbers({ ops }: Case): boolean {
  const keys = ops.flatMap((op) => {
    if (op.op === 'insert') return [op.start, op.last];
    if (op.op === 'query') return [op.start];
    return op.op === 'spans' ? [op.start, ...op.spans.map(([, start]) => start)] : [];
  });
  return keys.every((hex) => BigInt(hex) <= LARGEST_NUMBER);
}

function shapeOf<K extends number | bigint>(tree: IntervalTreeOf<K>, id: number | undefined): string {
  if (id === undefined) return '.';
  const { colour, left, right } = tree.node(id);
  const isLeaf = left === undefined && right === undefined;
  return `(${id}${colour === 'black' ? 'b' : 'r'}${isLeaf ? '' : shapeOf(tree, left) + shapeOf(tree, right)})`;
}

function replay<K extends number | bigint>(
  tree: IntervalTreeOf<K>,
  { ops, final }: Case,
  key: (hex: string) => K,
  largest: K,
): void {
  const order = (): number[] => [...tree.matches(key('0x0'), largest)];
  for (const op of ops) {
    switch (op.op) {
      case 'insert':
        tree.insert(op.node, key(op.start), key(op.last));
        if (op.order !== undefined) expect(order()).toEqual(op.order);
        break;
      case 'remove':
        tree.remove(op.node);
        if (op.order !== undefined) expect(order()).toEqual(op.order);
        break;
      case 'query':
        expect([...tree.matches(key(op.start), key(op.last))]).toEqual(op.nodes);
        break;
      case 'spans': {
        const spans = [...tree.spans(key(op.start), key(op.last))];
        const expected = op.spans.map(([isHole, start, last]) => ({
          isHole: isHole === 1,
          start: key(start),
          last: key(last),
        }));
        expect(spans).toEqual(expected);
        break;
      }
      default:
        throw new Error(`expected the op insert, remove, query or spans, got ${JSON.stringify(op satisfies never)}`);
    }
  }
  const { root } = tree;
  const subtreeLast = final.subtree_last_root;
  expect({
    live: tree.size,
    order: order(),
    leftmost: tree.leftmost ?? -1,
    subtree_last_root: root === undefined ? null : tree.node(root).subtreeLast,
    shape: shapeOf(tree, root),
  }).toEqual({ ...final, subtree_last_root: subtreeLast === null ? null : key(subtreeLast) });
}

function replayIn(memory: Memory, one: Case): number {
  let trees = 1;
  const options = optionsOf(memory, one);
  replay(new IntervalTree64(options), one, BigInt, LARGEST_BIGINT);
  if (options.storage instanceof UndoWords) {
    options.storage.undo();
    expect(options.storage.isZero).toBe(true);
  }
  if (fitsNumbers(one)) {
    trees++;
    replay(new IntervalTree(optionsOf(memory, one)), one, numberOf, LARGEST_NUMBER);
  }
  return trees;
}

test.for<Memory>(['owned', 'array', 'storage'])('vectors of the kernel, tree in %s memory', (memory, { skip }) => {
  let operations = 0;
  let trees = 0;
  const cases = readCases<Case>(new URL('../vectors/interval_tree.jsonl.gz', import.meta.url), skip);
  for (const one of cases) {
    try {
      trees += replayIn(memory, one);
    } catch (error) {
      throw new Error(`case ${one.id} of interval_tree.jsonl.gz`, { cause: error });
    }
    operations += one.ops.length;
  }
  expect(cases.length).toBeGreaterThan(0);
  console.log(
    `vectors interval_tree (${memory}): ${cases.length} cases, ${operations} operations; ` +
      `${trees - cases.length} cases with number keys too`,
  );
});
