/**
 * The rules in which versions of the kernel's memory model differ.
 */

/** One set of rules. {@link CURRENT_RULES} is the present model. */
export interface Rules {
  /**
   * What orders an unlock before a lock: `same-cpu-or-handover` since v5.17 (any unlock and any later lock of one CPU,
   * or of two CPUs where the lock read the unlock), `handover` before (the lock must have read the unlock).
   *
   * @source tools/memory-model/linux-kernel.cat po-unlock-lock-po v5.17
   */
  readonly unlockLock: 'same-cpu-or-handover' | 'handover';
  /**
   * Whether a fully ordered read-modify-write is fenced by its tags, or by a fence event on each side of it, which also
   * orders what is before against its write, and its read against what is after.
   *
   * @source tools/memory-model/linux-kernel.cat mb v6.15
   */
  readonly fullyOrdered: 'tags' | 'fences';
  /**
   * Whether a chain of read-modify-writes hands on the order of the release that it starts from.
   *
   * @source tools/memory-model/linux-kernel.cat rmw-sequence v6.3
   */
  readonly rmwSequence: boolean;
  /**
   * Whether a dependency goes on through a value that is stored and loaded again by the same thread.
   *
   * @source tools/memory-model/linux-kernel.bell carry-dep v6.3
   */
  readonly carryDependencies: boolean;
  /**
   * Whether `smp_rmb()` leaves the read half of a read-modify-write that returns no value unordered.
   *
   * @source tools/memory-model/linux-kernel.cat R4rmb v5.3
   */
  readonly noreturnEscapesRmb: boolean;
}

/** The kernel's model of v6.18, as herd7 runs it with `-variant lkmmv2`. */
export const CURRENT_RULES: Rules = {
  unlockLock: 'same-cpu-or-handover',
  fullyOrdered: 'tags',
  rmwSequence: true,
  carryDependencies: true,
  noreturnEscapesRmb: true,
};

/** The rules of v5.3 to v5.16, where they are among those that can be chosen. */
export const RULES_BEFORE_V5_17: Rules = {
  unlockLock: 'handover',
  fullyOrdered: 'fences',
  rmwSequence: false,
  carryDependencies: false,
  noreturnEscapesRmb: true,
};
