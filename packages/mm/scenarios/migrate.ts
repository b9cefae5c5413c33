/** Can a page be moved to another frame without its users noticing? */
import { spinLock, spinUnlock } from '@shootdown/kernel/model';
import {
  change,
  kfunc,
  omit,
  readOnce,
  replaceFunction,
  scenario,
  times,
  writeOnce,
  type Kfunc,
  type Mutation,
  type Scenario,
} from '@shootdown/machine';
import {
  doMunmap,
  isEveryFrameMapped,
  migratePage,
  mmSystem,
  setProcess,
  speculation,
  tryToUnmap,
  userLoad,
  userStore,
  type Mm,
  type MmSystem,
  type PageTable,
} from '@shootdown/mm/model';
import { mustSucceed, sizes } from './setup.js';

const COHERENCE = 'coherence';

/** The entry is cleared, and the new page mapped where there still is none. */
const noEntry: readonly Mutation[] = [
  change({ in: 'try_to_unmap', step: 'WRITE_ONCE' }, ({ operand, request }) =>
    operand === 0 ? request : { answer: undefined },
  ),
  replaceFunction(
    'remove_migration_pte',
    () =>
      function* (table: PageTable, page: number, _old: number, entry: number) {
        yield* spinLock(table.lock);
        const isThere = (yield* readOnce(table.entries[page])) === 0;
        if (isThere) yield* writeOnce(table.entries[page], entry);
        yield* spinUnlock(table.lock);
        return isThere;
      },
  ),
];

/** The page is copied as it is found, and unmapped only then. */
function copyFirst(system: MmSystem, mm: Mm): readonly Mutation[] {
  return [
    change({ in: 'unmap_and_move', step: 'try_to_unmap' }, ({ args: [, , { entries }, page] }) =>
      readOnce((entries as PageTable['entries'])[page as number]),
    ),
    replaceFunction(
      'remove_migration_pte',
      (original: Kfunc<RemoveArgs, boolean>) =>
        function* (table: PageTable, page: number, old: number, entry: number) {
          yield* tryToUnmap(system, mm, table, page);
          return yield* original(table, page, old, entry);
        },
    ),
  ];
}

type RemoveArgs = [table: PageTable, page: number, old: number, entry: number];

/** Programs that store and load, while their page is moved, and perhaps unmapped. */
export const mmMigrate: Scenario = scenario({
  name: 'mm/migrate',
  asks: 'While a page moves to another frame, is no store lost and the frame that it leaves not reached any more?',
  source: 'mm/migrate.c unmap_and_move(), v5.10',
  given: {
    cpus: { ...sizes.cpus, about: 'CPUs, each with a thread that stores and loads' },
    stores: { default: 2, suite: 1, about: 'stores of each', min: 1, max: 3 },
    moves: { default: 1, about: 'how often the page is moved', min: 1, max: 3 },
    unmaps: { default: false, about: 'whether somebody unmaps the page meanwhile' },
  },
  variants: {
    migrate: {
      expect: 'holds',
      about: 'a migration entry is set, TLBs flushed, the page copied, the new frame mapped',
    },
    'migrate-unmapped': {
      expect: 'holds',
      about: 'the page is unmapped while it moves',
      given: { unmaps: true },
      suite: { cpus: 1 },
    },
    'migrate-copy-first': {
      expect: 'invariant',
      rule: COHERENCE,
      about: 'the page is copied while it can still be written',
    },
    'migrate-no-flush': {
      mutations: [omit({ in: 'try_to_unmap', step: 'flush_tlb_mm_range' })],
      expect: 'use-after-free',
      rule: 'stale-translation',
      about: 'TLBs still lead to the old frame when it is freed',
    },
    'migrate-no-entry': {
      mutations: noEntry,
      expect: 'invariant',
      rule: COHERENCE,
      about: 'the entry is cleared, and a fault finds no page there',
    },
  },
  state: ({ given }) => mmSystem({ cpus: given.cpus, pages: 1, frames: 4 }),
  mutations: (system, { variant }) => (variant === 'migrate-copy-first' ? copyFirst(system, system.mms.slots[0]) : []),
  init: (memory, system) => {
    setProcess(memory, system, [...system.cpus.cpus.keys()]);
  },
  threads: (system, { given }) => {
    const [mm] = system.mms.slots;
    const program = kfunc('program', function* (cpu: number) {
      for (let i = 0; i < given.stores; i++) {
        const error = yield* userStore(system, mm, cpu, 0);
        if (!given.unmaps) yield* mustSucceed(error);
      }
      const error = yield* userLoad(system, mm, cpu, 0);
      if (!given.unmaps) yield* mustSucceed(error);
    });
    const migrates = kfunc('migrate_pages', function* (space: Mm) {
      for (let i = 0; i < given.moves; i++) yield* migratePage(system, space, 0);
    });
    return [
      { name: 'migrate', run: () => migrates(mm) },
      ...times(given.cpus, program, { name: 'program ' }),
      ...(given.unmaps ? [{ name: 'munmap', run: () => doMunmap(system, mm, 0, 1) }] : []),
      ...speculation(system),
    ];
  },
  finals: (system) => ({ 'frames-are-mapped': isEveryFrameMapped(system) }),
});
