/**
 * RCU: readers that must not sleep, in one domain of the whole kernel. Preemption or interrupts off, or a spin lock held, is
 * no reader here, although the kernel's grace periods wait for those too since v4.20.
 */
import {
  KernelBug,
  ModelError,
  defineOperation,
  kfunc,
  load,
  store,
  type Cell,
  type Handle,
  type Layout,
  type Memory,
  type Request,
  type Thread,
} from '@shootdown/machine';
import {
  begin,
  depthOf,
  domainOf,
  enter,
  isOver,
  leave,
  outerIdx,
  placeDomain,
  readerWord,
  enqueue,
  isDue,
  dequeue,
  type Domain,
} from './internal/grace-period.js';
import { addAtomicReason, sleepsIn } from './might-sleep.js';
import { BARRIER, RcuHead, callbackOf, numberOf, type RcuCallback } from './rcu-head.js';
import { kfreeAround } from './slab.js';

const RCU = Symbol('rcu');

/**
 * Places RCU for the threads 0 to `threads - 1`; once a layout.
 *
 * @throws Error when it is there already
 */
export function defineRcu(layout: Layout, threads: number): void {
  if (layout.attachment(RCU) !== undefined) throw new Error('defineRcu: expected one RCU a layout');
  const domain = placeDomain(layout, 'rcu', threads);
  layout.attach(RCU, domain);
  addAtomicReason(layout, (memory) => {
    if (domain.readers[memory.thread] === undefined) return undefined;
    const { count0, count1 } = domain.readers[memory.thread];
    const reasons = [
      { why: 'the caller is an RCU callback', word: domain.invoking[memory.thread].address },
      { why: 'the caller is an RCU reader', word: count0.address },
      { why: 'the caller is an RCU reader', word: count1.address },
    ];
    return reasons.find(({ word }) => memory.peek(word) !== 0);
  });
}

function rcuOf(memory: Memory): Domain {
  const domain = memory.layout.attachment(RCU) as Domain | undefined;
  if (domain === undefined) throw new ModelError('RCU is not there; call defineRcu(layout, threads) first');
  return domainOf(memory, domain.struct);
}

const contract = (rule: string, text: string, subject = 0): KernelBug => new KernelBug('contract', rule, text, subject);

/**
 * Begins a reader, which must not sleep and may nest.
 *
 * @source include/linux/rcupdate.h rcu_read_lock() v4.19
 */
export const rcuReadLock: () => Request<void> = defineOperation({
  name: 'rcu_read_lock',
  run: (memory: Memory): void => {
    enter(memory, rcuOf(memory), true);
  },
});

/**
 * Ends a reader of the caller. Reports `rcu-unbalanced` where there is none.
 *
 * @source include/linux/rcupdate.h rcu_read_unlock() v4.19
 */
export const rcuReadUnlock: () => Request<void> = defineOperation({
  name: 'rcu_read_unlock',
  run: (memory: Memory): void => {
    const domain = rcuOf(memory);
    const idx = outerIdx(memory, domain);
    if (idx === undefined) memory.report(contract('rcu-unbalanced', 'rcu_read_unlock outside a reader'));
    else leave(memory, domain, idx);
  },
});

/**
 * Returns whether the caller is a reader. No schedule point.
 *
 * @source include/linux/rcupdate.h rcu_read_lock_held() v4.19
 */
export const rcuReadLockHeld: () => Request<boolean> = defineOperation({
  name: 'rcu_read_lock_held',
  isLocal: true,
  run: (memory: Memory): boolean => depthOf(memory, rcuOf(memory)) > 0,
});

const beginSynchronize = defineOperation({
  name: 'synchronize_rcu',
  run: (memory: Memory): boolean => {
    const domain = rcuOf(memory);
    if (depthOf(memory, domain) > 0)
      memory.report(
        contract(
          'synchronize-in-reader',
          'synchronize_rcu inside a reader waits for itself',
          readerWord(memory, domain),
        ),
      );
    return begin(memory, domain, domain.waits[memory.thread]);
  },
});

const awaitGracePeriod = defineOperation({
  name: 'wait for readers',
  when: (memory: Memory) => isOver(memory, rcuOf(memory).waits[memory.thread]),
  run: (): void => undefined,
});

/**
 * Waits until every reader that began before has ended; may sleep. Reports `synchronize-in-reader` inside a reader, where it
 * would wait for itself.
 *
 * @source kernel/rcu/tree.c synchronize_rcu() v5.4
 */
export const synchronizeRcu: () => Request<void> = kfunc('synchronize_rcu', function* () {
  yield* sleepsOutsideReader('synchronize_rcu');
  if (!(yield* beginSynchronize())) yield* awaitGracePeriod();
});

/** As {@link sleepsIn}, but leaves a reader to {@link synchronizeRcu} to report. */
const sleepsOutsideReader = kfunc('might_sleep', function* (what: string) {
  if (!(yield* rcuReadLockHeld())) yield* sleepsIn(what);
});

