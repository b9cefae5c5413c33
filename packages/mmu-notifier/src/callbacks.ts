/** What a single caller is told of its notifiers, and by which functions of its own. */
import type { MmuNotifierEvent } from '@shootdown/mm/model';

/** A range of addresses that changes: `start` and `end` in bytes, 0 to 2^64 - 1, `end` not included. */
export interface InvalidatedRange {
  readonly start: bigint;
  readonly end: bigint;
  /** Why; default `MMU_NOTIFY_UNMAP`. */
  readonly event?: MmuNotifierEvent;
  /** Whether callbacks may sleep, and so must not refuse; default true. */
  readonly blockable?: boolean;
}

/** What a first pass returns. */
export interface FirstPassResult {
  /** False only if the range is not blockable, and it would have to sleep. */
  readonly success: boolean;
  /** Run after the first passes of all; without, the first pass must have done everything. */
  readonly finish?: (range: Required<InvalidatedRange>, curSeq: bigint) => void;
}

/** What an interval's owner is told by: one of the two. The sequence is set for it, unless it returns false. */
export interface IntervalCallbacks {
  /** Its mappings in the range are gone when it returns; returns false only if it would have to sleep and must not. */
  readonly invalidate?: (range: Required<InvalidatedRange>, curSeq: bigint) => boolean;
  /** First of two passes. Not in the versions `v4.19` and `single-pass`. */
  readonly invalidateStart?: (range: Required<InvalidatedRange>, curSeq: bigint) => FirstPassResult;
}

/** What a classic notifier is told by. Each is optional. */
export interface NotifierCallbacks {
  readonly release?: (notifier: Notifier) => void;
  /** Returns 0, or `-EAGAIN` where it would have to sleep and must not. */
  readonly invalidateRangeStart?: (notifier: Notifier, range: Required<InvalidatedRange>) => number;
  readonly invalidateRangeEnd?: (notifier: Notifier, range: Required<InvalidatedRange>) => void;
  /** TLBs are flushed. */
  readonly invalidateRange?: (notifier: Notifier, start: bigint, end: bigint) => void;
  readonly clearFlushYoung?: (notifier: Notifier, start: bigint, end: bigint) => boolean;
  readonly clearYoung?: (notifier: Notifier, start: bigint, end: bigint) => boolean;
  readonly testYoung?: (notifier: Notifier, address: bigint) => boolean;
  readonly changePte?: (notifier: Notifier, address: bigint, pte: bigint) => void;
  /** Makes the notifier of `MmuNotifiers.get`. */
  readonly allocNotifier?: () => Notifier;
  /** It is not used any more. */
  readonly freeNotifier?: (notifier: Notifier) => void;
  /** v4.19: none of the callbacks sleeps. */
  readonly doesNotBlock?: boolean;
}

/** An interval and who is told of it. */
export class IntervalNotifier {
  readonly callbacks: IntervalCallbacks;

  /** @throws TypeError unless exactly one of `invalidate` and `invalidateStart` is there */
  constructor(callbacks: IntervalCallbacks) {
    if ((callbacks.invalidate === undefined) === (callbacks.invalidateStart === undefined))
      throw new TypeError('IntervalNotifier: expected exactly one of invalidate and invalidateStart');
    this.callbacks = callbacks;
  }
}

/** Who is told of every change. Notifiers of the same callbacks object are one to `MmuNotifiers.get`. */
export class Notifier {
  readonly callbacks: NotifierCallbacks;

  constructor(callbacks: NotifierCallbacks) {
    this.callbacks = callbacks;
  }
}
