/**
 * Per-CPU data: one object a CPU. Touching that of one's own CPU is safe only while nothing else runs there, with preemption
 * or interrupts off; the machine does not check that, but a search shows what comes of it.
 */
import {
  load,
  notedKthread,
  store,
  type Cell,
  type FieldType,
  type FieldView,
  type Kthread,
  type Layout,
} from '@shootdown/machine';
import { smpProcessorId } from './contexts.js';

/** One object a CPU, by CPU number. */
export type PerCpu<V> = readonly V[];

/**
 * Places a per-CPU variable, all zeros, printed as `name[cpu]`.
 *
 * @param cpus - number of CPUs, at least 0
 * @source include/linux/percpu-defs.h DEFINE_PER_CPU() v4.19
 */
export function definePerCpu<T extends FieldType>(
  layout: Layout,
  name: string,
  type: T,
  cpus: number,
): PerCpu<FieldView<T>> {
  return layout.array(name, type, cpus);
}

/**
 * The object of a CPU.
 *
 * @throws RangeError for a CPU that has none
 * @source include/linux/percpu-defs.h per_cpu_ptr() v4.19
 */
export function perCpuPtr<V>(variable: PerCpu<V>, cpu: number): V {
  const object = variable[cpu] as V | undefined;
  if (object === undefined) throw new RangeError(`expected a CPU from 0 to ${variable.length - 1}, got ${cpu}`);
  return object;
}

/**
 * The object of the running thread's CPU. No schedule point.
 *
 * @source include/linux/percpu-defs.h this_cpu_ptr() v4.19
 */
export function thisCpuPtr<V>(variable: PerCpu<V>): Kthread<V> {
  return notedKthread('this_cpu_ptr', ownObject(variable));
}

function* ownObject<V>(variable: PerCpu<V>): Kthread<V> {
  return perCpuPtr(variable, yield* smpProcessorId());
}

/**
 * Reads the running thread's CPU's cell.
 *
 * @source include/linux/percpu-defs.h this_cpu_read() v4.19
 */
export function thisCpuRead<T>(variable: PerCpu<Cell<T>>): Kthread<T> {
  return notedKthread('this_cpu_read', loadOwn(variable));
}

function* loadOwn<T>(variable: PerCpu<Cell<T>>): Kthread<T> {
  return yield* load('this_cpu_read', 'once', yield* thisCpuPtr(variable));
}

/**
 * Writes the running thread's CPU's cell.
 *
 * @source include/linux/percpu-defs.h this_cpu_write() v4.19
 */
export function thisCpuWrite<T>(variable: PerCpu<Cell<T>>, value: T): Kthread<void> {
  return notedKthread('this_cpu_write', storeOwn(variable, value));
}

function* storeOwn<T>(variable: PerCpu<Cell<T>>, value: T): Kthread<void> {
  yield* store('this_cpu_write', 'once', yield* thisCpuPtr(variable), value);
}
