/** The end of an address space, and of its use by a CPU. */
import { atomicOr, downRead, downWrite, kfree, upRead, upWrite } from '@shootdown/kernel/model';
import { kfunc, read, writeOnce, type Kfunc } from '@shootdown/machine';
import { defineMmdrop, defineMmput, mmgrab } from './mm-lifetime.js';
import type { MmParts } from './mm-parts.js';
import { MMF_OOM_SKIP, type Mm } from './mm-struct.js';
import type { Unmap } from './unmap.js';
import { detachVmas } from './vma.js';

/** The functions that end. */
export interface Exit {
  /** Lets go of the struct; the last one frees it. */
  readonly mmdrop: Kfunc<[mm: Mm], void>;
  /** Ends the use of an address space; the last user tears it down. */
  readonly mmput: Kfunc<[mm: Mm], void>;
  /**
   * Ends a task: it no longer uses the address space, but its CPU goes on walking the tables until another task runs there,
   * and holds on to them as long.
   *
   * @source kernel/exit.c exit_mm() v5.10
   */
  readonly exitMm: Kfunc<[mm: Mm, cpu: number], void>;
}

/** Makes them. */
export function defineExit(parts: MmParts, { unmapRegion }: Pick<Unmap, 'unmapRegion'>): Exit {
  const { hooks, cpus, pages } = parts;
  const mmdrop = defineMmdrop(hooks);

  /** @source mm/memory.c free_pgtables() v6.1 */
  const freePgtables = kfunc('free_pgtables', function* (mm: Mm) {
    const table = yield* read(mm.pgd);
    yield* writeOnce(mm.pgd, null);
    yield* parts.flushTlbMmRange(mm, 0, pages);
    yield* kfree(table);
  });

  /** @source mm/mmap.c exit_mmap() v6.1 */
  const exitMmap = kfunc('exit_mmap', function* (mm: Mm) {
    yield* hooks.release(mm);
    yield* downRead(mm.mmapLock);
    yield* unmapRegion(mm, 0, pages);
    yield* upRead(mm.mmapLock);
    yield* atomicOr(1 << MMF_OOM_SKIP, mm.flags);
    yield* downWrite(mm.mmapLock);
    yield* detachVmas(mm, 0, pages);
    yield* freePgtables(mm);
    yield* upWrite(mm.mmapLock);
  });
  const mmput = defineMmput({ exitMmap, mmdrop });
  return {
    mmdrop,
    mmput,
    exitMm: kfunc('exit_mm', function* (mm: Mm, cpu: number) {
      yield* mmgrab(mm);
      yield* mmput(mm);
      yield* cpus.switchMm(cpu, null);
      yield* mmdrop(mm);
    }),
  };
}
