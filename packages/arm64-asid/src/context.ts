/**
 * The ASID allocator of arch/arm64/mm/context.c in three eras. Interrupts are not modelled: raw_spin_lock_irqsave() is the lock
 * alone.
 *
 * What walks over all CPUs is one operation, so that CPUs stay interchangeable. In check_update_reserved_asid() nobody can
 * tell, for the lock guards what it touches; `flush-context.ts` tells of flush_context().
 *
 * Left out: the PID in CONTEXTIDR, SW-PAN, errata, more than one map of pinned ASIDs, failed allocations at boot.
 */
import { clearBit, findNextZeroBit, setBit, testAndSetBit, type Bitmap } from '@shootdown/bits';
import {
  atomic64AddReturnRelaxed,
  atomic64CmpxchgRelaxed,
  atomic64Read,
  atomic64Set,
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
  lockAcquire,
  lockRelease,
  read,
  write,
  type Kfunc,
  type Kthread,
  type Layout,
  type Memory,
  type Request,
} from '@shootdown/machine';
import { asidEncoding, userAsid, type AsidEncoding, type AsidEra } from './asid-encoding.js';
import { asidState, type AsidState, type Mm } from './asid-state.js';
import type { Allocator, AsidOptions } from './allocator.js';
import { flushContextOf } from './flush-context.js';

/** What the allocator asks of the CPU it runs on. */
export interface AsidCpu {
  /** local_flush_tlb_all() */
  readonly localFlushTlbAll: (cpu: number) => Request<void>;
  /** cpu_set_reserved_ttbr0(): no user tables are walked any more. */
  readonly cpuSetReservedTtbr0: (cpu: number) => Kthread<void>;
  /** cpu_switch_mm(): user tables and their ASID. */
  readonly cpuSwitchMm: (mm: Mm, cpu: number) => Kthread<void>;
}

/** The allocator's functions, by the kernel's names. */
export interface AsidContext {
  readonly options: AsidOptions;
  readonly encoding: AsidEncoding;
  readonly state: AsidState;
  /** Whether user space runs under the odd ASID of a pair. */
  readonly kpti: boolean;
  /** asids_init(), at early_initcall: by then it is known whether KPTI is configured. */
  readonly asidsInit: (memory: Memory) => void;
  /** asids_update_limit(), at arch_initcall: whether KPTI is on. Answers whether the kernel warned. */
  readonly asidsUpdateLimit: (memory: Memory) => boolean;
  /** init_new_context() */
  readonly initNewContext: (memory: Memory, mm: Mm) => void;
  readonly checkAndSwitchContext: Kfunc<[mm: Mm, cpu: number], void>;
  /** Pins the ASID and answers it as a device needs it; 0 when there is none to pin. */
  readonly mmContextGet: Kfunc<[mm: Mm], number>;
  readonly mmContextPut: Kfunc<[mm: Mm], void>;
}

type AsidGenMatch = Kfunc<[asid: bigint], boolean>;
type NewContext = Kfunc<[mm: Mm], bigint>;

/**
 * Lays out an allocator.
 *
 * @throws RangeError when a size is out of range
 * @source arch/arm64/mm/context.c check_and_switch_context() v5.10
 */
export function asidContext(layout: Layout, options: AsidOptions, hardware: AsidCpu): AsidContext {
  const { era, cpus, asidBits, asids, kptiConfig = false } = options;
  if (!Number.isInteger(cpus) || cpus < 1) throw new RangeError(`cpus: expected 1 or more, got ${cpus}`);
  const encoding = asidEncoding({ era, asidBits, kptiConfig, asids });
  const { numUserAsids } = encoding;
  const state = asidState(layout, cpus, numUserAsids);
  const parts: Allocator = {
    options,
    encoding,
    state,
    kpti: options.kptiCap ?? kptiConfig,
    map: (memory) => bitmapView(memory, state.asidMap, numUserAsids),
    pinnedMap: (memory) => bitmapView(memory, state.pinnedAsidMap, numUserAsids),
  };
  const newContext = newContextOf(parts);
  const asidGenMatch = asidGenMatchOf(parts);
  return {
    options,
    encoding,
    state,
    kpti: parts.kpti,
    ...bootOf(parts),
    initNewContext: (memory, mm) => {
      memory.set(mm.context.id, 0n);
      memory.set(mm.context.pinned, 0);
    },
    checkAndSwitchContext: switchOf(parts, asidGenMatch, newContext, hardware),
    ...pinningOf(parts, asidGenMatch, newContext),
  };
}

/** Takes the odd half of every pair, which is user space's. Only a bitmap of single ASIDs has it. */
function setKptiAsidBits(bits: Bitmap): void {
  for (let index = 1; index < bits.nbits; index += 2) setBit(index, bits);
}

