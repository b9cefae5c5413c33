/**
 * The ASID allocator of arch/arm64/mm/context.c, in the kernel's order of functions, in three eras and with the bugs of its
 * history. Interrupts are not modelled: raw_spin_lock_irqsave() is the lock alone.
 *
 * What walks over all CPUs is one operation, so that CPUs stay interchangeable. In check_update_reserved_asid() nobody can
 * tell, for the lock guards what it touches; `flush-context.ts` tells of flush_context(), and has it step by step too.
 *
 * Left out: the PID in CONTEXTIDR, SW-PAN, errata, more than one map of pinned ASIDs, failed allocations at boot.
 */
import { clearBit, findNextZeroBit, setBit, testAndSetBit, type Bitmap } from '@shootdown/bits';
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
import { flushContextOf, type FlushSteps } from './flush-context.js';

/**
 * One thing done wrong: first what the kernel's history has, then what it never had.
 *
 * - `reserved-not-updated`: before v4.4, a reserved ASID was recognised and its slot not brought up to date
 * - `xchg`: the fast path stored its ASID even where a rollover had taken the slot
 * - `pinned-first`: the pinning patch as first sent looked at pins before reserved ASIDs
 * - `limit-minus-1`: as many pins as the seed's commit message says
 * - `kernel-asid`: with KPTI, mm_context_get() gives the kernel's ASID of the pair
 * - `no-reserved`: a rollover forgets what runs on CPUs that did not switch since the one before
 * - `own-reserved`: only the caller's own reserved slot is brought up to date
 * - `no-flush`: nobody flushes after a rollover
 * - `flush-own`: only the CPU that rolls over flushes
 * - `flush-not-atomic`: a rollover reads a CPU's slot and then stores the 0, and has no xchg (with `flush: 'cpu-by-cpu'`)
 * - `no-gen-check`: the fast path does not look at the generation
 * - `no-pinned-copy`: a rollover empties the map without regard to pins
 * - `unpinned-early`: mm_context_put() takes the ASID out of the map at the first of several puts
 * - `late-reserved-ttbr0`: with CnP, the reserved table is not installed before the switch begins
 * - `no-kpti-bits`: with KPTI, the map of pinned ASIDs lacks the odd halves, so that a rollover gives them to processes
 */
export type AsidBug =
  | 'reserved-not-updated'
  | 'xchg'
  | 'pinned-first'
  | 'limit-minus-1'
  | 'kernel-asid'
  | 'no-reserved'
  | 'own-reserved'
  | 'no-flush'
  | 'flush-own'
  | 'flush-not-atomic'
  | 'no-gen-check'
  | 'no-pinned-copy'
  | 'unpinned-early'
  | 'late-reserved-ttbr0'
  | 'no-kpti-bits';

/** What an allocator is made for. */
export interface AsidOptions {
  readonly era: AsidEra;
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
  /** Default none. */
  readonly bug?: AsidBug | undefined;
}

/** What the allocator asks of the CPU it runs on. */
export interface AsidCpu {
  /** local_flush_tlb_all() */
  readonly localFlushTlbAll: (cpu: number) => Request<void>;
  /** cpu_set_reserved_ttbr0(): no user tables are walked any more. */
  readonly cpuSetReservedTtbr0: (cpu: number) => Kthread<void>;
  /** cpu_switch_mm(): user tables and their ASID. */
  readonly cpuSwitchMm: (mm: Mm, cpu: number) => Kthread<void>;
  /** The process on a CPU leaves it: the switch code has begun. */
  readonly leave?: (cpu: number) => Request<void>;
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

/** The options, the macros, the variables, and the bitmaps as `@shootdown/bits` takes them. */
export interface AllocatorParts {
  readonly options: AsidOptions;
  readonly encoding: AsidEncoding;
  readonly state: AsidState;
  readonly kpti: boolean;
  readonly map: (memory: Memory) => Bitmap;
  readonly pinnedMap: (memory: Memory) => Bitmap;
}

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
  const parts: AllocatorParts = {
    options,
    encoding,
    state,
    kpti: options.kptiCap ?? kptiConfig,
    map: (memory) => bitmapView(memory, state.asidMap, numUserAsids),
    pinnedMap: (memory) => bitmapView(memory, state.pinnedAsidMap, numUserAsids),
  };
  const newContext = newContextOf(parts);
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
    checkAndSwitchContext: switchOf(parts, newContext, hardware),
    ...pinningOf(parts, newContext),
  };
}

