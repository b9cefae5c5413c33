import {
  Layout,
  choose,
  cmpxchg,
  kfunc,
  lasting,
  numberingKfuncs,
  readOnce,
  struct,
  u8,
  writeOnce,
  type Cell,
  type Kfunc,
  type Kthread,
  type Request,
  type Struct,
  type Subsystem,
  type System,
} from '@shootdown/machine';
import fc from 'fast-check';
import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { checkSync } from '../api/check.js';
import type { SearchOptions } from '../base/options.js';

interface World {
  readonly x: Cell<number>;
  readonly y: Cell<number>;
  readonly z: Cell<number>;
}

const EXHAUSTIVE: readonly SearchOptions[] = [
  {},
  { strategy: 'bfs' },
  { reduction: false },
  { reduction: false, strategy: 'bfs' },
  { deadAnswers: false, reduction: false },
];

function threadsOf(
  make: (world: World) => readonly (() => Kthread<void>)[],
  more?: (world: World) => Partial<System>,
): () => System {
  return () =>
    numberingKfuncs(() => {
      const layout = new Layout();
      const world = { x: layout.one('x', u8), y: layout.one('y', u8), z: layout.one('z', u8) };
      const functions = make(world).map((body, i): Kfunc<[], void> => kfunc(`f${i}`, body));
      return { layout, threads: functions.map((run, i) => ({ name: `T${i}`, run: () => run() })), ...more?.(world) };
    });
}

function kinds(build: () => System, more: SearchOptions = {}): (string | undefined)[] {
  return EXHAUSTIVE.map((options) => {
    const { verdict, violation } = checkSync(build(), { ...options, ...more });
    return violation?.kind ?? verdict;
  });
}

const always = (kind: string): string[] => EXHAUSTIVE.map(() => kind);

describe('a loop of a function', () => {
  it('tries again until it succeeds', () => {
    const build = threadsOf(
      ({ x }) =>
        [1, 2].map(
          () =>
            function* () {
              for (;;) {
                const old = yield* readOnce(x);
                if ((yield* cmpxchg(x, old, old + 1)) === old) break;
              }
            },
        ),
      ({ x }) => ({ finals: { 'both-count': (m) => m.get(x) === 2 } }),
    );
    expect(kinds(build)).toEqual(always('holds'));
  });

  it('that only polls is stuck where nobody writes', () => {
    const polls = ({ x }: World) =>
      function* (): Kthread<void> {
        while ((yield* readOnce(x)) === 0);
      };
    const writes = ({ x }: World) =>
      function* (): Kthread<void> {
        yield* writeOnce(x, 1);
      };
    expect(kinds(threadsOf((w) => [polls(w), writes(w)]))).toEqual(always('holds'));
    expect(kinds(threadsOf((w) => [polls(w), polls(w)]))).toEqual(always('deadlock'));
  });

  it('that changes memory for ever is a livelock', () => {
    const toggles = ({ x, y }: World) =>
      function* (): Kthread<void> {
        for (;;) {
          yield* writeOnce(x, 1 - (yield* readOnce(x)));
          if ((yield* readOnce(y)) === 1) break;
        }
      };
    expect(kinds(threadsOf((w) => [toggles(w)]))).toEqual(always('livelock'));
  });

  it('that waits for a loop of another is no livelock as long as that gets on', () => {
    const build = threadsOf(({ x }) => [
      function* () {
        for (let i = 0; i < 3; i++) yield* writeOnce(x, i);
      },
      function* () {
        while ((yield* readOnce(x)) < 2);
      },
    ]);
    expect(kinds(build)).toEqual(always('holds'));
  });
});