/** What happens once, at boot, before there is anybody to race with. */
function bootOf({
  options: { era, cpus, kptiConfig = false },
  encoding: { numUserAsids, firstVersion },
  state,
  kpti,
  map,
  pinnedMap,
}: Allocator): Pick<AsidContext, 'asidsInit' | 'asidsUpdateLimit'> {
  const hasOddHalf = era !== 'seed_v2';
  return {
    asidsInit: (memory) => {
      memory.set(state.asidGeneration, firstVersion);
      memory.set(state.curIdx, 1);
      if (hasOddHalf && kptiConfig) setKptiAsidBits(map(memory));
    },
    asidsUpdateLimit: (memory) => {
      const isHalved = hasOddHalf && kpti;
      if (isHalved) setKptiAsidBits(pinnedMap(memory));
      const available = isHalved ? numUserAsids >> 1 : numUserAsids;
      memory.set(state.maxPinnedAsids, BigInt.asUintN(64, BigInt(available - cpus - 2)));
      return available - 1 <= cpus;
    },
  };
}

/** asid_gen_match(): whether a context id is of the running generation. */
function asidGenMatchOf({ encoding: { genMatch }, state: { asidGeneration } }: Allocator): AsidGenMatch {
  return kfunc('asid_gen_match', function* (asid: bigint) {
    return genMatch(asid, yield* atomic64Read(asidGeneration));
  });
}

/** new_context() and what it calls. The caller holds the lock. */
function newContextOf(parts: Allocator): NewContext {
  const { options, encoding, state, map } = parts;
  const { numUserAsids, firstVersion, indexOf, contextIdOf, inGeneration } = encoding;
  const { cpuAsidLock, asidGeneration, reservedAsids, curIdx } = state;
  const guard = (): typeof cpuAsidLock => cpuAsidLock;
  const target = (): (typeof state.asidMap)[number] => state.asidMap[0];
  const flushContext = flushContextOf(parts);

  /** Every slot that has the old id gets the new one: the same mm may run on several CPUs. */
  const checkUpdateReservedAsid = defineOperation({
    name: 'check_update_reserved_asid',
    guard,
    run: (memory: Memory, asid: bigint, newasid: bigint): boolean => {
      const hits = reservedAsids.filter((slot) => memory.get(slot) === asid);
      for (const slot of hits) memory.set(slot, newasid);
      return hits.length > 0;
    },
  });

  const testAndSetIndex = defineOperation({
    name: '__test_and_set_bit',
    guard,
    target,
    run: (memory: Memory, index: number): boolean => testAndSetBit(index, map(memory)),
  });

  /** The next free index from one on; `numUserAsids` if there is none. */
  const findFree = defineOperation({
    name: 'find_next_zero_bit',
    guard,
    target,
    run: (memory: Memory, from: number): number => findNextZeroBit(map(memory), from),
  });

  const setIndex = defineOperation({
    name: '__set_bit',
    guard,
    target,
    run: (memory: Memory, index: number): void => {
      if (index === numUserAsids) throw outOfAsids(options.era, numUserAsids);
      setBit(index, map(memory));
    },
  });

  return kfunc('new_context', function* (mm: Mm) {
    const asid = yield* atomic64Read(mm.context.id);
    let generation = yield* atomic64Read(asidGeneration);
    if (asid !== 0n) {
      const newasid = inGeneration(asid, generation);
      if (yield* checkUpdateReservedAsid(asid, newasid)) return newasid;
      // After the reserved slots: what is pinned and runs must be brought up to date there too.
      if ((yield* refcountRead(mm.context.pinned)) !== 0) return newasid;
      if (!(yield* testAndSetIndex(indexOf(asid)))) return newasid;
    }
    let index = yield* findFree(yield* read(curIdx));
    if (index === numUserAsids) {
      generation = yield* atomic64AddReturnRelaxed(firstVersion, asidGeneration);
      yield* flushContext();
      index = yield* findFree(1);
    }
    yield* setIndex(index);
    yield* write(curIdx, index);
    return contextIdOf(index, generation);
  });
}

function outOfAsids(era: AsidEra, numUserAsids: number): KernelBug {
  return new KernelBug(
    'invariant',
    'FreeAsidAfterRollover',
    `no ASID is free right after a rollover: expected one of 1 to ${numUserAsids - 1}; ${era} would set bit ${numUserAsids} of a map of ${numUserAsids}`,
  );
}

/**
 * check_and_switch_context(). Without the lock, an ASID of the running generation becomes active, unless a rollover got there
 * first: it leaves 0 in the slot, and then it may have given the ASID away. Pairs with flush_context().
 */
