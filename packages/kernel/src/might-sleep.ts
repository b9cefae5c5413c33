/**
 * Sleeping where one must not: holding a spin lock, with preemption or interrupts off, in a handler, in an RCU reader.
 * Every primitive here that may sleep looks first, whether or not it then has to.
 */
import { KernelBug, defineOperation, kfunc, type Layout, type Memory, type Request } from '@shootdown/machine';
import { contextsOf } from './contexts.js';

/** Why the running thread must not sleep, and the word that says so; 0 where that never changes. */
export interface WhyAtomic {
  readonly why: string;
  readonly word: number;
}
/** Why the running thread must not sleep, or `undefined`. */
export type AtomicReason = (memory: Memory) => WhyAtomic | undefined;
const REASONS = Symbol('atomic reasons');

/** Adds a reason not to sleep to those that {@link mightSleep} looks at. */
export function addAtomicReason(layout: Layout, reason: AtomicReason): void {
  layout.attach(REASONS, [...reasonsOf(layout), reason]);
}

function reasonsOf(layout: Layout): readonly AtomicReason[] {
  return (layout.attachment(REASONS) as readonly AtomicReason[] | undefined) ?? [];
}

/** Why the running thread must not sleep now, or `undefined` where it may. */
export function whyAtomic(memory: Memory): WhyAtomic | undefined {
  return (
    contextReason(memory) ??
    spinLockReason(memory) ??
    reasonsOf(memory.layout).reduce<WhyAtomic | undefined>((why, reason) => why ?? reason(memory), undefined)
  );
}

function contextReason(memory: Memory): WhyAtomic | undefined {
  const { layout, thread } = memory;
  const contexts = contextsOf(layout);
  const declared = contexts?.threads[thread];
  if (contexts === undefined || declared === undefined) return undefined;
  if (declared.context !== 'task') return { why: `the caller runs in ${declared.context} context`, word: 0 };
  const reasons = [
    { why: 'the caller is an interrupt handler', word: contexts.inIrq[thread].address },
    { why: 'the caller has interrupts off', word: contexts.irqsOff[thread].address },
    { why: 'the caller has preemption off', word: contexts.preemptCount[thread].address },
  ];
  return reasons.find(({ word }) => memory.peek(word) !== 0);
}

function spinLockReason(memory: Memory): WhyAtomic | undefined {
  for (const { address, lock, shared } of memory.image.locks)
    if (lock === 'spin' && memory.holds(address, shared))
      return { why: `the caller holds ${memory.layout.nameOf(address)}`, word: address };
  return undefined;
}

/**
 * Reports `sleep-in-atomic` where the caller must not sleep. No schedule point.
 *
 * @param what - the function that may sleep
 */
export const sleepsIn: (what: string) => Request<void> = defineOperation({
  name: 'might_sleep',
  isLocal: true,
  run: (memory: Memory, what: string): void => {
    const reason = whyAtomic(memory);
    if (reason === undefined) return;
    const text = `${what} may sleep, but ${reason.why}`;
    memory.report(new KernelBug('sleep-in-atomic', 'sleep-in-atomic', text, reason.word));
  },
});

/**
 * Says that the caller may sleep from here on; reports `sleep-in-atomic` where it must not.
 *
 * @source include/linux/kernel.h might_sleep() v4.19
 */
export const mightSleep: () => Request<void> = kfunc('might_sleep', function* () {
  yield* sleepsIn('the function');
});

/**
 * Whether the caller must not sleep. No schedule point.
 *
 * @source include/linux/preempt.h in_atomic() v4.19
 */
export const inAtomic: () => Request<boolean> = defineOperation({
  name: 'in_atomic',
  isLocal: true,
  run: (memory: Memory): boolean => whyAtomic(memory) !== undefined,
});
