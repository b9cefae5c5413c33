/** The notifiers of one address space for a single caller: the same code, run to completion. */
import { hlistNodes, srcuInvokeCallback } from '@shootdown/kernel/model';
import { Layout, Memory, WouldBlock, WholeCalls, type Kthread, type Request } from '@shootdown/machine';
import {
  MMU_NOTIFY_UNMAP,
  mmSlab,
  mmuNotifierRange,
  setMmAlloc,
  type Mm,
  type MmuNotifierRange,
} from '@shootdown/mm/model';
import type { IntervalNotifier, InvalidatedRange, Notifier, NotifierCallbacks } from './callbacks.js';
import type { MmuNotifierCore } from './core.js';
import { mmuNotifierCore } from './define-core.js';
import {
  mmuIntervalCheckRetry,
  mmuIntervalReadRetry,
  mmuNotifierGet,
  mmuNotifierInvalidateRangeEnd,
  mmuNotifierInvalidateRangeOnlyEnd,
  mmuNotifierInvalidateRangeStart,
  mmuNotifierInvalidateRangeStartNonblock,
} from './inlines.js';
import { assertU64 } from './internal/assert-u64.js';
import { IntervalCallbackTable, NotifierCallbackTable } from './internal/callback-tables.js';
import { mmuIntervalReadBegin } from './mn-itree.js';
import {
  beginRemove,
  mmHasBlockableInvalidateNotifiers,
  mmuIntervalNotifierInsert,
  mmuNotifierChangePte,
  mmuNotifierClearFlushYoung,
  mmuNotifierClearYoung,
  mmuNotifierInvalidateRange,
  mmuNotifierPut,
  mmuNotifierRegister,
  mmuNotifierRelease,
  mmuNotifierTestYoung,
  mmuNotifierUnregister,
} from './mmu-notifier.js';
import type { MmuNotifierVersion } from './ops.js';

/** What there are notifiers for. */
export interface MmuNotifiersOptions {
  /** Whose code; default `merged`, today's. */
  readonly version?: MmuNotifierVersion;
  /** Interval notifiers at once, 0 to 59 652 323; default 64. */
  readonly intervals?: number;
  /** Classic notifiers at once, at least 1; default 16. */
  readonly notifiers?: number;
}

/** What the kernel has in its variables, for tests and the curious. */
export interface MmuNotifiersState {
  /** References to the address space, the owner's own included. */
  readonly mmCount: number;
  /** Even when no interval is being invalidated. */
  readonly invalidateSeq: bigint;
  /** Ranges begun and not ended. */
  readonly activeInvalidateRanges: number;
  readonly hasItree: boolean;
  /** In tree order. */
  readonly itree: readonly IntervalNotifier[];
  /** Inserts and removes that wait for the last range to end, the newest first. */
  readonly deferred: readonly IntervalNotifier[];
  /** The newest first. */
  readonly list: readonly Notifier[];
}

/**
 * Tells those who mirror an address space of its changes, as the kernel does: for emulators, hypervisors and anything else that
 * keeps copies of mappings. Where the kernel would sleep a call throws {@link WouldBlock}. A call that throws, whatever it is, changes
 * nothing, as if it had not been made; what callbacks did meanwhile is theirs to undo.
 *
 * @source mm/mmu_notifier.c __mmu_notifier_invalidate_range_start() v6.17
 */
export class MmuNotifiers {
  readonly #memory: Memory;
  readonly #calls: WholeCalls;
  readonly #mm: Mm;
  readonly #core: MmuNotifierCore;
  readonly #intervals: IntervalCallbackTable;
  readonly #notifiers: NotifierCallbackTable;
  #warnings = 0;
  readonly version: MmuNotifierVersion;

