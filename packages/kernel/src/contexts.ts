/**
 * Who runs where: the CPU of each thread, and whether it is a task, an interrupt handler or otherwise atomic. A thread
 * stays on its CPU. A model that declares nothing has one task on each CPU, thread number `n` on CPU `n`.
 *
 * Threads of one CPU interleave as if they had CPUs of their own, except that sections with preemption off exclude each
 * other, and that interrupt handlers exclude sections with interrupts off. From `irqEnter` to `irqExit` a declared handler
 * has its CPU for itself: the others there take no step, so what it waits for must not be up to them.
 */
import {
  ModelError,
  assertKeys,
  assertOneOf,
  assertRecord,
  bool,
  defineOperation,
  u8,
  type Cell,
  type Keys,
  type Layout,
  type Memory,
  type Request,
} from '@shootdown/machine';

/** What a thread is. */
export interface ThreadContext {
  /** Its CPU; default its number. */
  readonly cpu?: number;
  /** `task` (default) may sleep; `hardirq` and `softirq` are handlers; `atomic` is code with preemption off throughout. */
  readonly context?: 'task' | 'softirq' | 'hardirq' | 'atomic';
}

/** What is kept of each thread; found at the layout. */
export interface Contexts {
  /** By thread number. */
  readonly threads: readonly Required<ThreadContext>[];
  /** How often each has preemption off. */
  readonly preemptCount: readonly Cell<number>[];
  /** Whether each has the interrupts of its CPU off. */
  readonly irqsOff: readonly Cell<boolean>[];
  /** Whether each is an interrupt handler in progress. */
  readonly inIrq: readonly Cell<boolean>[];
}

const CONTEXTS = Symbol('contexts');
const THREAD_CONTEXT: Keys<ThreadContext> = { cpu: true, context: true };
const KINDS: Keys<Record<NonNullable<ThreadContext['context']>, true>> = {
  task: true,
  softirq: true,
  hardirq: true,
  atomic: true,
};

/** A handler that is declared by a misspelt word would be a task. */
function assertContext(thread: unknown, i: number): void {
  const what = `declareThreads, thread ${i}`;
  const raise = (message: string): TypeError => new TypeError(message);
  assertRecord(what, thread, 'an object with cpu and context', raise);
  assertKeys(what, thread, THREAD_CONTEXT, raise);
  if (thread['context'] !== undefined) assertOneOf(what, thread['context'], Object.keys(KINDS));
}

/**
 * Declares the threads of a model, in the order of their numbers.
 *
 * @throws Error when they were declared before, or the layout is closed
 * @throws RangeError for a CPU that is no whole number from 0
 * @throws TypeError for a context that there is not, or a key that means nothing
 */
export function declareThreads(layout: Layout, threads: readonly ThreadContext[]): void {
  if (layout.attachment(CONTEXTS) !== undefined) throw new Error('declareThreads: expected one declaration a layout');
  threads.forEach(assertContext);
  const complete = threads.map(({ cpu, context = 'task' }, i) => ({ cpu: cpu ?? i, context }));
  for (const { cpu } of complete)
    if (!Number.isInteger(cpu) || cpu < 0) throw new RangeError(`declareThreads: expected a CPU >= 0, got ${cpu}`);
  const contexts: Contexts = {
    threads: complete,
    preemptCount: layout.perThread('preempt_count', u8, threads.length),
    irqsOff: layout.perThread('irqs_off', bool, threads.length),
    inIrq: layout.perThread('in_irq', bool, threads.length),
  };
  layout.attach(CONTEXTS, contexts);
  for (const [handler, { cpu, context }] of complete.entries()) {
    if (context !== 'hardirq' && context !== 'softirq') continue;
    for (const [thread, interrupted] of complete.entries())
      if (thread !== handler && interrupted.cpu === cpu) layout.stopWhile(thread, contexts.inIrq[handler]);
  }
}

/** What was declared, or `undefined`. */
export function contextsOf(layout: Layout): Contexts | undefined {
  return layout.attachment(CONTEXTS) as Contexts | undefined;
}

/** What was declared, for an operation that cannot do without. */
export function contextsFor(operation: string, { layout, thread }: Memory): Contexts {
  const contexts = contextsOf(layout);
  if (contexts?.threads[thread] === undefined)
    throw new ModelError(
      `${operation}: thread ${thread} is not declared; call declareThreads(layout, [{ cpu: 0 }, ...]) before the layout is closed`,
    );
  return contexts;
}

/** Whether another thread of the running thread's CPU meets a condition. */
export function onSameCpu({ threads }: Contexts, memory: Memory, meets: (thread: number) => boolean): boolean {
  const { cpu } = threads[memory.thread];
  return threads.some((other, i) => i !== memory.thread && other.cpu === cpu && meets(i));
}

/**
 * The CPU of the running thread. No schedule point.
 *
 * @source include/linux/smp.h smp_processor_id() v4.19
 */
export const smpProcessorId: () => Request<number> = defineOperation({
  name: 'smp_processor_id',
  isLocal: true,
  run: (memory: Memory): number => contextsOf(memory.layout)?.threads[memory.thread]?.cpu ?? memory.thread,
});

/**
 * The running thread's number, the model's `current`. No schedule point.
 *
 * @source include/asm-generic/current.h current v4.19
 */
export const current: () => Request<number> = defineOperation({
  name: 'current',
  isLocal: true,
  run: (memory: Memory): number => memory.thread,
});
