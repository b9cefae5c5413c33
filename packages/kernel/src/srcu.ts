/**
 * SRCU: readers that may sleep, domains that do not disturb each other, and grace periods that wait for the readers that
 * began before. How they are told apart stands in internal/grace-period.ts.
 */
import {
  KernelBug,
  defineOperation,
  kfunc,
  load,
  type Cell,
  type Handle,
  type Invariant,
  type Layout,
  type Memory,
  type Request,
  type Subsystem,
  type Thread,
} from '@shootdown/machine';
import {
  begin,
  depthOf,
  dequeue,
  domainOf,
  enqueue,
  enter,
  isDue,
  isOver,
  leave,
  placeDomain,
  readerWord,
  type DomainStruct,
} from './internal/grace-period.js';
import { sleepsIn } from './might-sleep.js';
import { BARRIER, callbackOf, numberOf, type RcuCallback, type RcuHead } from './rcu-head.js';

/**
 * A domain in model memory.
 *
 * @source include/linux/srcu.h struct srcu_struct v4.19
 */
export type SrcuStruct = DomainStruct;

/**
 * Places a domain.
 *
 * @param name - as traces print it
 * @param threads - it can be used by the threads 0 to `threads - 1`
 * @source include/linux/srcu.h DEFINE_SRCU() v4.19
 */
export function defineSrcu(layout: Layout, name: string, threads: number): SrcuStruct {
  return placeDomain(layout, name, threads).struct;
}

const contract = (rule: string, text: string, subject = 0): KernelBug => new KernelBug('contract', rule, text, subject);

/**
 * Begins a reader, which may sleep and nest; returns the index that {@link srcuReadUnlock} takes.
 *
 * @source include/linux/srcu.h srcu_read_lock() v4.19
 */
export const srcuReadLock: (srcu: SrcuStruct) => Request<number> = defineOperation({
  name: 'srcu_read_lock',
  target: (srcu: SrcuStruct) => srcu.idx,
  run: (memory: Memory, srcu: SrcuStruct): number => enter(memory, domainOf(memory, srcu), false),
});

/**
 * Ends a reader of the caller. Reports `srcu-index` where the caller has none of that index.
 *
 * @param idx - what {@link srcuReadLock} returned
 * @source include/linux/srcu.h srcu_read_unlock() v4.19
 */
export const srcuReadUnlock: (srcu: SrcuStruct, idx: number) => Request<void> = defineOperation({
  name: 'srcu_read_unlock',
  target: (srcu: SrcuStruct) => srcu.idx,
  run: (memory: Memory, srcu: SrcuStruct, idx: number): void => {
    const domain = domainOf(memory, srcu);
    if ((idx !== 0 && idx !== 1) || !leave(memory, domain, idx))
      memory.report(
        contract('srcu-index', `srcu_read_unlock of ${domain.name} with index ${idx}, which the caller does not hold`),
      );
  },
});

/**
 * Returns whether the caller is a reader. No schedule point.
 *
 * @source include/linux/srcu.h srcu_read_lock_held() v4.19
 */
export const srcuReadLockHeld: (srcu: SrcuStruct) => Request<boolean> = defineOperation({
  name: 'srcu_read_lock_held',
  isLocal: true,
  run: (memory: Memory, srcu: SrcuStruct): boolean => depthOf(memory, domainOf(memory, srcu)) > 0,
});

/**
 * Begins a grace period of the caller's; returns whether it is over at once. Reports `synchronize-in-reader` where it
 * would wait for the caller itself.
 */
export const beginSynchronize: (srcu: SrcuStruct, what: string) => Request<boolean> = defineOperation({
  name: 'synchronize_srcu',
  target: (srcu: SrcuStruct) => srcu.idx,
  run: (memory: Memory, srcu: SrcuStruct, what: string): boolean => {
    const domain = domainOf(memory, srcu);
    if (depthOf(memory, domain) > 0)
      memory.report(
        contract(
          'synchronize-in-reader',
          `${what} inside a reader of ${domain.name} waits for itself`,
          readerWord(memory, domain),
        ),
      );
    return begin(memory, domain, domain.waits[memory.thread]);
  },
});

/** Waits until the caller's grace period is over. */
export const awaitGracePeriod: (srcu: SrcuStruct) => Request<void> = defineOperation({
  name: 'wait for readers',
  target: (srcu: SrcuStruct) => srcu.idx,
  when: (memory: Memory, srcu: SrcuStruct) => isOver(memory, domainOf(memory, srcu).waits[memory.thread]),
  run: (): void => undefined,
});

/**
 * Waits until every reader that began before has ended; may sleep. Reports `synchronize-in-reader` inside a reader of the
 * same domain, where it would wait for itself.
 *
 * @source kernel/rcu/srcutree.c synchronize_srcu() v4.19
 */
export const synchronizeSrcu: (srcu: SrcuStruct) => Request<void> = kfunc(
  'synchronize_srcu',
  function* (srcu: SrcuStruct) {
    yield* sleepsIn('synchronize_srcu');
    if (!(yield* beginSynchronize(srcu, 'synchronize_srcu'))) yield* awaitGracePeriod(srcu);
  },
);

