/** What the functions of mm/mmu_notifier.c share: their first argument, where they need any of it. */
import { bug, type SrcuStruct } from '@shootdown/kernel/model';
import {
  read,
  type Cell,
  type Handle,
  type Kthread,
  type Request,
  type Slab,
  type Subsystem,
} from '@shootdown/machine';
import type { Mm } from '@shootdown/mm/model';
import type { FinishFunction, MmuIntervalNotifierOps, MmuNotifierOps, MmuNotifierVersion } from './ops.js';
import type { MmuNotifierSubscriptions, SubscriptionsStruct } from './subscriptions.js';
import type { TreeOps } from './tree.js';

/** What the core asks of those around it. */
export interface MmuNotifierHost {
  /** WARN_ON(): returns the condition. Default a violation. */
  readonly warnOn?: (condition: boolean, text: string) => Kthread<boolean>;
  /** Keeps everybody out who changes pages without mmap_lock; 0, or a negative error. Default: there is nobody. */
  readonly mmTakeAllLocks?: (mm: Mm) => Request<number>;
  readonly mmDropAllLocks?: (mm: Mm) => Request<void>;
}

/** The core of notifiers: what it is made for, and where it lies. */
export interface MmuNotifierCore extends Subsystem {
  /** Whose code runs. */
  readonly version: MmuNotifierVersion;
  readonly host: Required<MmuNotifierHost>;
  /** The pool the subscriptions come from. */
  readonly slab: Slab<SubscriptionsStruct['fields']>;
  /** The one domain of all address spaces. */
  readonly srcu: SrcuStruct;
  /** `mm->notifier_subscriptions` */
  readonly subscriptionsOf: (mm: Mm) => Cell<MmuNotifierSubscriptions | null>;
  readonly tree: TreeOps;
  /** The head of the caller's list of finishes, which is on its stack: a doubly linked list, or as merged a lockless one. */
  readonly finishPasses: () => Request<Handle>;
  readonly intervalOps: (number: number) => MmuIntervalNotifierOps;
  readonly notifierOps: (number: number) => MmuNotifierOps;
  readonly finishFunction: (number: number) => FinishFunction;
  /** Lets go of an address space; the last one destroys its subscriptions. */
  readonly mmdrop: (mm: Mm) => Request<void>;
}

/**
 * Reads a pointer that the kernel follows without a look.
 *
 * @throws {@link KernelBug} `BUG` where it is NULL
 */
export function* followed<T>(cell: Cell<T | null>, name: string): Kthread<T> {
  return (yield* read(cell)) ?? bug(`${name} is followed, which is NULL`);
}

/** `sub->mm->notifier_subscriptions`, as {@link followed}. */
export function* subscriptionsFor(
  core: MmuNotifierCore,
  sub: { readonly mm: Cell<Mm | null> },
): Kthread<MmuNotifierSubscriptions> {
  return yield* followed(core.subscriptionsOf(yield* followed(sub.mm, 'mm')), 'notifier_subscriptions');
}
