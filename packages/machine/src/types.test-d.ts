/** Wrong use that must not compile: every line below a ts-expect-error is an error, or tsc fails. */
/* eslint-disable @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call -- what does not compile has no type */
import {
  Layout,
  bool,
  kfunc,
  cmpxchg,
  defineOperation,
  ptr,
  readOnce,
  rmw,
  spinUntil,
  struct,
  u32,
  u64,
  u8,
  writeOnce,
  type Cell,
  type Kthread,
  type Memory,
  type MemoryReader,
  type Value,
  type ViewOf,
} from './index.js';

const Page = struct('page', { flags: u32, private: u64 });
const Npu = struct('npu', { usage: u64, ready: bool, page: ptr(() => Page) });
const layout = new Layout();
const npu: ViewOf<typeof Npu> = layout.one('npu', Npu);
const page = layout.one('page', Page);
const small: Cell<number> = layout.one('small', u8);
declare const memory: Memory;
declare const reader: MemoryReader;

export const wrongValues = [
  // @ts-expect-error a u64 is a bigint
  () => writeOnce(npu.usage, 1),
  // @ts-expect-error a u8 is a number
  () => writeOnce(small, 1n),
  // @ts-expect-error a bool is a boolean
  () => writeOnce(npu.ready, 1),
  // @ts-expect-error undefined is no null pointer
  () => writeOnce(npu.page, undefined),
  // @ts-expect-error a pointer to a page takes no npu
  () => writeOnce(npu.page, npu),
  // @ts-expect-error both values of a cmpxchg have the type of the cell
  () => cmpxchg(npu.usage, 0n, 1),
  // @ts-expect-error so has the operand
  () => rmw('add', 'atomic_add', 'full', npu.usage, 1),
  // @ts-expect-error there is no such read-modify-write
  () => rmw('sub', 'atomic_sub', 'full', small, 1),
  // @ts-expect-error setting a cell needs its type
  () => memory.set(npu.usage, 1),
  () => writeOnce(npu.page, page),
  () => writeOnce(npu.page, null),
];

export const wrongViews = [
  () => {
    // @ts-expect-error fields change through requests, not by assignment
    npu.usage = 1n;
  },
  () => {
    // @ts-expect-error there is no such field
    return readOnce(npu.usages);
  },
  () => {
    // @ts-expect-error an invariant only reads
    reader.set(small, 1);
  },
];

export const forgotten = kfunc('forgotten', function* (): Kthread<number> {
  // @ts-expect-error a request is not its answer: yield* is missing
  const missing: number = readOnce(small);
  // @ts-expect-error the answer has the type of the cell
  const wrong: number = yield* readOnce(npu.usage);
  const right: bigint = yield* readOnce(npu.usage);
  const next = yield* readOnce(npu.page);
  // @ts-expect-error a pointer may be null
  yield* readOnce(next.flags);
  return missing + wrong + Number(right);
});

// @ts-expect-error a thread yields requests only
export const yieldsNumber = kfunc('yields_number', function* () {
  yield 5;
});
// @ts-expect-error arguments are values, no objects
export const takesObject = kfunc('takes_object', function* (_options: { flush: boolean }) {});
// @ts-expect-error nor functions
export const takesFunction = kfunc('takes_function', function* (_then: () => void) {});
// @ts-expect-error nor are results
export const givesObject = kfunc('gives_object', function* () {
  return { flush: true };
});

export const takesValues = kfunc(
  'takes_values',
  function* (
    _npu: ViewOf<typeof Npu>,
    _cell: Cell<bigint>,
    _tuple: readonly Cell<number>[],
    _pair: readonly [number, bigint],
    _name?: string,
  ) {
    return [1, 2n] as const;
  },
);
export const values: Value[] = [npu, npu.usage, small, [npu.ready, 1], undefined, 'x'];
export const call = takesValues(npu, npu.usage, [small], [1, 2n]);
// @ts-expect-error arguments are checked
export const badCall = takesValues(page, npu.usage, [small], [1, 2n]);

const attempt = kfunc('attempt', function* (): Kthread<number | undefined> {
  return (yield* readOnce(small)) || undefined;
});
export const spins = kfunc('spins', function* (): Kthread<number> {
  // @ts-expect-error an attempt is made by a function, so that spinUntil makes the call
  yield* spinUntil(attempt());
  const got: number = yield* spinUntil(() => attempt());
  return got;
});

const operation = defineOperation({
  name: 'op',
  when: (m, cell: Cell<number>) => m.get(cell) > 0,
  run: (m, cell: Cell<number>) => BigInt(m.get(cell)),
  target: (cell: Cell<number>) => cell,
});
export const operations = kfunc('operations', function* (): Kthread<bigint> {
  // @ts-expect-error its argument is a cell of a number
  yield* operation(npu.usage);
  return yield* operation(small);
});
