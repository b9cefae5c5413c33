/**
 * The toy: three threads that each run some small operations on a locked pair, a racy word, an atomic counter and
 * published slots, in turn. Its exact numbers of states are known from two independent programs.
 */
import {
  Layout,
  kfunc,
  lockAcquire,
  lockRelease,
  read,
  readOnce,
  rmw,
  spinLockWord,
  u32,
  write,
  writeOnce,
  type Cell,
  type System,
} from '@shootdown/machine';

const THREADS = 3;

/**
 * Builds the toy.
 *
 * @param operations - operations a thread, at least 0
 * @param guarded - whether the locked pair is declared to be guarded by the lock
 */
export function toy(operations: number, guarded: boolean): System {
  const layout = new Layout();
  const lock = layout.one('lock', spinLockWord);
  const word = guarded ? u32.guardedBy('lock') : u32;
  const a = layout.one('A', word);
  const b = layout.one('B', word);
  const x = layout.one('X', u32);
  const counter = layout.one('CTR', u32);
  const flag = layout.array('FLAG', u32, THREADS);
  const d = layout.array('D', u32, THREADS);
  const e = layout.array('E', u32, THREADS);

  const inc = kfunc('inc', function* (cell: Cell<number>) {
    yield* write(cell, (yield* read(cell)) + 1);
  });
  const flip = kfunc('flip', function* (cell: Cell<number>, mask: number) {
    yield* write(cell, ((yield* read(cell)) ^ mask) >>> 0);
  });
  const racy = kfunc('racy', function* (thread: number) {
    yield* writeOnce(x, ((yield* readOnce(x)) * 3 + thread + 1) & 15);
  });
  const bump = kfunc('bump', function* (thread: number) {
    const ticket = yield* rmw('add', 'atomic_fetch_add', 'full', counter, 1);
    if ((ticket & 1) === 1) yield* writeOnce(flag[thread], ticket);
  });
  const publish = kfunc('publish', function* (thread: number, round: number) {
    yield* writeOnce(d[thread], round);
    yield* writeOnce(e[thread], yield* readOnce(d[(thread + 1) % THREADS]));
  });
  const worker = kfunc('worker', function* (thread: number) {
    for (let round = 0; round < operations; round++) {
      if ((thread + round) % 3 === 0) {
        yield* lockAcquire(lock, 'spin_lock');
        yield* inc(a);
        yield* flip(b, thread + 1);
        yield* lockRelease(lock, 'spin_unlock');
      } else if ((thread + round) % 3 === 1) {
        yield* racy(thread);
        yield* bump(thread);
      } else {
        yield* publish(thread, round);
      }
    }
  });
  return {
    layout,
    threads: Array.from({ length: THREADS }, (_, thread) => ({ name: `T${thread}`, run: () => worker(thread) })),
  };
}
