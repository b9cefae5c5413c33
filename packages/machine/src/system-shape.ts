/** What is asked of a system before anything runs: it comes from code that nobody need have type-checked. */
import { ModelError } from './kernel-bug.js';
import { Layout } from './layout.js';
import { assertMonitors } from './monitor.js';
import { assertMutations } from './mutation.js';
import { Request } from './request.js';
import { assertKeys, assertRecord, isAsync, kindOf, type Keys } from './shape.js';
import type { ScalarSet, System, Thread, Timing } from './system.js';

const SYSTEM: Keys<System> = {
  layout: true,
  threads: true,
  init: true,
  invariants: true,
  finals: true,
  within: true,
  symmetries: true,
  mutations: true,
  monitors: true,
  timing: true,
};
const THREAD: Keys<Thread> = { name: true, kind: true, run: true, repeat: true };
const THREAD_KINDS: Keys<Record<NonNullable<Thread['kind']>, true>> = { kernel: true, device: true, daemon: true };
const SCALAR_SET: Keys<ScalarSet> = { name: true, size: true, threads: true, objects: true };
const TIMING: Keys<Timing> = { durationOf: true, cpuOf: true };

const raise = (message: string): ModelError => new ModelError(message);
/** Systems that were looked at. */
const good = new WeakSet<object>();

/**
 * Checks the parts of a system, and that it has no others.
 *
 * @throws {@link ModelError} saying which part, what was expected and what came
 */
export function assertSystem(system: unknown): asserts system is System {
  if (typeof system === 'object' && system !== null && good.has(system)) return;
  assertRecord('the system', system, 'what build() returns: an object with layout and threads', raise);
  assertKeys('the system', system, SYSTEM, raise);
  const { layout, threads, init, invariants, finals, within, symmetries, mutations, monitors, timing } = system;
  if (!(layout instanceof Layout)) throw raise(`layout: expected a Layout, got ${kindOf(layout)}${layoutHint(layout)}`);
  if (!Array.isArray(threads)) throw raise(`threads: expected an array of threads, got ${kindOf(threads)}`);
  for (const [i, thread] of (threads as readonly unknown[]).entries()) assertThread(`threads[${i}]`, thread);
  assertFunctions('invariants', invariants);
  assertFunctions('finals', finals);
  assertFunction('init', init);
  assertFunction('within', within);
  assertSets(symmetries);
  if (mutations !== undefined) assertMutations('mutations', mutations, raise);
  if (monitors !== undefined) assertMonitors('monitors', monitors, raise);
  if (timing !== undefined) assertTiming(timing);
  good.add(system);
}

function layoutHint(layout: unknown): string {
  if (layout === undefined) return '; return { layout, threads, ... }, with the Layout that the cells are from';
  const name = layout?.constructor?.name;
  return name === 'Layout' ? '; is @shootdown/machine loaded twice?' : '';
}

function assertThread(what: string, thread: unknown): void {
  if (thread instanceof Request)
    throw raise(
      `${what}: expected an object with name and run, got a call of ${thread.label}; write { name, run: () => ${thread.label}() }`,
    );
  assertRecord(what, thread, 'a thread: an object with name and run', raise);
  assertKeys(what, thread, THREAD, raise);
  const { name, kind, run, repeat } = thread;
  if (typeof name !== 'string' || name === '') throw raise(`${what}: expected a name, got ${kindOf(name)}`);
  if (typeof run !== 'function')
    throw raise(
      `thread ${name}: expected a run function, got ${kindOf(run)}; write run: () => f(), with f made by kfunc()`,
    );
  if (kind !== undefined && !(typeof kind === 'string' && Object.hasOwn(THREAD_KINDS, kind)))
    throw raise(`thread ${name}: expected a kind of ${Object.keys(THREAD_KINDS).join(', ')}, got ${kindOf(kind)}`);
  if (repeat !== undefined && typeof repeat !== 'boolean')
    throw raise(`thread ${name}: expected repeat to be true or false, got ${kindOf(repeat)}`);
}

function assertFunctions(what: string, functions: unknown): void {
  if (functions === undefined) return;
  assertRecord(what, functions, 'an object of functions, by name', raise);
  for (const [name, one] of Object.entries(functions))
    if (typeof one !== 'function' || isAsync(one))
      throw raise(`${what}.${name}: expected a function of memory, got ${kindOf(one)}`);
}

function assertFunction(what: string, value: unknown): void {
  if (value !== undefined && (typeof value !== 'function' || isAsync(value)))
    throw raise(`${what}: expected a function of memory, got ${kindOf(value)}`);
}

function assertSets(symmetries: unknown): void {
  if (symmetries === undefined) return;
  if (!Array.isArray(symmetries)) throw raise(`symmetries: expected an array of scalarsets, got ${kindOf(symmetries)}`);
  symmetries.forEach((set: unknown, i) => {
    assertRecord(`symmetries[${i}]`, set, 'a scalarset: an object with name and size', raise);
    assertKeys(`symmetries[${i}]`, set, SCALAR_SET, raise);
    if (typeof set['name'] !== 'string') throw raise(`symmetries[${i}]: expected a name, got ${kindOf(set['name'])}`);
  });
}

function assertTiming(timing: unknown): void {
  assertRecord('timing', timing, 'an object with durationOf', raise);
  assertKeys('timing', timing, TIMING, raise);
  if (typeof timing['durationOf'] !== 'function')
    throw raise(`timing.durationOf: expected a function, got ${kindOf(timing['durationOf'])}`);
}
