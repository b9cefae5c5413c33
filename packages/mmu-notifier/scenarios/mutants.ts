/** The core of notifiers and its users with one thing done wrong, by what that is. */
import { mutexUnlock, type Mutex } from '@shootdown/kernel/model';
import {
  change,
  delay,
  kfunc,
  modify,
  omit,
  read,
  replaceFunction,
  unlocked,
  write,
  type Cell,
  type Handle,
  type Kfunc,
  type Mutation,
} from '@shootdown/machine';
import type { MmuNotifierRange } from '@shootdown/mm/model';
import {
  mmuIntervalCheckRetry,
  mmuIntervalSetSeq,
  type FirstPass,
  type MmuIntervalNotifier,
  type MmuNotifierCore,
  type MmuNotifierSubscriptions,
} from '@shootdown/mmu-notifier/model';

/** Writes a sequence; where no invalidation is in progress, the present one. */
const writeSeqNow = kfunc('write', function* (cell: Cell<bigint>, seq: bigint, now: Cell<bigint>) {
  const present = yield* read(now);
  yield* write(cell, (present & 1n) === 0n ? present : seq);
});

type StartArgs = [core: MmuNotifierCore, subs: MmuNotifierSubscriptions, range: MmuNotifierRange];
type Started = readonly [first: MmuIntervalNotifier | null, curSeq: bigint];

