import { describe, expect, test } from 'vitest';
import {
  KernelBug,
  Layout,
  Memory,
  afterStep,
  atEntry,
  atExit,
  beforeStep,
  buildScenario,
  change,
  choose,
  cmpxchg,
  codeOf,
  delay,
  givenOf,
  kfunc,
  omit,
  ownerWord,
  readOnce,
  replaceFunction,
  runDirect,
  runInVirtualTime,
  scenario,
  spinUntil,
  swap,
  u64,
  u8,
  writeOnce,
  type Monitor,
  type Monitors,
  type Mutation,
  type NoteMemory,
  type Request,
  type Scenario,
  type System,
} from './index.js';

const layout = new Layout();
const [x, y, wide] = [layout.one('x', u8), layout.one('y', u8), layout.one('wide', u64)];
const log = layout.array('log', u8.ghost(), 24);
const length = layout.one('length', u8.ghost());
const owner = layout.one('owner', ownerWord);

/** Appends to the log. */
const put = (memory: NoteMemory, value: number): void => {
  memory.set(log[memory.get(length)], value);
  memory.set(length, memory.get(length) + 1);
};
const puts =
  (value: number) =>
  (memory: NoteMemory): void => {
    put(memory, value);
  };

const inner = kfunc('inner', function* (add: number) {
  if (add === 0) return 0;
  yield* writeOnce(x, add);
  return add + (yield* readOnce(y));
});
const outer = kfunc('outer', function* (first: number, _pair: readonly [number, number]) {
  const sum = yield* inner(first);
  yield* writeOnce(y, sum);
  return sum + (yield* inner(0));
});

function system(
  monitors: Monitors,
  mutations?: readonly Mutation[],
  call = () => outer(2, [5, 6]) as Request<unknown>,
): System {
  return { layout, threads: [{ name: 'T0', run: call }], monitors, ...(mutations !== undefined && { mutations }) };
}

/** Runs it, and returns what was noted. */
function logged(...[monitors, mutations, call = () => outer(2, [5, 6])]: Parameters<typeof system>): number[] {
  const memory = new Memory(layout);
  memory.code = codeOf(system(monitors, mutations, call));
  runDirect(memory, call());
  return log.slice(0, memory.get(length)).map((cell) => memory.get(cell));
}

const says = (run: () => unknown): string => {
  try {
    run();
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
};

/** One at each moment of each function and step. */
const all: Monitors = {
  outerBegins: atEntry(outer, puts(1)),
  innerBegins: atEntry('inner', puts(2)),
  beforeWrite: beforeStep({ in: 'inner', step: 'WRITE_ONCE' }, puts(3)),
  afterWrite: afterStep({ in: ['inner', 'other'], step: 'WRITE_ONCE', of: 'x' }, puts(4)),
  afterRead: afterStep({ in: inner, step: 'READ_ONCE' }, puts(5)),
  innerEnds: atExit(inner, puts(6)),
  afterCall: afterStep({ in: 'outer', step: 'inner' }, puts(7)),
  beforeOuterWrite: beforeStep({ in: 'outer', step: 'WRITE_ONCE' }, puts(8)),
  outerEnds: atExit(['outer'], puts(9)),
};

describe('monitors are run', () => {
  test('where they say, also where a function returns early', () => {
    expect(logged(all)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 2, 6, 7, 9]);
  });

  test('in the order in which they are given, where several are about one thing', () => {
    const step = { in: 'inner', step: 'WRITE_ONCE' };
    const monitors = {
      a: afterStep(step, puts(1)),
      b: beforeStep(step, puts(2)),
      c: afterStep(step, puts(3)),
      d: beforeStep(step, puts(4)),
    };
    expect(logged(monitors)).toEqual([2, 4, 1, 3]);
  });

  test('and told of the call or of the step', () => {
    const told: unknown[] = [];
    const tells = (_: NoteMemory, what: unknown): void => void told.push(what);
    const exchange = kfunc('exchange', function* (pair: readonly [number, number]) {
      yield* cmpxchg(wide, 0n, BigInt(pair[1]));
      return pair;
    });
    const monitors = {
      begun: atEntry(exchange, tells),
      step: afterStep({ in: exchange, step: 'cmpxchg' }, tells),
      ended: atExit(exchange, tells),
    };
    logged(monitors, undefined, () => exchange([1, 7]));
    expect(told).toEqual([
      { args: [[1, 7]], answer: undefined },
      { cell: wide, operand: 0n, desired: 7n, args: [], callArgs: [[1, 7]], answer: 0n },
      { args: [[1, 7]], answer: [1, 7] },
    ]);
    told.length = 0;
    logged({ call: afterStep({ in: 'outer', step: 'inner' }, tells) });
    expect(told).toEqual(
      [2, 0].map((first) => ({
        cell: undefined,
        operand: undefined,
        desired: undefined,
        args: [first],
        callArgs: [2, [5, 6]],
        answer: first,
      })),
    );
  });

  test('at every attempt of a spin loop', () => {
    const attempt = kfunc('attempt', function* () {
      const seen = yield* readOnce(x);
      yield* writeOnce(x, seen + 1);
      return seen === 2;
    });
    const spin = kfunc('spin', function* () {
      yield* spinUntil(() => attempt());
    });
    const monitors = {
      attempts: atExit(attempt, (memory, { answer }) => {
        put(memory, answer ? 2 : 1);
      }),
      spun: afterStep({ in: spin, step: 'attempt' }, puts(3)),
    };
    expect(logged(monitors, undefined, () => spin())).toEqual([1, 1, 2, 3]);
  });

  test('and not where the function throws', () => {
    const broken = kfunc('broken', function* () {
      yield* writeOnce(x, 1);
      throw new KernelBug('assertion', 'one', 'broken');
    });
    expect(
      says(() =>
        logged(
          {
            never: atExit(broken, () => {
              throw new Error('is run');
            }),
          },
          undefined,
          () => broken(),
        ),
      ),
    ).toBe('broken');
  });

  test('in virtual time, where they take none and are no steps', () => {
    const timing = { durationOf: () => 10 };
    const plain = runInVirtualTime({ layout, threads: system({}).threads }, { timing });
    const watched = runInVirtualTime(system(all), { timing });
    expect(watched).toMatchObject({ time: plain.time, steps: plain.steps, outcome: 'ended' });
    expect(watched.memory.get(length)).toBe(12);
  });
});