  /** @throws RangeError when an option is out of range */
  constructor({ version = 'merged', intervals = 64, notifiers = 16 }: MmuNotifiersOptions = {}) {
    this.version = version;
    const layout = new Layout();
    const mms = mmSlab(layout, 1);
    this.#mm = mms.slots[0];
    this.#intervals = new IntervalCallbackTable(layout, intervals, version);
    this.#notifiers = new NotifierCallbackTable(layout, notifiers);
    const warn = (): void => {
      this.#warnings++;
    };
    this.#core = mmuNotifierCore(
      layout,
      {
        version,
        threads: 1,
        intervals: this.#intervals.subs,
        intervalOps: this.#intervals.ops,
        finishFunctions: this.#intervals.finishFunctions,
        notifierOps: this.#notifiers.ops,
      },
      {
        *warnOn(condition): Kthread<boolean> {
          if (condition) warn();
          return condition;
        },
      },
    );
    this.#memory = new Memory(layout);
    this.#calls = new WholeCalls(this.#memory);
    setMmAlloc(this.#memory, mms);
  }

  /** How often the kernel would have warned. */
  get warnings(): number {
    return this.#warnings;
  }

  /**
   * Begins to tell an interval's owner of changes.
   *
   * @param length - in bytes
   * @returns 0, or `-EOVERFLOW` for a length of 0 or past 2^64
   * @throws RangeError when there are as many already as there may be, and for what is no u64
   * @throws TypeError for one of two passes, in a version of one
   * @source mm/mmu_notifier.c mmu_interval_notifier_insert() v6.17
   */
  intervalInsert(notifier: IntervalNotifier, start: bigint, length: bigint): number {
    assertU64('intervalInsert: start', start);
    assertU64('intervalInsert: length', length);
    const isKnown = this.#intervals.has(notifier);
    const { sub, ops } = this.#intervals.take(notifier);
    let error: number | undefined;
    try {
      error = this.#call(mmuIntervalNotifierInsert(this.#core, sub, this.#mm, start, length, ops));
      return error;
    } finally {
      if (error !== 0 && !isKnown) this.#intervals.give(notifier);
    }
  }

  /**
   * Stops telling it.
   *
   * @throws {@link WouldBlock} while some interval is being invalidated: it is removed by the last {@link MmuNotifiers.rangeEnd},
   * and may be told of changes until then
   * @source mm/mmu_notifier.c mmu_interval_notifier_remove() v6.17
   */
  intervalRemove(notifier: IntervalNotifier): void {
    const waitsFor = this.#call(beginRemove(this.#core, this.#intervals.subOf(notifier)));
    this.#call(this.#core.mmdrop(this.#mm));
    if (waitsFor === 0n) {
      this.#intervals.give(notifier);
      return;
    }
    this.#intervals.giveLater(notifier);
    throw new WouldBlock('mmu_interval_notifier_remove waits for the invalidation to end');
  }

  /**
   * What to {@link MmuNotifiers.readRetry} with.
   *
   * @throws {@link WouldBlock} while the notifier's interval is being invalidated
   * @source mm/mmu_notifier.c mmu_interval_read_begin() v6.17
   */
  readBegin(notifier: IntervalNotifier): bigint {
    return this.#call(mmuIntervalReadBegin(this.#core, this.#intervals.subOf(notifier)));
  }

  /**
   * Whether what was read since {@link MmuNotifiers.readBegin} is out of date.
   *
   * @source include/linux/mmu_notifier.h mmu_interval_read_retry() v6.17
   */
  readRetry(notifier: IntervalNotifier, seq: bigint): boolean {
    assertU64('readRetry: seq', seq);
    return this.#call(mmuIntervalReadRetry(this.#intervals.subOf(notifier), seq));
  }

  /**
   * As {@link MmuNotifiers.readRetry}; with a single caller there is no difference.
   *
   * @source include/linux/mmu_notifier.h mmu_interval_check_retry() v6.17
   */
  checkRetry(notifier: IntervalNotifier, seq: bigint): boolean {
    assertU64('checkRetry: seq', seq);
    return this.#call(mmuIntervalCheckRetry(this.#intervals.subOf(notifier), seq));
  }

  /** The sequence a notifier has: odd, and that of the last invalidation that hit it. */
  seqOf(notifier: IntervalNotifier): bigint {
    return this.#memory.get(this.#intervals.subOf(notifier).invalidateSeq);
  }

