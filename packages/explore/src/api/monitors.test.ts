/**
 * Monitored code, explored in every mode: it must behave, state by state, as the program that a naive reference explores, in which
 * what is noted is written into the code. SHOOTDOWN_PROGRAMS and SHOOTDOWN_SEED as in the differential test.
 */
import {
  Layout,
  ModelError,
  afterStep,
  atEntry,
  atExit,
  beforeStep,
  kfunc,
  omit,
  ownerWord,
  readOnce,
  replaceFunction,
  rmw,
  runDirect,
  runInVirtualTime,
  spinUntil,
  u8,
  writeOnce,
  type Memory,
  type Monitor,
  type Monitors,
  type Mutation,
  type System,
} from '@shootdown/machine';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { program } from '../../test-models/arbitrary.js';
import { compile } from '../../test-models/compile.js';
import { checkWithWorkers } from '../../test-models/local-workers.js';
import { disagreements } from '../../test-models/disagreements.js';
import { watchedOf, type Watched } from '../../test-models/watch.js';
import { Check, ForeignSnapshot, checkSync, replay, type Snapshot } from '../index.js';

const PROGRAMS = Number(process.env['SHOOTDOWN_PROGRAMS'] ?? 20);
const SEED = Number(process.env['SHOOTDOWN_SEED'] ?? 1);

const { stackTraceLimit } = Error;
beforeAll(() => void (Error.stackTraceLimit = 0));
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit));

/** Whether the monitor is run in some run of a program that is one. */
function meets(build: () => System): boolean {
  try {
    checkSync(build(), { reduction: false, only: ['nothing'] });
    return true;
  } catch (error) {
    if (error instanceof ModelError) return false;
    throw error;
  }
}

describe('a monitored program', () => {
  const moments: readonly { readonly moments: readonly Watched['moment'][] }[] = [
    { moments: ['entry', 'exit'] },
    { moments: ['before', 'after'] },
    { moments: ['answer'] },
  ];

  it.each(moments)(
    `does what the program does that has the note in its code: ${PROGRAMS} random ones, $moments`,
    { timeout: 3_600_000 },
    (of) => {
      const ofMoment = (model: Parameters<typeof watchedOf>[0]): Watched[] =>
        watchedOf(model).filter(({ moment }) => of.moments.includes(moment));
      fc.assert(
        fc.property(
          program.filter((model) => ofMoment(model).length > 0),
          fc.nat(),
          (model, nth) => {
            const all = ofMoment(model);
            const { text, monitors, program: written } = all[nth % all.length];
            const build = (memories?: Set<string>): System => compile(model, memories, monitors);
            fc.pre(meets(build));
            expect(disagreements(written, build), text).toEqual([]);
          },
        ),
        { numRuns: PROGRAMS, seed: SEED, endOnFailure: true },
      );
    },
  );
});

