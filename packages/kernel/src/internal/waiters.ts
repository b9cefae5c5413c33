/**
 * Who sleeps on a wait queue. A thread is on the queue exactly as long as it is not to be run: a wake-up takes it off, as
 * autoremove_wake_function does, so that one word says both.
 */
import {
  ModelError,
  array,
  struct,
  threadBits,
  threadNumber,
  type ArrayType,
  type Memory,
  type ScalarType,
  type Struct,
  type ViewOf,
} from '@shootdown/machine';

/** Most exclusive waiters of one queue. */
const MOST_EXCLUSIVE = 15;

/**
 * The waiters that all wake together, and those that wake one at a time, oldest first.
 *
 * @source include/linux/wait.h struct wait_queue_head v4.19
 */
export const WaitQueueHead: Struct<{
  readonly sleepers: ScalarType<number>;
  readonly exclusive: ArrayType<ScalarType<number>>;
}> = struct('wait_queue_head', { sleepers: threadBits, exclusive: array(threadNumber, MOST_EXCLUSIVE) });
/** A wait queue in model memory. */
export type WaitQueueHead = ViewOf<typeof WaitQueueHead>;

/** Whether the running thread is on the queue. Looks at nothing but memory, so that it can be a condition. */
export function isQueued(memory: Memory, { sleepers, exclusive }: WaitQueueHead): boolean {
  if (((memory.get(sleepers) >>> memory.thread) & 1) === 1) return true;
  for (const place of exclusive) {
    const waiter = memory.get(place);
    if (waiter === memory.thread + 1) return true;
    if (waiter === 0) return false;
  }
  return false;
}

/** Puts the running thread on the queue, where it is not. */
export function addSleeper(memory: Memory, wq: WaitQueueHead): void {
  if (!isQueued(memory, wq)) memory.set(wq.sleepers, memory.get(wq.sleepers) + 2 ** memory.thread);
}

/** Puts the running thread at the end of the exclusive waiters, where it is not on the queue. */
export function addExclusive(memory: Memory, wq: WaitQueueHead): void {
  if (isQueued(memory, wq)) return;
  const place = wq.exclusive.find((cell) => memory.get(cell) === 0);
  if (place === undefined)
    throw new ModelError(`${memory.layout.nameOf(wq.$address)}: expected at most ${MOST_EXCLUSIVE} exclusive waiters`);
  memory.set(place, memory.thread + 1);
}

/** Takes the running thread off the queue. */
export function remove(memory: Memory, wq: WaitQueueHead): void {
  if (!isQueued(memory, wq)) return;
  const sleepers = memory.get(wq.sleepers);
  if (((sleepers >>> memory.thread) & 1) === 1) memory.set(wq.sleepers, sleepers - 2 ** memory.thread);
  else
    takeExclusive(
      memory,
      wq,
      wq.exclusive.findIndex((cell) => memory.get(cell) === memory.thread + 1),
    );
}

function takeExclusive(memory: Memory, { exclusive }: WaitQueueHead, from: number): void {
  for (let i = from; memory.get(exclusive[i]) !== 0; i++)
    memory.set(exclusive[i], i + 1 < exclusive.length ? memory.get(exclusive[i + 1]) : 0);
}

/** Wakes all who wake together, and up to `most` exclusive waiters. */
export function wake(memory: Memory, wq: WaitQueueHead, most: number): void {
  memory.set(wq.sleepers, 0);
  for (let i = 0; i < most && memory.get(wq.exclusive[0]) !== 0; i++) takeExclusive(memory, wq, 0);
}
