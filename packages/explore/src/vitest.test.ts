import { runInThisContext } from 'node:vm';
import { Layout, kfunc, modify, readOnce, scenario, u32, u8, writeOnce, type System } from '@shootdown/machine';
import { describe, expect, test, vi } from 'vitest';
import { peterson, ticketLock } from '../scenarios/mutual-exclusion.js';
import { check, type CheckOptions, type SearchResult } from './index.js';
import './vitest.js';

const RULE = 'mutual-exclusion';

/** What a matcher says when it fails. */
async function complaint(outcome: Promise<void>): Promise<string> {
  return outcome.then(
    () => 'it passed',
    (error: unknown) => (error as Error).message,
  );
}

/** Two threads that count in two steps. */
function counter(): System {
  const layout = new Layout();
  const cell = layout.one('count', u8);
  const increment = kfunc('increment', function* () {
    yield* writeOnce(cell, (yield* readOnce(cell)) + 1);
  });
  return {
    layout,
    threads: ['A', 'B'].map((name) => ({ name, run: () => increment() })),
    finals: { sum: (memory) => memory.get(cell) === 2 },
  };
}

/** One thread that never ends, in ever new states. */
const endless = scenario({
  name: 'test/endless',
  asks: 'How long?',
  source: 'test',
  given: { step: { default: 1, suite: 2, about: 'how far a step goes', min: 1, max: 3 } },
  variants: {
    plain: { expect: 'holds', about: 'counts' },
    fast: { expect: 'holds', about: 'too', given: { step: 3 } },
  },
  build({ given }) {
    const layout = new Layout();
    const cells = layout.array('cell', u32, 4);
    const run = kfunc('count', function* () {
      for (const cell of cells) yield* modify('add', 'atomic_add', 'relaxed', cell, given.step);
    });
    const threads = ['A', 'B', 'C'].map((name) => ({ name, run: () => run(), repeat: true }));
    return { layout, threads };
  },
});

describe('check', () => {
  test('searches the first variant, or the one asked for, as the variant says', async () => {
    expect(await check(ticketLock)).toMatchObject({ verdict: 'holds', complete: true, strategy: 'dfs' });
    expect(await check(ticketLock, { variant: 'broken' })).toMatchObject({
      verdict: 'violated',
      violation: { kind: 'invariant', name: RULE },
      strategy: 'bfs',
    });
    expect(await check(ticketLock, { variant: 'broken', strategy: 'pct' })).toMatchObject({ strategy: 'pct' });
  });

  test('takes the sizes of the scenario, of the suite, of the variant and those given, the last first', async () => {
    const stepOf = async (options: CheckOptions): Promise<unknown> => {
      let step: unknown;
      const spied = {
        ...endless,
        build: (setup: Parameters<typeof endless.build>[0]) => {
          step = setup.given['step'];
          return counter();
        },
      };
      await check(spied, options);
      return step;
    };
    expect(await stepOf({})).toBe(1);
    expect(await stepOf({ size: 'suite' })).toBe(2);
    expect(await stepOf({ size: 'suite', variant: 'fast' })).toBe(3);
    expect(await stepOf({ size: 'suite', variant: 'fast', given: { step: 2 } })).toBe(2);
  });

  test('searches a system that belongs to no scenario', async () => {
    expect(await check(counter(), { strategy: 'bfs' })).toMatchObject({
      verdict: 'violated',
      violation: { name: 'sum' },
    });
  });

  test('refuses variants, sizes and values that the scenario does not have', async () => {
    await expect(check(endless, { variant: 'slow' })).rejects.toThrow('has no variant "slow"; it has: plain, fast');
    await expect(check(endless, { given: { steps: 1 } })).rejects.toThrow('has no size "steps"; did you mean step?');
    await expect(check(endless, { given: { step: 9 } })).rejects.toThrow('test/endless: step: expected 1 to 3, got 9');
    await expect(check(counter(), { variant: 'x' } as object)).rejects.toThrow('expected a scenario, got a system');
    await expect(check(5 as unknown as System)).rejects.toThrow(TypeError);
    await expect(check(endless, { varient: 'fast' } as object)).rejects.toThrow('there is no option "varient"');
    await expect(check(endless, { only: ['invarient'] })).rejects.toThrow('did you mean invariant?');
  });

  test('lets the event loop go on, and ends when its signal aborts', async () => {
    const abort = new AbortController();
    setTimeout(() => {
      abort.abort();
    }, 250);
    const result: SearchResult = await check(endless, { signal: abort.signal });
    expect(result).toMatchObject({ verdict: 'unknown', bound: 'interrupted', complete: false });
    expect(result.states).toBeGreaterThan(0);
  });
});

