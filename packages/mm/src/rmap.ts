/** mm/rmap.c: where a page is mapped. Here one address space has it. */
import { refcountRead, spinLock, spinUnlock } from '@shootdown/kernel/model';
import { kfunc, readOnce, writeOnce } from '@shootdown/machine';
import type { Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';
import { MMU_NOTIFY_CLEAR, mmuNotifierRange } from './notifier-range.js';
import { addressOf, migrationPte, ptePfn, ptePresent, type PageTable } from './page-table.js';
import { flushTlbMmRange } from './tlb.js';

/**
 * Puts a migration entry in place of a page and holds on to it; returns the entry there was, 0 if it cannot be moved.
 *
 * @source mm/rmap.c try_to_unmap() v5.10
 */
export const tryToUnmap = kfunc('try_to_unmap', function* (system: MmSystem, mm: Mm, table: PageTable, page: number) {
  const range = mmuNotifierRange({ mm, start: addressOf(page), end: addressOf(page + 1), event: MMU_NOTIFY_CLEAR });
  yield* system.hooks.invalidateRangeStart(range);
  yield* spinLock(table.lock);
  const entry = yield* readOnce(table.entries[page]);
  const isMovable = ptePresent(entry) && (yield* refcountRead(system.frames.at(ptePfn(entry)).refcount)) === 1;
  if (isMovable) {
    yield* writeOnce(table.entries[page], 0);
    yield* flushTlbMmRange(system, mm, page, page + 1);
    yield* writeOnce(table.entries[page], migrationPte(ptePfn(entry)));
  }
  yield* spinUnlock(table.lock);
  yield* system.hooks.invalidateRangeEnd(range);
  return isMovable ? entry : 0;
});
