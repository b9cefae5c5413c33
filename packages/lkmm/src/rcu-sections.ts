/**
 * RCU read-side critical sections: which rcu_read_unlock() ends which rcu_read_lock(). They nest as brackets do.
 */
import type { LkmmEvent } from './event.js';

/** The sections of all threads. */
export interface RcuSections {
  readonly matched: readonly (readonly [number, number])[];
  readonly unmatchedLock: boolean;
  readonly unmatchedUnlock: boolean;
}

/**
 * Pairs the borders of RCU sections, thread by thread, in the order of `events`.
 *
 * @source tools/memory-model/linux-kernel.bell rcu-rscs v6.18
 */
export function rcuSections(events: readonly LkmmEvent[]): RcuSections {
  const open = new Map<number, number[]>();
  const matched: [number, number][] = [];
  let unmatchedUnlock = false;
  events.forEach(({ thread, fence }, e) => {
    const stack = open.get(thread) ?? [];
    open.set(thread, stack);
    if (fence === 'rcu-lock') stack.push(e);
    if (fence !== 'rcu-unlock') return;
    const lock = stack.pop();
    if (lock === undefined) unmatchedUnlock = true;
    else matched.push([lock, e]);
  });
  return { matched, unmatchedLock: [...open.values()].some((stack) => stack.length > 0), unmatchedUnlock };
}