describe('what a monitor notes', () => {
  const layout = new Layout();
  const [x, y] = [layout.one('x', u8), layout.one('y', u8)];
  const seen = layout.array('seen', u8.ghost(), 2);
  const owner = layout.one('owner', ownerWord);
  const guarded = layout.one('guarded', u8.guardedBy('owner'));
  const add = kfunc('add', function* (by: number) {
    const old = yield* readOnce(x);
    yield* writeOnce(x, old + by);
    return old;
  });
  const main = kfunc('main', function* () {
    yield* add(1);
    yield* writeOnce(y, 1);
  });
  const monitors: Monitors = {
    added: atExit(add, (memory, { args: [by], answer }) => {
      memory.set(seen[memory.thread], answer + by);
    }),
  };
  const system = (monitored: Monitors = monitors, mutations?: readonly Mutation[]): System => ({
    layout,
    threads: ['A', 'B'].map((name) => ({ name, run: () => main() })),
    invariants: { 'added differently': (memory) => memory.get(seen[0]) !== 1 || memory.get(seen[1]) !== 1 },
    monitors: monitored,
    ...(mutations !== undefined && { mutations }),
  });
  const found = (monitored?: Monitors, mutations?: readonly Mutation[]): string => {
    const { verdict, violation } = checkSync(system(monitored, mutations));
    return violation?.name ?? verdict;
  };

  test('invariants ask of', () => {
    expect(found()).toBe('added differently');
    expect(found({})).toBe('holds');
    const atomic = replaceFunction(
      'add',
      (_: typeof add) =>
        function* (by: number) {
          return yield* rmw('add', 'add', 'full', x, by);
        },
    );
    expect(found(monitors, [atomic])).toBe('holds');
    expect(found(monitors, [omit({ in: 'main', step: 'add', answer: 0 })])).toBe('holds');
  });

  test.each(['dfs', 'bfs', 'pct', 'random'] as const)('is found and replayed with %s', (strategy) => {
    const { violation, schedule, trace = [] } = checkSync(system(), { strategy, seed: 1 });
    expect(violation?.name).toBe('added differently');
    expect(trace.filter(({ op }) => op === 'added').map(({ thread }) => thread)).toHaveLength(2);
    expect(replay(system(), schedule ?? '').violation?.name).toBe('added differently');
    expect(() => replay(system({}), schedule ?? '')).toThrow('the model has changed since this token was made');
  });

  test('is noted by every worker', () => {
    const one = checkSync(system(), { reduction: false, only: ['nothing'] });
    const two = checkWithWorkers(system, { reduction: false, only: ['nothing'] }, 2, 4);
    expect(two).toMatchObject({ verdict: 'holds', complete: true, states: one.states });
    expect(checkWithWorkers(system, {}, 2, 4).violation?.name).toBe('added differently');
  });

  test('is kept in a checkpoint, which other monitors do not fit', () => {
    const options = { reduction: false, only: ['nothing'], slice: 10 };
    const first = new Check(system(), options);
    let snapshot: Snapshot | undefined;
    while (snapshot === undefined && !first.advance()) snapshot = first.snapshot();
    if (snapshot === undefined) throw new Error('the search is over before it can be kept');
    const kept = { snapshot: structuredClone(snapshot) };
    const second = new Check(system(), options, kept);
    while (!second.advance());
    expect(second.result().states).toBe(checkSync(system(), options).states);
    const other = { added: atExit(add, () => undefined) };
    expect(() => new Check(system(other), options, kept)).toThrow(ForeignSnapshot);
  });

  test('takes no state and no step of its own', () => {
    const counts = (monitored: Monitors): number =>
      checkSync(system(monitored), { reduction: false, only: ['nothing'] }).states;
    const nothing = (): void => undefined;
    const plain = counts({});
    expect(counts({ entry: atEntry(add, nothing), exit: atExit(add, nothing) })).toBe(plain);
    expect(counts({ before: beforeStep({ in: add, step: 'WRITE_ONCE' }, nothing) })).toBe(plain);
    expect(counts({ after: afterStep({ in: 'main', step: 'add' }, nothing) })).toBe(plain);
  });

  test('may be who owns something', () => {
    const touch = kfunc('touch', function* () {
      yield* rmw('add', 'add', 'full', x, 1);
      yield* writeOnce(guarded, 1);
      yield* writeOnce(y, 1);
    });
    const owning = (kind: (...args: Parameters<typeof beforeStep>) => Monitor): System => ({
      layout,
      threads: [{ name: 'A', run: () => touch() }],
      monitors: {
        own: kind({ in: 'touch', step: 'add' }, (memory) => {
          memory.set(owner, memory.thread + 1);
        }),
        disown: kind({ in: 'touch', step: 'WRITE_ONCE', of: 'guarded' }, (memory) => {
          memory.set(owner, 0);
        }),
      },
    });
    expect(checkSync(owning(afterStep)).verdict).toBe('holds');
    expect(checkSync(owning(beforeStep)).violation?.kind).toBe('guard');
  });

  test('is noted where the initial state is built, and in virtual time', () => {
    const begun: System = {
      ...system(),
      init: (memory: Memory) => {
        runDirect(memory, add(4));
      },
      invariants: { four: (memory) => memory.get(seen[0]) >= 4 },
    };
    expect(checkSync(begun).verdict).toBe('holds');
    const run = runInVirtualTime(begun, { timing: { durationOf: () => 1 } });
    expect([run.time, run.memory.get(seen[1])]).toEqual([3, 5]);
  });

  test('is nothing but a variable of the specification', () => {
    const wrong = { wrong: atExit(add, (memory) => { memory.set(x, 0); }) }; // prettier-ignore
    expect(() => checkSync(system(wrong))).toThrow(
      'the monitor wrong (exit of add) writes x: expected a variable of the',
    );
    const answers = { wrong: afterStep({ in: 'main', step: 'add' }, (() => 1) as never) };
    expect(() => checkSync(system(answers))).toThrow(
      'the monitor wrong (after add in main) answers 1: expected nothing',
    );
  });

  test('must be of something that is run, once all of it was', () => {
    const gone = { gone: atEntry('ad', () => undefined) };
    expect(() => checkSync(system(gone))).toThrow('no function ad is run; did you mean add?');
    expect(checkSync(system({ ...monitors, ...gone })).violation?.name).toBe('added differently');
    expect(checkSync(system(gone), { maxStates: 3 }).verdict).toBe('unknown');
    expect(() => checkSync(system({ gone: afterStep({ in: 'add', step: 'READ' }, () => undefined) }))).toThrow(
      'the monitor gone (after READ in add) is never run: add takes no step READ; did you mean READ_ONCE?',
    );
  });

  test('tells attempts of a spin loop apart from what comes after', () => {
    const look = kfunc('look', function* () {
      return (yield* readOnce(y)) === 1;
    });
    const wait = kfunc('wait', function* () {
      yield* spinUntil(() => look());
    });
    const waiting: System = {
      layout,
      threads: [
        { name: 'A', run: () => wait() },
        { name: 'B', run: () => main() },
      ],
      monitors: {
        looked: atExit(look, (memory) => {
          memory.set(seen[0], 1);
        }),
        done: afterStep({ in: wait, step: 'look' }, (memory) => {
          memory.set(seen[0], 2);
        }),
      },
      finals: { done: (memory) => memory.get(seen[0]) === 2 },
    };
    expect(checkSync(waiting)).toMatchObject({ verdict: 'holds', complete: true });
    expect(checkSync(waiting, { reduction: false })).toMatchObject({ verdict: 'holds', complete: true });
  });
});