/** Takes the odd half of every pair, which is user space's. Only a bitmap of single ASIDs has it. */
function setKptiAsidBits(bits: Bitmap): void {
  for (let index = 1; index < bits.nbits; index += 2) setBit(index, bits);
}

/** What happens once, at boot, before there is anybody to race with. */
function bootOf({
  options: { era, cpus, kptiConfig = false, bug },
  encoding: { numUserAsids, firstVersion },
  state,
  kpti,
  map,
  pinnedMap,
}: AllocatorParts): Pick<AsidContext, 'asidsInit' | 'asidsUpdateLimit'> {
  const hasOddHalf = era !== 'seed_v2';
  return {
    asidsInit: (memory) => {
      memory.set(state.asidGeneration, firstVersion);
      memory.set(state.curIdx, 1);
      if (hasOddHalf && kptiConfig) setKptiAsidBits(map(memory));
    },
    asidsUpdateLimit: (memory) => {
      const isHalved = hasOddHalf && kpti;
      if (isHalved && bug !== 'no-kpti-bits') setKptiAsidBits(pinnedMap(memory));
      const available = isHalved ? numUserAsids >> 1 : numUserAsids;
      const spare = bug === 'limit-minus-1' ? 1 : 2;
      memory.set(state.maxPinnedAsids, BigInt.asUintN(64, BigInt(available - cpus - spare)));
      return available - 1 <= cpus;
    },
  };
}

/** new_context() and what it calls. The caller holds the lock. */
function newContextOf(parts: AllocatorParts): Kfunc<[mm: Mm, cpu: number], bigint> {
  const { options, encoding, state, map } = parts;
  const { era, bug } = options;
  const { numUserAsids, firstVersion, indexOf, contextIdOf, inGeneration } = encoding;
  const { cpuAsidLock, asidGeneration, reservedAsids, curIdx } = state;
  const guard = (): typeof cpuAsidLock => cpuAsidLock;
  const flushContext = flushContextOf(parts);

  /** Every slot that has the old id gets the new one: the same mm may run on several CPUs. */
  const checkUpdateReservedAsid = defineOperation({
    name: 'check_update_reserved_asid',
    guard,
    run: (memory: Memory, asid: bigint, newAsid: bigint, caller: number): boolean => {
      const hits = reservedAsids.filter((slot) => memory.get(slot) === asid);
      if (bug === 'reserved-not-updated') return hits.length > 0;
      for (const slot of hits) if (bug !== 'own-reserved' || slot === reservedAsids[caller]) memory.set(slot, newAsid);
      return hits.length > 0;
    },
  });

  const testAndSetIndex = defineOperation({
    name: '__test_and_set_bit',
    guard,
    target: () => state.asidMap[0],
    run: (memory: Memory, index: number): boolean => testAndSetBit(index, map(memory)),
  });

  /** The next free index from where the last search ended; those before are all taken. `numUserAsids` if there is none. */
  const findFree = defineOperation({
    name: 'find_next_zero_bit',
    guard,
    target: () => state.asidMap[0],
    run: (memory: Memory, from: number): number => findNextZeroBit(map(memory), from),
  });

  const setAsid = kfunc('set_asid', function* (index: number, generation: bigint) {
    yield* testAndSetIndex(index);
    yield* write(curIdx, index);
    return contextIdOf(index, generation);
  });

  /** The mm's former ASID in this generation, if it may keep it, else 0. */
  const keepAsid = kfunc('new_context_keep', function* (mm: Mm, cpu: number) {
    const asid = yield* atomic64Read(mm.context.id);
    if (asid === 0n) return 0n;
    const newAsid = inGeneration(asid, yield* atomic64Read(asidGeneration));
    if (bug === 'pinned-first' && (yield* refcountRead(mm.context.pinned)) !== 0) return newAsid;
    if (yield* checkUpdateReservedAsid(asid, newAsid, cpu)) return newAsid;
    // After the reserved slots: what is pinned and runs must be brought up to date there too.
    if ((yield* refcountRead(mm.context.pinned)) !== 0) return newAsid;
    return (yield* testAndSetIndex(indexOf(asid))) ? 0n : newAsid;
  });

  const nextFree = kfunc('new_context_search', function* () {
    return yield* findFree(yield* read(curIdx));
  });

  const rollOver = kfunc('new_context_roll_over', function* (cpu: number) {
    const generation = yield* atomic64AddReturnRelaxed(firstVersion, asidGeneration);
    yield* flushContext(cpu);
    return generation;
  });

  return kfunc('new_context', function* (mm: Mm, cpu: number) {
    const newAsid = yield* keepAsid(mm, cpu);
    if (newAsid !== 0n) return newAsid;
    const index = yield* nextFree();
    if (index !== numUserAsids) return yield* setAsid(index, yield* atomic64Read(asidGeneration));
    const generation = yield* rollOver(cpu);
    const first = yield* findFree(1);
    if (first === numUserAsids) throw outOfAsids(era, numUserAsids);
    return yield* setAsid(first, generation);
  });
}