  /**
   * Tells everybody that a range is about to change.
   *
   * @returns 0, or `-EAGAIN` where the range is not blockable and somebody refused: then it must neither change nor be ended
   * @source include/linux/mmu_notifier.h mmu_notifier_invalidate_range_start() v6.17
   */
  rangeStart(range: InvalidatedRange): number {
    const { blockable = true } = range;
    const start = blockable ? mmuNotifierInvalidateRangeStart : mmuNotifierInvalidateRangeStartNonblock;
    return this.#call(start(this.#core, this.#rangeOf(range)));
  }

  /**
   * Tells everybody that the range has changed.
   *
   * @throws {@link KernelBug} `end-without-start` when no range is open
   * @source include/linux/mmu_notifier.h mmu_notifier_invalidate_range_end() v6.17
   */
  rangeEnd(range: InvalidatedRange): void {
    this.#call(mmuNotifierInvalidateRangeEnd(this.#core, this.#rangeOf(range)));
    this.#intervals.giveWaiting(({ deferred, itree }) => [...deferred, ...itree], this.state);
  }

  /**
   * v4.19: as {@link MmuNotifiers.rangeEnd} where {@link MmuNotifiers.invalidateRange} was called already.
   *
   * @source include/linux/mmu_notifier.h mmu_notifier_invalidate_range_only_end() v4.19
   */
  rangeOnlyEnd(range: InvalidatedRange): void {
    this.#call(mmuNotifierInvalidateRangeOnlyEnd(this.#core, this.#rangeOf(range)));
  }

  /**
   * Tells everybody that TLBs are flushed: pages are unmapped and not yet freed.
   *
   * @source mm/mmu_notifier.c __mmu_notifier_arch_invalidate_secondary_tlbs() v6.6
   */
  invalidateRange(start: bigint, end: bigint): void {
    assertU64('invalidateRange: start', start);
    assertU64('invalidateRange: end', end);
    this.#call(mmuNotifierInvalidateRange(this.#core, this.#mm, start, end));
  }

  /**
   * Whether anybody used a page of the range since it was asked last, TLBs flushed.
   *
   * @source mm/mmu_notifier.c __mmu_notifier_clear_flush_young() v4.19
   */
  clearFlushYoung(start: bigint, end: bigint): boolean {
    assertU64('clearFlushYoung: start', start);
    assertU64('clearFlushYoung: end', end);
    return this.#call(mmuNotifierClearFlushYoung(this.#core, this.#mm, start, end));
  }

  /**
   * As {@link MmuNotifiers.clearFlushYoung} without a flush.
   *
   * @source mm/mmu_notifier.c __mmu_notifier_clear_young() v4.19
   */
  clearYoung(start: bigint, end: bigint): boolean {
    assertU64('clearYoung: start', start);
    assertU64('clearYoung: end', end);
    return this.#call(mmuNotifierClearYoung(this.#core, this.#mm, start, end));
  }

  /**
   * Whether anybody used the page.
   *
   * @source mm/mmu_notifier.c __mmu_notifier_test_young() v4.19
   */
  testYoung(address: bigint): boolean {
    assertU64('testYoung: address', address);
    return this.#call(mmuNotifierTestYoung(this.#core, this.#mm, address));
  }

  /**
   * Tells everybody that a page becomes another.
   *
   * @source mm/mmu_notifier.c __mmu_notifier_change_pte() v4.19
   */
  changePte(address: bigint, pte: bigint): void {
    assertU64('changePte: address', address);
    assertU64('changePte: pte', pte);
    this.#call(mmuNotifierChangePte(this.#core, this.#mm, address, pte));
  }

  /**
   * v4.19: whether anybody who is told of ranges may sleep.
   *
   * @source mm/mmu_notifier.c mm_has_blockable_invalidate_notifiers() v4.19
   */
  hasBlockable(): boolean {
    return this.#call(mmHasBlockableInvalidateNotifiers(this.#core, this.#mm));
  }

