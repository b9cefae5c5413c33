import {
  Layout,
  cmpxchg,
  kfunc,
  lockAcquire,
  lockRelease,
  lockTry,
  readOnce,
  spinLockWord,
  u8,
  writeOnce,
  type System,
} from '@shootdown/machine';
import { describe, expect, test } from 'vitest';
import { checkSync } from '../api/check.js';
import { replay } from '../api/replay.js';

/** A thread that polls for ever, without spinUntil(). */
function polling(): System {
  const layout = new Layout();
  const flag = layout.one('flag', u8);
  const polls = kfunc('polls', function* () {
    for (;;) {
      const value = yield* readOnce(flag);
      if (value === 1) break;
    }
  });
  return { layout, threads: [{ name: 'A', run: () => polls() }] };
}

/** As {@link polling}, with a lock held; another waits for the lock in a loop that comes round only in other runs. */
function pollingUnderLock(): System {
  const layout = new Layout();
  const flag = layout.one('flag', u8);
  const other = layout.one('other', u8);
  const lock = layout.one('lock', spinLockWord);
  const polls = kfunc('polls', function* () {
    if (!(yield* lockTry(lock, 'trylock'))) return;
    for (;;) {
      const value = yield* readOnce(flag);
      if (value !== 1) break;
    }
    yield* lockRelease(lock, 'unlock');
  });
  const asks = kfunc('asks', function* () {
    yield* writeOnce(flag, 1);
    for (;;) {
      const value = yield* readOnce(other);
      yield* lockAcquire(lock, 'lock');
      yield* lockRelease(lock, 'unlock');
      if (value !== 0) break;
    }
  });
  return {
    layout,
    threads: [
      { name: 'A', run: () => polls() },
      { name: 'B', run: () => asks() },
    ],
  };
}

/** A thread that changes memory for ever in two loops of its own, unless it begins before the other writes. */
function roundAndRound(): System {
  const layout = new Layout();
  const x = layout.one('x', u8);
  const turns = layout.one('turns', u8);
  const writes = kfunc('writes', function* () {
    for (let i = 0; i < 2; i++) yield* writeOnce(turns, 1 + (yield* readOnce(turns)));
    yield* writeOnce(x, 1);
  });
  const turnsRound = kfunc('turns_round', function* () {
    for (;;) {
      const before = yield* readOnce(x);
      for (;;) {
        const old = yield* cmpxchg(x, 0, 1);
        for (const more of [0, 1]) yield* writeOnce(x, (old + more) & 3);
        if (old === 0) break;
      }
      if (before !== 1) break;
    }
  });
  return {
    layout,
    threads: [
      { name: 'A', run: () => turnsRound() },
      { name: 'B', run: () => writes() },
    ],
  };
}

const STRATEGIES = ['dfs', 'bfs', 'random', 'pct'] as const;

describe('a loop that polls for ever', () => {
  test.each(STRATEGIES)('is a deadlock that replays, found by %s', (strategy) => {
    const { violation, schedule } = checkSync(polling(), { strategy, maxRuns: 5 });
    expect(violation?.kind).toBe('deadlock');
    expect(replay(polling(), schedule ?? '').violation?.kind).toBe('deadlock');
  });

  test.each(STRATEGIES)('is one where another waits in a loop of its own, found by %s', (strategy) => {
    const { violation, schedule } = checkSync(pollingUnderLock(), { strategy, maxRuns: 5 });
    expect(violation?.kind).toBe('deadlock');
    expect(replay(pollingUnderLock(), schedule ?? '').violation?.kind).toBe('deadlock');
  });
});

test('a thread that changes memory for ever in loops of its own is a livelock that replays', () => {
  const { violation, schedule } = checkSync(roundAndRound());
  expect(violation?.kind).toBe('livelock');
  expect(replay(roundAndRound(), schedule ?? '').violation?.kind).toBe('livelock');
});
