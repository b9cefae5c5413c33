/** The allocator and its users with one thing done wrong, by what that is. What needs variables of a machine is a function of it. */
import { bitmapZero, clearBit } from '@shootdown/bits';
import {
  atomic64Read,
  atomic64Set,
  atomic64XchgRelaxed,
  atomicDec,
  bitmapView,
  refcountDecAndTest,
  refcountRead,
  type Atomic64,
} from '@shootdown/kernel/model';
import {
  change,
  defineOperation,
  delay,
  kfunc,
  omit,
  replaceFunction,
  writeOnce,
  type Kfunc,
  type Memory,
  type Mutation,
  type Request,
} from '@shootdown/machine';
import {
  mmContextGet,
  type AsidContext,
  type AsidMachine,
  type Mm,
  type MmLifetime,
} from '@shootdown/arm64-asid/model';

/** Mutations that take variables of a machine. */
export type MutantsOf = (machine: AsidMachine) => readonly Mutation[];

const SWITCH = 'check_and_switch_context';

/** check_update_reserved_asid() that updates the slots of some CPUs alone. */
function updatingReserved(
  { context: { state } }: AsidMachine,
  isUpdated: (memory: Memory, cpu: number) => boolean,
): (asid: bigint, newasid: bigint) => Request<boolean> {
  return defineOperation({
    name: 'check_update_reserved_asid',
    guard: () => state.cpuAsidLock,
    run: (memory: Memory, asid: bigint, newasid: bigint): boolean => {
      const hits = state.reservedAsids.filter((slot) => memory.get(slot) === asid);
      for (const slot of hits) if (isUpdated(memory, state.reservedAsids.indexOf(slot))) memory.set(slot, newasid);
      return hits.length > 0;
    },
  });
}

function withReserved(check: (asid: bigint, newasid: bigint) => Request<boolean>): readonly Mutation[] {
  return [
    change({ in: 'new_context', step: 'check_update_reserved_asid' }, ({ args: [, asid, newasid] }) =>
      check(asid as bigint, newasid as bigint),
    ),
  ];
}

/** A reserved ASID is recognised, and its slot not brought up to date; as before v4.4. */
export const reservedNotUpdated: MutantsOf = (machine) => withReserved(updatingReserved(machine, () => false));

/** Only the caller's own reserved slot is brought up to date. Thread `i` is CPU `i`. */
export const ownReserved: MutantsOf = (machine) =>
  withReserved(updatingReserved(machine, ({ thread }, cpu) => cpu === thread));

/** Pins are looked at before reserved ASIDs, as in the pinning patch as first sent. */
export const pinnedFirst: MutantsOf = (machine) => {
  const check = updatingReserved(machine, () => true);
  const pinnedOrReserved = kfunc('check_update_reserved_asid', function* (mm: Mm, asid: bigint, newasid: bigint) {
    return (yield* refcountRead(mm.context.pinned)) !== 0 || (yield* check(asid, newasid));
  });
  return [
    change({ in: 'new_context', step: 'check_update_reserved_asid' }, ({ callArgs: [, mm], args: [, asid, newasid] }) =>
      pinnedOrReserved(mm as Mm, asid as bigint, newasid as bigint),
    ),
  ];
};

/** The fast path does not look at what the slot holds, and stores its ASID even where a rollover has taken it. */
export const xchg: readonly Mutation[] = [
  change({ in: SWITCH, step: 'atomic64_read', of: 'active_asids' }, ({ request }) => ({ take: request, answer: 1n })),
  change({ in: SWITCH, step: 'atomic64_cmpxchg_relaxed' }, ({ cell, desired }) =>
    atomic64XchgRelaxed(cell as Atomic64, desired as bigint),
  ),
];

