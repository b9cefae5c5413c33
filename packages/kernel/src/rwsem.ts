/**
 * Reader-writer semaphores: one writer, or any number of readers, all of which may sleep. A writer that waits for readers
 * keeps new ones out, as the kernel's queue does; so a second read by the same task can deadlock, and is reported.
 */
import {
  KernelBug,
  choose,
  defineOperation,
  kfunc,
  lockAcquire,
  lockRelease,
  readersWord,
  sleepLockWord,
  struct,
  waitFor,
  type Cell,
  type Memory,
  type Request,
  type ScalarType,
  type Struct,
  type ViewOf,
} from '@shootdown/machine';
import { EINTR } from './errno.js';
import { sleepsIn } from './might-sleep.js';
import type { Signals } from './mutex.js';

/**
 * A reader-writer semaphore: the writer's thread number plus one, and one bit for each reading thread. A field
 * `guardedBy` it may be written by the writer, and read by readers too.
 *
 * @source include/linux/rwsem.h struct rw_semaphore v4.19
 */
export const RwSemaphore: Struct<{ readonly holder: ScalarType<number>; readonly readers: ScalarType<number> }> =
  struct('rw_semaphore', { holder: sleepLockWord, readers: readersWord });
/** A reader-writer semaphore in model memory. */
export type RwSemaphore = ViewOf<typeof RwSemaphore>;

const bitOf = (memory: Memory): number => 2 ** memory.thread;
const isReading = (memory: Memory, sem: RwSemaphore): boolean =>
  ((memory.get(sem.readers) >>> memory.thread) & 1) === 1;

function setReading(memory: Memory, sem: RwSemaphore, reads: boolean): void {
  const readers = memory.get(sem.readers);
  if (isReading(memory, sem) !== reads)
    memory.set(sem.readers, reads ? readers + bitOf(memory) : readers - bitOf(memory));
}

function misuse(memory: Memory, sem: RwSemaphore, rule: string): KernelBug {
  return new KernelBug(
    'lock-misuse',
    rule,
    `${rule} of ${memory.layout.nameOf(sem.holder.address)} by ${memory.nameOfThread(memory.thread)}`,
    sem.holder.address,
  );
}

const target = (sem: RwSemaphore): Cell<number> => sem.holder;

const takeForReading = defineOperation({
  name: 'down_read',
  target,
  takesLock: true,
  when: (memory: Memory, sem: RwSemaphore) => {
    const holder = memory.get(sem.holder);
    return holder === 0 || holder === memory.thread + 1 || isReading(memory, sem);
  },
  run: (memory: Memory, sem: RwSemaphore): void => {
    if (memory.get(sem.holder) !== 0 || isReading(memory, sem)) throw misuse(memory, sem, 'recursive-lock');
    setReading(memory, sem, true);
  },
});

const refuseReader = defineOperation({
  name: 'down_write',
  target,
  isLocal: true,
  run: (memory: Memory, sem: RwSemaphore): void => {
    if (isReading(memory, sem)) throw misuse(memory, sem, 'recursive-lock');
  },
});

/**
 * Takes the semaphore for reading, sleeping while there is a writer or one waits.
 *
 * @throws {@link KernelBug} `recursive-lock` when the caller has it already, once run
 * @source kernel/locking/rwsem.c down_read() v4.19
 */
export const downRead: (sem: RwSemaphore) => Request<void> = kfunc('down_read', function* (sem: RwSemaphore) {
  yield* sleepsIn('down_read');
  yield* takeForReading(sem);
});

/**
 * Takes the semaphore for reading if that is possible at once; returns whether it did.
 *
 * @source kernel/locking/rwsem.c down_read_trylock() v4.19
 */
export const downReadTrylock: (sem: RwSemaphore) => Request<boolean> = defineOperation({
  name: 'down_read_trylock',
  target,
  run: (memory: Memory, sem: RwSemaphore): boolean => {
    if (memory.get(sem.holder) !== 0 || isReading(memory, sem)) return false;
    setReading(memory, sem, true);
    return true;
  },
});

/**
 * Ends reading; reports `unlock-by-non-owner` when the caller does not read.
 *
 * @source kernel/locking/rwsem.c up_read() v4.19
 */
export const upRead: (sem: RwSemaphore) => Request<void> = defineOperation({
  name: 'up_read',
  target,
  run: (memory: Memory, sem: RwSemaphore): void => {
    if (!isReading(memory, sem)) memory.report(misuse(memory, sem, 'unlock-by-non-owner'));
    setReading(memory, sem, false);
  },
});

/**
 * Takes the semaphore for writing: waits its turn among writers, then for the readers to leave.
 *
 * @throws {@link KernelBug} `recursive-lock` when the caller has it already, once run
 * @source kernel/locking/rwsem.c down_write() v4.19
 */
export const downWrite: (sem: RwSemaphore) => Request<void> = kfunc('down_write', function* (sem: RwSemaphore) {
  yield* sleepsIn('down_write');
  yield* refuseReader(sem);
  yield* lockAcquire(sem.holder, 'down_write');
  yield* waitFor(sem.readers, { equals: 0 }, 'down_write');
});

/**
 * Takes the semaphore for writing if that is possible at once; returns whether it did.
 *
 * @source kernel/locking/rwsem.c down_write_trylock() v4.19
 */
export const downWriteTrylock: (sem: RwSemaphore) => Request<boolean> = defineOperation({
  name: 'down_write_trylock',
  target,
  run: (memory: Memory, sem: RwSemaphore): boolean => {
    if (memory.get(sem.holder) !== 0 || memory.get(sem.readers) !== 0) return false;
    memory.set(sem.holder, memory.thread + 1);
    return true;
  },
});

/**
 * Ends writing; reports `unlock-by-non-owner` when the caller is not the writer.
 *
 * @source kernel/locking/rwsem.c up_write() v4.19
 */
export function upWrite(sem: RwSemaphore): Request<void> {
  return lockRelease(sem.holder, 'up_write');
}

/**
 * Turns writing into reading without letting a writer in between.
 *
 * @source kernel/locking/rwsem.c downgrade_write() v4.19
 */
export const downgradeWrite: (sem: RwSemaphore) => Request<void> = defineOperation({
  name: 'downgrade_write',
  target,
  run: (memory: Memory, sem: RwSemaphore): void => {
    if (memory.get(sem.holder) !== memory.thread + 1) memory.report(misuse(memory, sem, 'unlock-by-non-owner'));
    setReading(memory, sem, true);
    memory.set(sem.holder, 0);
  },
});

const downUnlessKilled = (name: string, down: (sem: RwSemaphore) => Request<void>) => {
  const killable = kfunc(name, function* (sem: RwSemaphore, maySignal: boolean) {
    if (maySignal && (yield* choose(2, 'a fatal signal comes')) === 1) {
      yield* sleepsIn(name);
      return -EINTR;
    }
    yield* down(sem);
    return 0;
  });
  return (sem: RwSemaphore, { maySignal = false }: Signals = {}): Request<number> => killable(sem, maySignal);
};

/**
 * As {@link downRead}, but a fatal signal may end the wait; returns 0, or -{@link EINTR} without the semaphore.
 *
 * @source kernel/locking/rwsem.c down_read_killable() v4.19
 */
export const downReadKillable = downUnlessKilled('down_read_killable', downRead);
/**
 * As {@link downWrite}, but a fatal signal may end the wait; returns 0, or -{@link EINTR} without the semaphore.
 *
 * @source kernel/locking/rwsem.c down_write_killable() v4.19
 */
export const downWriteKillable = downUnlessKilled('down_write_killable', downWrite);
