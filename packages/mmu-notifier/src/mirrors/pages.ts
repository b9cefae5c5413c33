/**
 * The address space that scenarios change: a few pages, each mapped to a page frame by its entry. A change takes a page's frame
 * away and puts another in its place, as migration and COW do, between the start and the end of an invalidation; whoever still
 * maps the old frame after the start maps a page that is being freed.
 */
import { kfunc, rmw, u8, type Cell, type Invariant, type Kfunc, type Layout, type Memory } from '@shootdown/machine';
import { MMU_NOTIFY_CLEAR, mmuNotifierRange, type Mm, type MmuNotifierRange } from '@shootdown/mm/model';
import type { MmuNotifierCore } from '../core.js';
import {
  mmuNotifierInvalidateRangeEnd,
  mmuNotifierInvalidateRangeStart,
  mmuNotifierInvalidateRangeStartNonblock,
} from '../inlines.js';

/** Bytes of a page. */
export const PAGE_SIZE = 4096n;

/** A few pages. */
export interface Pages {
  /** The frame each page is mapped to, at least 1. */
  readonly ptes: readonly Cell<number>[];
  /** Maps every page to frame 1. */
  readonly init: (memory: Memory) => void;
}

/** Lays out pages 0 to `count - 1`. */
export function pages(layout: Layout, count: number): Pages {
  const ptes: readonly Cell<number>[] = layout.array<typeof u8>('pte', u8, count);
  return {
    ptes,
    init: (memory) => {
      for (const pte of ptes) memory.set(pte, 1);
    },
  };
}

/** A range of whole pages, as an invalidation of it. */
export function rangeOfPages(mm: Mm, first: number, count: number): MmuNotifierRange {
  const start = BigInt(first) * PAGE_SIZE;
  return mmuNotifierRange({ mm, start, end: start + BigInt(count) * PAGE_SIZE, event: MMU_NOTIFY_CLEAR });
}

/** Whether a range touches a page. */
export function touches([, start, end]: MmuNotifierRange, page: number): boolean {
  return BigInt(page) * PAGE_SIZE < end && start < BigInt(page + 1) * PAGE_SIZE;
}

/** How pages change. */
export interface PageChanges {
  /** Gives a page another frame, whatever others do meanwhile. */
  readonly migrate: Kfunc<[mm: Mm, page: number], void>;
  /** As the OOM reaper: does not wait for anybody, and gives up where somebody refuses. Returns whether it did it. */
  readonly reap: Kfunc<[mm: Mm, page: number], boolean>;
}

/** How pages change, with notifiers of this core told. */
export function pageChanges({ ptes }: Pages, core: MmuNotifierCore): PageChanges {
  return {
    migrate: kfunc('migrate_page', function* (mm: Mm, page: number) {
      const range = rangeOfPages(mm, page, 1);
      yield* mmuNotifierInvalidateRangeStart(core, range);
      yield* rmw('add', 'ptep_clear_flush', 'full', ptes[page], 1);
      yield* mmuNotifierInvalidateRangeEnd(core, range);
    }),
    reap: kfunc('__oom_reap_task_mm', function* (mm: Mm, page: number) {
      const range = rangeOfPages(mm, page, 1);
      if ((yield* mmuNotifierInvalidateRangeStartNonblock(core, range)) !== 0) return false;
      yield* rmw('add', 'ptep_clear_flush', 'full', ptes[page], 1);
      yield* mmuNotifierInvalidateRangeEnd(core, range);
      return true;
    }),
  };
}

/** That no mirror maps a frame that its page no longer has: `mirrors[i]` are copies of page `i`, 0 for none. */
export function followsPtes({ ptes }: Pages, what: string, mirrors: readonly (readonly Cell<number>[])[]): Invariant {
  return (memory) => {
    for (const [page, copies] of mirrors.entries())
      for (const [i, copy] of copies.entries()) {
        const [has, is] = [memory.get(copy), memory.get(ptes[page])];
        if (has !== 0 && has !== is)
          return `${what} ${i} maps page ${page} to frame ${has}, which is freed; it has ${is}`;
      }
    return true;
  };
}
