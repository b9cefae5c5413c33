/**
 * `struct mm_struct`: a process's address space, its areas and page table, who holds on to it and who is told of changes.
 */
import { RwSemaphore, atomicT, setKzalloc } from '@shootdown/kernel/model';
import {
  ScalarType,
  array,
  ptr,
  struct,
  u32,
  u8,
  type Layout,
  type Memory,
  type Slab,
  type ViewOf,
} from '@shootdown/machine';
import { MAX_PAGES, PageTable } from './page-table.js';
import { MAX_VMAS, VmArea } from './vm-area-struct.js';

/**
 * A pointer whose struct only a package above this one knows: its value is a word address, 0 for NULL. That package makes
 * a typed cell of it, `new Cell(mm.notifierSubscriptions.address, ptr(() => Theirs))`.
 */
const opaquePtr: ScalarType<number> = new ScalarType({
  name: 'ptr',
  words: 1,
  decode: (lo) => lo,
  low: (value) => value | 0,
  fits: (value) => Number.isInteger(value) && value >= 0 && value <= 0x7fff_ffff,
});

/**
 * Bit number in `flags`: the OOM reaper may be taking pages away, so what is read as zero may have been something else.
 *
 * @source include/linux/sched/coredump.h MMF_UNSTABLE v4.19
 */
export const MMF_UNSTABLE = 22;
/**
 * Bit number in `flags`: the OOM killer need not look at it again.
 *
 * @source include/linux/sched/coredump.h MMF_OOM_SKIP v4.19
 */
export const MMF_OOM_SKIP = 21;

/**
 * An address space.
 *
 * - `mmapLock`: written to change the VMAs or to register notifiers, read to fault
 * - `mmUsers`: who uses the address space; at 0 it is torn down
 * - `mmCount`: who holds on to the struct, all users together counting once; at 0 it is freed
 * - `flags`: bits such as {@link MMF_UNSTABLE}
 * - `pgd`: its page table
 * - `vmas`: its areas
 * - `notifierSubscriptions`: NULL until the first notifier registers
 *
 * `written` is for the specification: what the process stored last on each page, 0 at first.
 *
 * @source include/linux/mm_types.h struct mm_struct v5.10
 */
export const MmStruct = struct('mm_struct', {
  mmapLock: RwSemaphore,
  mmUsers: atomicT,
  mmCount: atomicT,
  flags: u32,
  pgd: ptr(() => PageTable),
  vmas: array(VmArea, MAX_VMAS),
  notifierSubscriptions: opaquePtr,
  written: array(u8.ghost(), MAX_PAGES),
});
/** An address space in model memory. */
export type Mm = ViewOf<typeof MmStruct>;
/** The pool address spaces are allocated from. */
export type MmSlab = Slab<(typeof MmStruct)['fields']>;

/**
 * Places the pool of address spaces, none of them allocated.
 *
 * @param capacity - how many there may be at once, at least 1
 * @throws RangeError for another capacity
 * @throws Error when the layout has such a pool already, or is closed
 */
export function mmSlab(layout: Layout, capacity: number): MmSlab {
  return layout.slab('mm', MmStruct, capacity);
}

/**
 * Allocates an address space for an initial state: one user, who holds on to it.
 *
 * @throws RangeError when the pool is exhausted
 * @source kernel/fork.c mm_alloc() v5.10
 */
export function setMmAlloc(memory: Memory, slab: MmSlab): Mm {
  const mm = setKzalloc(memory, slab);
  memory.set(mm.mmUsers, 1);
  memory.set(mm.mmCount, 1);
  return mm;
}