function outOfAsids(era: AsidEra, numUserAsids: number): KernelBug {
  return new KernelBug(
    'invariant',
    'FreeAsidAfterRollover',
    `no ASID is free right after a rollover: expected one of 1 to ${numUserAsids - 1}; ${era} would set bit ${numUserAsids} of a map of ${numUserAsids}`,
  );
}

/** check_and_switch_context() */
function switchOf(
  { options: { cnp = false, bug }, encoding: { genMatch }, state }: AllocatorParts,
  newContext: Kfunc<[mm: Mm, cpu: number], bigint>,
  hardware: AsidCpu,
): AsidContext['checkAndSwitchContext'] {
  const { cpuAsidLock, asidGeneration, activeAsids, tlbFlushPending } = state;

  /**
   * The ASID of the running generation becomes active without the lock, unless a rollover got there first: it leaves 0 in
   * the slot, and then it may have given the ASID away. Pairs with flush_context().
   */
  const fastPath = kfunc('check_and_switch_context_fast', function* (mm: Mm, cpu: number) {
    const asid = yield* atomic64Read(mm.context.id);
    if (hardware.leave !== undefined) yield* hardware.leave(cpu);
    if (bug === 'xchg') {
      if (!genMatch(asid, yield* atomic64Read(asidGeneration))) return false;
      return (yield* atomic64XchgRelaxed(activeAsids[cpu], asid)) !== 0n;
    }
    const old = yield* atomic64Read(activeAsids[cpu]);
    if (old === 0n) return false;
    if (bug !== 'no-gen-check' && !genMatch(asid, yield* atomic64Read(asidGeneration))) return false;
    return (yield* atomic64CmpxchgRelaxed(activeAsids[cpu], old, asid)) !== 0n;
  });

  /** The mm's context id, if it is of this generation, else 0. */
  const currentId = kfunc('asid_gen_match', function* (mm: Mm) {
    const asid = yield* atomic64Read(mm.context.id);
    return genMatch(asid, yield* atomic64Read(asidGeneration)) ? asid : 0n;
  });

  const flushIfPending = kfunc('cpumask_test_and_clear_cpu', function* (cpu: number) {
    if (!(yield* read(tlbFlushPending[cpu]))) return;
    yield* write(tlbFlushPending[cpu], false);
    if (bug !== 'no-flush') yield* hardware.localFlushTlbAll(cpu);
  });

  const slowPath = kfunc('check_and_switch_context_slow', function* (mm: Mm, cpu: number) {
    yield* lockAcquire(cpuAsidLock, 'raw_spin_lock_irqsave');
    let asid = yield* currentId(mm);
    if (asid === 0n) {
      asid = yield* newContext(mm, cpu);
      yield* atomic64Set(mm.context.id, asid);
    }
    yield* flushIfPending(cpu);
    yield* atomic64Set(activeAsids[cpu], asid);
    yield* lockRelease(cpuAsidLock, 'raw_spin_unlock_irqrestore');
  });

  return kfunc('check_and_switch_context', function* (mm: Mm, cpu: number) {
    if (cnp && bug !== 'late-reserved-ttbr0') yield* hardware.cpuSetReservedTtbr0(cpu);
    if (!(yield* fastPath(mm, cpu))) yield* slowPath(mm, cpu);
    yield* hardware.cpuSwitchMm(mm, cpu);
  });
}

