/** CPUs, page frames and address spaces: what the functions of memory management are handed. */
import { setKzalloc } from '@shootdown/kernel/model';
import { Layout, type Kfunc, type Memory, type Slab, type Subsystem, type Thread } from '@shootdown/machine';
import { placeCpus, type Cpus } from './cpu.js';
import { noSubscribers, type InvalidationHooks } from './invalidation-hooks.js';
import { defineMmdrop } from './mm-lifetime.js';
import { mmSlab, setMmAlloc, type Mm, type MmSlab } from './mm-struct.js';
import { pageAllocator, type Page, type PageAllocator } from './page.js';
import { MAX_PAGES, PageTable, pfnPte } from './page-table.js';
import { VM_READ, VM_WRITE, setAreas } from './vma.js';

/** What hooks may be built upon. */
export interface MmHardware {
  readonly layout: Layout;
  readonly mms: MmSlab;
  readonly frames: PageAllocator;
  readonly cpus: Cpus;
}

/** How large a system is, and who is told of changes. */
export interface MmSystemOptions {
  /** 1 or more. */
  readonly cpus: number;
  /** Pages of an address space that are in use, 1 to {@link MAX_PAGES}. */
  readonly pages: number;
  /** Page frames, 1 or more. */
  readonly frames: number;
  /** Address spaces there may be at once; default 1. */
  readonly mms?: number;
  /** Pages freed together at most; default 8. */
  readonly batch?: number;
  /** Who is told of changes; default nobody. */
  readonly hooks?: (hardware: MmHardware) => InvalidationHooks;
  /** A walk sets the accessed bit; default false. */
  readonly tracksYoung?: boolean;
  /** Whether what is allocated may still be there where all threads have ended; default true. */
  readonly mayOutlive?: boolean;
  /** A layout to add to; default a new one. */
  readonly layout?: Layout;
}

/** The system. */
export interface MmSystem extends MmHardware, Subsystem {
  readonly tables: Slab<(typeof PageTable)['fields']>;
  readonly hooks: InvalidationHooks;
  /** Pages that are in use, from 0. */
  readonly pages: number;
  /** Pages that are freed together at most. */
  readonly batch: number;
  /** Lets go of the struct; the last one frees it. */
  readonly mmdrop: Kfunc<[mm: Mm], void>;
}

/** Lays out a system. @throws RangeError for a size out of range */
export function mmSystem(options: MmSystemOptions): MmSystem {
  const { pages, batch = 8, mms: mostMms = 1, layout = new Layout(), mayOutlive = true } = options;
  if (pages < 1 || pages > MAX_PAGES) throw new RangeError(`pages: expected 1 to ${MAX_PAGES}, got ${pages}`);
  const mms = mmSlab(layout, mostMms);
  const tables = layout.slab('pgd', PageTable, mostMms);
  const frames = pageAllocator(layout, options.frames);
  for (const slab of [mms, tables, frames.slab]) slab.outlives = mayOutlive;
  const cpus = placeCpus(layout, options, frames);
  const hardware: MmHardware = { layout, mms, frames, cpus };
  const hooks = options.hooks?.(hardware) ?? noSubscribers;
  return layout.subsystem('mm', { ...hardware, tables, hooks, pages, batch, mmdrop: defineMmdrop(hooks) });
}

/** Allocates an address space with an empty table, for an initial state. @throws RangeError when there is no room for one */
export function setMmWithTable(memory: Memory, { mms, tables }: MmSystem): Mm {
  const mm = setMmAlloc(memory, mms);
  memory.set(mm.pgd, setKzalloc(memory, tables));
  return mm;
}

/** Maps a new page, writable and unwritten, for an initial state. @throws RangeError when there is no frame */
export function setMapped(memory: Memory, { frames }: MmSystem, mm: Mm, page: number): Page {
  const frame = frames.setAllocPage(memory, page + 1);
  const table = memory.get(mm.pgd) as PageTable;
  memory.set(table.entries[page], pfnPte(frames.pfnOf(frame), true));
  return frame;
}

/**
 * An address space for an initial state, which these CPUs walk: one writable area of all pages, of which the first
 * `mapped`, by default all, are mapped, writable and unwritten.
 */
export function setProcess(memory: Memory, system: MmSystem, cpus: readonly number[], mapped = system.pages): Mm {
  const mm = setMmWithTable(memory, system);
  setAreas(memory, mm, [{ start: 0, end: system.pages, flags: VM_READ | VM_WRITE }]);
  for (let page = 0; page < mapped; page++) setMapped(memory, system, mm, page);
  for (const cpu of cpus) memory.set(system.cpus.cpus[cpu].activeMm, mm);
  return mm;
}

/** Speculation on every CPU in every page. */
export function speculation({ cpus, pages }: MmSystem): Thread[] {
  return [...cpus.cpus.keys()].flatMap((cpu) =>
    Array.from({ length: pages }, (_, page) => cpus.speculation(cpu, page)),
  );
}
