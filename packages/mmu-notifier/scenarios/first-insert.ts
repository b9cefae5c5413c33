/** May the first notifier of an address space come while pages change? */
import { downRead, mutexLock, mutexT, mutexUnlock, upRead } from '@shootdown/kernel/model';
import { kfunc, scenario, variantsOf, type Scenario, type Setup, type System, type Variant } from '@shootdown/machine';
import type { Mm } from '@shootdown/mm/model';
import { GPU_OPS, NO_STALE, mirrorWorld, systemOf } from './mirror-world.js';
import { CORE } from './mutants.js';

const variants: Readonly<Record<string, Variant & { readonly isUnlocked?: boolean }>> = {
  merged: { expect: 'holds', about: 'a registration keeps out all who change pages' },
  'no-take-all-locks': {
    expect: 'invariant',
    rule: NO_STALE,
    mutations: CORE.noTakeAllLocks,
    about: 'it keeps out only those who hold mmap_lock: a change that began untold is not waited for',
  },
  'no-take-all-locks-count': {
    expect: 'contract',
    rule: 'end-without-start',
    mutations: CORE.noTakeAllLocks,
    only: ['end-without-start'],
    about: 'the same: an invalidation ends that was never counted as begun',
  },
  'insert-locked-without': {
    expect: 'guard',
    isUnlocked: true,
    about: 'the driver calls insert_locked without mmap_lock',
  },
};

/** The first interval notifier of an address space. */
export const firstInsert: Scenario = scenario({
  name: 'notifier/first-insert',
  asks: 'Are begun and ended invalidations counted alike, whenever the first interval notifier is inserted?',
  source: 'mm/mmu_notifier.c mmu_interval_notifier_insert(), mmu_interval_notifier_remove() v6.17',
  given: {
    gpus: { default: 2, suite: 1, about: 'GPUs whose drivers insert at once', min: 1, max: 3 },
  },
  variants: variantsOf(variants),
  build({ given, variant }: Setup): System {
    const gpus = Number(given.gpus);
    const { isUnlocked = false } = variants[variant];
    const locks: { rmap?: ReturnType<typeof rmapLock> } = {};
    const world = mirrorWorld({
      gpus,
      inserted: 0,
      pages: 1,
      threads: gpus + 2,
      more: (layout) => {
        const rmap = rmapLock(layout.one('i_mmap_rwsem', mutexT));
        locks.rmap = rmap;
        return { host: { mmTakeAllLocks: rmap.take, mmDropAllLocks: rmap.drop } };
      },
    });
    world.mirrors.slab.outlives = true;
    const { core, mm, fault, length, changes } = world;
    const rmap = locks.rmap as ReturnType<typeof rmapLock>;
    const open = kfunc('gpu_open', function* (i: number) {
      const insert = isUnlocked ? core.mmuIntervalNotifierInsertLocked : core.mmuIntervalNotifierInsert;
      yield* insert(world.gpus[i].sub, mm, 0n, length, GPU_OPS);
      yield* fault(world.gpus[i], 0);
    });
    const byRmap = kfunc('try_to_migrate', function* () {
      yield* rmap.take(mm);
      yield* changes.migrate(mm, 0);
      yield* rmap.drop(mm);
    });
    const byMmap = kfunc('madvise', function* () {
      yield* downRead(mm.mmapLock);
      yield* changes.migrate(mm, 0);
      yield* upRead(mm.mmapLock);
    });
    return systemOf(
      world,
      [
        ...world.gpus.map((_, i) => ({ name: `GPU ${i}`, run: () => open(i) })),
        { name: 'rmap', run: () => byRmap() },
        { name: 'madvise', run: () => byMmap() },
      ],
      { init: world.initWithGpus },
    );
  },
});

/** The lock of those who find an address space by its pages. */
function rmapLock(lock: Parameters<typeof mutexLock>[0]) {
  return {
    take: kfunc('mm_take_all_locks', function* (_mm: Mm) {
      yield* mutexLock(lock);
      return 0;
    }),
    drop: kfunc('mm_drop_all_locks', function* (_mm: Mm) {
      yield* mutexUnlock(lock);
    }),
  };
}
