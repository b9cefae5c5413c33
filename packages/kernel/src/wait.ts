/**
 * Wait queues. Sleeping is a protocol, and each part of it is a step: get on the queue, look at the condition, sleep until
 * somebody takes one off the queue, look again. A thread that nobody wakes sleeps for ever, whatever became of what it
 * waits for; so a wake-up that was forgotten, or came too early, is found as a deadlock.
 */
import { defineOperation, kfunc, type Cell, type Memory, type Request } from '@shootdown/machine';
import { WaitQueueHead, addExclusive, addSleeper, isQueued, remove, wake } from './internal/waiters.js';
import { sleepsIn } from './might-sleep.js';

export { WaitQueueHead } from './internal/waiters.js';

const target = (wq: WaitQueueHead): Cell<number> => wq.sleepers;

/**
 * Gets the caller on the queue: from now on {@link schedule} sleeps until it is woken. First half of a wait.
 *
 * @source kernel/sched/wait.c prepare_to_wait() v4.19
 */
export const prepareToWait: (wq: WaitQueueHead) => Request<void> = defineOperation({
  name: 'prepare_to_wait',
  target,
  run: addSleeper,
});

/**
 * As {@link prepareToWait}, behind the others who wake one at a time.
 *
 * @source kernel/sched/wait.c prepare_to_wait_exclusive() v4.19
 */
export const prepareToWaitExclusive: (wq: WaitQueueHead) => Request<void> = defineOperation({
  name: 'prepare_to_wait_exclusive',
  target,
  run: addExclusive,
});

const sleep = defineOperation({
  name: 'schedule',
  target,
  when: (memory: Memory, wq: WaitQueueHead) => !isQueued(memory, wq),
  run: (): void => undefined,
});

/**
 * Sleeps until the caller is off the queue; at once if it is. Second half of a wait.
 *
 * @source kernel/sched/core.c schedule() v4.19
 */
export const schedule: (wq: WaitQueueHead) => Request<void> = kfunc('schedule', function* (wq: WaitQueueHead) {
  yield* sleepsIn('schedule');
  yield* sleep(wq);
});

const wakeOrTimeOut = defineOperation({
  name: 'schedule_timeout',
  target,
  run: (memory: Memory, wq: WaitQueueHead): boolean => !isQueued(memory, wq),
});

/**
 * Sleeps until the caller is off the queue, or for a time: a search takes both ways. Answers whether it was woken.
 *
 * @source kernel/time/timer.c schedule_timeout() v4.19
 */
export const scheduleTimeout: (wq: WaitQueueHead) => Request<boolean> = kfunc(
  'schedule_timeout',
  function* (wq: WaitQueueHead) {
    yield* sleepsIn('schedule_timeout');
    return yield* wakeOrTimeOut(wq);
  },
);

/**
 * Gets the caller off the queue, whether it was woken or not.
 *
 * @source kernel/sched/wait.c finish_wait() v4.19
 */
export const finishWait: (wq: WaitQueueHead) => Request<void> = defineOperation({
  name: 'finish_wait',
  target,
  run: remove,
});

/**
 * Wakes all waiters that are not exclusive, and the oldest that is.
 *
 * @source include/linux/wait.h wake_up() v4.19
 */
export const wakeUp: (wq: WaitQueueHead) => Request<void> = defineOperation({
  name: 'wake_up',
  target,
  run: (memory: Memory, wq: WaitQueueHead): void => {
    wake(memory, wq, 1);
  },
});

/**
 * Wakes all waiters.
 *
 * @source include/linux/wait.h wake_up_all() v4.19
 */
export const wakeUpAll: (wq: WaitQueueHead) => Request<void> = defineOperation({
  name: 'wake_up_all',
  target,
  run: (memory: Memory, wq: WaitQueueHead): void => {
    wake(memory, wq, Infinity);
  },
});

/**
 * Returns whether anybody waits.
 *
 * @source include/linux/wait.h waitqueue_active() v4.19
 */
export const waitqueueActive: (wq: WaitQueueHead) => Request<boolean> = defineOperation({
  name: 'waitqueue_active',
  target,
  run: (memory: Memory, wq: WaitQueueHead): boolean =>
    memory.get(wq.sleepers) !== 0 || memory.get(wq.exclusive[0]) !== 0,
});
