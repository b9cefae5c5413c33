/** mm/migrate.c: a page moves to another frame, behind the back of those who use it; faults wait on a migration entry meanwhile. */
import { EAGAIN, ENOMEM, spinLock, spinUnlock } from '@shootdown/kernel/model';
import { kfunc, read, readOnce, writeOnce } from '@shootdown/machine';
import { copyPage } from './memory.js';
import type { Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';
import { putPage } from './page.js';
import { migrationPte, pfnPte, ptePfn, pteWrite, type PageTable } from './page-table.js';
import { tryToUnmap } from './rmap.js';

/**
 * Maps the new frame where the migration entry still is; returns whether it was.
 *
 * @source mm/migrate.c remove_migration_pte() v5.10
 */
export const removeMigrationPte = kfunc(
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

/**
 * Moves a page that one address space maps and nobody else holds; returns 0, `-EAGAIN` when it is not such a page, or
 * `-ENOMEM`.
 *
 * @source mm/migrate.c unmap_and_move() v5.10
 */
export const migratePage = kfunc('unmap_and_move', function* (system: MmSystem, mm: Mm, page: number) {
  const table = yield* read(mm.pgd);
  if (table === null) return -EAGAIN;
  const fresh = yield* system.frames.allocPage(page + 1);
  if (fresh === null) return -ENOMEM;
  const old = yield* tryToUnmap(system, mm, table, page);
  if (old === 0) {
    yield* putPage(fresh);
    return -EAGAIN;
  }
  const from = system.frames.at(ptePfn(old));
  yield* copyPage(fresh, from);
  const isMapped = yield* removeMigrationPte(table, page, old, pfnPte(system.frames.pfnOf(fresh), pteWrite(old)));
  yield* putPage(from);
  if (!isMapped) yield* putPage(fresh);
  return 0;
});
