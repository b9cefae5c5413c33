/** May the first notifier of an address space come while pages change? */
import { downRead, mutexLock, mutexT, mutexUnlock, upRead } from '@shootdown/kernel/model';
import { kfunc, scenario, times, type Scenario } from '@shootdown/machine';
import type { Mm } from '@shootdown/mm/model';
import { mmuIntervalNotifierInsert, mmuIntervalNotifierInsertLocked } from '@shootdown/mmu-notifier/model';
import { GPU_OPS, NO_STALE, mirrorSystem, mirrored } from './mirror-system.js';
import { CORE } from './mutants.js';

/** The first interval notifier of an address space. */
export const firstInsert: Scenario = scenario({
  name: 'notifier/first-insert',
  asks: 'Are begun and ended invalidations counted alike, whenever the first interval notifier is inserted?',
  source: 'mm/mmu_notifier.c mmu_interval_notifier_insert(), mmu_interval_notifier_remove() v6.17',
  given: {
    gpus: { default: 2, suite: 1, about: 'GPUs whose drivers insert at once', min: 1, max: 3 },
  },
  variants: {
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
      code: 'unlocked',
      about: 'the driver calls insert_locked without mmap_lock',
    },
  },
  ...mirrored,
  state: ({ given: { gpus } }) => {
    const rmaps: ReturnType<typeof rmapLock>[] = [];
    const system = mirrorSystem({
      gpus,
      inserted: 0,
      pages: 1,
      threads: gpus + 2,
      more: (layout) => {
        const rmap = rmapLock(layout.one('i_mmap_rwsem', mutexT));
        rmaps.push(rmap);
        return { host: { mmTakeAllLocks: rmap.take, mmDropAllLocks: rmap.drop } };
      },
    });
    system.mirrors.slab.outlives = true;
    return { ...system, rmap: rmaps[0] };
  },
  init: (memory, system) => {
    system.initWithGpus(memory);
  },
  threads: ({ core, mm, gpus, fault, length, changes, rmap, mirrors }, { code }) => {
    const insert = code === 'unlocked' ? mmuIntervalNotifierInsertLocked : mmuIntervalNotifierInsert;
    const open = kfunc('gpu_open', function* (i: number) {
      yield* insert(core, gpus[i].sub, mm, 0n, length, GPU_OPS);
      yield* fault(gpus[i], 0);
    });
    const byRmap = function* try_to_migrate() {
      yield* rmap.take(mm);
      yield* changes.migrate(mm, 0);
      yield* rmap.drop(mm);
    };
    const byMmap = function* madvise() {
      yield* downRead(mm.mmapLock);
      yield* changes.migrate(mm, 0);
      yield* upRead(mm.mmapLock);
    };
    return [
      ...times(gpus.length, open, { name: 'GPU ' }),
      { name: 'rmap', run: byRmap },
      { name: 'madvise', run: byMmap },
      ...mirrors.devices,
    ];
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
