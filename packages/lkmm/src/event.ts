/**
 * The events of an execution, named as the kernel's `tools/memory-model/Documentation/herd-representation.txt` names them.
 */

/**
 * What an event does:
 * `R` and `W` read and write a location; `LKR` and `LKW` are the two halves of a `spin_lock()` or of a `spin_trylock()`
 * that succeeds; `UL` is a `spin_unlock()`; `LF` is a `spin_trylock()` that fails, or a `spin_is_locked()` that finds the
 * lock held; `RU` is a `spin_is_locked()` that finds it free; `F` is a fence; `SRCU` is a `synchronize_srcu()`.
 *
 * @source tools/memory-model/lock.cat LKR v6.18
 */
export type EventKind = 'R' | 'W' | 'LKR' | 'LKW' | 'UL' | 'LF' | 'RU' | 'F' | 'SRCU';

/**
 * How an access is marked. `plain` is not marked at all. `mb` is the tag of both halves of a read-modify-write that
 * returns a value and is fully ordered; `noreturn` that of one that returns none. `srcu-lock` is the read that
 * `srcu_read_lock()` is, `srcu-unlock` the write that `srcu_read_unlock()` is.
 *
 * @source tools/memory-model/linux-kernel.bell Accesses v6.18
 */
export type AccessTag = 'plain' | 'once' | 'acquire' | 'release' | 'mb' | 'noreturn' | 'srcu-lock' | 'srcu-unlock';

/**
 * What a fence is.
 *
 * @source tools/memory-model/linux-kernel.bell Barriers v6.18
 */
export type FenceTag =
  | 'mb'
  | 'rmb'
  | 'wmb'
  | 'barrier'
  | 'rcu-lock'
  | 'rcu-unlock'
  | 'sync-rcu'
  | 'before-atomic'
  | 'after-atomic'
  | 'after-spinlock'
  | 'after-unlock-lock'
  | 'after-srcu-read-unlock';

/** One event. The initial writes are no events: a read of the initial value reads from {@link INITIAL}. */
export interface LkmmEvent {
  /** The thread it belongs to, counted from 0. */
  readonly thread: number;
  readonly kind: EventKind;
  /** Of `R` and `W` only. Without it the access is plain. */
  readonly tag?: AccessTag;
  /** Of `F` only. */
  readonly fence?: FenceTag;
  /** The location, a number of the caller's choice. Every event has one but a fence. */
  readonly location?: number;
  /** Whether a read-modify-write made the event, also one that failed and so wrote nothing. */
  readonly rmw?: boolean;
}

/** Where a read that no write precedes reads from. */
export const INITIAL = -1;