/** Queues a callback by its number. */
export const queueCallback: (name: string) => (srcu: SrcuStruct, head: RcuHead, func: number) => Request<void> = (
  name,
) =>
  defineOperation({
    name,
    target: (_srcu: SrcuStruct, head: RcuHead) => head.func,
    run: (memory: Memory, srcu: SrcuStruct, head: RcuHead, func: number): void => {
      enqueue(memory, domainOf(memory, srcu), head, func, true);
    },
  });
const queueSrcu = queueCallback('call_srcu');

/**
 * Has `callback` run on `head` once every reader that began before has ended, by the thread of {@link srcuCallbacks}.
 * Never sleeps. Reports `rcu-head-queued` for a head that still waits for its callback.
 *
 * @param of - the subsystem that `callback` takes before the head, if it takes one
 * @source kernel/rcu/srcutree.c call_srcu() v4.19
 */
export function callSrcu<S extends [] | [Subsystem]>(
  srcu: SrcuStruct,
  head: RcuHead,
  callback: RcuCallback<S>,
  ...of: S
): Request<void> {
  return queueSrcu(srcu, head, numberOf(callback, ...of));
}

/** Queues a barrier of the caller's. */
export const queueBarrier: (srcu: SrcuStruct) => Request<void> = defineOperation({
  name: 'queue a barrier',
  target: (srcu: SrcuStruct) => srcu.head,
  run: (memory: Memory, srcu: SrcuStruct): void => {
    const domain = domainOf(memory, srcu);
    enqueue(memory, domain, domain.barriers[memory.thread], BARRIER, false);
  },
});

/** Waits until the caller's barrier was reached. */
export const awaitBarrier: (srcu: SrcuStruct) => Request<void> = defineOperation({
  name: 'wait for callbacks',
  target: (srcu: SrcuStruct) => srcu.head,
  when: (memory: Memory, srcu: SrcuStruct) => memory.get(domainOf(memory, srcu).barriers[memory.thread].func) === 0,
  run: (): void => undefined,
});

/**
 * Waits until every callback queued before has been run; may sleep.
 *
 * @source kernel/rcu/srcutree.c srcu_barrier() v4.19
 */
export const srcuBarrier: (srcu: SrcuStruct) => Request<void> = kfunc('srcu_barrier', function* (srcu: SrcuStruct) {
  yield* sleepsIn('srcu_barrier');
  yield* queueBarrier(srcu);
  yield* awaitBarrier(srcu);
});

/** Waits for the oldest callback to become due, and takes it off the queue. */
export const takeCallback: (srcu: SrcuStruct) => Request<readonly [RcuHead, func: number]> = defineOperation({
  name: 'take a callback',
  target: (srcu: SrcuStruct) => srcu.head,
  when: (memory: Memory, srcu: SrcuStruct) => isDue(memory, domainOf(memory, srcu)),
  run: (memory: Memory, srcu: SrcuStruct) => dequeue(memory, domainOf(memory, srcu)),
});

/**
 * Waits for one callback to become due, and runs it. It may sleep.
 *
 * @source kernel/rcu/srcutree.c srcu_invoke_callbacks() v4.19
 */
export const srcuInvokeCallback: (srcu: SrcuStruct) => Request<void> = kfunc(
  'srcu_invoke_callbacks',
  function* (srcu: SrcuStruct) {
    const [head, func] = yield* takeCallback(srcu);
    if (func !== BARRIER) yield* callbackOf(func)(head);
  },
);

/**
 * The daemon that runs the callbacks of a domain, oldest first; a model that calls {@link callSrcu} has one. At an end all have
 * run that are due; what must have run before is to be waited for with {@link srcuBarrier}, as by a module that is unloaded.
 *
 * @param name - column title in traces
 */
export function srcuCallbacks(srcu: SrcuStruct, name = 'srcu'): Thread {
  return { name, kind: 'daemon', repeat: true, run: () => srcuInvokeCallback(srcu) };
}

/**
 * A load of a pointer that readers follow. Reports `suspicious-dereference` outside a reader of the domain.
 *
 * @source include/linux/srcu.h srcu_dereference() v4.19
 */
export function srcuDereference<T>(cell: Cell<T>, srcu: SrcuStruct): Request<T> {
  return dereference(cell as unknown as Cell<Handle | null>, srcu) as unknown as Request<T>;
}

const dereference = kfunc('srcu_dereference', function* (cell: Cell<Handle | null>, srcu: SrcuStruct) {
  yield* assertReader(srcu, 'srcu_dereference');
  return yield* load('srcu_dereference', 'once', cell);
});

/** Reports where the caller is no reader. */
export const assertReader: (srcu: SrcuStruct, what: string) => Request<void> = defineOperation({
  name: 'assert a reader',
  isLocal: true,
  run: (memory: Memory, srcu: SrcuStruct, what: string): void => {
    const domain = domainOf(memory, srcu);
    if (depthOf(memory, domain) === 0)
      memory.report(contract('suspicious-dereference', `${what} outside a reader of ${domain.name}`));
  },
});

/** A final condition: no thread ended as a reader. */
export function noReaderLeft(layout: Layout, srcu: SrcuStruct): Invariant {
  return (memory) => {
    const { readers, name } = domainOf({ layout, thread: 0 }, srcu);
    const left = readers.findIndex(({ count0, count1 }) => memory.get(count0) + memory.get(count1) > 0);
    return left < 0 || `thread ${left} ended as a reader of ${name}`;
  };
}
