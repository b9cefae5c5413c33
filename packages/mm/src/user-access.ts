/** What a program does: it accesses a page, faulting as often as it takes. */
import { EFAULT } from '@shootdown/kernel/model';
import { kfunc } from '@shootdown/machine';
import { handleMmFault } from './memory.js';
import type { Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';

/** Loads from a page; returns 0, `-EFAULT` (it is killed), `-ENOMEM`. */
export const userLoad = kfunc('user_load', function* (system: MmSystem, mm: Mm, cpu: number, page: number) {
  while ((yield* system.cpus.load(cpu, page)) === -EFAULT) {
    const error = yield* handleMmFault(system, mm, page, 0);
    if (error !== 0) return error;
  }
  return 0;
});

/** As {@link userLoad}, but stores a new number. */
export const userStore = kfunc('user_store', function* (system: MmSystem, mm: Mm, cpu: number, page: number) {
  while ((yield* system.cpus.store(cpu, page)) === -EFAULT) {
    const error = yield* handleMmFault(system, mm, page, 1);
    if (error !== 0) return error;
  }
  return 0;
});