describe('with mutations', () => {
  const step = { in: 'inner', step: 'WRITE_ONCE' };

  test('what is left out is not noted', () => {
    expect(logged(all, [omit(step)])).toEqual([1, 2, 5, 6, 7, 8, 2, 6, 7, 9]);
    expect(logged(all, [omit({ in: 'outer', step: 'inner', answer: 1 })])).toEqual([1, 8, 9]);
  });

  test('what is another step is noted as the code has it, with what the code gets', () => {
    const told: unknown[] = [];
    const read: Monitors = {
      read: afterStep(
        { in: 'inner', step: 'READ_ONCE' },
        (_, { answer, cell }) => void told.push(answer, cell?.address),
      ),
    };
    logged(read, [change({ in: 'inner', step: 'READ_ONCE' }, () => ({ take: readOnce(x), answer: 9 }))]);
    expect(told).toEqual([9, y.address]);
  });

  test('what is taken later is noted then', () => {
    expect(logged(all, [swap({ ...step, with: 'READ_ONCE' })])).toEqual([1, 2, 5, 3, 4, 6, 7, 8, 2, 6, 7, 9]);
    expect(logged(all, [delay(step)])).toEqual([1, 2, 5, 3, 4, 6, 7, 8, 2, 6, 7, 9]);
  });

  test('a replaced function is noted by its name: its call once, and its steps and those of the original', () => {
    const twice = replaceFunction(
      'inner',
      (original: typeof inner) =>
        function* (add: number) {
          yield* writeOnce(x, 1);
          return yield* original(add);
        },
    );
    expect(logged(all, [twice])).toEqual([1, 2, 3, 4, 3, 4, 5, 6, 7, 8, 2, 3, 4, 6, 7, 9]);
  });
});

describe('a monitor does nothing but note', () => {
  const at = (note: Monitor['note']): string =>
    says(() => logged({ wrong: afterStep({ in: 'inner', step: 'WRITE_ONCE' }, note) }));
  const who = 'the monitor wrong (after WRITE_ONCE in inner)';

  test('it writes no variable of the code', () => {
    expect(
      at((memory) => {
        memory.set(x, 1);
      }),
    ).toBe(`${who} writes x: expected a variable of the specification, of a type made with .ghost(), or an ownerWord`);
    expect(
      at((memory) => {
        memory.set(owner, 1);
      }),
    ).toBe('nothing');
  });

  test('it answers nothing and breaks no rule', () => {
    expect(at(((memory: NoteMemory) => memory.get(x)) as never)).toBe(
      `${who} answers 2: expected nothing, for no code gets it`,
    );
    expect(
      at(() => {
        throw new KernelBug('assertion', 'one', 'no');
      }),
    ).toBe(
      `${who} reports assertion: expected it to note something and no more; let an invariant report what it noted`,
    );
    expect(
      at((memory) => {
        memory.set(length, 300);
      }),
    ).toContain(`${who} writes length: expected a u8, got 300`);
    expect(
      at((_, { answer }) => {
        (answer as { deep: { er: number } }).deep.er = 1;
      }),
    ).toContain(`${who} throws: Cannot read`);
    expect(at((() => writeOnce(x, 1)) as never)).toContain('wrong makes the request WRITE_ONCE, and nobody takes');
  });

  test('it can read all of memory', () => {
    expect(
      at((memory) => {
        put(memory, memory.get(x) + memory.thread);
      }),
    ).toBe('nothing');
  });
});

