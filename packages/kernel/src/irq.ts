/** Preemption and interrupts of the running thread's CPU, which {@link declareThreads} must have declared. */
import {
  KernelBug,
  defineOperation,
  type Cell,
  type Invariant,
  type Layout,
  type Memory,
  type Request,
} from '@shootdown/machine';
import { contextsFor, contextsOf, onSameCpu } from './contexts.js';

function unbalanced(memory: Memory, what: string): void {
  memory.report(new KernelBug('lock-misuse', 'unbalanced', `${what} without its counterpart`));
}

/**
 * Turns preemption off; nests. Waits until no other thread of the CPU has it off.
 *
 * @source include/linux/preempt.h preempt_disable() v4.19
 */
export const preemptDisable: () => Request<void> = defineOperation({
  name: 'preempt_disable',
  when: (memory: Memory) => {
    const contexts = contextsFor('preempt_disable', memory);
    return !onSameCpu(contexts, memory, (other) => memory.get(contexts.preemptCount[other]) !== 0);
  },
  run: (memory: Memory): void => {
    const count = contextsFor('preempt_disable', memory).preemptCount[memory.thread];
    memory.set(count, memory.get(count) + 1);
  },
});

/**
 * Undoes one {@link preemptDisable}.
 *
 * @source include/linux/preempt.h preempt_enable() v4.19
 */
export const preemptEnable: () => Request<void> = defineOperation({
  name: 'preempt_enable',
  run: (memory: Memory): void => {
    const count = contextsFor('preempt_enable', memory).preemptCount[memory.thread];
    const old = memory.get(count);
    if (old === 0) unbalanced(memory, 'preempt_enable');
    else memory.set(count, old - 1);
  },
});

const isEntered = (memory: Memory): boolean => {
  const contexts = contextsOf(memory.layout);
  if (contexts?.threads[memory.thread] === undefined) return false;
  return onSameCpu(contexts, memory, (other) => memory.get(contexts.inIrq[other]));
};

function setIrqsOff(memory: Memory, off: boolean): number {
  const cell = contextsOf(memory.layout)?.irqsOff[memory.thread];
  if (cell === undefined) return 0;
  const was = memory.get(cell);
  memory.set(cell, off);
  return was ? 1 : 0;
}

/**
 * Turns the CPU's interrupts off, waiting for a handler in progress there; returns what {@link localIrqRestore} takes.
 * Without effect on threads that were not declared.
 *
 * @source include/linux/irqflags.h local_irq_save() v4.19
 */
export const localIrqSave: () => Request<number> = defineOperation({
  name: 'local_irq_save',
  when: (memory: Memory) => !isEntered(memory),
  run: (memory: Memory): number => setIrqsOff(memory, true),
});

/**
 * Puts the CPU's interrupts back to what they were.
 *
 * @param flags - what {@link localIrqSave} returned
 * @source include/linux/irqflags.h local_irq_restore() v4.19
 */
export const localIrqRestore: (flags: number) => Request<void> = defineOperation({
  name: 'local_irq_restore',
  run: (memory: Memory, flags: number): void => {
    setIrqsOff(memory, flags !== 0);
  },
});

/**
 * Turns the CPU's interrupts off, waiting for a handler in progress there. Does not nest.
 *
 * @source include/linux/irqflags.h local_irq_disable() v4.19
 */
export const localIrqDisable: () => Request<void> = defineOperation({
  name: 'local_irq_disable',
  when: (memory: Memory) => !isEntered(memory),
  run: (memory: Memory): void => {
    contextsFor('local_irq_disable', memory);
    setIrqsOff(memory, true);
  },
});

/**
 * Turns the CPU's interrupts on.
 *
 * @source include/linux/irqflags.h local_irq_enable() v4.19
 */
export const localIrqEnable: () => Request<void> = defineOperation({
  name: 'local_irq_enable',
  run: (memory: Memory): void => {
    contextsFor('local_irq_enable', memory);
    setIrqsOff(memory, false);
  },
});

/**
 * An interrupt arrives: the running thread, a handler, begins once its CPU has interrupts on and no handler in progress.
 *
 * @source kernel/softirq.c irq_enter() v4.19
 */
export const irqEnter: () => Request<void> = defineOperation({
  name: 'irq_enter',
  when: (memory: Memory) => {
    const contexts = contextsFor('irq_enter', memory);
    return !onSameCpu(contexts, memory, (i) => memory.get(contexts.irqsOff[i]) || memory.get(contexts.inIrq[i]));
  },
  run: (memory: Memory): void => {
    memory.set(contextsFor('irq_enter', memory).inIrq[memory.thread], true);
  },
});

/**
 * The handler returns.
 *
 * @source kernel/softirq.c irq_exit() v4.19
 */
export const irqExit: () => Request<void> = defineOperation({
  name: 'irq_exit',
  run: (memory: Memory): void => {
    const cell = contextsFor('irq_exit', memory).inIrq[memory.thread];
    if (memory.get(cell)) memory.set(cell, false);
    else unbalanced(memory, 'irq_exit');
  },
});

/**
 * An invariant: no task holds one of these locks, which handlers of its CPU take too, with interrupts on. Else the handler
 * spins for ever on a lock whose holder it interrupted.
 */
export function irqSafe(layout: Layout, locks: readonly Cell<number>[]): Invariant {
  return (memory) => {
    const contexts = contextsOf(layout);
    for (const lock of locks) {
      const holder = memory.get(lock) - 1;
      const thread = contexts?.threads[holder];
      if (contexts === undefined || thread === undefined || thread.context === 'hardirq') continue;
      const interrupts = contexts.threads.some(({ cpu, context }) => cpu === thread.cpu && context === 'hardirq');
      if (interrupts && !memory.get(contexts.irqsOff[holder]))
        return `thread ${holder} holds ${layout.nameOf(lock.address)}, which a handler of CPU ${thread.cpu} takes, with interrupts on`;
    }
    return true;
  };
}
