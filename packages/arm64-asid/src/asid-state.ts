/** What the allocator keeps: its globals, its per-CPU slots, and the context in every mm. */
import { atomic64T, bitmapWord, refcountT, spinlockT, type Atomic64, type Refcount } from '@shootdown/kernel/model';
import {
  bool,
  struct,
  u32,
  u64,
  type Cell,
  type Handle,
  type Layout,
  type ScalarType,
  type Struct,
} from '@shootdown/machine';

const LOCK = 'cpu_asid_lock';

/** Fields of `mm_context_t`, as far as it is about ASIDs. */
type MmContextFields = Struct<{ id: ScalarType<bigint>; pinned: ScalarType<number> }>;
type MmFields = Struct<{ context: MmContextFields; pte: ScalarType<boolean>; isGone: ScalarType<boolean> }>;

/**
 * `mm_context_t`, as far as it is about ASIDs. The id is written under the lock and read by anybody.
 *
 * @source arch/arm64/include/asm/mmu.h mm_context_t v5.10
 */
export const MmContext: MmContextFields = struct('mm_context_t', {
  id: atomic64T.writesGuardedBy(LOCK),
  pinned: refcountT.guardedBy(LOCK),
});

function mmStructWith(context: MmContextFields): MmFields {
  return struct('mm_struct', { context, pte: bool, isGone: bool.ghost() });
}

/**
 * `struct mm_struct`: a process's address space. Its page tables have one page, which is there or not.
 *
 * @source include/linux/mm_types.h struct mm_struct v5.10
 */
export const MmStruct: MmFields = mmStructWith(MmContext);

/**
 * One that is created while others run: init_new_context() writes the context without the lock, for nobody has it yet.
 *
 * @source arch/arm64/include/asm/mmu_context.h init_new_context() v5.10
 */
export const ReusedMmStruct: MmFields = mmStructWith(struct('mm_context_t', { id: atomic64T, pinned: refcountT }));

/** A view of {@link MmStruct}. */
export interface Mm extends Handle {
  readonly context: Handle & { readonly id: Atomic64; readonly pinned: Refcount };
  /** Whether its page is mapped. */
  readonly pte: Cell<boolean>;
  /** Ghost: the page was unmapped, and whoever unmapped it relies on no CPU finding it any more. */
  readonly isGone: Cell<boolean>;
}

/** The allocator's variables, by the kernel's names. */
export interface AsidState {
  readonly cpuAsidLock: Cell<number>;
  readonly asidGeneration: Atomic64;
  /** One bit an index, 32 a word. */
  readonly asidMap: readonly Cell<number>[];
  readonly pinnedAsidMap: readonly Cell<number>[];
  /** By CPU. 0 when a rollover took it. */
  readonly activeAsids: readonly Atomic64[];
  /** By CPU. */
  readonly reservedAsids: readonly Cell<bigint>[];
  /** By CPU: `tlb_flush_pending`. */
  readonly tlbFlushPending: readonly Cell<boolean>[];
  /** Where the next search begins; static in new_context(). */
  readonly curIdx: Cell<number>;
  readonly maxPinnedAsids: Cell<bigint>;
  readonly nrPinnedAsids: Cell<number>;
}

/** Places the allocator's variables, all zeros. */
export function asidState(layout: Layout, cpus: number, numUserAsids: number): AsidState {
  const words = Math.ceil(numUserAsids / 32);
  return {
    cpuAsidLock: layout.one(LOCK, spinlockT),
    asidGeneration: layout.one('asid_generation', atomic64T.writesGuardedBy(LOCK)),
    asidMap: layout.array('asid_map', bitmapWord.guardedBy(LOCK), words),
    pinnedAsidMap: layout.array('pinned_asid_map', bitmapWord.guardedBy(LOCK), words),
    activeAsids: layout.array('active_asids', atomic64T, cpus),
    reservedAsids: layout.array('reserved_asids', u64.guardedBy(LOCK), cpus),
    tlbFlushPending: layout.array('tlb_flush_pending', bool.guardedBy(LOCK), cpus),
    curIdx: layout.one('cur_idx', u32.guardedBy(LOCK)),
    maxPinnedAsids: layout.one('max_pinned_asids', u64),
    nrPinnedAsids: layout.one('nr_pinned_asids', u32.guardedBy(LOCK)),
  };
}