/** Steps of the core done wrong. */
export const CORE = {
  /** An invalidation that hits an interval leaves the sequence even. */
  noOddSeq: [
    omit({ in: 'mn_itree_inv_start_range', step: 'WRITE_ONCE' }),
    replaceFunction(
      'mn_itree_inv_start_range',
      (original: Kfunc<StartArgs, Started>) =>
        function* (...args: StartArgs) {
          const [first, curSeq] = yield* original(...args);
          return [first, curSeq & ~1n] as const;
        },
    ),
  ],
  /** The first end of several makes the sequence even, not the last. */
  everyEndEven: [
    change({ in: 'mn_itree_inv_end', step: 'read', of: 'activeInvalidateRanges' }, ({ request }) => ({
      take: request,
      answer: 1,
    })),
    change({ in: 'mn_itree_inv_end', step: 'write', of: 'activeInvalidateRanges' }, ({ cell }) =>
      modify('add', 'write', 'plain', cell as Cell<number>, 0xffff_ffff),
    ),
  ],
  /** The last end wakes nobody. */
  noWake: [omit({ in: 'mn_itree_inv_end', step: 'wake_up_all' })],
  /** The last end forgets the deferred list. */
  noDeferred: [omit({ in: 'mn_itree_inv_end', step: 'hlist_first_rcu', answer: null })],
  /** A reader does not wait for the invalidation that hit its interval. */
  noReadWait: [omit({ in: 'mmu_interval_read_begin', step: 'wait_event', answer: undefined })],
  /** An insert changes the tree although somebody walks over it. */
  insertAtOnce: [omit({ in: '__mmu_interval_notifier_insert', step: 'mn_itree_is_invalidating', answer: false })],
  /** An insert during an invalidation begins as if there was none. */
  insertSeqIdle: [
    omit({ in: '__mmu_interval_notifier_insert', step: 'WRITE_ONCE' }),
    change({ in: '__mmu_interval_notifier_insert', step: 'write', of: 'invalidateSeq' }, ({ cell, operand }) =>
      write(cell as Cell<bigint>, BigInt.asUintN(64, ((operand as bigint) | 1n) - 2n)),
    ),
  ],
  /** An insert while ranges are invalidated that hit nobody leaves the sequence even. */
  insertSeqEven: [
    omit({ in: '__mmu_interval_notifier_insert', step: 'WRITE_ONCE' }),
    change({ in: '__mmu_interval_notifier_insert', step: 'write', of: 'invalidateSeq' }, ({ cell, operand }) =>
      write(cell as Cell<bigint>, (operand as bigint) | 1n),
    ),
  ],
  /** An insert without an invalidation begins with the sequence itself, not the one before. */
  insertSeqNow: [
    change({ in: '__mmu_interval_notifier_insert', step: 'write', of: 'invalidateSeq' }, (step) => {
      const { invalidateSeq } = step.callArgs[3] as MmuNotifierSubscriptions;
      return writeSeqNow(step.cell as Cell<bigint>, step.operand as bigint, invalidateSeq);
    }),
  ],
  /** A remove changes the tree although somebody walks over it. */
  removeAtOnce: [omit({ in: 'mmu_interval_notifier_remove', step: 'mn_itree_is_invalidating', answer: false })],
  /** A remove leaves a notifier whose insert is deferred on the deferred list. */
  removeKeepsDeferred: [omit({ in: 'mmu_interval_notifier_remove', step: 'hlist_del' })],
  /** A remove does not wait for the invalidation that may still call the notifier. */
  removeNoWait: [omit({ in: 'mmu_interval_notifier_remove', step: 'wait_event', answer: undefined })],
  /** Finishes are lost. */
  noFinish: [omit({ in: 'mn_itree_invalidate', step: 'mn_itree_finish_pass' })],
  /** Where an invalidation is refused, its finishes run after it has ended. */
  finishAfterEnd: [delay({ in: 'mn_itree_invalidate', step: 'mn_itree_finish_pass', past: 'mn_itree_inv_end' })],
  /** Finishes run in the order a lockless list gives. */
  finishNewestFirst: [
    change({ in: 'mn_itree_finish_pass', step: 'llist_reverse_order' }, ({ args: [newest] }) => ({
      answer: newest as Handle | null,
    })),
  ],
  /** Where an interval notifier refuses, nobody ends the invalidation. */
  noEagainEnd: [omit({ in: 'mn_itree_invalidate', step: 'mn_itree_inv_end' })],
  /** The release of classic notifiers is no SRCU reader. */
  releaseNoSrcu: [unlocked({ in: 'mn_hlist_release', step: 'srcu_read_lock', until: ['srcu_read_unlock'], answer: 0 })],
  /** It does not wait for readers at its end. */
  releaseNoSync: [omit({ in: 'mn_hlist_release', step: 'synchronize_srcu' })],
  /** Unregistering does not wait for readers. */
  unregisterNoSync: [omit({ in: 'mmu_notifier_unregister', step: 'synchronize_srcu' })],
  /** Unregistering leaves the notifier on the list. */
  unregisterKeepsHashed: [omit({ in: 'mmu_notifier_unregister', step: 'hlist_del_init_rcu' })],
  /** Unregistering does not call `release` first. */
  unregisterNoRelease: [omit({ in: 'mmu_notifier_unregister', step: 'driver_release' })],
  /** Those who call classic notifiers are no SRCU readers. */
  walkNoSrcu: [
    unlocked({
      in: ['mn_hlist_invalidate_range_start', 'mn_hlist_invalidate_end', 'mmu_notifier_invalidate_range'],
      step: 'srcu_read_lock',
      until: ['srcu_read_unlock'],
      answer: 0,
    }),
  ],
  /** A put counts before it takes the lock. */
  putUnlocked: [delay({ in: 'mmu_notifier_put', step: 'spin_lock', past: 'write' })],
  /** A get counts without the lock. */
  getUnlocked: [unlocked({ in: 'find_get_mmu_notifier', step: 'spin_lock', until: ['spin_unlock'] })],
  /** A registration keeps only the holders of mmap_lock out. */
  noTakeAllLocks: [
    omit({ in: '__mmu_notifier_register', step: 'mm_take_all_locks', answer: 0 }),
    omit({ in: '__mmu_notifier_register', step: 'mm_drop_all_locks' }),
  ],
} as const satisfies Readonly<Record<string, readonly Mutation[]>>;

