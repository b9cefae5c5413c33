/**
 * Areas of an address space, sorted by address, no two overlapping. They change under `mmapLock` held for writing, and are
 * looked up under it held for reading. There are few, so they are an array and not a tree; lookups and changes are one step.
 */
import { ENOMEM } from '@shootdown/kernel/model';
import { defineOperation, type Cell, type Memory, type Request } from '@shootdown/machine';
import type { Mm } from './mm-struct.js';
import { MAX_VMAS } from './vm-area-struct.js';

/** Flag of an area: its pages may be read. @source include/linux/mm.h VM_READ v5.10 */
export const VM_READ = 1;
/** Flag of an area: its pages may be written. @source include/linux/mm.h VM_WRITE v5.10 */
export const VM_WRITE = 2;

/** An area by value. */
export interface Area {
  readonly start: number;
  readonly end: number;
  readonly flags: number;
}

/** The areas of an address space, by address. */
export function areasOf(memory: { get<T>(cell: Cell<T>): T }, mm: Mm): Area[] {
  const areas = mm.vmas.map(({ vmStart, vmEnd, vmFlags }) => ({
    start: memory.get(vmStart),
    end: memory.get(vmEnd),
    flags: memory.get(vmFlags),
  }));
  return areas.filter(({ flags }) => flags !== 0);
}

/**
 * Puts areas in place of those there are; for initial states, and for operations.
 *
 * @throws RangeError when there are too many
 */
export function setAreas(memory: Memory, mm: Mm, areas: readonly Area[]): void {
  if (areas.length > MAX_VMAS) throw new RangeError(`expected at most ${MAX_VMAS} areas, got ${areas.length}`);
  const sorted = [...areas].sort((a, b) => a.start - b.start);
  mm.vmas.forEach(({ vmStart, vmEnd, vmFlags }, i) => {
    const { start, end, flags } = sorted[i] ?? { start: 0, end: 0, flags: 0 };
    memory.set(vmStart, start);
    memory.set(vmEnd, end);
    memory.set(vmFlags, flags);
  });
}

/** What is left of an area when pages `start` to `end - 1` are taken out of it. */
function without(area: Area, start: number, end: number): Area[] {
  const below = { ...area, end: Math.min(area.end, start) };
  const above = { ...area, start: Math.max(area.start, end) };
  return [below, above].filter((part) => part.start < part.end);
}

const target = (mm: Mm): Cell<number> => mm.vmas[0].vmFlags;

/**
 * The flags of the area that a page is in, 0 for none. The caller holds `mmapLock`.
 *
 * @source mm/mmap.c find_vma() v5.10
 */
export const findVma: (mm: Mm, page: number) => Request<number> = defineOperation({
  name: 'find_vma',
  target,
  run: (memory: Memory, mm: Mm, page: number): number =>
    areasOf(memory, mm).find(({ start, end }) => start <= page && page < end)?.flags ?? 0,
});

/**
 * Takes pages `start` to `end - 1` out of the areas, which may split one. Returns 0, or `-ENOMEM` when there are too many
 * areas then. The caller holds `mmapLock` for writing.
 *
 * @source mm/mmap.c detach_vmas_to_be_unmapped() v5.10
 */
export const detachVmas: (mm: Mm, start: number, end: number) => Request<number> = defineOperation({
  name: 'detach_vmas_to_be_unmapped',
  target,
  run: (memory: Memory, mm: Mm, start: number, end: number): number => {
    const left = areasOf(memory, mm).flatMap((area) => without(area, start, end));
    if (left.length > MAX_VMAS) return -ENOMEM;
    setAreas(memory, mm, left);
    return 0;
  },
});

/**
 * Adds an area where there is none, whose pages nobody has written. Returns 0, or `-ENOMEM` when there is no room for one more. The caller holds `mmapLock`
 * for writing.
 *
 * @source mm/mmap.c insert_vm_struct() v5.10
 */
export const insertVma: (mm: Mm, start: number, end: number, flags: number) => Request<number> = defineOperation({
  name: 'insert_vm_struct',
  target,
  run: (memory: Memory, mm: Mm, start: number, end: number, flags: number): number => {
    const areas = areasOf(memory, mm);
    if (areas.length === MAX_VMAS || areas.some((area) => area.start < end && start < area.end)) return -ENOMEM;
    setAreas(memory, mm, [...areas, { start, end, flags }]);
    for (const written of mm.written.slice(start, end)) memory.set(written, 0);
    return 0;
  },
});

/**
 * Gives `mm` the areas of `oldmm`. The caller holds both locks for writing.
 *
 * @source kernel/fork.c dup_mmap() v5.10
 */
export const copyVmas: (mm: Mm, oldmm: Mm) => Request<void> = defineOperation({
  name: 'dup_mmap',
  target,
  run: (memory: Memory, mm: Mm, oldmm: Mm): void => {
    setAreas(memory, mm, areasOf(memory, oldmm));
  },
});
