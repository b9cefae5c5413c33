/** kernel/exit.c: the end of a task's use of its address space. */
import { kfunc } from '@shootdown/machine';
import { mmput } from './fork.js';
import { mmgrab } from './mm-lifetime.js';
import type { Mm } from './mm-struct.js';
import type { MmSystem } from './mm-system.js';

/**
 * Ends a task: it no longer uses the address space, but its CPU goes on walking the tables until another task runs there,
 * and holds on to them as long.
 *
 * @source kernel/exit.c exit_mm() v5.10
 */
export const exitMm = kfunc('exit_mm', function* (system: MmSystem, mm: Mm, cpu: number) {
  yield* mmgrab(mm);
  yield* mmput(system, mm);
  yield* system.cpus.switchMm(cpu, null);
  yield* system.mmdrop(mm);
});
