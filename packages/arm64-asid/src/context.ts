/**
 * The ASID allocator of arch/arm64/mm/context.c in three versions, in the order of that file. Interrupts are not modelled:
 * raw_spin_lock_irqsave() is the lock alone.
 *
 * What walks over all CPUs is one operation, so that CPUs stay interchangeable. In check_update_reserved_asid() nobody can
 * tell, for the lock guards what it touches. The kernel's flush_context() takes the CPUs' slots of `active_asids` one by one. Each
 * slot is otherwise its own CPU's alone: a CPU whose slot was taken finds the 0 and waits for the lock, and one whose slot was
 * not taken yet could as well have gone before all of them. So one step for all should do; `cpu-by-cpu` is the kernel's way, to
 * check that.
 *
 * Left out: the PID in CONTEXTIDR, SW-PAN, errata, more than one map of pinned ASIDs, failed allocations at boot.
 */
import { bitmapCopy, clearBit, findNextZeroBit, setBit, testAndSetBit, type Bitmap } from '@shootdown/bits';
import {
  atomic64AddReturnRelaxed,
  atomic64CmpxchgRelaxed,
  atomic64Read,
  atomic64Set,
  atomic64XchgRelaxed,
  bitmapView,
  refcountDecAndTest,
  refcountIncNotZero,
  refcountRead,
  refcountSet,
} from '@shootdown/kernel/model';
import {
  KernelBug,
  defineOperation,
  kfunc,
  lasting,
  lockAcquire,
  lockRelease,
  read,
  write,
  type Cell,
  type Kthread,
  type Layout,
  type Memory,
  type Request,
  type Subsystem,
} from '@shootdown/machine';
import { asidEncoding, userAsid, type AsidEncoding, type AsidVersion } from './asid-encoding.js';
import { asidState, type AsidState, type Mm } from './asid-state.js';

/** How a rollover takes the CPUs' slots: all in one step, or in the kernel's steps, in the order of their numbers. */
export type FlushSteps = 'at-once' | 'cpu-by-cpu';

/** What an allocator is made for. */
export interface AsidOptions {
  readonly version: AsidVersion;
  readonly cpus: number;
  /** Bits of an ASID, 1 to 16; hardware has 8 or 16. */
  readonly asidBits: number;
  /** Size of the bitmap where that is no power of two, for small models; index 0 counts. */
  readonly asids?: number | undefined;
  /** CONFIG_UNMAP_KERNEL_AT_EL0; default false. */
  readonly kptiConfig?: boolean | undefined;
  /** arm64_kernel_unmapped_at_el0(), once CPU capabilities are known; default as configured. */
  readonly kptiCap?: boolean | undefined;
  /** system_supports_cnp(); default false. */
  readonly cnp?: boolean | undefined;
  /** How a rollover takes the CPUs' slots; default `at-once`. */
  readonly flush?: FlushSteps | undefined;
}

/** What the allocator asks of the CPU it runs on. */
export interface AsidCpu {
  /** local_flush_tlb_all() */
  readonly localFlushTlbAll: (cpu: number) => Request<void>;
  /** cpu_set_reserved_ttbr0(): no user tables are walked any more. */
  readonly cpuSetReservedTtbr0: (cpu: number) => Kthread<void>;
  /** cpu_switch_mm(): user tables and their ASID. */
  readonly cpuSwitchMm: (mm: Mm, cpu: number) => Kthread<void>;
}

/** The variables of the file, the macros, and the CPUs. */
export interface AsidContext extends Subsystem {
  readonly options: AsidOptions;
  readonly encoding: AsidEncoding;
  readonly state: AsidState;
  /** Whether user space runs under the odd ASID of a pair. */
  readonly kpti: boolean;
  readonly hardware: AsidCpu;
}

/**
 * Lays out an allocator.
 *
 * @throws RangeError when a size is out of range
 */
export function asidContext(layout: Layout, options: AsidOptions, hardware: AsidCpu): AsidContext {
  const { version, cpus, asidBits, asids, kptiConfig = false, kptiCap = kptiConfig } = options;
  if (!Number.isInteger(cpus) || cpus < 1) throw new RangeError(`cpus: expected 1 or more, got ${cpus}`);
  const encoding = lasting('encoding', asidEncoding({ version, asidBits, kptiConfig, asids }));
  const state = asidState(layout, cpus, encoding.numUserAsids);
  return layout.subsystem('asid', { options, encoding, state, kpti: kptiCap, hardware });
}

