import {
  Layout,
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
import { checkSync, replay } from './check.js';

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
