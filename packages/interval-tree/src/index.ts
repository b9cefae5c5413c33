export {
  IntervalTree,
  IntervalTree64,
  IntervalTreeOf,
  type IntervalTreeNode,
  type IntervalTreeOptions,
} from './interval-tree.js';
export type { Span } from './spans.js';
export { intervalTreeWords, type WordStorage } from './word-storage.js';
