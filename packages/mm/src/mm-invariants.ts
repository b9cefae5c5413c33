/** What must hold where all threads have ended. */
import type { Invariant } from '@shootdown/machine';
import type { MmSystem } from './mm-system.js';
import { ptePfn, ptePresent } from './page-table.js';
import { areasOf } from './vma.js';

/** Every page that is mapped is in an area. */
export function pagesHaveAreas({ mms, frames, pages }: MmSystem): Invariant {
  return (memory) => {
    for (const mm of mms.slots) {
      const table = memory.get(mm.pgd);
      const areas = areasOf(memory, mm);
      for (let page = 0; table !== null && page < pages; page++) {
        const entry = memory.get(table.entries[page]);
        if (ptePresent(entry) && !areas.some(({ start, end }) => start <= page && page < end))
          return `page ${page} is mapped to frame ${ptePfn(entry)} of ${frames.slab.capacity}, and is in no area`;
      }
    }
    return true;
  };
}

/** Every frame that is allocated is mapped as often as it is held. */
export function isEveryFrameMapped({ mms, frames, pages }: MmSystem): Invariant {
  return (memory) => {
    const tables = mms.slots.flatMap((mm) => memory.get(mm.pgd) ?? []);
    const entries = tables.flatMap((table) => table.entries.slice(0, pages).map((entry) => memory.get(entry)));
    for (const [pfn, { refcount }] of frames.slab.slots.entries()) {
      const mapped = entries.filter((entry) => ptePresent(entry) && ptePfn(entry) === pfn).length;
      const held = frames.isLive(memory, pfn) ? memory.get(refcount) : 0;
      if (mapped !== held) return `frame ${pfn} is held ${held} times and mapped ${mapped} times`;
    }
    return true;
  };
}
