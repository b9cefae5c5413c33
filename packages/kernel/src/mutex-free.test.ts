/** An object that is freed by the next owner of its lock, while the one before is still letting it go. */
import { checkSync, type SearchOptions } from '@shootdown/explore';
import { Layout, kfunc, readOnce, struct, u8, waitFor, writeOnce, type Kthread } from '@shootdown/machine';
import { expect, test } from 'vitest';
import { kfree, mutexLock, mutexT, mutexUnlock, setKzalloc, spinLock, spinUnlock, spinlockT } from './model.js';

const WAYS: readonly SearchOptions[] = [
  {},
  { strategy: 'bfs' },
  { reduction: false },
  { partialOrder: false },
  { strategy: 'random', maxRuns: 300 },
  { strategy: 'pct', maxRuns: 300 },
];
const Thing = struct('thing', { mutex: mutexT, spin: spinlockT, users: u8, done: u8 });

/** Each of two users drops its reference in its own way; whoever drops the last one frees the object. */
function found(how: SearchOptions, drop: 'mutex' | 'spin' | 'mutex, then done'): string {
  const layout = new Layout();
  const slab = layout.slab('thing', Thing, 1);
  const [thing] = slab.slots;
  const done = layout.one('done', u8);
  const isSpin = drop === 'spin';
  const isAwaited = drop === 'mutex, then done';
  const put = kfunc('put', function* (isSecond: number): Kthread<void> {
    if (isAwaited && isSecond === 1) yield* waitFor(done, { equals: 1 });
    yield* isSpin ? spinLock(thing.spin) : mutexLock(thing.mutex);
    const users = (yield* readOnce(thing.users)) - 1;
    yield* writeOnce(thing.users, users);
    yield* isSpin ? spinUnlock(thing.spin) : mutexUnlock(thing.mutex);
    if (isAwaited) yield* writeOnce(done, 1);
    if (users === 0) yield* kfree(thing);
  });
  const { verdict, violation } = checkSync(
    {
      layout,
      init: (memory) => {
        setKzalloc(memory, slab);
        memory.set(thing.users, 2);
      },
      threads: [0, 1].map((i) => ({ name: `T${i}`, run: () => put(i) })),
    },
    how,
  );
  return violation?.message ?? (verdict === 'unknown' ? 'holds' : verdict);
}

test.each(WAYS)('a mutex is looked at after it was let go, a spin lock is not: %o', (how) => {
  expect(found(how, 'mutex')).toBe('mutex_unlock looks for waiters of thing#0.mutex, which was freed after it let go');
  expect(found(how, 'spin')).toBe('holds');
});

test.each(WAYS)('no longer than until mutex_unlock returns: %o', (how) => {
  expect(found(how, 'mutex, then done')).toBe('holds');
});

test('costs no state where nobody frees the object', () => {
  const states = (inSlab: boolean): number => {
    const layout = new Layout();
    const slab = layout.slab('thing', Thing, 1);
    const thing = inSlab ? slab.slots[0] : layout.one('thing', Thing);
    const use = kfunc('use', function* () {
      yield* mutexLock(thing.mutex);
      yield* writeOnce(thing.users, 1);
      yield* mutexUnlock(thing.mutex);
    });
    slab.outlives = true;
    const result = checkSync({
      layout,
      init: (memory) => void setKzalloc(memory, slab),
      threads: ['A', 'B'].map((name) => ({ name, run: () => use() })),
    });
    expect(result.verdict).toBe('holds');
    return result.states;
  };
  expect(states(true)).toBe(states(false));
});
