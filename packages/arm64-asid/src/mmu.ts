/**
 * CPUs as the allocator's users: translation table base registers, a TLB indexed by ASID, the table walker, TLB maintenance.
 *
 * The walker may load an entry for the tables in TTBR0 at any moment. Here it does so at the first moment it can, and again
 * at once after a flush: an entry is in the TLB whenever it could be. What invariants say of entries is false of fewer entries
 * only if it is false of more, and nothing else looks at them; so this is the worst of all walkers, and the others need not
 * be searched.
 */
import { atomic64Read } from '@shootdown/kernel/model';
import {
  array,
  defineOperation,
  kfunc,
  ptr,
  read,
  store,
  struct,
  u16,
  u8,
  type Cell,
  type Handle,
  type Kthread,
  type Layout,
  type Memory,
  type Request,
} from '@shootdown/machine';
import { MmStruct, type Mm } from './asid-state.js';
import type { AsidCpu } from './context.js';

/** One CPU. Registers and TLB are its own, unless TLBs are shared. */
export interface Cpu extends Handle {
  /** Whose tables are walked; `null`: the reserved ones, which have no entries. */
  readonly ttbr0: Cell<Mm | null>;
  /** The ASID in TTBR1. */
  readonly asid: Cell<number>;
  /** By hardware ASID: whose translation is there. */
  readonly tlb: readonly Cell<Mm | null>[];
  /** `current->active_mm`: the address space that the CPU was switched to last, or is being switched to. Its own alone. */
  readonly activeMm: Cell<Mm | null>;
  /** Ghost: which process runs, `null` in the switch code. */
  readonly running: Cell<Mm | null>;
  /** Ghost: under which ASID. */
  readonly runningAsid: Cell<number>;
  /** Ghost: an ASID under which translations of two processes met here, plus one; 0 for none. */
  readonly mixed: Cell<number>;
}

/** How the CPUs are. */
export interface MmuOptions {
  readonly cpus: number;
  /** What address spaces are laid out as; default {@link MmStruct}. */
  readonly mmStruct?: typeof MmStruct | undefined;
  /** ASIDs the hardware tells apart, from 0. */
  readonly hardwareAsids: number;
  /** Which bits of a context id the kernel puts into TTBR1. */
  readonly asidOf: (contextId: bigint) => number;
  /** CPUs share their TLBs, as CnP lets them: a translation of one is found by all, a local flush reaches all. */
  readonly isShared?: boolean | undefined;
  /** The kernel writes the new ASID while the old tables are still walked. */
  readonly keepsTtbr0?: boolean | undefined;
}

/** The CPUs and what the kernel does to them. */
export interface Mmu extends AsidCpu {
  readonly options: MmuOptions;
  readonly cpus: readonly Cpu[];
  /** TLBI ASIDE1IS: removes every translation under an ASID from every TLB. */
  readonly tlbiAside1is: (asid: number) => Kthread<void>;
  /** Answers `current->active_mm`. */
  readonly activeMm: (cpu: number) => Request<Mm | null>;
  /** Sets `current->active_mm`: the switch to an address space begins. */
  readonly setActiveMm: (cpu: number, mm: Mm) => Request<void>;
}

/** Places CPUs that run nothing. */
export function mmu(layout: Layout, options: MmuOptions, lock: Cell<number>): Mmu {
  const { isShared = false, hardwareAsids, asidOf } = options;
  const mmPtr = ptr(() => options.mmStruct ?? MmStruct);
  const CpuStruct = struct('cpu', {
    ttbr0: mmPtr,
    asid: u16,
    tlb: array(mmPtr, hardwareAsids),
    activeMm: mmPtr,
    running: mmPtr.ghost(),
    runningAsid: u16.ghost(),
    mixed: u8.ghost(),
  });
  const cpus = layout.array<typeof CpuStruct>('cpu', CpuStruct, options.cpus) as unknown as readonly Cpu[];

  /** The walker loads what it may under the registers as they are. */
  function walk(memory: Memory, cpu: Cpu): void {
    const mm = memory.get(cpu.ttbr0);
    if (mm === null || !memory.get(mm.pte)) return;
    memory.set(cpu.tlb[memory.get(cpu.asid)], mm);
  }

  const localFlushTlbAll = defineOperation({
    name: 'local_flush_tlb_all',
    guard: () => lock,
    target: (cpu: number) => cpus[cpu].tlb[0],
    run: (memory: Memory, cpu: number): void => {
      const flushed = isShared ? cpus : [cpus[cpu]];
      for (const { tlb } of flushed) for (const entry of tlb) memory.set(entry, null);
      for (const each of flushed) walk(memory, each);
    },
  });

  const invalidate = defineOperation({
    name: 'tlbi aside1is',
    run: (memory: Memory, asid: number): void => {
      for (const { tlb } of cpus) memory.set(tlb[asid], null);
      for (const each of cpus) walk(memory, each);
    },
  });

  const activeMm = defineOperation({
    name: 'active_mm',
    isLocal: true,
    run: (memory: Memory, cpu: number): Mm | null => memory.get(cpus[cpu].activeMm),
  });

  const setActiveMm = defineOperation({
    name: 'active_mm =',
    isLocal: true,
    run: (memory: Memory, cpu: number, mm: Mm): void => {
      memory.set(cpus[cpu].activeMm, mm);
    },
  });

  /** The walker's first look at new tables. A TLBI waits for walks that have begun, so a look and its entry are one step. Answers whose translation it displaced. */
  const fill = defineOperation({
    name: 'tlb fill',
    target: (cpu: number, _mm: Mm, asid: number) => cpus[cpu].tlb[asid],
    run: (memory: Memory, cpu: number, mm: Mm, asid: number): Mm | null => {
      if (!memory.get(mm.pte)) return null;
      const { tlb } = cpus[cpu];
      const former = memory.get(tlb[asid]);
      memory.set(tlb[asid], mm);
      return former;
    },
  });

  const keepTtbr0 = kfunc('msr_ttbr1_first', function* (cpu: number, asid: number) {
    const former = yield* read(cpus[cpu].ttbr0);
    yield* store('msr ttbr1_el1', 'once', cpus[cpu].asid, asid);
    if (former !== null) yield* fill(cpu, former, asid);
  });

  const cpuDoSwitchMm = kfunc('cpu_do_switch_mm', function* (mm: Mm, cpu: number) {
    const { ttbr0, asid: ttbr1 } = cpus[cpu];
    const asid = asidOf(yield* atomic64Read(mm.context.id));
    if (options.keepsTtbr0 === true) {
      yield* keepTtbr0(cpu, asid);
    } else {
      yield* store('msr ttbr0_el1', 'once', ttbr0, null);
      yield* store('msr ttbr1_el1', 'once', ttbr1, asid);
    }
    yield* store('msr ttbr0_el1', 'once', ttbr0, mm);
    yield* fill(cpu, mm, asid);
  });

  return {
    options,
    cpus,
    localFlushTlbAll,
    *cpuSetReservedTtbr0(cpu) {
      yield* store('msr ttbr0_el1', 'once', cpus[cpu].ttbr0, null);
    },
    *cpuSwitchMm(mm, cpu) {
      yield* cpuDoSwitchMm(mm, cpu);
    },
    *tlbiAside1is(asid) {
      yield* invalidate(asid);
    },
    activeMm,
    setActiveMm,
  };
}