const queue = defineOperation({
  name: 'call_rcu',
  target: (head: RcuHead) => head.func,
  run: (memory: Memory, head: RcuHead, func: number): void => {
    enqueue(memory, rcuOf(memory), head, func, true);
  },
});

/**
 * Has `callback` run on `head` once every reader that began before has ended, by the thread of {@link rcuCallbacks}. Never
 * sleeps. Reports `rcu-head-queued` for a head that still waits for its callback.
 *
 * @source kernel/rcu/tree.c call_rcu() v5.4
 */
export function callRcu(head: RcuHead, callback: RcuCallback): Request<void> {
  return queue(head, numberOf(callback));
}

const freeAround = kfunc('kfree_rcu', function* (head: Handle) {
  yield* kfreeAround(head);
});

/**
 * Frees the object of a slab that `head` is embedded in once every reader that began before has ended.
 *
 * @source include/linux/rcupdate.h kfree_rcu() v5.4
 */
export function kfreeRcu(head: RcuHead): Request<void> {
  return callRcu(head, freeAround);
}

const queueBarrier = defineOperation({
  name: 'queue a barrier',
  run: (memory: Memory): void => {
    const domain = rcuOf(memory);
    enqueue(memory, domain, domain.barriers[memory.thread], BARRIER, false);
  },
});

const awaitBarrier = defineOperation({
  name: 'wait for callbacks',
  when: (memory: Memory) => memory.get(rcuOf(memory).barriers[memory.thread].func) === 0,
  run: (): void => undefined,
});

/**
 * Waits until every callback queued before has been run; may sleep.
 *
 * @source kernel/rcu/tree.c rcu_barrier() v5.4
 */
export const rcuBarrier: () => Request<void> = kfunc('rcu_barrier', function* () {
  yield* sleepsIn('rcu_barrier');
  yield* queueBarrier();
  yield* awaitBarrier();
});

const take = defineOperation({
  name: 'take a callback',
  when: (memory: Memory) => isDue(memory, rcuOf(memory)),
  run: (memory: Memory) => {
    const domain = rcuOf(memory);
    memory.set(domain.invoking[memory.thread], true);
    return dequeue(memory, domain);
  },
});

const taken = defineOperation({
  name: 'callback done',
  run: (memory: Memory): void => {
    memory.set(rcuOf(memory).invoking[memory.thread], false);
  },
});

/**
 * Waits for one callback to become due, and runs it. It must not sleep.
 *
 * @source kernel/rcu/tree.c rcu_do_batch() v5.4
 */
export const rcuInvokeCallback: () => Request<void> = kfunc('rcu_do_batch', function* () {
  const [head, func] = yield* take();
  if (func !== BARRIER) yield* callbackOf(func)(head);
  yield* taken();
});

/**
 * The daemon that runs the callbacks, oldest first; a model that calls {@link callRcu} has one. At an end all have run that
 * are due; what must have run before is to be waited for with {@link rcuBarrier}, as by a module that is unloaded.
 *
 * @param name - column title in traces
 */
export function rcuCallbacks(name = 'rcu'): Thread {
  return { name, kind: 'daemon', repeat: true, run: () => rcuInvokeCallback() };
}

const assertReader = defineOperation({
  name: 'assert a reader',
  isLocal: true,
  run: (memory: Memory): void => {
    if (depthOf(memory, rcuOf(memory)) === 0)
      memory.report(contract('suspicious-dereference', 'rcu_dereference outside a reader'));
  },
});

const dereference = kfunc('rcu_dereference', function* (cell: Cell<Handle | null>) {
  yield* assertReader();
  return yield* load('rcu_dereference', 'once', cell);
});

/**
 * A load of a pointer that readers follow. Reports `suspicious-dereference` outside a reader.
 *
 * @source include/linux/rcupdate.h rcu_dereference() v4.19
 */
export function rcuDereference<T>(cell: Cell<T>): Request<T> {
  return dereference(cell as unknown as Cell<Handle | null>) as unknown as Request<T>;
}

/**
 * A load of a pointer that a lock of the caller keeps from changing.
 *
 * @source include/linux/rcupdate.h rcu_dereference_protected() v4.19
 */
export function rcuDereferenceProtected<T>(cell: Cell<T>): Request<T> {
  return load('rcu_dereference_protected', 'plain', cell);
}

/**
 * A load of a pointer that is only compared, not followed.
 *
 * @source include/linux/rcupdate.h rcu_access_pointer() v4.19
 */
export function rcuAccessPointer<T>(cell: Cell<T>): Request<T> {
  return load('rcu_access_pointer', 'once', cell);
}

/**
 * Publishes a pointer: readers that see it see what was written before.
 *
 * @source include/linux/rcupdate.h rcu_assign_pointer() v4.19
 */
export function rcuAssignPointer<T>(cell: Cell<T>, value: T): Request<void> {
  return store('rcu_assign_pointer', 'release', cell, value);
}
