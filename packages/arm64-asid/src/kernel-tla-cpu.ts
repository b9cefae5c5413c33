/** The hardware of kernel-tla's asidalloc.tla: TTBR, TLB, and what the kernel does to them, each one step. */
import { defineOperation, type Memory, type Request } from '@shootdown/machine';
import { MOST_ASIDS, PTE, asidOf, type TlaCpu, type TlaState } from './kernel-tla-state.js';

/** What a label of the specification does to the hardware, as part of its step. */
export interface TlaHardware {
  /** `cpu_set_reserved_ttbr0`: nobody's tables are walked. */
  readonly cpuSetReservedTtbr0: (memory: Memory, cpu: number) => void;
  /** `local_flush_tlb_all`: this CPU's entries but those of the task in its TTBR, which may be loaded again at once. */
  readonly localFlushTlbAll: (memory: Memory, cpu: number) => void;
  /** `flush_tlb_all`: all entries but one for what each CPU has in its TTBR. */
  readonly flushTlbAll: (memory: Memory) => void;
  /** `cpu_switch_mm`, the label `fast_path`: a new task, and an entry of it if its page is there. */
  readonly cpuSwitchMm: (task: number, cpu: number, id: number) => Request<void>;
  /** `flush_tlb_asid`, the label `tlbi`: all CPUs' entries under an ASID. */
  readonly flushTlbAsid: (asid: number) => Request<void>;
}

/** The hardware over these variables. */
export function tlaHardware({ cpus, tasks }: TlaState): TlaHardware {
  const clear = (memory: Memory, { tlb }: TlaCpu, except: number): void => {
    for (const [task, entries] of tlb.entries()) if (task + 1 !== except) memory.set(entries, 0);
  };
  return {
    cpuSetReservedTtbr0: (memory, cpu) => {
      memory.set(cpus[cpu].task, 0);
    },
    localFlushTlbAll: (memory, cpu) => {
      clear(memory, cpus[cpu], memory.get(cpus[cpu].task));
    },
    flushTlbAll: (memory) => {
      for (const cpu of cpus) {
        const task = memory.get(cpu.task);
        clear(memory, cpu, 0);
        if (task !== 0) memory.set(cpu.tlb[task - 1], entryOf(memory.get(cpu.asid)));
      }
    },
    cpuSwitchMm: defineOperation({
      name: 'cpu_switch_mm',
      target: (_task: number, cpu: number) => cpus[cpu].task,
      run: (memory: Memory, task: number, cpu: number, id: number): void => {
        const { task: running, asid, tlb } = cpus[cpu];
        memory.set(running, task + 1);
        memory.set(asid, asidOf(id));
        if (memory.get(tasks[task].pte) !== PTE.MAPPED) return;
        memory.set(tlb[task], (memory.get(tlb[task]) | entryOf(asidOf(memory.get(tasks[task].contextId)))) >>> 0);
      },
    }),
    flushTlbAsid: defineOperation({
      name: 'flush_tlb_asid',
      run: (memory: Memory, asid: number): void => {
        for (const { tlb } of cpus)
          for (const entries of tlb) memory.set(entries, (memory.get(entries) & ~entryOf(asid)) >>> 0);
      },
    }),
  };
}

/** A set of one ASID. */
export const entryOf = (asid: number): number => (1 << asid) >>> 0;

/** The ASIDs of a set, in order. */
export const asidsOf = (entries: number): number[] =>
  Array.from({ length: MOST_ASIDS }, (_, asid) => asid).filter((asid) => (entries & entryOf(asid)) !== 0);
