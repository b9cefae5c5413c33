/**
 * Mutated code, explored in every mode: it must behave, state by state, as the program that a naive reference explores, in which
 * the statement is left out, weakened or swapped by hand. SHOOTDOWN_PROGRAMS and SHOOTDOWN_SEED as in the differential test.
 */
import {
  Layout,
  ModelError,
  change,
  delay,
  kfunc,
  omit,
  readOnce,
  replaceFunction,
  fence,
  lockAcquire,
  lockRelease,
  runDirect,
  spinLockWord,
  swap,
  u8,
  unlocked,
  waitFor,
  weaken,
  writeOnce,
  type Memory,
  type Mutation,
  type System,
} from '@shootdown/machine';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { program } from '../../test-models/arbitrary.js';
import { compile } from '../../test-models/compile.js';
import { disagreements } from '../../test-models/disagreements.js';
import { mutantsOf, type Mutant } from '../../test-models/mutate.js';
import type { Program } from '../../test-models/program.js';
import { checkSync, replay, type SearchOptions, type SearchResult } from '../index.js';

const PROGRAMS = Number(process.env['SHOOTDOWN_PROGRAMS'] ?? 20);
const SEED = Number(process.env['SHOOTDOWN_SEED'] ?? 1);

const { stackTraceLimit } = Error;
beforeAll(() => void (Error.stackTraceLimit = 0));
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit));

/** Kinds that few programs have come apart, so that they are tried as often. */
const KINDS = [{ kinds: ['omit', 'unlock', 'weaken'] }, { kinds: ['swap', 'delay'] }];

describe('a mutated program', () => {
  it.each(KINDS)(
    `does what the program does that is written so: ${PROGRAMS} random ones, $kinds`,
    { timeout: 3_600_000 },
    ({ kinds }) => {
      const tried = new Map(kinds.map((kind) => [kind, 0]));
      const times = (kind: string): number => tried.get(kind) ?? 0;
      const mutants = (model: Program): Mutant[] =>
        mutantsOf(model).filter(({ mutation: { kind } }) => tried.has(kind));
      fc.assert(
        fc.property(
          program.filter((model) => mutants(model).length > 0),
          fc.nat(),
          (model, nth) => {
            const all = mutants(model);
            const rarest = all.map(({ mutation: { kind } }) => kind).reduce((a, b) => (times(b) < times(a) ? b : a));
            const alike = all.filter(({ mutation: { kind } }) => kind === rarest);
            const { mutation, program: written } = alike[nth % alike.length];
            const build = (memories?: Set<string>): System => ({ ...compile(model, memories), mutations: [mutation] });
            const isNoModel = refused(() => compile(written));
            const isReached = reaches(build);
            if (isReached) expect(refused(build), JSON.stringify(mutation)).toBe(isNoModel);
            fc.pre(isNoModel === undefined);
            if (isReached) tried.set(rarest, times(rarest) + 1);
            const wrong = isReached
              ? disagreements(written, build, (system, options) => searched(model, system, options))
              : disagreements(model);
            expect(wrong, JSON.stringify(mutation)).toEqual([]);
          },
        ),
        { numRuns: PROGRAMS, seed: SEED, endOnFailure: true },
      );
      for (const kind of PROGRAMS < 50 ? [] : kinds) expect(times(kind), kind).toBeGreaterThan(PROGRAMS / 10);
    },
  );
});

/** What a search says of a program that is no model, such as one that spins without looking at memory. */
function refused(build: () => System): string | undefined {
  try {
    checkSync(build(), { reduction: false, only: ['nothing'] });
    return undefined;
  } catch (error) {
    if (error instanceof ModelError && !isUnreached(error)) return error.message;
    throw error;
  }
}

/**
 * A search of the mutated program. What it finds without the mutated step, it finds in the program as it is, whose token is
 * no token of the mutated one.
 */
function searched(model: Program, system: System, options: SearchOptions): SearchResult {
  try {
    return checkSync(system, options);
  } catch (error) {
    if (!isUnreached(error)) throw error;
    const result = checkSync(compile(model), options);
    expect(result.verdict).toBe('violated');
    delete (result as { schedule?: string }).schedule;
    return result;
  }
}

const isUnreached = (error: unknown): boolean =>
  error instanceof ModelError && error.message.includes('changes nothing');

/** Whether the mutated step is taken in some run. */
function reaches(build: () => System): boolean {
  try {
    checkSync(build(), { reduction: false, only: ['nothing'] });
    return true;
  } catch (error) {
    return !isUnreached(error);
  }
}