describe('values that only come together', () => {
  it('are the only ones that a function is ever run on', () => {
    const pair = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }));
    fc.assert(
      fc.property(
        fc.uniqueArray(pair, { minLength: 1, maxLength: 4, selector: String }),
        fc.boolean(),
        (all, loops) => {
          const belongs = (a: number, b: number): boolean => all.some(([x, y]) => x === a && y === b);
          const build = threadsOf(({ x, y, z }) => [
            function* () {
              const [a, b] = all[yield* choose(all.length)];
              yield* writeOnce(x, a);
              yield* writeOnce(y, b);
              yield* writeOnce(z, 1);
            },
            function* () {
              if ((yield* readOnce(z)) === 0) return;
              const a = yield* readOnce(x);
              const b = yield* readOnce(y);
              if (!loops && !belongs(a, b)) throw new Error(`${a} and ${b} never come together`);
              for (let i = 0; !belongs(a, b); i++) yield* writeOnce(z, i & 1);
            },
          ]);
          for (const options of EXHAUSTIVE) expect(checkSync(build(), options).verdict).toBe('holds');
          expect(checkSync(build(), { strategy: 'random', maxRuns: 30 }).verdict).toBe('unknown');
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('two states of a function that look alike', () => {
  const saw = (value: number) => ({
    invariants: { 'z-is-not-that': (m: { get: (cell: Cell<number>) => number }) => m.get(worldOf.z) !== value },
  });
  let worldOf!: World;
  const both = (
    body: (world: World, way: number) => Kthread<void>,
    values: readonly number[],
    prepare: (world: World) => void = () => undefined,
  ) => {
    for (const value of values) {
      const build = threadsOf(
        (world) => {
          prepare(world);
          return [
            function* () {
              yield* body(world, yield* choose(2));
            },
          ];
        },
        (world) => {
          worldOf = world;
          return saw(value);
        },
      );
      expect(kinds(build)).toEqual(always('invariant'));
    }
  };

  it('are two where one array has two names', () => {
    both(
      function* ({ y, z }, way) {
        const one = [1];
        const other = way === 1 ? one : [1];
        yield* readOnce(y);
        other[0] = 2;
        yield* readOnce(y);
        yield* writeOnce(z, one[0]);
      },
      [1, 2],
    );
  });

  it('are two where functions of one text took different things along', () => {
    both(
      function* ({ y, z }, way) {
        const makers = [1, 2].map((value) => () => writeOnce(z, value));
        const make = makers[way];
        yield* readOnce(y);
        yield* make();
      },
      [1, 2],
    );
  });

  it('are two where functions that were there before did', () => {
    const later: ((z: Cell<number>) => Request<void>)[] = [1, 2].map((value) => (z) => writeOnce(z, value));
    const twice = function* ({ y, z }: World, make: (z: Cell<number>) => Request<void>): Kthread<void> {
      yield* readOnce(y);
      yield* make(z);
    };
    both(
      function* (world, way) {
        yield* twice(world, later[way]);
      },
      [1, 2],
    );
  });

  it('are two where helpers of one text, made with the system, took different things along', () => {
    const helper = ({ y, z }: World, value: number) =>
      function* (): Kthread<void> {
        yield* readOnce(y);
        yield* writeOnce(z, value);
      };
    let helpers: readonly (() => Kthread<void>)[] = [];
    both(
      function* (_world, way) {
        yield* helpers[way]();
      },
      [1, 2],
      (world) => {
        helpers = [helper(world, 1), helper(world, 2)];
      },
    );
  });

  it('are two where helpers of one text, made on the way, did', () => {
    both(
      function* ({ y, z }, way) {
        const helpers = [1, 2].map(
          (value) =>
            function* (): Kthread<void> {
              yield* readOnce(y);
              yield* writeOnce(z, value);
            },
        );
        yield* helpers[way]();
      },
      [1, 2],
    );
  });

  it('are two where a function that is handed on reads what has changed since', () => {
    const twice = function* ({ y }: World, body: () => Kthread<void>): Kthread<void> {
      yield* readOnce(y);
      yield* body();
    };
    both(
      function* (world, way) {
        const most = way + 1;
        let count = 0;
        yield* twice(world, function* (): Kthread<void> {
          count += most;
          yield* readOnce(world.y);
          yield* writeOnce(world.z, count);
        });
      },
      [1, 2],
    );
  });

  it('are two where a function that is given one struct or another', () => {
    const [One, Other] = [struct('s', { a: u8, b: u8 }), struct('s', { b: u8, a: u8 })];
    const look = function* ({ y, z }: World, type: Struct<{ a: typeof u8; b: typeof u8 }>): Kthread<void> {
      yield* readOnce(y);
      yield* writeOnce(z, 1 + type.offsets.get('b')!);
    };
    both(
      function* (world, way) {
        yield* look(world, [Other, One][way]);
      },
      [1, 2],
    );
  });

  it('are two where a caller waits with different variables', () => {
    const look = function* ({ y }: World, then: () => void): Kthread<void> {
      yield* readOnce(y);
      then();
      yield* readOnce(y);
    };
    both(
      function* (world, way) {
        let count = 0;
        yield* look(world, () => {
          count += way + 1;
        });
        yield* writeOnce(world.z, count);
      },
      [1, 2],
    );
  });

  it('are two where a loop has come to another place in what it goes through', () => {
    both(
      function* ({ y, z }, way) {
        for (const value of way === 0 ? [0, 1] : [0, 2]) {
          yield* readOnce(y);
          if (value > 0) yield* writeOnce(z, value);
        }
      },
      [1, 2],
    );
  });

  it('are two where another value waits to be added to', () => {
    both(
      function* ({ y, z }, way) {
        yield* writeOnce(z, way + 1 + (yield* readOnce(y)));
      },
      [1, 2],
    );
  });
});

describe('what lasts as long as the system', () => {
  /** Adds up in rounds, in a helper that took `parts` along or is given them; the answers of earlier rounds are dead. */
  interface Parts {
    readonly world: World;
    readonly look: (cell: Cell<number>) => Request<number>;
  }
  const rounds = (body: (world: World, parts: Parts) => () => Kthread<void>): (() => System) =>
    threadsOf((world) => [
      body(world, lasting('parts', { world, look: (cell) => readOnce(cell) })),
      function* () {
        for (let i = 1; i < 4; i++) yield* writeOnce(world.x, i);
      },
    ]);
  const by: readonly (readonly [string, () => System])[] = [
    [
      'a helper that took them along',
      rounds((_world, parts) => {
        const helper = function* (): Kthread<void> {
          yield* parts.look(parts.world.x);
          yield* parts.look(parts.world.y);
        };
        return function* () {
          for (let i = 0; i < 3; i++) yield* helper();
        };
      }),
    ],
    [
      'a helper that is given them',
      rounds(
        (_world, parts) =>
          function* () {
            for (let i = 0; i < 3; i++) yield* inTwo(parts);
          },
      ),
    ],
    [
      'a function that is handed on',
      rounds(
        (world, parts) =>
          function* () {
            const each = function* (body: () => Kthread<void>): Kthread<void> {
              yield* body();
            };
            for (let i = 0; i < 3; i++)
              yield* each(function* (): Kthread<void> {
                yield* parts.look(world.x);
                yield* parts.look(world.y);
              });
          },
      ),
    ],
  ];
  const inTwo = function* (parts: Parts): Kthread<void> {
    yield* parts.look(parts.world.x);
    yield* parts.look(parts.world.y);
  };
  const roundsInTwo = kfunc('rounds', function* ({ parts }: Subsystem & { readonly parts: Parts }) {
    for (let i = 0; i < 3; i++) yield* inTwo(parts);
  });
  const plain = rounds(
    ({ x, y }) =>
      function* () {
        for (let i = 0; i < 3; i++) {
          yield* readOnce(x);
          yield* readOnce(y);
        }
      },
  );

  it.each(by)('tells no states apart in %s', (_title, build) => {
    const { states, verdict, notes } = checkSync(build());
    expect({ states, verdict, notes }).toEqual({ states: checkSync(plain()).states, verdict: 'holds', notes: [] });
  });

  it('tells no states apart in a function of the file', () => {
    const system = (): System => {
      const layout = new Layout();
      const [x, y, z] = ['x', 'y', 'z'].map((name) => layout.one(name, u8));
      const parts = lasting('parts', { world: { x, y, z }, look: (cell: Cell<number>) => readOnce(cell) });
      const shared = layout.subsystem('shared', { parts });
      const store = kfunc('store', function* () {
        for (let i = 1; i < 4; i++) yield* writeOnce(x, i);
      });
      return {
        layout,
        threads: [
          { name: 'T0', run: () => roundsInTwo(shared) },
          { name: 'T1', run: () => store() },
        ],
      };
    };
    const { states, verdict, notes } = checkSync(system());
    expect({ states, verdict, notes }).toEqual({ states: checkSync(plain()).states, verdict: 'holds', notes: [] });
  });

  it('is not known by a name that it got with another system', () => {
    let kept: Parts | undefined;
    const build = rounds((_world, parts) => {
      kept ??= parts;
      const old = kept;
      return function* () {
        for (let i = 0; i < 3; i++) yield* inTwo(i === 1 ? old : parts);
      };
    });
    expect(checkSync(build()).notes).toEqual([]);
    expect(checkSync(build()).notes).toEqual([expect.stringMatching(/^states are told apart.*parts holds an object/)]);
  });
});

describe('a function that does not tell where it stands', () => {
  // Code in a text is not transformed.
  const untold = runInThisContext(
    '(readOnce) => (x, y) => function* () { for (let i = 0; i < 3; i++) { const seen = yield* readOnce(x); yield* readOnce(y); } }',
  ) as (read: typeof readOnce) => (x: Cell<number>, y: Cell<number>) => () => Kthread<void>;
  const told = (x: Cell<number>, y: Cell<number>) =>
    function* (): Kthread<void> {
      for (let i = 0; i < 3; i++) {
        yield* readOnce(x);
        yield* readOnce(y);
      }
    };
  const writer = ({ x }: World) =>
    function* (): Kthread<void> {
      for (let i = 1; i < 4; i++) yield* writeOnce(x, i);
    };

  it('has more states, the same verdict and a note', () => {
    const plain = checkSync(threadsOf((w) => [untold(readOnce)(w.x, w.y), writer(w)])());
    const known = checkSync(threadsOf((w) => [told(w.x, w.y), writer(w)])());
    expect([plain.verdict, known.verdict]).toEqual(['holds', 'holds']);
    expect(plain.states).toBeGreaterThan(known.states);
    expect(known.notes).toEqual([]);
    expect(plain.notes).toEqual([
      'code that f0 runs was not transformed, so states are told apart by all answers, which makes more of them; ' +
        '@shootdown/program-points does it, in vitest as a plugin',
    ]);
  });
});
