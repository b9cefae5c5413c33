/** Lays out the core of notifiers, and gives its functions to memory management as hooks. */
import { LlistHead, ListHead, bug, defineSrcu, warnOn } from '@shootdown/kernel/model';
import {
  Cell,
  assertOneOf,
  defineOperation,
  ptr,
  type Handle,
  type Layout,
  type Memory,
  type ScalarType,
} from '@shootdown/machine';
import { defineMmdrop, type InvalidationHooks } from '@shootdown/mm/model';
import type { MmuNotifierCore, MmuNotifierHost } from './core.js';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from './inlines.js';
import {
  mmuNotifierChangePte,
  mmuNotifierClearFlushYoung,
  mmuNotifierClearYoung,
  mmuNotifierInvalidateRange,
  mmuNotifierRelease,
  mmuNotifierSubscriptionsDestroy,
  mmuNotifierTestYoung,
} from './mmu-notifier.js';
import {
  MMU_NOTIFIER_VERSIONS,
  type FinishFunction,
  type MmuIntervalNotifierOps,
  type MmuNotifierOps,
  type MmuNotifierVersion,
} from './ops.js';
import { subscriptionsStruct, type MmuIntervalNotifier, type MmuNotifierSubscriptions } from './subscriptions.js';
import { treeOps } from './tree.js';

/** What a core is made for. */
export interface MmuNotifierOptions {
  readonly version: MmuNotifierVersion;
  /** Threads of the model that call it, 1 to 31. */
  readonly threads: number;
  /** Address spaces with subscriptions at once; default 1. */
  readonly mms?: number;
  /** Every interval notifier of the model, wherever drivers embed them; default none. */
  readonly intervals?: readonly MmuIntervalNotifier[];
  /** Methods of interval notifiers; number `i` is element `i - 1`. */
  readonly intervalOps?: readonly MmuIntervalNotifierOps[];
  /** Methods of classic notifiers; number `i` is element `i - 1`. */
  readonly notifierOps?: readonly MmuNotifierOps[];
  /** Seed 002: what a finish object can be made to call; number `i` is element `i - 1`. */
  readonly finishFunctions?: readonly FinishFunction[];
}

const noLocks = defineOperation({ name: 'mm_take_all_locks', isLocal: true, run: (_memory: Memory): number => 0 });
const noUnlocks = defineOperation({
  name: 'mm_drop_all_locks',
  isLocal: true,
  run: (_memory: Memory): void => undefined,
});

function numbered<T>(table: readonly T[] | undefined, what: string): (number: number) => T {
  return (number) =>
    table?.[number - 1] ?? bug(`${what}: expected a number of 1 to ${table?.length ?? 0}, got ${number}`);
}

/**
 * Lays out a core.
 *
 * @param options - whose rules, how large, and the methods of drivers
 * @param host - what it asks of those around it
 * @source mm/mmu_notifier.c DEFINE_STATIC_SRCU(srcu) v6.17
 */
export function mmuNotifierCore(
  layout: Layout,
  options: MmuNotifierOptions,
  host: MmuNotifierHost = {},
): MmuNotifierCore {
  const { version, threads, mms = 1, intervals = [] } = options;
  assertOneOf('version', version, MMU_NOTIFIER_VERSIONS);
  const Subscriptions = subscriptionsStruct(intervals.length);
  const pointer: ScalarType<MmuNotifierSubscriptions | null> = ptr(() => Subscriptions);
  const slab = layout.slab('subscriptions', Subscriptions, mms);
  const lists = layout.perThread<typeof ListHead>('final_passes', ListHead, threads);
  const llists = layout.perThread<typeof LlistHead>('final_pass_llist', LlistHead, threads);
  const heads: readonly Handle[] = version === 'merged' ? llists : lists;
  const core: MmuNotifierCore = layout.subsystem('mmu_notifier', {
    version,
    host: {
      warnOn: host.warnOn ?? warnOn,
      mmTakeAllLocks: host.mmTakeAllLocks ?? (() => noLocks()),
      mmDropAllLocks: host.mmDropAllLocks ?? (() => noUnlocks()),
    },
    slab,
    srcu: defineSrcu(layout, 'srcu', threads),
    subscriptionsOf: ({ notifierSubscriptions }) => new Cell(notifierSubscriptions.address, pointer),
    tree: treeOps(intervals),
    finishPasses: defineOperation({
      name: 'the stack',
      isLocal: true,
      run: (memory: Memory): Handle => heads[memory.thread],
    }),
    intervalOps: numbered(options.intervalOps, 'ops of an interval notifier'),
    notifierOps: numbered(options.notifierOps, 'ops of a notifier'),
    finishFunction: numbered(options.finishFunctions, 'function of a finish'),
    mmdrop: defineMmdrop({ subscriptionsDestroy: (mm) => mmuNotifierSubscriptionsDestroy(core, mm) }),
  } satisfies Omit<MmuNotifierCore, '$subsystem'>);
  return core;
}

/** What memory management calls where it changes page tables, so that notifiers of this core are told. */
export function invalidationHooks(core: MmuNotifierCore): InvalidationHooks {
  return {
    invalidateRangeStart: (range) => mmuNotifierInvalidateRangeStart(core, range),
    invalidateRangeEnd: (range) => mmuNotifierInvalidateRangeEnd(core, range),
    invalidateRange: (mm, start, end) => mmuNotifierInvalidateRange(core, mm, start, end),
    clearFlushYoung: (mm, start, end) => mmuNotifierClearFlushYoung(core, mm, start, end),
    clearYoung: (mm, start, end) => mmuNotifierClearYoung(core, mm, start, end),
    testYoung: (mm, address) => mmuNotifierTestYoung(core, mm, address),
    changePte: (mm, address, pfn) => mmuNotifierChangePte(core, mm, address, pfn),
    release: (mm) => mmuNotifierRelease(core, mm),
    subscriptionsDestroy: (mm) => mmuNotifierSubscriptionsDestroy(core, mm),
  };
}
