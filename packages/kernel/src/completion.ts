/** Completions: a counter of things done, and a queue of tasks that wait for one each, oldest first. */
import {
  defineOperation,
  kfunc,
  load,
  spinUntil,
  store,
  struct,
  u32,
  type Cell,
  type Memory,
  type Request,
  type ScalarType,
  type Struct,
  type ViewOf,
} from '@shootdown/machine';
import { WaitQueueHead, addExclusive, remove, wake } from './internal/waiters.js';
import { sleepsIn } from './might-sleep.js';
import { schedule, scheduleTimeout } from './wait.js';

/** What {@link completeAll} sets the counter to: done for ever. */
const DONE_FOR_EVER = 0xffff_ffff;

/**
 * A completion; all zeros is one that nothing is done of.
 *
 * @source include/linux/completion.h struct completion v4.19
 */
export const Completion: Struct<{ readonly done: ScalarType<number>; readonly wait: typeof WaitQueueHead }> = struct(
  'completion',
  { done: u32, wait: WaitQueueHead },
);
/** A completion in model memory. */
export type Completion = ViewOf<typeof Completion>;

const target = ({ done }: Completion): Cell<number> => done;

function consume(memory: Memory, { done }: Completion): boolean {
  const count = memory.get(done);
  if (count !== 0 && count !== DONE_FOR_EVER) memory.set(done, count - 1);
  return count !== 0;
}

/** Takes one if there is one, else gets on the queue. */
const takeOrQueue = defineOperation({
  name: 'wait_for_completion',
  target,
  run: (memory: Memory, completion: Completion): boolean => {
    const taken = consume(memory, completion);
    if (taken) remove(memory, completion.wait);
    else addExclusive(memory, completion.wait);
    return taken;
  },
});

const waitOnce = kfunc('wait_for_completion', function* (completion: Completion) {
  yield* sleepsIn('wait_for_completion');
  if (yield* takeOrQueue(completion)) return true;
  yield* schedule(completion.wait);
  return false;
});

/**
 * Sleeps until one thing is done that nobody else waited for.
 *
 * @source kernel/sched/completion.c wait_for_completion() v4.19
 */
export function waitForCompletion(completion: Completion): Request<void> {
  return spinUntil(() => waitOnce(completion)) as Request<unknown> as Request<void>;
}

const giveUp = defineOperation({
  name: 'wait_for_completion_timeout',
  target,
  run: (memory: Memory, completion: Completion): boolean => {
    remove(memory, completion.wait);
    return consume(memory, completion);
  },
});

const waitForTime = kfunc('wait_for_completion_timeout', function* (completion: Completion) {
  yield* sleepsIn('wait_for_completion_timeout');
  if (yield* takeOrQueue(completion)) return 'met';
  if (yield* scheduleTimeout(completion.wait)) return undefined;
  return (yield* giveUp(completion)) ? 'met' : 'timed out';
});

/**
 * As {@link waitForCompletion}, but for a time: a search takes both ways whenever nothing is done yet. Answers `met` or
 * `timed out`.
 *
 * @source kernel/sched/completion.c wait_for_completion_timeout() v4.19
 */
export function waitForCompletionTimeout(completion: Completion): Request<'met' | 'timed out'> {
  return spinUntil(() => waitForTime(completion));
}

/**
 * Takes one thing done if there is one; returns whether there was. Never sleeps.
 *
 * @source kernel/sched/completion.c try_wait_for_completion() v4.19
 */
export const tryWaitForCompletion: (completion: Completion) => Request<boolean> = defineOperation({
  name: 'try_wait_for_completion',
  target,
  run: consume,
});

/**
 * Returns whether there is something done that nobody waited for.
 *
 * @source kernel/sched/completion.c completion_done() v4.19
 */
export const completionDone: (completion: Completion) => Request<boolean> = kfunc(
  'completion_done',
  function* (completion: Completion) {
    return (yield* load('completion_done', 'once', completion.done)) !== 0;
  },
);

/**
 * One thing is done: wakes the oldest waiter.
 *
 * @source kernel/sched/completion.c complete() v4.19
 */
export const complete: (completion: Completion) => Request<void> = defineOperation({
  name: 'complete',
  target,
  run: (memory: Memory, { done, wait }: Completion): void => {
    const count = memory.get(done);
    if (count !== DONE_FOR_EVER) memory.set(done, count + 1);
    wake(memory, wait, 1);
  },
});

/**
 * Everything is done, until {@link reinitCompletion}: wakes all waiters.
 *
 * @source kernel/sched/completion.c complete_all() v4.19
 */
export const completeAll: (completion: Completion) => Request<void> = defineOperation({
  name: 'complete_all',
  target,
  run: (memory: Memory, { done, wait }: Completion): void => {
    memory.set(done, DONE_FOR_EVER);
    wake(memory, wait, Infinity);
  },
});

/**
 * Nothing is done again.
 *
 * @source include/linux/completion.h reinit_completion() v4.19
 */
export function reinitCompletion({ done }: Completion): Request<void> {
  return store('reinit_completion', 'plain', done, 0);
}