  /**
   * Begins to tell a classic notifier of every change.
   *
   * @returns 0, or `-EINVAL` for one that has callbacks for ranges and, since v6.6, for flushes
   * @throws RangeError when there are as many already as there may be
   * @source mm/mmu_notifier.c mmu_notifier_register() v6.17
   */
  register(notifier: Notifier): number {
    const sub = this.#notifiers.take(notifier, this.#memory);
    let error: number | undefined;
    try {
      error = this.#call(mmuNotifierRegister(this.#core, sub, this.#mm));
      return error;
    } finally {
      if (error !== 0) this.#notifiers.give(notifier);
    }
  }

  /**
   * Stops telling it; it is released first, unless it was.
   *
   * @source mm/mmu_notifier.c mmu_notifier_unregister() v6.17
   */
  unregister(notifier: Notifier): void {
    this.#call(mmuNotifierUnregister(this.#core, this.#notifiers.subOf(notifier), this.#mm));
    this.#notifiers.give(notifier);
  }

  /**
   * The notifier of these callbacks, made and registered unless there is one; one user more.
   *
   * @returns the notifier, or a negative error
   * @throws {@link KernelBug} `BUG` without `allocNotifier`
   * @source mm/mmu_notifier.c mmu_notifier_get_locked() v6.17
   */
  get(callbacks: NotifierCallbacks): Notifier | number {
    const [sub, error] = this.#call(mmuNotifierGet(this.#core, this.#notifiers.opsOf(callbacks), this.#mm));
    return sub === null ? error : this.#notifiers.notifierOf(sub);
  }

  /**
   * One user less; after the last it is told nothing more, and {@link MmuNotifiers.runCallbacks} frees it.
   *
   * @source mm/mmu_notifier.c mmu_notifier_put() v6.17
   */
  put(notifier: Notifier): void {
    this.#call(mmuNotifierPut(this.#core, this.#notifiers.subOf(notifier)));
  }

  /** How often {@link MmuNotifiers.get} returned the notifier, less the puts. */
  usersOf(notifier: Notifier): number {
    return this.#memory.get(this.#notifiers.subOf(notifier).users);
  }

  /** Frees what the last puts left: the kernel's SRCU thread. */
  runCallbacks(): void {
    while (this.#memory.get(this.#core.srcu.head) !== null) this.#call(srcuInvokeCallback(this.#core.srcu));
  }

  /**
   * Tells everybody that the address space goes away, and unregisters the classic notifiers.
   *
   * @source mm/mmu_notifier.c __mmu_notifier_release() v6.17
   */
  release(): void {
    this.#call(mmuNotifierRelease(this.#core, this.#mm));
  }

  /** The kernel's variables as they are now. */
  get state(): MmuNotifiersState {
    return this.#calls.look((memory) => this.#stateIn(memory));
  }

  #stateIn(memory: Memory): MmuNotifiersState {
    const subs = memory.get(this.#core.subscriptionsOf(this.#mm));
    const mmCount = memory.get(this.#mm.mmCount);
    if (subs === null)
      return {
        mmCount,
        invalidateSeq: 0n,
        activeInvalidateRanges: 0,
        hasItree: false,
        itree: [],
        deferred: [],
        list: [],
      };
    return {
      mmCount,
      invalidateSeq: memory.get(subs.invalidateSeq),
      activeInvalidateRanges: memory.get(subs.activeInvalidateRanges),
      hasItree: memory.get(subs.hasItree),
      itree: this.#core.tree.nodes(memory, subs).map((sub) => this.#intervals.notifierOf(sub)),
      deferred: hlistNodes(memory, subs.deferredList).map((node) => this.#intervals.notifierAt(node)),
      list: hlistNodes(memory, subs.list).map((node) => this.#notifiers.notifierAt(node)),
    };
  }

  #rangeOf({ start, end, event = MMU_NOTIFY_UNMAP, blockable = true }: InvalidatedRange): MmuNotifierRange {
    assertU64('range: start', start);
    assertU64('range: end', end);
    return mmuNotifierRange({ mm: this.#mm, start, end, event, flags: blockable ? 1 : 0 });
  }

  #call<T>(request: Request<T>): T {
    return this.#calls.run(request);
  }
}
