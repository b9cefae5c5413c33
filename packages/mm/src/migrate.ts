/** Moving a page to another frame, behind the back of those who use it: faults wait on a migration entry meanwhile. */
import { EAGAIN, ENOMEM, refcountRead, spinLock, spinUnlock } from '@shootdown/kernel/model';
import { kfunc, read, readOnce, writeOnce, type Kfunc } from '@shootdown/machine';
import { copyPage } from './fault.js';
import type { MmParts } from './mm-parts.js';
import type { Mm } from './mm-struct.js';
import { MMU_NOTIFY_CLEAR, mmuNotifierRange } from './notifier-range.js';
import { addressOf, migrationPte, pfnPte, ptePfn, ptePresent, pteWrite, type PageTable } from './page-table.js';

/** The functions that migrate. */
export interface Migrate {
  /**
   * Moves a page that one address space maps and nobody else holds; answers 0, `-EAGAIN` when it is not such a page, or
   * `-ENOMEM`.
   *
   * @source mm/migrate.c unmap_and_move() v5.10
   */
  readonly migratePage: Kfunc<[mm: Mm, page: number], number>;
  /**
   * Puts a migration entry in place of a page and holds on to it; answers the entry there was, 0 if it cannot be moved.
   *
   * @source mm/rmap.c try_to_unmap() v5.10
   */
  readonly tryToUnmap: Kfunc<[mm: Mm, table: PageTable, page: number], number>;
}

/** Makes them. */
export function defineMigrate(parts: MmParts): Migrate {
  const { frames, hooks } = parts;

  const tryToUnmap = kfunc('try_to_unmap', function* (mm: Mm, table: PageTable, page: number) {
    const range = mmuNotifierRange({ mm, start: addressOf(page), end: addressOf(page + 1), event: MMU_NOTIFY_CLEAR });
    yield* hooks.invalidateRangeStart(range);
    yield* spinLock(table.lock);
    const entry = yield* readOnce(table.entries[page]);
    const isMovable = ptePresent(entry) && (yield* refcountRead(frames.at(ptePfn(entry)).refcount)) === 1;
    if (isMovable) {
      yield* writeOnce(table.entries[page], 0);
      yield* parts.flushTlbMmRange(mm, page, page + 1);
      yield* writeOnce(table.entries[page], migrationPte(ptePfn(entry)));
    }
    yield* spinUnlock(table.lock);
    yield* hooks.invalidateRangeEnd(range);
    return isMovable ? entry : 0;
  });

  /** Maps the new frame where the migration entry still is; answers whether it was. */
  const removeMigrationPte = kfunc(
    'remove_migration_pte',
    function* (table: PageTable, page: number, old: number, entry: number) {
      const expected = migrationPte(ptePfn(old));
      yield* spinLock(table.lock);
      const isThere = (yield* readOnce(table.entries[page])) === expected;
      if (isThere) yield* writeOnce(table.entries[page], entry);
      yield* spinUnlock(table.lock);
      return isThere;
    },
  );

  return {
    tryToUnmap,
    migratePage: kfunc('unmap_and_move', function* (mm: Mm, page: number) {
      const table = yield* read(mm.pgd);
      if (table === null) return -EAGAIN;
      const fresh = yield* frames.allocPage(page + 1);
      if (fresh === null) return -ENOMEM;
      const old = yield* tryToUnmap(mm, table, page);
      if (old === 0) {
        yield* frames.putPage(fresh);
        return -EAGAIN;
      }
      const from = frames.at(ptePfn(old));
      yield* copyPage(fresh, from);
      const isMapped = yield* removeMigrationPte(table, page, old, pfnPte(frames.pfnOf(fresh), pteWrite(old)));
      yield* frames.putPage(from);
      if (!isMapped) yield* frames.putPage(fresh);
      return 0;
    }),
  };
}
