/**
 * flush_context() of arch/arm64/mm/context.c: a new generation's map has what is pinned, and what runs.
 *
 * The kernel takes the CPUs' slots of `active_asids` one by one. Each slot is otherwise its own CPU's alone: a CPU whose slot
 * was taken finds the 0 and waits for the lock, and one whose slot was not taken yet could as well have gone before all of
 * them. So one step for all should do, and it keeps CPUs interchangeable. `cpu-by-cpu` is the kernel's way, to check that.
 */
import { bitmapCopy, bitmapZero, setBit } from '@shootdown/bits';
import { atomic64Read, atomic64Set, atomic64XchgRelaxed } from '@shootdown/kernel/model';
import { defineOperation, kfunc, type Kthread, type Memory, type Request } from '@shootdown/machine';
import type { AllocatorParts } from './context.js';

/** How a rollover takes the CPUs' slots: all in one step, or in the kernel's steps, in the order of their numbers. */
export type FlushSteps = 'at-once' | 'cpu-by-cpu';

/**
 * What a rollover does to the map and the CPUs. The caller holds the lock.
 *
 * @source arch/arm64/mm/context.c flush_context() v5.10
 */
export function flushContextOf(parts: AllocatorParts): (caller: number) => Request<void> | Kthread<void> {
  const { options, encoding, state, map, pinnedMap } = parts;
  const { cpus, bug } = options;
  const { cpuAsidLock, activeAsids, reservedAsids, tlbFlushPending } = state;
  const guard = (): typeof cpuAsidLock => cpuAsidLock;
  const target = (): (typeof state.asidMap)[number] => state.asidMap[0];

  function startMap(memory: Memory): void {
    const bits = map(memory);
    if (bug === 'no-pinned-copy') bitmapZero(bits);
    else bitmapCopy(bits, pinnedMap(memory));
  }

  /** An ASID of 0: the CPU has not switched since the last rollover, and its reserved slot is the only trace of what it runs. */
  function reserve(memory: Memory, cpu: number, active: bigint): void {
    const asid = active === 0n && bug !== 'no-reserved' ? memory.get(reservedAsids[cpu]) : active;
    setBit(encoding.indexOf(asid), map(memory));
    memory.set(reservedAsids[cpu], asid);
  }

  function queueFlushes(memory: Memory, caller: number): void {
    for (let cpu = 0; cpu < cpus; cpu++)
      if (bug !== 'flush-own' || cpu === caller) memory.set(tlbFlushPending[cpu], true);
  }

  if (options.flush !== 'cpu-by-cpu')
    return defineOperation({
      name: 'flush_context',
      guard,
      target,
      run: (memory: Memory, caller: number): void => {
        startMap(memory);
        for (let cpu = 0; cpu < cpus; cpu++) {
          const active = memory.get(activeAsids[cpu]);
          memory.set(activeAsids[cpu], 0n);
          reserve(memory, cpu, active);
        }
        queueFlushes(memory, caller);
      },
    });

  const start = defineOperation({ name: 'bitmap_copy', guard, target, run: startMap });
  const keep = defineOperation({ name: '__set_bit', guard, target, run: reserve });
  const cpumaskSetall = defineOperation({ name: 'cpumask_setall', guard, run: queueFlushes });

  const takeSlot = kfunc('flush_context_take', function* (cpu: number) {
    if (bug !== 'flush-not-atomic') return yield* atomic64XchgRelaxed(activeAsids[cpu], 0n);
    const active = yield* atomic64Read(activeAsids[cpu]);
    yield* atomic64Set(activeAsids[cpu], 0n);
    return active;
  });

  /** Pairs with the fast path's cmpxchg: either that sees the 0, or this sees the ASID. */
  const takeCpu = kfunc('flush_context_cpu', function* (cpu: number) {
    yield* keep(cpu, yield* takeSlot(cpu));
  });

  return kfunc('flush_context', function* (caller: number) {
    yield* start();
    for (let cpu = 0; cpu < cpus; cpu++) yield* takeCpu(cpu);
    yield* cpumaskSetall(caller);
  });
}