/** mm_context_get() and mm_context_put(), arm64_mm_context_get() and arm64_mm_context_put() since they were merged. */
function pinningOf(
  { options: { era, bug }, encoding: { asidOf, indexOf, genMatch }, state, kpti, pinnedMap }: AllocatorParts,
  newContext: Kfunc<[mm: Mm, cpu: number], bigint>,
): Pick<AsidContext, 'mmContextGet' | 'mmContextPut'> {
  const { cpuAsidLock, asidGeneration, maxPinnedAsids, nrPinnedAsids } = state;
  const givesUser = era !== 'seed_v2' && kpti && bug !== 'kernel-asid';
  const deviceAsid = (contextId: bigint): number => userAsid(asidOf(contextId), givesUser);

  const changePinned = defineOperation({
    name: '__change_pinned',
    guard: () => cpuAsidLock,
    target: () => state.pinnedAsidMap[0],
    run: (memory: Memory, contextId: bigint, isPinned: boolean): void => {
      (isPinned ? setBit : clearBit)(indexOf(contextId), pinnedMap(memory));
    },
  });

  const mayPin = kfunc('mm_context_may_pin', function* () {
    return BigInt(yield* read(nrPinnedAsids)) < (yield* read(maxPinnedAsids));
  });

  const countPin = kfunc('mm_context_count', function* (by: 1 | -1) {
    yield* write(nrPinnedAsids, (yield* read(nrPinnedAsids)) + by);
  });

  /** The first reference: the mm gets an ASID of this generation if it has none. */
  const pin = kfunc('mm_context_pin', function* (mm: Mm) {
    if (!(yield* mayPin())) return 0n;
    let asid = yield* atomic64Read(mm.context.id);
    if (!genMatch(asid, yield* atomic64Read(asidGeneration))) {
      asid = yield* newContext(mm, 0);
      yield* atomic64Set(mm.context.id, asid);
    }
    yield* countPin(1);
    yield* changePinned(asid, true);
    yield* refcountSet(mm.context.pinned, 1);
    return asid;
  });

  const getLocked = kfunc('mm_context_get_locked', function* (mm: Mm) {
    if (yield* refcountIncNotZero(mm.context.pinned)) return yield* atomic64Read(mm.context.id);
    return yield* pin(mm);
  });

  const mmContextGet = kfunc('mm_context_get', function* (mm: Mm) {
    yield* lockAcquire(cpuAsidLock, 'raw_spin_lock_irqsave');
    const asid = yield* getLocked(mm);
    yield* lockRelease(cpuAsidLock, 'raw_spin_unlock_irqrestore');
    return asid === 0n ? 0 : deviceAsid(asid);
  });

  const mmContextPut = kfunc('mm_context_put', function* (mm: Mm) {
    const asid = yield* atomic64Read(mm.context.id); // does not change its ASID while it is pinned
    yield* lockAcquire(cpuAsidLock, 'raw_spin_lock_irqsave');
    const isLast = yield* refcountDecAndTest(mm.context.pinned);
    if (isLast || bug === 'unpinned-early') yield* changePinned(asid, false);
    if (isLast) yield* countPin(-1);
    yield* lockRelease(cpuAsidLock, 'raw_spin_unlock_irqrestore');
  });

  return { mmContextGet, mmContextPut };
}