const mapOf = (memory: Memory, { state, encoding }: AsidContext): Bitmap =>
  bitmapView(memory, state.asidMap, encoding.numUserAsids);
const pinnedMapOf = (memory: Memory, { state, encoding }: AsidContext): Bitmap =>
  bitmapView(memory, state.pinnedAsidMap, encoding.numUserAsids);

/** The operations on bitmaps and slots below are about these, under the lock. */
const lockOf = ({ state }: AsidContext): Cell<number> => state.cpuAsidLock;
const onMap = { guard: lockOf, target: ({ state }: AsidContext): Cell<number> => state.asidMap[0] };
const onPinnedMap = { guard: lockOf, target: ({ state }: AsidContext): Cell<number> => state.pinnedAsidMap[0] };

/** Takes the odd half of every pair, which is user space's. Only a bitmap of single ASIDs has it. */
function setKptiAsidBits(bits: Bitmap): void {
  for (let index = 1; index < bits.nbits; index += 2) setBit(index, bits);
}

const setReservedAsidBits = defineOperation({
  name: 'set_reserved_asid_bits',
  ...onMap,
  run: (memory: Memory, asids: AsidContext): void => {
    bitmapCopy(mapOf(memory, asids), pinnedMapOf(memory, asids));
  },
});

/**
 * Whether a context id is of the running generation.
 *
 * @source arch/arm64/mm/context.c asid_gen_match() v5.10
 */
const asidGenMatch = kfunc('asid_gen_match', function* (asids: AsidContext, asid: bigint) {
  return asids.encoding.genMatch(asid, yield* atomic64Read(asids.state.asidGeneration));
});

const setIndex = defineOperation({
  name: '__set_bit',
  ...onMap,
  run: (memory: Memory, asids: AsidContext, index: number): void => {
    const { numUserAsids } = asids.encoding;
    if (index === numUserAsids) throw outOfAsids(asids.options.version, numUserAsids);
    setBit(index, mapOf(memory, asids));
  },
});

function outOfAsids(version: AsidVersion, numUserAsids: number): KernelBug {
  return new KernelBug(
    'invariant',
    'FreeAsidAfterRollover',
    `no ASID is free right after a rollover: expected one of 1 to ${numUserAsids - 1}; ${version} would set bit ${numUserAsids} of a map of ${numUserAsids}`,
  );
}

const cpumaskSetall = defineOperation({
  name: 'cpumask_setall',
  guard: lockOf,
  run: (memory: Memory, { state }: AsidContext): void => {
    for (const pending of state.tlbFlushPending) memory.set(pending, true);
  },
});

/**
 * A new generation's map has what is pinned, and what runs. The caller holds the lock.
 *
 * @source arch/arm64/mm/context.c flush_context() v5.10
 */
const flushContext = kfunc('flush_context', function* (asids: AsidContext) {
  yield* setReservedAsidBits(asids);
  for (let cpu = 0; cpu < asids.options.cpus; cpu++) {
    // Pairs with the fast path's cmpxchg: either that sees the 0, or this sees the ASID.
    let asid = yield* atomic64XchgRelaxed(asids.state.activeAsids[cpu], 0n);
    // The CPU has not switched since the last rollover, and its reserved slot is the only trace of what it runs.
    if (asid === 0n) asid = yield* read(asids.state.reservedAsids[cpu]);
    yield* setIndex(asids, asids.encoding.indexOf(asid));
    yield* write(asids.state.reservedAsids[cpu], asid);
  }
  yield* cpumaskSetall(asids);
});

/** {@link flushContext} as one step. */
const flushContextAtOnce = defineOperation({
  name: 'flush_context',
  ...onMap,
  run: (memory: Memory, asids: AsidContext): void => {
    const { encoding, state } = asids;
    const map = mapOf(memory, asids);
    bitmapCopy(map, pinnedMapOf(memory, asids));
    for (const [cpu, slot] of state.activeAsids.entries()) {
      const active = memory.get(slot);
      const asid = active === 0n ? memory.get(state.reservedAsids[cpu]) : active;
      memory.set(slot, 0n);
      setBit(encoding.indexOf(asid), map);
      memory.set(state.reservedAsids[cpu], asid);
    }
    for (const pending of state.tlbFlushPending) memory.set(pending, true);
  },
});

