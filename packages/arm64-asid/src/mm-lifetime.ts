/**
 * A process that ends, and another one whose address space gets the memory of its mm_struct.
 *
 * `mm_users` counts who uses the address space: here one for each CPU that runs a thread of the process, from the moment it
 * picks it, and one for the threads that wait. At 0 the page goes. `mm_count` counts who holds on to the struct: one for all
 * users together, one for each CPU until it walks other tables, and one for each device that pins the ASID. At 0 the memory is
 * free, and the next process may get it.
 *
 * arm64 keeps nothing of an ASID when a process ends: destroy_context() does nothing, and the bit in the map stays until a
 * rollover. Left out: what a device may still translate between the end of its process and its own.
 */
import { atomicDec, atomicT, type Atomic } from '@shootdown/kernel/model';
import {
  KernelBug,
  defineOperation,
  kfunc,
  type Kfunc,
  type Layout,
  type Memory,
  type MemoryReader,
} from '@shootdown/machine';
import type { Mm } from './asid-state.js';
import { checkAndSwitchContext, initNewContext, type AsidContext } from './context.js';
import type { Mmu } from './mmu.js';
import { smmuDriver, type Device } from './smmu.js';
import { unmap } from './unmap.js';

/** Who uses the address space. */
export interface MmLifetimeUsers {
  /** By task. The first is left; the others are there for ever. */
  readonly mms: readonly Mm[];
  readonly context: AsidContext;
  readonly mmu: Mmu;
  readonly devices: readonly Device[];
}

/** Who keeps the address space alive, by the kernel's names. */
interface References {
  readonly mmUsers: Atomic;
  readonly mmCount: Atomic;
}

/** An address space that is left, and created anew in the same memory. */
export interface MmLifetime extends References {
  /** Switches a CPU to a task, unless its process has ended. */
  readonly contextSwitch: Kfunc<[task: number, cpu: number], void>;
  /** What a device's driver does for ever: share the address space while there are users. */
  readonly share: Kfunc<[mm: Mm, device: number], void>;
  /** The process ends; when its memory is free, another one begins there. */
  readonly exitAndReuse: Kfunc<[], void>;
  /** A process has begun, and runs nowhere. */
  readonly begin: (memory: Memory) => void;
  /** Whether the memory is nobody's. */
  readonly isFree: (memory: MemoryReader) => boolean;
  /** mmgrab(): holds on to the struct, which must be there. */
  readonly hold: (memory: Memory) => void;
}

/**
 * Places the references, and makes what takes and drops them.
 *
 * @source include/linux/mm_types.h mm_users, mm_count v5.10
 */
export function mmLifetime(layout: Layout, parts: MmLifetimeUsers): MmLifetime {
  const references = { mmUsers: layout.one('mm_users', atomicT), mmCount: layout.one('mm_count', atomicT) };
  const begin = (memory: Memory): void => {
    memory.set(references.mmUsers, 1);
    memory.set(references.mmCount, 1);
  };
  return {
    ...references,
    contextSwitch: contextSwitchOf(parts, references),
    share: shareOf(parts, references),
    exitAndReuse: exitAndReuseOf(parts, references, begin),
    begin,
    isFree: (memory) => memory.get(references.mmCount) === 0,
    hold: (memory) => {
      hold(memory, references.mmCount);
    },
  };
}

/** Holds on to the struct, which must be there. */
function hold(memory: Memory, mmCount: Atomic): void {
  const count = memory.get(mmCount);
  if (count === 0)
    memory.report(new KernelBug('use-after-free', 'use-after-free', 'mmgrab of an mm_struct that is free'));
  memory.set(mmCount, count + 1);
}

/**
 * context_switch(): who leaves an address space drops it once the CPU walks other tables.
 *
 * @source kernel/sched/core.c context_switch() v5.10
 */
function contextSwitchOf({ mms, context, mmu }: MmLifetimeUsers, to: References): MmLifetime['contextSwitch'] {
  const { mmUsers, mmCount } = to;

  /** The scheduler picks a thread of the process, if there is one. */
  const pick = defineOperation({
    name: 'pick_next_task',
    target: () => mmUsers,
    run: (memory: Memory): boolean => {
      const users = memory.get(mmUsers);
      if (users === 0) return false;
      memory.set(mmUsers, users + 1);
      hold(memory, mmCount);
      return true;
    },
  });

  return kfunc('context_switch', function* (task: number, cpu: number) {
    const prev = yield* mmu.activeMm(cpu);
    if (prev === mms[task] || (task === 0 && !(yield* pick()))) return;
    yield* mmu.setActiveMm(cpu, mms[task]);
    const drops = prev === mms[0];
    if (drops) yield* atomicDec(mmUsers);
    yield* checkAndSwitchContext(context, mms[task], cpu);
    if (drops) yield* atomicDec(mmCount);
  });
}

/**
 * The driver binds while the process is there, and holds on to the struct as long as it pins the ASID.
 *
 * @source drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-sva.c arm_smmu_alloc_shared_cd() v5.19
 */
function shareOf({ context, devices }: MmLifetimeUsers, { mmUsers, mmCount }: References): MmLifetime['share'] {
  const smmuShare = smmuDriver(context, devices);

  const grab = defineOperation({
    name: 'mmgrab',
    target: () => mmCount,
    run: (memory: Memory): boolean => {
      if (memory.get(mmUsers) === 0) return false;
      hold(memory, mmCount);
      return true;
    },
  });

  return kfunc('iommu_sva_bind', function* (mm: Mm, device: number) {
    if (!(yield* grab())) return;
    yield* smmuShare(mm, device);
    yield* atomicDec(mmCount);
  });
}

/**
 * The end of the process, the end of its struct, and the beginning of the next. A whole address space is flushed if page tables of
 * it are freed.
 *
 * @source arch/arm64/include/asm/tlb.h tlb_flush() v5.10
 */
function exitAndReuseOf(
  { mms: [mm], context, mmu }: MmLifetimeUsers,
  { mmUsers, mmCount }: References,
  begin: MmLifetime['begin'],
): MmLifetime['exitAndReuse'] {
  const exitMmap = unmap(context, mmu);

  /** @source kernel/fork.c mmput() v5.10 */
  const lastMmput = defineOperation({
    name: 'mmput',
    target: () => mmUsers,
    when: (memory: Memory): boolean => memory.get(mmUsers) === 1,
    run: (memory: Memory): void => {
      memory.set(mmUsers, 0);
    },
  });

  /**
   * The memory is nobody's when it is allocated, so that init_new_context() writes without the allocator's lock.
   *
   * @source arch/arm64/include/asm/mmu_context.h init_new_context() v5.10
   */
  const mmAlloc = defineOperation({
    name: 'mm_alloc',
    target: () => mm.context.id,
    when: (memory: Memory): boolean => memory.get(mmCount) === 0,
    run: (memory: Memory): void => {
      initNewContext(memory, mm);
      begin(memory);
    },
  });

  return kfunc('exit_and_reuse', function* () {
    yield* lastMmput();
    yield* exitMmap(mm);
    yield* atomicDec(mmCount);
    yield* mmAlloc();
  });
}
