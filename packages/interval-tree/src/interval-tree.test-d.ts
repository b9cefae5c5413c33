/** What must not compile. */
import { IntervalTree, IntervalTree64, type IntervalTreeOf } from './index.js';

const numbers = new IntervalTree();
const bigints = new IntervalTree64();

// @ts-expect-error: keys of the other kind
numbers.insert(0, 1n, 2n);
// @ts-expect-error: keys of the other kind
bigints.iterFirst(0, 10);
// @ts-expect-error: a tree lives in one place
new IntervalTree({ capacity: 4, storage: new Int32Array(3) });
// @ts-expect-error: words are 32 bits wide
new IntervalTree({ storage: new Float64Array(3) });
// @ts-expect-error: none is undefined, and must be asked for
bigints.remove(bigints.iterFirst(0n, 1n));

const either: IntervalTreeOf<number> | IntervalTreeOf<bigint> = numbers;
either.remove(0);
