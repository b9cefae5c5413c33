/**
 * Page frames and their allocator. A frame that was freed is given out again once no fresh one is left, so a translation that
 * outlived its page leads to freed memory first and to somebody else's later.
 */
import { kfree, refcountDecAndTest, refcountInc, refcountT, setKzalloc } from '@shootdown/kernel/model';
import {
  SLOT_LIVE,
  defineOperation,
  kfunc,
  struct,
  u8,
  type Layout,
  type Memory,
  type MemoryReader,
  type Request,
  type Slab,
  type ViewOf,
} from '@shootdown/machine';

/** What a page that the kernel uses itself is used as. */
export const USED_BY_KERNEL = 0;

/**
 * A page frame: who holds on to it, what it is used as (the user page whose number is one less, or
 * {@link USED_BY_KERNEL}), where it was moved to (0, or one more than the page), and its contents, one small number.
 *
 * @source include/linux/mm_types.h struct page v5.10
 */
export const Page = struct('page', { refcount: refcountT, usedAs: u8, movedTo: u8.ghost(), word: u8 });
/** A page frame in model memory. */
export type Page = ViewOf<typeof Page>;

/** The frames of a machine. */
export interface PageAllocator {
  readonly slab: Slab<(typeof Page)['fields']>;
  /** Takes a frame of zeros, held once; returns `null` when there is none. */
  readonly allocPage: (usedAs: number) => Request<Page | null>;
  /** Takes a frame for an initial state. */
  readonly setAllocPage: (memory: Memory, usedAs: number) => Page;
  /** Number of a frame. */
  readonly pfnOf: (page: Page) => number;
  /** The frame of that number. */
  readonly at: (pfn: number) => Page;
  /** Whether a frame is allocated. */
  readonly isLive: (memory: MemoryReader, pfn: number) => boolean;
  /** Whether a frame is allocated and used as that user page, or was moved there. */
  readonly isUsedAs: (memory: MemoryReader, pfn: number, page: number) => boolean;
}

/**
 * Holds on to a frame that the caller holds on to already.
 *
 * @source include/linux/mm.h get_page() v5.10
 */
export const getPage = (page: Page): Request<void> => refcountInc(page.refcount);

/**
 * Lets go of a frame; the last one frees it.
 *
 * @source include/linux/mm.h put_page() v5.10
 */
export const putPage = kfunc('put_page', function* (page: Page) {
  if (yield* refcountDecAndTest(page.refcount)) yield* kfree(page);
});

/**
 * Places the frames, all free.
 *
 * @param frames - how many, 1 or more
 */
export function pageAllocator(layout: Layout, frames: number): PageAllocator {
  const slab = layout.slab('page', Page, frames);
  const setAllocPage = (memory: Memory, usedAs: number): Page => {
    const page = setKzalloc(memory, slab);
    memory.set(page.refcount, 1);
    memory.set(page.usedAs, usedAs);
    memory.set(page.movedTo, 0);
    return page;
  };
  const isLive = (memory: MemoryReader, pfn: number): boolean => memory.get(slab.states[pfn]) === SLOT_LIVE;
  return {
    slab,
    setAllocPage,
    allocPage: defineOperation({
      name: 'alloc_page',
      target: () => slab.states[0],
      run: (memory: Memory, usedAs: number): Page | null =>
        slab.states.every((state) => memory.get(state) === SLOT_LIVE) ? null : setAllocPage(memory, usedAs),
    }),
    pfnOf: (page) => slab.slots.indexOf(page),
    at: (pfn) => slab.slots[pfn],
    isLive,
    isUsedAs: (memory, pfn, page) => {
      const { usedAs, movedTo } = slab.slots[pfn];
      return isLive(memory, pfn) && [memory.get(usedAs), memory.get(movedTo)].includes(page + 1);
    },
  };
}