/**
 * Every slot that has the old id gets the new one: the same mm may run on several CPUs.
 *
 * @source arch/arm64/mm/context.c check_update_reserved_asid() v5.10
 */
const checkUpdateReservedAsid = defineOperation({
  name: 'check_update_reserved_asid',
  guard: lockOf,
  run: (memory: Memory, { state }: AsidContext, asid: bigint, newasid: bigint): boolean => {
    const hits = state.reservedAsids.filter((slot) => memory.get(slot) === asid);
    for (const slot of hits) memory.set(slot, newasid);
    return hits.length > 0;
  },
});

const testAndSetIndex = defineOperation({
  name: '__test_and_set_bit',
  ...onMap,
  run: (memory: Memory, asids: AsidContext, index: number): boolean => testAndSetBit(index, mapOf(memory, asids)),
});

/** The next free index from one on; the size of the map if there is none. */
const findFree = defineOperation({
  name: 'find_next_zero_bit',
  ...onMap,
  run: (memory: Memory, asids: AsidContext, from: number): number => findNextZeroBit(mapOf(memory, asids), from),
});

/**
 * The context id of the running generation that an address space gets. The caller holds the lock.
 *
 * @source arch/arm64/mm/context.c new_context() v5.10
 */
const newContext = kfunc('new_context', function* (asids: AsidContext, mm: Mm) {
  const asid = yield* atomic64Read(mm.context.id);
  let generation = yield* atomic64Read(asids.state.asidGeneration);
  if (asid !== 0n) {
    const newasid = asids.encoding.inGeneration(asid, generation);
    if (yield* checkUpdateReservedAsid(asids, asid, newasid)) return newasid;
    // After the reserved slots: what is pinned and runs must be brought up to date there too.
    if ((yield* refcountRead(mm.context.pinned)) !== 0) return newasid;
    if (!(yield* testAndSetIndex(asids, asids.encoding.indexOf(asid)))) return newasid;
  }
  let index = yield* findFree(asids, yield* read(asids.state.curIdx));
  if (index === asids.encoding.numUserAsids) {
    generation = yield* atomic64AddReturnRelaxed(asids.encoding.firstVersion, asids.state.asidGeneration);
    yield* asids.options.flush === 'cpu-by-cpu' ? flushContext(asids) : flushContextAtOnce(asids);
    index = yield* findFree(asids, 1);
  }
  yield* setIndex(asids, index);
  yield* write(asids.state.curIdx, index);
  return asids.encoding.contextIdOf(index, generation);
});

const cpumaskTestAndClearCpu = kfunc('cpumask_test_and_clear_cpu', function* (pending: Cell<boolean>) {
  if (!(yield* read(pending))) return false;
  yield* write(pending, false);
  return true;
});

/**
 * Gives the CPU an address space. Without the lock, an ASID of the running generation becomes active, unless a rollover got there
 * first: it leaves 0 in the slot, and then it may have given the ASID away. Pairs with flush_context().
 *
 * @source arch/arm64/mm/context.c check_and_switch_context() v5.10
 */
export const checkAndSwitchContext = kfunc(
  'check_and_switch_context',
  function* (asids: AsidContext, mm: Mm, cpu: number) {
    if (asids.options.cnp === true) yield* asids.hardware.cpuSetReservedTtbr0(cpu);
    let asid = yield* atomic64Read(mm.context.id);
    const active = asids.state.activeAsids[cpu];
    const old = yield* atomic64Read(active);
    const isActive =
      old !== 0n && (yield* asidGenMatch(asids, asid)) && (yield* atomic64CmpxchgRelaxed(active, old, asid)) !== 0n;
    if (!isActive) {
      yield* lockAcquire(asids.state.cpuAsidLock, 'raw_spin_lock_irqsave');
      asid = yield* atomic64Read(mm.context.id);
      if (!(yield* asidGenMatch(asids, asid))) {
        asid = yield* newContext(asids, mm);
        yield* atomic64Set(mm.context.id, asid);
      }
      if (yield* cpumaskTestAndClearCpu(asids.state.tlbFlushPending[cpu])) yield* asids.hardware.localFlushTlbAll(cpu);
      yield* atomic64Set(active, asid);
      yield* lockRelease(asids.state.cpuAsidLock, 'raw_spin_unlock_irqrestore');
    }
    yield* asids.hardware.cpuSwitchMm(mm, cpu);
  },
);