/** The fast path does not look at the generation: who does not hold the lock takes every id for one of this generation. */
export const noGenCheck: MutantsOf = ({ context: { state } }) => {
  const isLocked = defineOperation({
    name: 'lockdep_is_held',
    target: () => state.cpuAsidLock,
    run: (memory: Memory): boolean => memory.get(state.cpuAsidLock) === memory.thread + 1,
  });
  return [
    replaceFunction(
      'asid_gen_match',
      (original: Kfunc<[asids: AsidContext, asid: bigint], boolean>) =>
        function* (asids: AsidContext, asid: bigint) {
          return !(yield* isLocked()) || (yield* original(asids, asid));
        },
    ),
  ];
};

/** Nobody flushes after a rollover. */
export const noFlush: readonly Mutation[] = [omit({ in: SWITCH, step: 'local_flush_tlb_all' })];

/** With CnP, the reserved table is not installed before the switch begins. */
export const lateReservedTtbr0: readonly Mutation[] = [omit({ in: SWITCH, step: 'msr ttbr0_el1' })];

/** A rollover forgets what runs on CPUs that did not switch since the one before. */
export const noReserved: readonly Mutation[] = [
  omit({ in: 'flush_context', step: 'read', of: 'reserved_asids', answer: 0n }),
];

/** Only the CPU that rolls over flushes. Thread `i` is CPU `i`. */
export const flushOwn: MutantsOf = ({ context: { state } }) => {
  const setOwn = defineOperation({
    name: 'cpumask_set_cpu',
    guard: () => state.cpuAsidLock,
    run: (memory: Memory): void => {
      memory.set(state.tlbFlushPending[memory.thread], true);
    },
  });
  return [change({ in: 'flush_context', step: 'cpumask_setall' }, () => setOwn())];
};

const readThenClear = kfunc('xchg', function* (slot: Atomic64) {
  const active = yield* atomic64Read(slot);
  yield* atomic64Set(slot, 0n);
  return active;
});

/** A rollover reads a CPU's slot and then stores the 0, and has no xchg. */
export const flushNotAtomic: readonly Mutation[] = [
  change({ in: 'flush_context', step: 'atomic64_xchg_relaxed' }, ({ cell }) => readThenClear(cell as Atomic64)),
];

/** A rollover empties the map without regard to pins. */
export const noPinnedCopy: MutantsOf = ({ context: { state, encoding } }) => {
  const clear = defineOperation({
    name: 'bitmap_zero',
    guard: () => state.cpuAsidLock,
    target: () => state.asidMap[0],
    run: (memory: Memory): void => {
      bitmapZero(bitmapView(memory, state.asidMap, encoding.numUserAsids));
    },
  });
  return [change({ in: 'flush_context', step: 'set_reserved_asid_bits' }, () => clear())];
};

/** mm_context_put() takes the ASID out of the map at the first of several puts. */
export const unpinnedEarly: MutantsOf = ({ context: { state, encoding } }) => {
  const clearPinned = defineOperation({
    name: '__clear_bit',
    guard: () => state.cpuAsidLock,
    target: () => state.pinnedAsidMap[0],
    run: (memory: Memory, contextId: bigint): void => {
      clearBit(encoding.indexOf(contextId), bitmapView(memory, state.pinnedAsidMap, encoding.numUserAsids));
    },
  });
  const decThenClear = kfunc('refcount_dec_and_test', function* (mm: Mm) {
    const isLast = yield* refcountDecAndTest(mm.context.pinned);
    if (!isLast) yield* clearPinned(yield* atomic64Read(mm.context.id));
    return isLast;
  });
  return [
    change({ in: 'mm_context_put', step: 'refcount_dec_and_test' }, ({ callArgs: [, mm] }) => decThenClear(mm as Mm)),
  ];
};

const evenHalf = kfunc('kernel_asid', function* (asids: AsidContext, mm: Mm) {
  return (yield* mmContextGet(asids, mm)) & ~1;
});

/** With KPTI, mm_context_get() gives the kernel's ASID of the pair. */
export const kernelAsid: readonly Mutation[] = [
  change({ in: 'smmu_share', step: 'mm_context_get' }, ({ args: [asids, mm] }) =>
    evenHalf(asids as AsidContext, mm as Mm),
  ),
];