const unlockThenSet = kfunc('mutex_unlock', function* (lock: Mutex, sub: MmuIntervalNotifier, curSeq: bigint) {
  yield* mutexUnlock(lock);
  yield* mmuIntervalSetSeq(sub, curSeq);
});

type PassArgs = [sub: MmuIntervalNotifier, range: MmuNotifierRange, curSeq: bigint];

/** What a driver that mirrors pages does wrong. */
export const GPU = {
  /** It maps without looking whether the sequence has moved. */
  noRetry: [omit({ in: 'gpu_fault', step: 'mmu_interval_read_retry', answer: false })],
  /** It looks before it takes the lock. */
  retryUnlocked: [
    change({ in: 'gpu_fault', step: 'mmu_interval_read_retry' }, ({ args: [sub, seq] }) =>
      mmuIntervalCheckRetry(sub as MmuIntervalNotifier, seq as bigint),
    ),
    delay({ in: 'gpu_fault', step: 'mutex_lock', past: 'mmu_interval_read_retry' }),
  ],
  /** Its invalidation does not set the sequence. */
  noSetSeq: [omit({ in: 'gpu_invalidate', step: 'mmu_interval_set_seq' })],
  /** Its invalidation sets the sequence once the lock is let go. */
  setSeqUnlocked: [
    omit({ in: 'gpu_invalidate', step: 'mmu_interval_set_seq' }),
    change({ in: 'gpu_invalidate', step: 'mutex_unlock' }, ({ args: [lock], callArgs: [sub, , curSeq] }) =>
      unlockThenSet(lock as Mutex, sub as MmuIntervalNotifier, curSeq as bigint),
    ),
  ],
  /** Its invalidation clears nothing. */
  keepsSptes: [omit({ in: 'gpu_invalidate', step: 'gpu_unmap_range' })],
  /** Its invalidation returns that it succeeded where it did not get the lock. */
  trylockNothing: [
    replaceFunction(
      'gpu_invalidate_start',
      (original: Kfunc<PassArgs, FirstPass>) =>
        function* (...args: PassArgs) {
          const [, finish] = yield* original(...args);
          return [true, finish] as const;
        },
    ),
  ],
  /** Nobody waits for the flush. */
  noFlushWait: [
    omit({
      in: ['gpu_invalidate', 'gpu_invalidate_start', 'gpu_invalidate_finish'],
      step: 'wait for the flush',
      answer: undefined,
    }),
  ],
  /** The flush begins before the page table is cleared. */
  flushFirst: [delay({ in: 'gpu_invalidate', step: 'gpu_unmap_range', past: 'WRITE_ONCE' })],
  /** Without memory for a finish, nobody waits for the flush. */
  noFallback: [omit({ in: 'gpu_invalidate_start', step: 'wait for the flush', answer: undefined })],
} as const satisfies Readonly<Record<string, readonly Mutation[]>>;

/** What who manages a TLB in software does wrong. */
export const SOFT_TLB = {
  /** A fault maps while an invalidation is in progress. */
  noCount: [omit({ in: 'mmu_invalidate_retry', step: 'read', of: 'mmuInvalidateInProgress', answer: 0 })],
  /** A fault does not see that an invalidation came and went. */
  noSeq: [
    change({ in: 'mmu_invalidate_retry', step: 'read', of: 'mmuInvalidateSeq' }, ({ callArgs: [seq] }) => ({
      answer: seq as number,
    })),
  ],
  /** A start counts and unmaps nothing. */
  noUnmap: [omit({ in: 'kvm_mmu_notifier_invalidate_range_start', step: 'WRITE_ONCE', of: 'sptes' })],
  /** An end does not count down. */
  endKeepsCount: [
    omit({ in: 'kvm_mmu_notifier_invalidate_range_end', step: 'WRITE_ONCE', of: 'mmuInvalidateInProgress' }),
  ],
} as const satisfies Readonly<Record<string, readonly Mutation[]>>;