const setPinned = defineOperation({
  name: '__set_bit',
  ...onPinnedMap,
  run: (memory: Memory, asids: AsidContext, index: number): void => {
    setBit(index, pinnedMapOf(memory, asids));
  },
});
const clearPinned = defineOperation({
  name: '__clear_bit',
  ...onPinnedMap,
  run: (memory: Memory, asids: AsidContext, index: number): void => {
    clearBit(index, pinnedMapOf(memory, asids));
  },
});

/** What mm_context_get() does under the lock: the mm's context id, pinned once more; 0 if it may not be. */
const getLocked = kfunc('mm_context_get', function* (asids: AsidContext, mm: Mm) {
  let asid = yield* atomic64Read(mm.context.id);
  if (yield* refcountIncNotZero(mm.context.pinned)) return asid;
  const nrPinned = yield* read(asids.state.nrPinnedAsids);
  if (BigInt(nrPinned) >= (yield* read(asids.state.maxPinnedAsids))) return 0n;
  if (!(yield* asidGenMatch(asids, asid))) {
    asid = yield* newContext(asids, mm);
    yield* atomic64Set(mm.context.id, asid);
  }
  yield* write(asids.state.nrPinnedAsids, nrPinned + 1);
  yield* setPinned(asids, asids.encoding.indexOf(asid));
  yield* refcountSet(mm.context.pinned, 1);
  return asid;
});

/**
 * Pins the ASID and returns it as a device needs it; 0 when there is none to pin. Since it was merged, arm64_mm_context_get().
 *
 * @source arch/arm64/mm/context.c arm64_mm_context_get() v5.10
 */
export const mmContextGet = kfunc('mm_context_get', function* (asids: AsidContext, mm: Mm) {
  yield* lockAcquire(asids.state.cpuAsidLock, 'raw_spin_lock_irqsave');
  const asid = yield* getLocked(asids, mm);
  yield* lockRelease(asids.state.cpuAsidLock, 'raw_spin_unlock_irqrestore');
  return asid === 0n ? 0 : userAsid(asids.encoding.asidOf(asid), asids.options.version !== 'seed_v2' && asids.kpti);
});

/** @source arch/arm64/mm/context.c arm64_mm_context_put() v5.10 */
export const mmContextPut = kfunc('mm_context_put', function* (asids: AsidContext, mm: Mm) {
  const asid = yield* atomic64Read(mm.context.id); // does not change its ASID while it is pinned
  yield* lockAcquire(asids.state.cpuAsidLock, 'raw_spin_lock_irqsave');
  if (yield* refcountDecAndTest(mm.context.pinned)) {
    yield* clearPinned(asids, asids.encoding.indexOf(asid));
    yield* write(asids.state.nrPinnedAsids, (yield* read(asids.state.nrPinnedAsids)) - 1);
  }
  yield* lockRelease(asids.state.cpuAsidLock, 'raw_spin_unlock_irqrestore');
});

/**
 * At arch_initcall: by then it is known whether KPTI is on.
 *
 * @returns whether the kernel warned
 * @source arch/arm64/mm/context.c asids_update_limit() v5.10
 */
export function asidsUpdateLimit(asids: AsidContext, memory: Memory): boolean {
  const { options, encoding, kpti, state } = asids;
  const isHalved = options.version !== 'seed_v2' && kpti;
  if (isHalved) setKptiAsidBits(pinnedMapOf(memory, asids));
  const available = isHalved ? encoding.numUserAsids >> 1 : encoding.numUserAsids;
  memory.set(state.maxPinnedAsids, BigInt.asUintN(64, BigInt(available - options.cpus - 2)));
  return available - 1 <= options.cpus;
}

/**
 * At early_initcall: by then it is known whether KPTI is configured.
 *
 * @source arch/arm64/mm/context.c asids_init() v5.10
 */
export function asidsInit(asids: AsidContext, memory: Memory): void {
  const { options, encoding, state } = asids;
  memory.set(state.asidGeneration, encoding.firstVersion);
  memory.set(state.curIdx, 1);
  if (options.version !== 'seed_v2' && options.kptiConfig === true) setKptiAsidBits(mapOf(memory, asids));
}

/**
 * A new address space has no ASID.
 *
 * @source arch/arm64/include/asm/mmu_context.h init_new_context() v5.10
 */
export function initNewContext(memory: Memory, { context }: Mm): void {
  memory.set(context.id, 0n);
  memory.set(context.pinned, 0);
}