describe('what a mutation says', () => {
  const layout = new Layout();
  const [x, y] = [layout.one('x', u8), layout.one('y', u8)];
  const lock = layout.one('lock', spinLockWord);
  const bump = kfunc('bump', function* () {
    yield* lockAcquire(lock, 'spin_lock');
    const seen = yield* readOnce(x);
    yield* writeOnce(x, seen + 1);
    yield* lockRelease(lock, 'spin_unlock');
    yield* writeOnce(y, 1);
  });
  const system = (...mutations: readonly Mutation[]): System => ({
    layout,
    threads: ['A', 'B'].map((name) => ({ name, run: () => bump() })),
    finals: { both: (memory) => memory.get(x) === 2 && memory.get(y) === 1 },
    mutations,
  });
  const kind = (...mutations: readonly Mutation[]): string => {
    const { verdict, violation } = checkSync(system(...mutations), { strategy: 'bfs' });
    return violation?.name ?? verdict;
  };

  test('is what is explored', () => {
    expect(kind()).toBe('holds');
    expect(kind(unlocked({ in: 'bump', step: 'spin_lock', until: ['spin_unlock'] }))).toBe('both');
    expect(kind(unlocked({ in: 'bump', step: 'spin_lock', until: ['spin_unlock'], of: 'lock' }))).toBe('both');
    expect(kind(omit({ in: 'bump', step: 'spin_unlock' }))).toBe('held-at-exit');
    expect(kind(omit({ in: 'bump', step: 'WRITE_ONCE', of: 'y' }))).toBe('both');
    expect(kind(omit({ in: 'bump', step: 'READ_ONCE', answer: 0 }))).toBe('both');
    expect(kind(weaken({ in: 'bump', step: 'WRITE_ONCE', of: 'y', order: 'plain' }))).toBe('data-race');
    expect(kind(weaken({ in: 'bump', step: 'WRITE_ONCE', of: 'x', order: 'plain' }))).toBe('holds');
    expect(kind(swap({ in: 'bump', step: 'spin_lock', with: 'READ_ONCE' }))).toBe('both');
    expect(kind(change({ in: 'bump', step: 'WRITE_ONCE', of: 'y' }, ({ cell }) => writeOnce(cell!, 2)))).toBe('both');
    expect(kind(delay({ in: 'bump', step: 'WRITE_ONCE', of: 'x', past: 'spin_unlock' }))).toBe('both');
    expect(kind(delay({ in: 'bump', step: 'spin_unlock' }))).toBe('holds');
    const zero = { in: 'bump', step: 'READ_ONCE' };
    expect(kind(change(zero, ({ request }) => ({ take: request, answer: 0 })))).toBe('both');
    expect(kind(change(zero, () => ({ answer: 1 })))).toBe('holds');
    const twice = (original: typeof bump) =>
      function* () {
        yield* original();
        yield* original();
      };
    expect(kind(replaceFunction('bump', twice))).toBe('both');
  });

  test('is replayed', () => {
    const mutation = unlocked({ in: 'bump', step: 'spin_lock', until: ['spin_unlock'] });
    const { schedule } = checkSync(system(mutation), { strategy: 'bfs' });
    expect(replay(system(mutation), schedule!).violation?.name).toBe('both');
    expect(() => replay(system(), schedule!)).toThrow('the model has changed since this token was made');
  });

  test('applies to a function that builds the initial state', () => {
    const run = (...mutations: readonly Mutation[]): string => {
      const init = (memory: Memory): void => {
        runDirect(memory, bump());
      };
      const begun = { ...system(...mutations), init };
      return checkSync({ ...begun, finals: { three: (memory) => memory.get(x) === 3 } }).verdict;
    };
    expect(run()).toBe('holds');
    expect(run(omit({ in: 'bump', step: 'WRITE_ONCE', of: 'x' }))).toBe('violated');
  });

  test('must be reached before anything is broken', () => {
    const late = kfunc('late', function* () {
      yield* writeOnce(y, 1);
      yield* waitFor(x, { equals: 1 });
      yield* fence('smp_mb');
    });
    const broken: System = {
      layout,
      threads: [{ name: 'A', run: () => late() }],
      mutations: [delay({ in: 'late', step: 'WRITE_ONCE', of: 'y', past: 'smp_mb' })],
    };
    expect(() => checkSync(broken)).toThrow(
      'the mutation delay WRITE_ONCE(y) in late past smp_mb changes nothing before deadlock is broken, which it is without the mutation too: late takes no step smp_mb',
    );
  });

  test('must be about something that is reached', () => {
    const says = (mutation: Mutation): string => {
      try {
        return checkSync(system(mutation)).verdict;
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(says(omit({ in: 'bmp', step: 'spin_unlock' }))).toBe(
      'the mutation omit spin_unlock in bmp changes nothing: no function bmp is run; did you mean bump?',
    );
    expect(says(omit({ in: 'bump', step: 'spin_unlok' }))).toBe(
      'the mutation omit spin_unlok in bump changes nothing: bump takes no step spin_unlok; did you mean spin_unlock or spin_lock?',
    );
    expect(says(omit({ in: 'bump', step: 'WRITE_ONCE', of: 'z' }))).toBe(
      'the mutation omit WRITE_ONCE(z) in bump changes nothing: no step WRITE_ONCE of bump is about z; it is taken of x, y',
    );
    expect(says(swap({ in: 'bump', step: 'WRITE_ONCE', with: 'READ_ONCE' }))).toContain(
      'never takes READ_ONCE right after',
    );
    expect(says(swap({ in: 'bump', step: 'READ_ONCE', with: 'WRITE_ONCE' }))).toContain('a step that answers nothing');
    expect(says(omit({ in: 'bump', step: 'READ_ONCE' }))).toContain('say with answer what it gets');
    expect(says({ ...omit({ in: 'bump', step: 'spin_lock' }), kind: 'omt' } as unknown as Mutation)).toContain(
      'did you mean omit?',
    );
  });
});
