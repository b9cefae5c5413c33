/** A machine with CPUs, page frames and address spaces, and the functions of memory management on it. */
import { EFAULT, setKzalloc } from '@shootdown/kernel/model';
import {
  Layout,
  SLOT_LIVE,
  defineOperation,
  kfunc,
  type Kfunc,
  type Memory,
  type Request,
  type Slab,
  type Thread,
} from '@shootdown/machine';
import { placeCpus, type Cpus } from './cpu.js';
import { defineExit, type Exit } from './exit.js';
import { defineFault, type Fault } from './fault.js';
import { defineFork, type Fork } from './fork.js';
import { noSubscribers, type InvalidationHooks } from './invalidation-hooks.js';
import { defineMigrate, type Migrate } from './migrate.js';
import { mmParts, type MmParts } from './mm-parts.js';
import { mmSlab, setMmAlloc, type Mm, type MmSlab } from './mm-struct.js';
import { defineOomReaper, type OomReaper } from './oom-reaper.js';
import { pageAllocator, type Page, type PageAllocator } from './page.js';
import { MAX_PAGES, PageTable, pfnPte } from './page-table.js';
import { defineUnmap, type Unmap } from './unmap.js';
import { VM_READ, VM_WRITE, setAreas } from './vma.js';
import { defineYoung, type Young } from './young.js';

/** What hooks may be built upon. */
export interface MmGround {
  readonly layout: Layout;
  readonly mms: MmSlab;
  readonly frames: PageAllocator;
  readonly cpus: Cpus;
}

/** How large a machine is and what is wrong in it. */
export interface MmWorldOptions {
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
  readonly hooks?: (ground: MmGround) => InvalidationHooks;
  /** A walk sets the accessed bit; default false. */
  readonly tracksYoung?: boolean;
  /** Whether what is allocated may still be there where all threads have ended; default true. */
  readonly mayOutlive?: boolean;
  /** A layout to add to; default a new one. */
  readonly layout?: Layout;
}

/** The machine. */
export interface MmWorld extends MmGround, Unmap, Fault, Fork, Migrate, Exit, OomReaper, Young {
  readonly tables: Slab<(typeof PageTable)['fields']>;
  readonly parts: MmParts;
  /** A new address space with no areas, used once; `null` when there is no room for one. */
  readonly mmAlloc: () => Request<Mm | null>;
  /** What a program does: loads from a page, faulting as often as it takes; answers 0, `-EFAULT` (it is killed), `-ENOMEM`. */
  readonly userLoad: Kfunc<[mm: Mm, cpu: number, page: number], number>;
  /** As `userLoad`, but stores a new number. */
  readonly userStore: Kfunc<[mm: Mm, cpu: number, page: number], number>;
  /** Speculation on every CPU in every page. */
  readonly speculation: readonly Thread[];
  /**
   * An address space for an initial state, which these CPUs walk: one writable area of all pages, of which the first
   * `mapped` are mapped, writable and unwritten.
   */
  readonly setProcess: (memory: Memory, cpus: readonly number[], mapped?: number) => Mm;
  /** Maps a new page, writable and unwritten, for an initial state. */
  readonly setMapped: (memory: Memory, mm: Mm, page: number) => Page;
}

/** Lays out a machine. @throws RangeError for a size out of range */
export function mmWorld(options: MmWorldOptions): MmWorld {
  const { pages, batch = 8, mms: mostMms = 1, layout = new Layout(), mayOutlive = true } = options;
  if (pages < 1 || pages > MAX_PAGES) throw new RangeError(`pages: expected 1 to ${MAX_PAGES}, got ${pages}`);
  const mms = mmSlab(layout, mostMms);
  const tables = layout.slab('pgd', PageTable, mostMms);
  const frames = pageAllocator(layout, options.frames);
  for (const slab of [mms, tables, frames.slab]) slab.outlives = mayOutlive;
  const cpus = placeCpus(layout, options, frames);
  const ground: MmGround = { layout, mms, frames, cpus };
  const hooks = options.hooks?.(ground) ?? noSubscribers;
  const parts = mmParts({ frames, cpus, hooks, pages, batch });
  const unmap = defineUnmap(parts);
  const fault = defineFault(parts);

  function userAccess(name: string, access: Cpus['load'], isWrite: 0 | 1): MmWorld['userLoad'] {
    return kfunc(name, function* (mm: Mm, cpu: number, page: number) {
      while ((yield* access(cpu, page)) === -EFAULT) {
        const error = yield* fault.handleMmFault(mm, page, isWrite);
        if (error !== 0) return error;
      }
      return 0;
    });
  }

  function setMapped(memory: Memory, mm: Mm, page: number): Page {
    const frame = frames.setAllocPage(memory, page + 1);
    const table = memory.get(mm.pgd) as PageTable;
    memory.set(table.entries[page], pfnPte(frames.pfnOf(frame), true));
    return frame;
  }

  return {
    ...ground,
    ...unmap,
    ...fault,
    ...defineFork(parts),
    ...defineMigrate(parts),
    ...defineExit(parts, unmap),
    ...defineOomReaper(parts),
    ...defineYoung(parts),
    tables,
    parts,
    mmAlloc: defineOperation({
      name: 'mm_alloc',
      target: () => mms.states[0],
      run: (memory: Memory): Mm | null =>
        mms.states.every((state) => memory.get(state) === SLOT_LIVE) ? null : alloc(memory),
    }),
    userLoad: userAccess('user_load', cpus.load, 0),
    userStore: userAccess('user_store', cpus.store, 1),
    speculation: [...cpus.cpus.keys()].flatMap((cpu) =>
      Array.from({ length: pages }, (_, page) => cpus.speculation(cpu, page)),
    ),
    setProcess: (memory, on, mapped = pages) => {
      const mm = alloc(memory);
      setAreas(memory, mm, [{ start: 0, end: pages, flags: VM_READ | VM_WRITE }]);
      for (let page = 0; page < mapped; page++) setMapped(memory, mm, page);
      for (const cpu of on) memory.set(cpus.cpus[cpu].activeMm, mm);
      return mm;
    },
    setMapped,
  };

  function alloc(memory: Memory): Mm {
    const mm = setMmAlloc(memory, mms);
    memory.set(mm.pgd, setKzalloc(memory, tables));
    return mm;
  }
}
