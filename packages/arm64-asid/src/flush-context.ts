/**
 * flush_context() of arch/arm64/mm/context.c: a new generation's map has what is pinned, and what runs.
 *
 * The kernel takes the CPUs' slots of `active_asids` one by one. Each slot is otherwise its own CPU's alone: a CPU whose slot
 * was taken finds the 0 and waits for the lock, and one whose slot was not taken yet could as well have gone before all of
 * them. So one step for all should do, and it keeps CPUs interchangeable. `cpu-by-cpu` is the kernel's way, to check that.
 */
import { bitmapCopy, setBit } from '@shootdown/bits';
import { atomic64XchgRelaxed } from '@shootdown/kernel/model';
import { defineOperation, kfunc, read, write, type Memory, type Request } from '@shootdown/machine';
import type { Allocator } from './allocator.js';

/** What a rollover does to the map and the CPUs. The caller holds the lock. */
export function flushContextOf(parts: Allocator): () => Request<void> {
  return parts.options.flush === 'cpu-by-cpu' ? cpuByCpu(parts) : atOnce(parts);
}

/** @source arch/arm64/mm/context.c flush_context() v5.10 */
function cpuByCpu({ encoding: { indexOf }, state, map, pinnedMap }: Allocator): () => Request<void> {
  const { cpuAsidLock, activeAsids, reservedAsids, tlbFlushPending } = state;
  const guard = (): typeof cpuAsidLock => cpuAsidLock;
  const target = (): (typeof state.asidMap)[number] => state.asidMap[0];

  const setReservedAsidBits = defineOperation({
    name: 'set_reserved_asid_bits',
    guard,
    target,
    run: (memory: Memory): void => {
      bitmapCopy(map(memory), pinnedMap(memory));
    },
  });
  const setIndex = defineOperation({
    name: '__set_bit',
    guard,
    target,
    run: (memory: Memory, index: number): void => {
      setBit(index, map(memory));
    },
  });
  const cpumaskSetall = defineOperation({
    name: 'cpumask_setall',
    guard,
    run: (memory: Memory): void => {
      for (const pending of tlbFlushPending) memory.set(pending, true);
    },
  });

  return kfunc('flush_context', function* () {
    yield* setReservedAsidBits();
    for (const cpu of activeAsids.keys()) {
      // Pairs with the fast path's cmpxchg: either that sees the 0, or this sees the ASID.
      let asid = yield* atomic64XchgRelaxed(activeAsids[cpu], 0n);
      // The CPU has not switched since the last rollover, and its reserved slot is the only trace of what it runs.
      if (asid === 0n) asid = yield* read(reservedAsids[cpu]);
      yield* setIndex(indexOf(asid));
      yield* write(reservedAsids[cpu], asid);
    }
    yield* cpumaskSetall();
  });
}

/** The same as one step. */
function atOnce({ encoding: { indexOf }, state, map, pinnedMap }: Allocator): () => Request<void> {
  const { cpuAsidLock, activeAsids, reservedAsids, tlbFlushPending } = state;
  return defineOperation({
    name: 'flush_context',
    guard: () => cpuAsidLock,
    target: () => state.asidMap[0],
    run: (memory: Memory): void => {
      bitmapCopy(map(memory), pinnedMap(memory));
      for (const [cpu, slot] of activeAsids.entries()) {
        const active = memory.get(slot);
        const asid = active === 0n ? memory.get(reservedAsids[cpu]) : active;
        memory.set(slot, 0n);
        setBit(indexOf(asid), map(memory));
        memory.set(reservedAsids[cpu], asid);
      }
      for (const pending of tlbFlushPending) memory.set(pending, true);
    },
  });
}
