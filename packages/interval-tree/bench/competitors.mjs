/**
 * The trees that are compared. Each builds its arguments outside the clock, then gives three phases of one round:
 * insert all one by one into an empty tree, ask all queries and add up the ids found, remove all one by one. `remove`
 * answers how many intervals could not be removed.
 */
import { IntervalTree, IntervalTree64, intervalTreeWords } from '@shootdown/interval-tree';
import { IntervalTree as FlattenTree } from '@flatten-js/interval-tree';
import createIntervalTree1d from 'interval-tree-1d';

/** Words of the kind a model lends: an object between the tree and the array. */
class LentWords {
  constructor(length) {
    this.words = new Int32Array(length);
    this.length = length;
  }

  get(index) {
    return this.words[index];
  }

  set(index, value) {
    this.words[index] = value;
  }
}

function phasesOfOurs(makeTree, intervals, queries, order) {
  return () => {
    const tree = makeTree();
    return {
      insert() {
        for (let i = 0; i < intervals.length; i++) tree.insert(i, intervals[i][0], intervals[i][1]);
      },
      query(found) {
        for (const [start, last] of queries) {
          for (let id = tree.iterFirst(start, last); id !== undefined; id = tree.iterNext(id, start, last))
            found.add(id);
        }
      },
      remove() {
        for (const id of order) tree.remove(id);
        return tree.size;
      },
    };
  };
}

const toBigints = (ranges) => ranges.map(([start, last]) => [BigInt(start), BigInt(last)]);

/** Name of each competitor, and what makes its rounds. */
export const competitors = {
  ours: ({ intervals, queries, order }) => phasesOfOurs(() => new IntervalTree(), intervals, queries, order),

  'ours, bigint keys': ({ intervals, queries, order }) =>
    phasesOfOurs(() => new IntervalTree64(), toBigints(intervals), toBigints(queries), order),

  'ours, lent words': ({ intervals, queries, order }) => {
    const length = intervalTreeWords(intervals.length);
    return phasesOfOurs(() => new IntervalTree({ storage: new LentWords(length) }), intervals, queries, order);
  },

  '@flatten-js/interval-tree':
    ({ intervals, queries, order }) =>
    () => {
      const tree = new FlattenTree();
      return {
        insert() {
          for (let i = 0; i < intervals.length; i++) tree.insert(intervals[i], i);
        },
        query(found) {
          for (const range of queries) for (const id of tree.search(range)) found.add(id);
        },
        remove() {
          for (const id of order) tree.remove(intervals[id], id);
          return tree.size;
        },
      };
    },

  'interval-tree-1d': ({ intervals, queries, order }) => {
    const withIds = intervals.map(([start, last], id) => [start, last, id]);
    return () => {
      const tree = createIntervalTree1d([]);
      return {
        insert() {
          for (const interval of withIds) tree.insert(interval);
        },
        query(found) {
          const visit = (interval) => {
            found.add(interval[2]);
          };
          for (const [start, last] of queries) tree.queryInterval(start, last, visit);
        },
        // Version 1.0.4 miscounts its nodes on removal, then misses intervals and throws.
        remove() {
          let missed = 0;
          for (const id of order) {
            try {
              if (!tree.remove(withIds[id])) missed++;
            } catch {
              missed++;
            }
          }
          return missed;
        },
      };
    };
  },
};