function switchOf(
  { options: { cnp = false }, state }: Allocator,
  asidGenMatch: AsidGenMatch,
  newContext: NewContext,
  hardware: AsidCpu,
): AsidContext['checkAndSwitchContext'] {
  const { cpuAsidLock, activeAsids, tlbFlushPending } = state;

  const cpumaskTestAndClearCpu = kfunc('cpumask_test_and_clear_cpu', function* (cpu: number) {
    if (!(yield* read(tlbFlushPending[cpu]))) return false;
    yield* write(tlbFlushPending[cpu], false);
    return true;
  });

  return kfunc('check_and_switch_context', function* (mm: Mm, cpu: number) {
    if (cnp) yield* hardware.cpuSetReservedTtbr0(cpu);
    let asid = yield* atomic64Read(mm.context.id);
    const old = yield* atomic64Read(activeAsids[cpu]);
    const isActive =
      old !== 0n && (yield* asidGenMatch(asid)) && (yield* atomic64CmpxchgRelaxed(activeAsids[cpu], old, asid)) !== 0n;
    if (!isActive) {
      yield* lockAcquire(cpuAsidLock, 'raw_spin_lock_irqsave');
      asid = yield* atomic64Read(mm.context.id);
      if (!(yield* asidGenMatch(asid))) {
        asid = yield* newContext(mm);
        yield* atomic64Set(mm.context.id, asid);
      }
      if (yield* cpumaskTestAndClearCpu(cpu)) yield* hardware.localFlushTlbAll(cpu);
      yield* atomic64Set(activeAsids[cpu], asid);
      yield* lockRelease(cpuAsidLock, 'raw_spin_unlock_irqrestore');
    }
    yield* hardware.cpuSwitchMm(mm, cpu);
  });
}

/** mm_context_get() and mm_context_put(), arm64_mm_context_get() and arm64_mm_context_put() since they were merged. */
function pinningOf(
  { options: { era }, encoding: { asidOf, indexOf }, state, kpti, pinnedMap }: Allocator,
  asidGenMatch: AsidGenMatch,
  newContext: NewContext,
): Pick<AsidContext, 'mmContextGet' | 'mmContextPut'> {
  const { cpuAsidLock, maxPinnedAsids, nrPinnedAsids } = state;
  const givesUser = era !== 'seed_v2' && kpti;
  const guard = (): typeof cpuAsidLock => cpuAsidLock;
  const target = (): (typeof state.asidMap)[number] => state.pinnedAsidMap[0];

  const setPinned = defineOperation({
    name: '__set_bit',
    guard,
    target,
    run: (memory: Memory, index: number): void => {
      setBit(index, pinnedMap(memory));
    },
  });
  const clearPinned = defineOperation({
    name: '__clear_bit',
    guard,
    target,
    run: (memory: Memory, index: number): void => {
      clearBit(index, pinnedMap(memory));
    },
  });

  /** What mm_context_get() does under the lock: the mm's context id, pinned once more; 0 if it may not be. */
  const getLocked = kfunc('mm_context_get', function* (mm: Mm) {
    let asid = yield* atomic64Read(mm.context.id);
    if (yield* refcountIncNotZero(mm.context.pinned)) return asid;
    const nrPinned = yield* read(nrPinnedAsids);
    if (BigInt(nrPinned) >= (yield* read(maxPinnedAsids))) return 0n;
    if (!(yield* asidGenMatch(asid))) {
      asid = yield* newContext(mm);
      yield* atomic64Set(mm.context.id, asid);
    }
    yield* write(nrPinnedAsids, nrPinned + 1);
    yield* setPinned(indexOf(asid));
    yield* refcountSet(mm.context.pinned, 1);
    return asid;
  });

  const mmContextGet = kfunc('mm_context_get', function* (mm: Mm) {
    yield* lockAcquire(cpuAsidLock, 'raw_spin_lock_irqsave');
    const asid = yield* getLocked(mm);
    yield* lockRelease(cpuAsidLock, 'raw_spin_unlock_irqrestore');
    return asid === 0n ? 0 : userAsid(asidOf(asid), givesUser);
  });

  const mmContextPut = kfunc('mm_context_put', function* (mm: Mm) {
    const asid = yield* atomic64Read(mm.context.id); // does not change its ASID while it is pinned
    yield* lockAcquire(cpuAsidLock, 'raw_spin_lock_irqsave');
    if (yield* refcountDecAndTest(mm.context.pinned)) {
      yield* clearPinned(indexOf(asid));
      yield* write(nrPinnedAsids, (yield* read(nrPinnedAsids)) - 1);
    }
    yield* lockRelease(cpuAsidLock, 'raw_spin_unlock_irqrestore');
  });

  return { mmContextGet, mmContextPut };
}