describe('monitors of a scenario', () => {
  const made = (monitors: unknown): Scenario =>
    scenario({
      name: 'mine/x',
      given: { by: { default: 3 } },
      state: { count: u8, noted: u8.ghost() },
      threads: {
        *increment() {
          yield* choose(1);
        },
      },
      monitors: monitors as never,
    });
  const build = (one: Scenario): System =>
    buildScenario(one, { given: givenOf(one, 'plain'), variant: 'plain', checks: () => true });

  test('are given the state and the setup', () => {
    const one = scenario({
      name: 'mine/x',
      given: { by: { default: 3 } },
      state: { count: u8, noted: u8.ghost() },
      threads: ({ count }, { given }) => ({
        *increment() {
          yield* writeOnce(count, given.by);
        },
      }),
      monitors: ({ noted }, { given }) => ({
        done: atExit('increment', (memory) => {
          memory.set(noted, given.by);
        }),
      }),
      finals: { noted: ({ count, noted }) => count === noted },
    });
    expect(Object.keys(build(one).monitors ?? {})).toEqual(['done']);
  });

  test.each([
    [[atEntry('f', () => undefined)], 'monitors: expected an object of monitors by name'],
    [{ a: 1 }, 'monitors.a: expected a monitor, such as afterStep({ in, step }, note), got 1'],
    [{ a: { kind: 'aftr', in: 'f' } }, 'monitors.a: expected a kind of monitor, got "aftr"; did you mean after?'],
    [{ a: { ...atEntry('f', () => undefined), stp: 'x' } }, 'monitors.a: unknown key "stp"'],
    [{ a: { ...atEntry('f', () => undefined), step: 'x' } }, 'monitors.a: unknown key "step"'],
    [{ a: afterStep({ in: 'f' } as never, () => undefined) }, 'monitors.a, step: expected a name, got undefined'],
    [
      { a: afterStep({ in: [], step: 'x' }, () => undefined) },
      'monitors.a, in: expected a function of the model or its name, got an array',
    ],
    [
      { a: atExit('f', (async () => Promise.resolve()) as never) },
      'monitors.a: expected a function that notes something, got an async function',
    ],
  ])('that are none are errors: %o', (monitors, message) => {
    expect(says(() => build(made(monitors)))).toContain(message);
  });

  test('and not beside a function that builds all', () => {
    expect(() => scenario({ name: 'mine/x', build: () => system({}), monitors: {} })).toThrow(
      'mine/x: expected either build, which makes the whole system, or monitors, got both',
    );
  });
});

describe('a monitor that is never run', () => {
  const unmet = (monitor: Monitor, mutations?: readonly Mutation[]): string => {
    const one = system({ gone: monitor }, mutations);
    const memory = new Memory(layout);
    memory.code = codeOf(one);
    runDirect(memory, outer(2, [5, 6]));
    return says(() => codeOf(one)?.assertWatched());
  };
  const nothing = (): void => undefined;

  test('is an error that says why', () => {
    expect(unmet(atEntry('iner', nothing))).toBe(
      'the monitor gone (entry of iner) is never run: no function iner is run; did you mean inner?',
    );
    expect(unmet(afterStep({ in: 'inner', step: 'WRITE_ONC' }, nothing))).toBe(
      'the monitor gone (after WRITE_ONC in inner) is never run: inner takes no step WRITE_ONC; did you mean WRITE_ONCE?',
    );
    expect(unmet(beforeStep({ in: 'inner', step: 'WRITE_ONCE', of: 'y' }, nothing))).toBe(
      'the monitor gone (before WRITE_ONCE(y) in inner) is never run: no step WRITE_ONCE of inner is about y; it is taken of x',
    );
    expect(unmet(atExit('inner', nothing))).toBe('nothing');
  });

  test('but of code from which something is left out', () => {
    expect(
      unmet(afterStep({ in: 'inner', step: 'WRITE_ONCE' }, nothing), [omit({ in: 'inner', step: 'WRITE_ONCE' })]),
    ).toBe('nothing');
  });
});
