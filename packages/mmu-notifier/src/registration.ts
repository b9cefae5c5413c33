/**
 * How classic notifiers come and go: registered once or counted by {@link Registration.mmuNotifierGet}, and gone only after
 * an SRCU grace period, when no call of theirs is in progress.
 */
import {
  EINVAL,
  ENOMEM,
  EOVERFLOW,
  GFP_KERNEL,
  bugOn,
  callSrcu,
  containerOf,
  downWrite,
  hlistAddHeadRcu,
  hlistDelInitRcu,
  hlistFirstRcu,
  hlistNextRcu,
  hlistUnhashed,
  kfree,
  kzalloc,
  lockdepAssertHeldWrite,
  smpStoreRelease,
  spinLock,
  spinUnlock,
  srcuReadLock,
  srcuReadUnlock,
  synchronizeSrcu,
  upWrite,
  type RcuHead,
} from '@shootdown/kernel/model';
import { kfunc, read, readOnce, write, writeOnce, type Handle, type Kfunc } from '@shootdown/machine';
import { defineMmdrop, mmgrab, type Mm } from '@shootdown/mm/model';
import { followed, type CoreParts } from './core-parts.js';
import { methodOf } from './ops.js';
import { MmuNotifier, type MmuNotifierSubscriptions } from './subscriptions.js';

/** Sequence of an address space whose subscriptions are new. */
const FIRST_SEQ = 2n;
const UINT_MAX = 0xffff_ffff;

/** What a get answers: the notifier, or `null` and a negative error. */
export type Gotten = readonly [sub: MmuNotifier | null, error: number];

/** The functions, by the kernel's names. */
export interface Registration {
  /**
   * Registers a notifier with methods number `sub.ops`; takes mmap_lock. 0, or a negative error: -{@link EINVAL} with a
   * warning for one that is told both of ranges and of flushes, -{@link ENOMEM}, or what taking all locks answers.
   */
  readonly mmuNotifierRegister: Kfunc<[sub: MmuNotifier, mm: Mm], number>;
  /** As the above, where the caller holds mmap_lock for writing; `null` only makes the address space ready for intervals. */
  readonly mmuNotifierRegisterLocked: Kfunc<[sub: MmuNotifier | null, mm: Mm], number>;
  /** Unregisters: calls `release` unless that was done, and waits for the calls in progress. Sleeps. */
  readonly mmuNotifierUnregister: Kfunc<[sub: MmuNotifier, mm: Mm], void>;
  /** The one notifier of these methods in this address space, one user more; allocated if need be. Takes mmap_lock. */
  readonly mmuNotifierGet: Kfunc<[ops: number, mm: Mm], Gotten>;
  /** As the above, where the caller holds mmap_lock for writing. */
  readonly mmuNotifierGetLocked: Kfunc<[ops: number, mm: Mm], Gotten>;
  /** One user less; the last one has it freed after a grace period, and `release` is never called. */
  readonly mmuNotifierPut: Kfunc<[sub: MmuNotifier], void>;
  /** What is done after that grace period: the notifier is freed, and its address space let go of. */
  readonly mmuNotifierFreeRcu: Kfunc<[rcu: RcuHead], void>;
  /** Waits for the calls in progress; documented to wait for the frees of earlier puts too. Sleeps. */
  readonly mmuNotifierSynchronize: Kfunc<[], void>;
  /** Frees the subscriptions of an address space that goes. */
  readonly subscriptionsDestroy: Kfunc<[mm: Mm], void>;
  /** Lets go of an address space. */
  readonly mmdrop: Kfunc<[mm: Mm], void>;
}

