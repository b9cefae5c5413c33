/** May a driver unregister while the address space goes away, and while it is being told of changes? */
import { containerOf, kfree, setKzalloc } from '@shootdown/kernel/model';
import {
  Layout,
  SLOT_FREED,
  bool,
  kfunc,
  read,
  readOnce,
  rmw,
  runDirect,
  scenario,
  struct,
  times,
  u8,
  writeOnce,
  type Scenario,
} from '@shootdown/machine';
import { mmSlab, setMmAlloc, type Mm, type MmuNotifierRange } from '@shootdown/mm/model';
import {
  MmuNotifier,
  PAGE_SIZE,
  mmuNotifierCore,
  mmuNotifierInvalidateRange,
  mmuNotifierInvalidateRangeEnd,
  mmuNotifierInvalidateRangeStart,
  mmuNotifierRegister,
  mmuNotifierRelease,
  mmuNotifierUnregister,
  rangeOfPages,
} from '@shootdown/mmu-notifier/model';
import { CORE } from './mutants.js';

const STALE = 'no-mapping-of-freed-pages';
const NOT_RELEASED = 'released';
const freed = { expect: 'use-after-free' } as const;

/** Unregistering against release. */
export const unregisterRelease: Scenario = scenario({
  name: 'notifier/unregister-release',
  asks: 'Is a notifier released before its pages go, and never called once unregistering has returned?',
  source: 'mm/mmu_notifier.c mmu_notifier_unregister(), __mmu_notifier_release()',
  given: {
    drivers: { default: 2, suite: 1, about: 'drivers that unregister', min: 1, max: 3 },
    changes: { default: 1, about: 'threads that tell of a change, or of a flush', min: 0, max: 3 },
  },
  variants: {
    merged: { expect: 'holds', about: 'the core as it is' },
    flushes: { expect: 'holds', code: 'flushes', about: 'the same, of drivers that are told of flushes' },
    'walk-no-srcu': {
      ...freed,
      mutations: CORE.walkNoSrcu,
      about: 'who calls notifiers is no reader, so nobody waits for the call',
    },
    'flushes-no-srcu': {
      ...freed,
      code: 'flushes',
      mutations: CORE.walkNoSrcu,
      about: 'the same, of drivers that are told of flushes',
    },
    'unregister-no-sync': {
      ...freed,
      mutations: CORE.unregisterNoSync,
      about: 'unregistering does not wait for the calls',
      only: ['use-after-free'],
    },
    'unregister-keeps-hashed': {
      ...freed,
      mutations: CORE.unregisterKeepsHashed,
      about: 'unregistering leaves the notifier on the list',
    },
    'unregister-no-release': {
      expect: 'invariant',
      rule: NOT_RELEASED,
      mutations: CORE.unregisterNoRelease,
      only: [NOT_RELEASED],
      about: 'unregistering does not release first',
    },
    'release-no-srcu': {
      ...freed,
      mutations: CORE.releaseNoSrcu,
      only: ['use-after-free'],
      about: 'the release of all is no reader',
    },
    'release-no-sync': {
      expect: 'invariant',
      rule: STALE,
      mutations: CORE.releaseNoSync,
      about: 'it does not wait for a release that unregistering began: pages are freed under the device',
    },
  },
  state: ({ given: { drivers, changes }, code }) => {
    const layout = new Layout();
    const mms = mmSlab(layout, 1);
    mms.outlives = true;
    const mapped = layout.one('pte', bool);
    const sptes = layout.array<typeof bool>('spte', bool, drivers);
    const releases = layout.array<typeof bool>('released', bool, drivers);
    const Driver = struct('driver', { notifier: MmuNotifier, number: u8, dying: bool });
    const slab = layout.slab('driver', Driver, drivers);

    /** The device forgets its mappings; only the first of several callers does anything. */
    const release = kfunc('driver_release', function* (sub: MmuNotifier, _mm: Mm) {
      const driver = containerOf(sub, Driver, 'notifier');
      if (yield* rmw('xchg', 'test_and_set_bit', 'full', driver.dying, true)) return;
      const number = yield* read(driver.number);
      yield* writeOnce(sptes[number], false);
      yield* writeOnce(releases[number], true);
    });
    const invalidateRangeStart = kfunc('driver_range_start', function* (sub: MmuNotifier, _range: MmuNotifierRange) {
      yield* readOnce(containerOf(sub, Driver, 'notifier').dying);
      return 0;
    });
    const invalidateRangeEnd = kfunc('driver_range_end', function* (sub: MmuNotifier, _range: MmuNotifierRange) {
      yield* readOnce(containerOf(sub, Driver, 'notifier').dying);
    });
    const invalidateRange = kfunc(
      'driver_invalidate_range',
      function* (sub: MmuNotifier, _mm: Mm, _start: bigint, _end: bigint) {
        yield* readOnce(containerOf(sub, Driver, 'notifier').dying);
      },
    );
    const told = code === 'flushes' ? { invalidateRange } : { invalidateRangeStart, invalidateRangeEnd };
    const core = mmuNotifierCore(layout, {
      version: 'merged',
      threads: drivers + changes + 1,
      notifierOps: [{ release, ...told }],
    });
    core.slab.outlives = true;
    return { layout, mms, mm: mms.slots[0], mapped, sptes, releases, slab, core };
  },
  init: (memory, { mms, mm, mapped, sptes, slab, core }) => {
    setMmAlloc(memory, mms);
    memory.set(mapped, true);
    for (const [number, driver] of slab.slots.entries()) {
      setKzalloc(memory, slab);
      memory.set(driver.number, number);
      memory.set(driver.notifier.ops, 1);
      memory.set(sptes[number], true);
      runDirect(memory, mmuNotifierRegister(core, driver.notifier, mm));
    }
  },
  threads: ({ mm, mapped, slab, core }, { given, code }) => {
    const change = function* change_page() {
      const range = rangeOfPages(mm, 0, 1);
      yield* mmuNotifierInvalidateRangeStart(core, range);
      yield* mmuNotifierInvalidateRangeEnd(core, range);
    };
    const flush = function* flush_page() {
      yield* mmuNotifierInvalidateRange(core, mm, 0n, PAGE_SIZE);
    };
    const exit = function* exit_mmap() {
      yield* mmuNotifierRelease(core, mm);
      yield* writeOnce(mapped, false);
    };
    const close = kfunc('driver_close', function* (number: number) {
      const driver = slab.slots[number];
      yield* mmuNotifierUnregister(core, driver.notifier, mm);
      yield* kfree(driver);
    });
    return [
      { name: 'exit', run: exit },
      ...times(given.drivers, close, { name: 'driver ' }),
      ...times(given.changes, code === 'flushes' ? flush : change, { name: 'CPU ' }),
    ];
  },
  invariants: {
    [STALE]: ({ sptes, mapped }) => {
      const stale = sptes.findIndex(Boolean);
      return stale < 0 || mapped || `device ${stale} maps pages that were freed`;
    },
    [NOT_RELEASED]: (now) => {
      const gone = now.slab.states.findIndex((state, i) => now.get(state) === SLOT_FREED && !now.releases[i]);
      return gone < 0 || `driver ${gone} is gone and was never released`;
    },
  },
  finals: { 'references-are-dropped': ({ mm }) => mm.mmCount === 1 },
});