/** What who unmaps a page does wrong. */
export const UNMAP = {
  /** The ASID is read before the entry is cleared, which a plain read and a missing barrier allow. */
  earlyId: [
    omit({ in: 'unmap_page', step: 'WRITE_ONCE' }),
    replaceFunction(
      'ASID',
      (original: Kfunc<[mm: Mm], number>) =>
        function* (mm: Mm) {
          const asid = yield* original(mm);
          yield* writeOnce(mm.pte, false);
          return asid;
        },
    ),
  ],
  /** The TLBs are invalidated before the entry is cleared. */
  tlbiFirst: [delay({ in: 'unmap_page', step: 'WRITE_ONCE', past: 'flush_tlb_mm' })],
  /** Nothing is invalidated. */
  noTlbi: [omit({ in: 'flush_tlb_mm', step: 'tlbi aside1is' })],
  /** The entry stays. */
  noClear: [omit({ in: 'unmap_page', step: 'WRITE_ONCE' })],
  /** With KPTI, only the kernel's ASID of the pair is named. */
  kernelHalf: [
    change({ in: 'flush_tlb_mm', step: 'tlbi aside1is' }, ({ args: [asid], request }) =>
      (asid as number) % 2 === 0 ? request : { answer: undefined },
    ),
  ],
} as const satisfies Readonly<Record<string, readonly Mutation[]>>;

/** Mutants of a process that ends, whose machine has a lifetime. */
type EndsWrong = (lifetime: MmLifetime) => readonly Mutation[];

/** What is wrong where a process ends and the next one begins. */
export const EXIT = {
  /** The new one begins with the context id of the old. */
  keptId: ({ begin, isFree, mmCount }) => {
    const mmAlloc = defineOperation({ name: 'mm_alloc', target: () => mmCount, when: isFree, run: begin });
    return [change({ in: 'exit_and_reuse', step: 'mm_alloc' }, () => mmAlloc())];
  },
  /** A CPU that picks a thread of the process does not count, neither as a user nor as a holder. */
  noReference: ({ mmUsers }) => {
    const hasUsers = defineOperation({
      name: 'pick_next_task',
      target: () => mmUsers,
      run: (memory: Memory): boolean => memory.get(mmUsers) !== 0,
    });
    return [
      change({ in: 'context_switch', step: 'pick_next_task' }, () => hasUsers()),
      omit({ in: 'context_switch', step: 'atomic_dec' }),
    ];
  },
  /** A CPU holds on to the struct while a thread of it runs, and not until it walks other tables. */
  lazyNoGrab: ({ mmUsers, mmCount }) => {
    const dropBoth = kfunc('atomic_dec', function* () {
      yield* atomicDec(mmUsers);
      yield* atomicDec(mmCount);
    });
    return [
      change({ in: 'context_switch', step: 'atomic_dec', of: 'mm_users' }, () => dropBoth()),
      omit({ in: 'context_switch', step: 'atomic_dec', of: 'mm_count' }),
    ];
  },
  /** A device that pins the ASID does not hold on to the struct; as before v5.19. */
  deviceNoGrab: ({ mmUsers }) => {
    const hasUsers = defineOperation({
      name: 'mmgrab',
      target: () => mmUsers,
      run: (memory: Memory): boolean => memory.get(mmUsers) !== 0,
    });
    return [
      change({ in: 'iommu_sva_bind', step: 'mmgrab' }, () => hasUsers()),
      omit({ in: 'iommu_sva_bind', step: 'atomic_dec' }),
    ];
  },
  /** A driver does not ask whether the process is still there. */
  grabUnasked: ({ hold, mmCount }) => {
    const grab = defineOperation({
      name: 'mmgrab',
      target: () => mmCount,
      run: (memory: Memory): boolean => {
        hold(memory);
        return true;
      },
    });
    return [change({ in: 'iommu_sva_bind', step: 'mmgrab' }, () => grab())];
  },
  /** A device that goes leaves the ASID pinned. */
  noPut: () => [omit({ in: 'smmu_share', step: 'mm_context_put' })],
} as const satisfies Readonly<Record<string, EndsWrong>>;