/** Makes the functions. */
export function registration({ options, host, slab, srcu, subscriptionsOf, notifierOps }: CoreParts): Registration {
  const subscriptionsDestroy = kfunc('mmu_notifier_subscriptions_destroy', function* (mm: Mm) {
    const subs = yield* read(subscriptionsOf(mm));
    if (subs === null) return;
    yield* kfree(subs);
    yield* write(subscriptionsOf(mm), null);
  });
  const mmdrop = defineMmdrop({ subscriptionsDestroy });

  const addHead = kfunc(
    '__mmu_notifier_register',
    function* (sub: MmuNotifier, mm: Mm, { list, lock }: MmuNotifierSubscriptions) {
      yield* mmgrab(mm);
      yield* write(sub.mm, mm);
      yield* write(sub.users, 1);
      yield* spinLock(lock);
      yield* hlistAddHeadRcu(sub.hlist, list);
      yield* spinUnlock(lock);
    },
  );

  /** Whether the methods of a notifier exclude each other. */
  const isContradictory = kfunc('__mmu_notifier_register', function* (sub: MmuNotifier | null) {
    if (options.era === 'v4.19' || sub === null) return false;
    const ops = notifierOps(yield* read(sub.ops));
    const isForRanges = ops.invalidateRangeStart !== undefined || ops.invalidateRangeEnd !== undefined;
    const text = 'a notifier is told of ranges and, with arch_invalidate_secondary_tlbs, of flushes';
    return yield* host.warnOn(ops.invalidateRange !== undefined && isForRanges, text);
  });

  const allocate = kfunc('__mmu_notifier_register', function* () {
    return (yield* kzalloc(slab, GFP_KERNEL)) as MmuNotifierSubscriptions | null;
  });

  const mmuNotifierRegisterLocked = kfunc('__mmu_notifier_register', function* (sub: MmuNotifier | null, mm: Mm) {
    yield* lockdepAssertHeldWrite(mm.mmapLock);
    bugOn((yield* readOnce(mm.mmUsers)) <= 0, 'a notifier registers where the address space has no user');
    if (yield* isContradictory(sub)) return -EINVAL;
    let subs = yield* read(subscriptionsOf(mm));
    const isFirst = subs === null;
    if (subs === null) {
      subs = yield* allocate();
      if (subs === null) return -ENOMEM;
      yield* spinLock(subs.lock);
      yield* writeOnce(subs.invalidateSeq, FIRST_SEQ);
      yield* spinUnlock(subs.lock);
    }
    const error = yield* host.mmTakeAllLocks(mm);
    if (error !== 0) {
      if (isFirst) yield* kfree(subs);
      return error;
    }
    if (isFirst) yield* smpStoreRelease(subscriptionsOf(mm), subs);
    if (sub === null) yield* writeOnce(subs.hasItree, true);
    else yield* addHead(sub, mm, subs);
    yield* host.mmDropAllLocks(mm);
    return 0;
  });

  const mmuNotifierRegister = kfunc('mmu_notifier_register', function* (sub: MmuNotifier, mm: Mm) {
    yield* downWrite(mm.mmapLock);
    const error = yield* mmuNotifierRegisterLocked(sub, mm);
    yield* upWrite(mm.mmapLock);
    return error;
  });

  const releaseAlone = kfunc('mmu_notifier_unregister', function* (sub: MmuNotifier, mm: Mm) {
    const idx = yield* srcuReadLock(srcu);
    const { release } = notifierOps(yield* read(sub.ops));
    if (release !== undefined) yield* release(sub, mm);
    yield* srcuReadUnlock(srcu, idx);
  });

  const unlink = kfunc('mmu_notifier_unregister', function* (sub: MmuNotifier, { lock }: MmuNotifierSubscriptions) {
    yield* spinLock(lock);
    yield* hlistDelInitRcu(sub.hlist);
    yield* spinUnlock(lock);
  });

  const mmuNotifierUnregister = kfunc('mmu_notifier_unregister', function* (sub: MmuNotifier, mm: Mm) {
    bugOn((yield* readOnce(mm.mmCount)) <= 0, 'a notifier unregisters from an address space that is gone');
    if (!(yield* hlistUnhashed(sub.hlist))) {
      yield* releaseAlone(sub, mm);
      const subs = yield* followed(subscriptionsOf(mm), 'notifier_subscriptions');
      yield* unlink(sub, subs);
    }
    yield* synchronizeSrcu(srcu);
    bugOn((yield* readOnce(mm.mmCount)) <= 0, 'a notifier unregisters from an address space that is gone');
    yield* mmdrop(mm);
  });

  /** The notifier of these methods, or `null`; on success it has one user more. */
  const findGet = kfunc('find_get_mmu_notifier', function* (subs: MmuNotifierSubscriptions, ops: number) {
    yield* spinLock(subs.lock);
    let found: Gotten = [null, 0];
    for (let node: Handle | null = yield* hlistFirstRcu(subs.list); node !== null; node = yield* hlistNextRcu(node)) {
      const sub = containerOf(node, MmuNotifier, 'hlist');
      if ((yield* read(sub.ops)) !== ops) continue;
      const users = yield* read(sub.users);
      found = users === UINT_MAX ? [null, -EOVERFLOW] : [sub, 0];
      if (users !== UINT_MAX) yield* write(sub.users, users + 1);
      break;
    }
    yield* spinUnlock(subs.lock);
    return found;
  });

  const mmuNotifierGetLocked = kfunc('mmu_notifier_get_locked', function* (ops: number, mm: Mm) {
    yield* lockdepAssertHeldWrite(mm.mmapLock);
    const subs = yield* read(subscriptionsOf(mm));
    if (subs !== null) {
      const found = yield* findGet(subs, ops);
      if (found[0] !== null || found[1] !== 0) return found;
    }
    const { allocNotifier, freeNotifier } = notifierOps(ops);
    const sub = yield* methodOf(allocNotifier, 'alloc_notifier')(mm);
    if (sub === null) return [null, -ENOMEM] as const;
    yield* write(sub.ops, ops);
    const error = yield* mmuNotifierRegisterLocked(sub, mm);
    if (error === 0) return [sub, 0] as const;
    yield* methodOf(freeNotifier, 'free_notifier')(sub);
    return [null, error] as const;
  });

  const mmuNotifierGet = kfunc('mmu_notifier_get', function* (ops: number, mm: Mm) {
    yield* downWrite(mm.mmapLock);
    const gotten = yield* mmuNotifierGetLocked(ops, mm);
    yield* upWrite(mm.mmapLock);
    return gotten;
  });

  const mmuNotifierFreeRcu = kfunc('mmu_notifier_free_rcu', function* (rcu: RcuHead) {
    const sub = containerOf(rcu, MmuNotifier, 'rcu');
    const mm = yield* followed(sub.mm, 'mm');
    const { freeNotifier } = notifierOps(yield* read(sub.ops));
    yield* methodOf(freeNotifier, 'free_notifier')(sub);
    yield* mmdrop(mm);
  });

  /** Counts down, and unlinks after the last; answers whether it was. */
  const putUser = kfunc('mmu_notifier_put', function* (sub: MmuNotifier, { lock }: MmuNotifierSubscriptions) {
    yield* spinLock(lock);
    const users = yield* read(sub.users);
    const isUnused = yield* host.warnOn(users === 0, 'a notifier is put that nobody uses');
    if (!isUnused) yield* write(sub.users, users - 1);
    const isLast = users === 1;
    if (isLast) yield* hlistDelInitRcu(sub.hlist);
    yield* spinUnlock(lock);
    return isLast;
  });

  const mmuNotifierPut = kfunc('mmu_notifier_put', function* (sub: MmuNotifier) {
    const subs = yield* followed(subscriptionsOf(yield* followed(sub.mm, 'mm')), 'notifier_subscriptions');
    if (yield* putUser(sub, subs)) yield* callSrcu(srcu, sub.rcu, mmuNotifierFreeRcu);
  });

  const mmuNotifierSynchronize = kfunc('mmu_notifier_synchronize', function* () {
    yield* synchronizeSrcu(srcu);
  });

  return {
    mmuNotifierRegister,
    mmuNotifierRegisterLocked,
    mmuNotifierUnregister,
    mmuNotifierGet,
    mmuNotifierGetLocked,
    mmuNotifierPut,
    mmuNotifierFreeRcu,
    mmuNotifierSynchronize,
    subscriptionsDestroy,
    mmdrop,
  };
}
