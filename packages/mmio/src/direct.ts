/** Accesses for a single caller, run where they are called. */
import { kfunc, runDirect, type Kthread, type Memory } from '@shootdown/machine';

/**
 * Runs one access, or any sequence of them, to its end.
 *
 * @param memory - where the devices keep their registers; changes
 * @param access - what an accessor such as {@link rawReadq} made
 * @returns what the access answers
 * @throws {@link KernelBug} for an access that no device takes
 * @throws {@link WouldBlock} where a poll would go on for ever
 */
export function accessNow<T extends number | bigint | void>(memory: Memory, access: Kthread<T>): T {
  return runDirect(memory, kfunc('access', () => access)());
}
