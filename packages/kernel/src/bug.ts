/** BUG_ON and WARN_ON: a search reports both as `assertion`. After a BUG the thread is dead; after a warning it goes on. */
import { KernelBug, notedKthread, report, type Kthread } from '@shootdown/machine';

/**
 * Ends the thread.
 *
 * @param text - what should have held
 * @throws {@link KernelBug} always
 * @source include/asm-generic/bug.h BUG() v4.19
 */
export function bug(text: string): never {
  throw new KernelBug('assertion', 'BUG', text);
}

/**
 * Ends the thread if `condition` holds.
 *
 * @param text - what should have held
 * @throws {@link KernelBug} if so
 * @source include/asm-generic/bug.h BUG_ON() v4.19
 */
export function bugOn(condition: boolean, text: string): asserts condition is false {
  if (condition) throw new KernelBug('assertion', 'BUG_ON', text);
}

/**
 * Warns if `condition` holds, and goes on; returns the condition.
 *
 * @param text - what should have held
 * @source include/asm-generic/bug.h WARN_ON() v4.19
 */
export function warnOn(condition: boolean, text: string): Kthread<boolean> {
  return notedKthread('WARN_ON', warning('WARN_ON', condition, text));
}

/**
 * As {@link warnOn}: a search ends at the first warning, so that it comes once goes without saying.
 *
 * @param text - what should have held
 * @source include/asm-generic/bug.h WARN_ON_ONCE() v4.19
 */
export function warnOnOnce(condition: boolean, text: string): Kthread<boolean> {
  return notedKthread('WARN_ON_ONCE', warning('WARN_ON_ONCE', condition, text));
}

function* warning(rule: string, condition: boolean, text: string): Kthread<boolean> {
  if (condition) yield* report('assertion', rule, text);
  return condition;
}