describe('toHold', () => {
  test('passes where the search ends and nothing is broken', async () => {
    await expect(peterson).toHold();
    await expect(ticketLock).toHold({ given: { threads: 2 }, reduction: false });
    await expect(ticketLock).not.toHold({ variant: 'broken' });
    await expect(counter()).not.toHold();
  });

  test('shows the counterexample as a table, and how to see it again', async () => {
    const text = await complaint(expect(ticketLock).toHold({ variant: 'broken', given: { threads: 2, rounds: 1 } }));
    expect(text.replace(/ in \d.*|, [\d.]+ s$/gm, '')).toMatchInlineSnapshot(`
      "locks/ticket-lock@broken (threads=2 rounds=1): expected to hold, but it is violated: deadlock
        30 states, 45 transitions, depth 7

         T0                         T1
         -------------------------  --------------------------------------
                                    lock_and_unlock:
      1                               READ_ONCE next = 0
         lock_and_unlock:
      3    WRITE_ONCE next 0 -> 1
      7    WRITE_ONCE owner 0 -> 1
      8                               WRITE_ONCE next 1 -> 1
                                      <waits: smp_cond_load_acquire owner>

      4 of 8 steps shown

      deadlock: no thread can go on: T1 waits in lock_and_unlock
        (smp_cond_load_acquire owner)

      wait by T1: smp_cond_load_acquire owner = 1
          lock_and_unlock  scenarios/mutual-exclusion.ts:113
          worker           scenarios/mutual-exclusion.ts:119
      last change by T0: WRITE_ONCE owner 0 -> 1
          lock_and_unlock  scenarios/mutual-exclusion.ts:116
          worker           scenarios/mutual-exclusion.ts:119

      replay: replay(systemOf(scenario, { variant: 'broken', given: { threads: 2, rounds: 1 } }), '1.c54411ea.AgEABgIB')"
    `);
  });

  test('of a system, tells the call that replays it', async () => {
    expect(await complaint(expect(counter()).toHold())).toMatch(
      /^the system: expected to hold, but it is violated: invariant \(sum\)\n[^]*\nreplay: replay\(system, '1\.[^']+'\)$/,
    );
  });

  test.each([
    [{ maxStates: 100 }, 'raise maxStates'],
    [{ maxSeconds: 0.05 }, "raise maxSeconds or the test's timeout"],
    [{ maxMemoryMiB: 1 }, 'raise maxMemoryMiB'],
    [{ strategy: 'random', maxRuns: 2 }, 'random never sees every state'],
  ] as const)('fails where the search is cut short by %j, and says what raises the bound', async (options, advice) => {
    const text = await complaint(expect(endless).toHold(options));
    expect(text).toMatch(/^test\/endless@plain \(step=1\): expected to hold, but the search was cut short \(\w+\)/);
    expect(text).toMatch(/\n {2}[\d,]+ states, [\d,]+ transitions, depth [\d,]+, [\d.]+ s\n/);
    expect(text).toContain(advice);
    expect(await complaint(expect(endless).not.toHold(options))).toContain('cut short');
  });

  test('says so before the time of the test is up', { timeout: 2000 }, async () => {
    expect(await complaint(expect(endless).toHold())).toContain("raise maxSeconds or the test's timeout");
  });

  test('not.toHold fails where it holds', async () => {
    expect(await complaint(expect(peterson).not.toHold())).toMatch(
      /^locks\/peterson@correct: expected not to hold, but it holds\n {2}\d+ states/,
    );
  });
});

describe('toBeViolated', () => {
  test('passes where that is broken', async () => {
    await expect(ticketLock).toBeViolated({ kind: 'invariant' }, { variant: 'broken' });
    await expect(ticketLock).toBeViolated({ kind: 'invariant', rule: RULE }, { variant: 'broken' });
    await expect(counter()).toBeViolated({ kind: 'invariant', rule: 'sum' });
    await expect(counter()).not.toBeViolated({ kind: 'deadlock' });
    await expect(peterson).not.toBeViolated({ kind: 'deadlock' });
  });

  test('fails where something else is broken, and shows what', async () => {
    const text = await complaint(expect(counter()).toBeViolated({ kind: 'invariant', rule: 'other' }));
    expect(text).toMatch(
      /^the system: expected to be violated: invariant \(other\), but it is violated: invariant \(sum\)\n[^]*WRITE_ONCE/,
    );
  });

  test('fails where nothing is broken, and where the search was cut short', async () => {
    expect(await complaint(expect(peterson).toBeViolated({ kind: 'deadlock' }))).toContain(
      'expected to be violated: deadlock, but it holds',
    );
    const bounds = { maxStates: 10 };
    for (const outcome of [
      expect(endless).toBeViolated({ kind: 'deadlock' }, bounds),
      expect(endless).not.toBeViolated({ kind: 'deadlock' }, bounds),
    ])
      expect(await complaint(outcome)).toContain('cut short (states)');
  });
});

test('a kind that there is none of is refused, with `not` too', async () => {
  const expected = { kind: 'data-races' as never };
  for (const outcome of [expect(peterson).toBeViolated(expected), expect(peterson).not.toBeViolated(expected)])
    expect(await complaint(outcome)).toMatch(/^toBeViolated: expected a kind of .*data-race,.*, got data-races$/);
});

test('code that was not transformed is named once where tests pass, and in each message', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const text = '(cell, readOnce) => function* () { yield* readOnce(cell); yield* readOnce(cell); }';
  const make = runInThisContext(text) as (cell: unknown, read: unknown) => () => Generator<never, void, never>;
  const plain = (): System => {
    const layout = new Layout();
    const reads = kfunc('reads', make(layout.one('cell', u8), readOnce));
    return { layout, threads: [{ name: 'A', run: () => reads() }] };
  };
  await expect(plain()).toHold();
  await expect(plain()).toHold();
  const note =
    'code that reads runs was not transformed, so states are told apart by all answers, which makes more of them; ' +
    '@shootdown/program-points does it, in vitest as a plugin';
  expect(warn.mock.calls).toEqual([[`the system: ${note}`]]);
  expect(await complaint(expect(plain()).not.toHold())).toContain(`\n  note: ${note}`);
  warn.mockRestore();
});
