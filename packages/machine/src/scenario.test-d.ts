/** What a scenario infers, and wrong use that must not compile: every line below a ts-expect-error is an error, or tsc fails. */
import {
  Layout,
  array,
  bool,
  kfunc,
  ptr,
  readOnce,
  scenario,
  slab,
  struct,
  times,
  u64,
  u8,
  writeOnce,
  type Cell,
  type GivenSpec,
  type MemoryReader,
  type View,
} from './index.js';

/** A value, where its type is exactly the one expected. */
type Exactly<A, B> = [A, B] extends [B, A] ? A : never;

const Slot = struct('slot', { isFull: bool, value: u64 });
const shared: Readonly<Record<'pages', GivenSpec<number>>> = { pages: { default: 2 } };

const inferred: unknown[] = [];

export const counter = scenario({
  name: 'mine/counter',
  given: { threads: { default: 2, min: 1, max: 4 } },
  state: { count: u8 },
  threads: ({ count }, { given }) =>
    times(given.threads, function* increment() {
      yield* writeOnce(count, (yield* readOnce(count)) + 1);
    }),
  finals: { sum: ({ count }, { given }) => count === given.threads },
});

export const everything = scenario({
  name: 'mine/everything',
  given: {
    ...shared,
    isWide: { default: false },
    env: { default: 'full', oneOf: ['full', 'one-shot'] },
    label: { default: 'x' },
  },
  variants: {
    good: { expect: 'holds', suite: { pages: 1, env: 'one-shot' } },
    old: { expect: 'deadlock', code: { era: 'v4.19' } },
    older: { expect: 'deadlock', code: { era: 'v4.0' } },
  },
  state: ({ given, variant, code }) => {
    inferred.push(
      variant satisfies Exactly<typeof variant, 'good' | 'old' | 'older'>,
      given.pages satisfies Exactly<typeof given.pages, number>,
      given.isWide satisfies Exactly<typeof given.isWide, boolean>,
      given.env satisfies Exactly<typeof given.env, 'full' | 'one-shot'>,
      given.label satisfies Exactly<typeof given.label, string>,
      code?.era satisfies Exactly<NonNullable<typeof code>['era'], 'v4.19' | 'v4.0'> | undefined,
    );
    return {
      ring: array(Slot, given.pages),
      head: u8,
      next: ptr(() => Slot),
      pool: slab(Slot, 2),
      both: (layout: Layout, name: string) => [layout.one(name, u8), layout.one(`${name}2`, u8)] as const,
    };
  },
  init: (memory, { ring, pool }) => {
    memory.set(ring[0].isFull, true);
    memory.set(pool.slots[0].value, 1n);
  },
  threads: ({ head, ring }, { given, variant }) => {
    inferred.push(
      head satisfies Exactly<typeof head, Cell<number>>,
      ring[0] satisfies Exactly<(typeof ring)[0], View<(typeof Slot)['fields']>>,
      // @ts-expect-error there is no such size
      given.page,
    );
    // @ts-expect-error there is no such variant
    if (variant === 'godo') return [];
    const fill = kfunc('fill', function* (i: number) {
      yield* writeOnce(ring[i].isFull, true);
    });
    return {
      *driver() {
        yield* writeOnce(head, 1);
      },
      device: { kind: 'device', repeat: true, run: () => fill(0) },
    };
  },
  invariants: {
    ring: ({ ring, head, next }, { given, variant }) => {
      inferred.push(head satisfies Exactly<typeof head, number>);
      const value: bigint = ring[0].value;
      const isFull: boolean = next?.isFull ?? false;
      return value === 0n || isFull || given.pages > 0 || variant === 'good' || `${head}`;
    },
    // @ts-expect-error there is no such state
    misspelt: ({ haed }) => haed === 0,
    cells: (memory: MemoryReader) => memory.get !== undefined,
  },
  finals: ({ head }) => ({ made: (memory) => memory.get(head) === 1 }),
});

export const typos = [
  scenario({
    name: 'mine/x',
    given: { cpus: { default: 2 } },
    // @ts-expect-error a variant sets a size that is not declared
    variants: { plain: { expect: 'holds', suite: { cpu: 1 } } },
    threads: [],
  }),
  scenario({
    name: 'mine/x',
    given: { cpus: { default: 2 } },
    // @ts-expect-error a size is a number
    variants: { plain: { expect: 'holds', given: { cpus: '1' } } },
    threads: [],
  }),
  // @ts-expect-error there is no such verdict
  scenario({ name: 'mine/x', variants: { plain: { expect: 'hold' } }, threads: [] }),
  // @ts-expect-error there is no such part
  scenario({ name: 'mine/x', threads: [], final: {} }),
  // @ts-expect-error a state is a type, and no value
  scenario({ name: 'mine/x', state: { count: 0 }, threads: [] }),
  // @ts-expect-error a thread is a function, not its call
  scenario({ name: 'mine/x', state: { count: u8 }, threads: ({ count }) => [readOnce(count)] }),
  scenario({
    name: 'mine/x',
    given: { cpus: { default: 2, min: 1, max: 2 } },
    variants: { a: { expect: 'holds' }, b: { expect: 'holds' } },
    threads: [],
    comparison: {
      over: 'cpus',
      measures: 'f',
      variants: {
        a: { about: '', of: ({ cpus }) => cpus },
        // @ts-expect-error there is no such size
        b: { about: '', of: ({ cpu }) => Number(cpu) },
      },
    },
  }),
];

/** A world of a package: an object with its layout, and whatever is in it. */
function world(cpus: number): {
  layout: Layout;
  busy: readonly Cell<boolean>[];
  idle: (memory: MemoryReader) => boolean;
} {
  const layout = new Layout();
  const busy = layout.array('busy', bool, cpus);
  return { layout, busy, idle: (memory) => busy.every((cell) => !memory.get(cell)) };
}

export const ofWorld = scenario({
  name: 'mine/world',
  given: { cpus: { default: 2 } },
  state: ({ given }) => world(given.cpus),
  threads: ({ busy }) =>
    times(busy.length, function* work(cpu: number) {
      yield* writeOnce(busy[cpu], true);
    }),
  invariants: { some: ({ busy }) => busy.some((isBusy: boolean) => isBusy) },
  finals: ({ idle }) => ({ idle }),
});
