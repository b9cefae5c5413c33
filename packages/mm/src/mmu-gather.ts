/**
 * `struct mmu_gather`: what a caller has unmapped and not yet flushed, and the pages to free after that. It lives on the
 * caller's stack, so it is a plain object that its frame makes anew each time it is run.
 */
import type { Kthread } from '@shootdown/machine';
import type { MmParts } from './mm-parts.js';
import type { Mm } from './mm-struct.js';
import type { Page } from './page.js';

/** One caller's. Use it inside one kfunc. */
export class MmuGather {
  readonly #parts: MmParts;
  readonly #mm: Mm;
  readonly #batch: Page[] = [];
  /** Unmapped since the last flush: first page, and one behind the last; nothing if equal. */
  #start = 0;
  #end = 0;

  /** @source mm/mmu_gather.c tlb_gather_mmu() v5.10 */
  constructor(parts: MmParts, mm: Mm) {
    this.#parts = parts;
    this.#mm = mm;
  }

  /**
   * Notes that an entry was cleared, and a page to be freed for it; answers whether the batch is full. Then the caller lets
   * go of its locks and flushes.
   *
   * @source include/asm-generic/tlb.h __tlb_remove_page() v5.10
   */
  removePage(at: number, page: Page): boolean {
    this.#start = this.#start === this.#end ? at : Math.min(this.#start, at);
    this.#end = Math.max(this.#end, at + 1);
    this.#batch.push(page);
    return this.#batch.length >= this.#parts.batch;
  }

  /**
   * Flushes what was unmapped, then frees it.
   *
   * @source mm/mmu_gather.c tlb_flush_mmu() v5.10
   */
  *tlbFlushMmu(): Kthread<void> {
    const { bug } = this.#parts;
    if (bug === 'batch-not-flushed') {
      yield* this.#tlbBatchPagesFlush();
      return;
    }
    yield* this.tlbFinishMmu();
  }

  /**
   * Flushes and frees what is left.
   *
   * @source mm/mmu_gather.c tlb_finish_mmu() v5.10
   */
  *tlbFinishMmu(): Kthread<void> {
    const { bug } = this.#parts;
    if (bug === 'free-before-flush') yield* this.#tlbBatchPagesFlush();
    if (bug !== 'no-flush' && bug !== 'flush-before-zap') yield* this.#tlbFlushMmuTlbonly();
    yield* this.#tlbBatchPagesFlush();
  }

  *#tlbFlushMmuTlbonly(): Kthread<void> {
    if (this.#start === this.#end) return;
    const end = this.#parts.bug === 'flush-first-page' ? this.#start + 1 : this.#end;
    yield* this.#parts.flushTlbMmRange(this.#mm, this.#start, end);
    this.#end = this.#start;
  }

  *#tlbBatchPagesFlush(): Kthread<void> {
    for (const page of this.#batch.splice(0)) yield* this.#parts.frames.putPage(page);
  }
}
