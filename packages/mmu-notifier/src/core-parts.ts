/** What all functions of the core share: where things lie, and whose rules count. */
import { LlistHead, ListHead, bug, defineSrcu, warnOn, type SrcuStruct } from '@shootdown/kernel/model';
import {
  Cell,
  assertOneOf,
  defineOperation,
  ptr,
  read,
  type Handle,
  type Kthread,
  type Layout,
  type Memory,
  type Request,
  type ScalarType,
  type Slab,
} from '@shootdown/machine';
import type { Mm } from '@shootdown/mm/model';
import {
  MMU_NOTIFIER_ERAS,
  type FinishFunction,
  type MmuIntervalNotifierOps,
  type MmuNotifierEra,
  type MmuNotifierOps,
} from './ops.js';
import {
  subscriptionsStruct,
  type MmuIntervalNotifier,
  type MmuNotifierSubscriptions,
  type SubscriptionsStruct,
} from './subscriptions.js';
import { treeOps, type TreeOps } from './tree.js';

/**
 * Reads a pointer that the kernel follows without a look.
 *
 * @throws {@link KernelBug} `BUG` where it is NULL
 */
export function* followed<T>(cell: Cell<T | null>, name: string): Kthread<T> {
  return (yield* read(cell)) ?? bug(`${name} is followed, which is NULL`);
}

/** What a core is made for. */
export interface MmuNotifierOptions {
  readonly era: MmuNotifierEra;
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

/** What the core asks of those around it. */
export interface MmuNotifierHost {
  /** WARN_ON(): answers the condition. Default a violation. */
  readonly warnOn?: (condition: boolean, text: string) => Kthread<boolean>;
  /** Keeps everybody out who changes pages without mmap_lock; 0, or a negative error. Default: there is nobody. */
  readonly mmTakeAllLocks?: (mm: Mm) => Request<number>;
  readonly mmDropAllLocks?: (mm: Mm) => Request<void>;
}

/** All of it. */
export interface CoreParts {
  readonly options: MmuNotifierOptions;
  readonly host: Required<MmuNotifierHost>;
  readonly Subscriptions: SubscriptionsStruct;
  readonly slab: Slab;
  /** `mm->notifier_subscriptions` */
  readonly subscriptionsOf: (mm: Mm) => Cell<MmuNotifierSubscriptions | null>;
  readonly srcu: SrcuStruct;
  readonly tree: TreeOps;
  /** The head of the caller's list of finishes, which is on its stack: a doubly linked list, or as merged a lockless one. */
  readonly finalPasses: () => Request<Handle>;
  readonly intervalOps: (number: number) => MmuIntervalNotifierOps;
  readonly notifierOps: (number: number) => MmuNotifierOps;
  readonly finishFunction: (number: number) => FinishFunction;
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

/** Lays out what the core needs. */
export function coreParts(layout: Layout, options: MmuNotifierOptions, host: MmuNotifierHost): CoreParts {
  const { era, threads, mms = 1, intervals = [] } = options;
  assertOneOf('era', era, MMU_NOTIFIER_ERAS);
  const Subscriptions = subscriptionsStruct(intervals.length);
  const slab = layout.slab('subscriptions', Subscriptions, mms);
  const pointer = ptr(() => Subscriptions) as unknown as ScalarType<MmuNotifierSubscriptions | null>;
  const lists = layout.perThread<typeof ListHead>('final_passes', ListHead, threads);
  const llists = layout.perThread<typeof LlistHead>('final_pass_llist', LlistHead, threads);
  const heads: readonly Handle[] = era === 'merged' ? llists : lists;
  return {
    options,
    host: {
      warnOn: host.warnOn ?? warnOn,
      mmTakeAllLocks: host.mmTakeAllLocks ?? (() => noLocks()),
      mmDropAllLocks: host.mmDropAllLocks ?? (() => noUnlocks()),
    },
    Subscriptions,
    slab: slab,
    subscriptionsOf: ({ notifierSubscriptions }) => new Cell(notifierSubscriptions.address, pointer),
    srcu: defineSrcu(layout, 'srcu', threads),
    tree: treeOps(intervals),
    finalPasses: defineOperation({
      name: 'the stack',
      isLocal: true,
      run: (memory: Memory): Handle => heads[memory.thread],
    }),
    intervalOps: numbered(options.intervalOps, 'ops of an interval notifier'),
    notifierOps: numbered(options.notifierOps, 'ops of a notifier'),
    finishFunction: numbered(options.finishFunctions, 'function of a finish'),
  };
}
