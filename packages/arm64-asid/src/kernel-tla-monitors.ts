/** What the specification notes of its own steps: where each CPU's program counter is, as far as an invariant asks. */
import { afterStep, type Monitors } from '@shootdown/machine';
import type { TlaState } from './kernel-tla-state.js';

/** Monitors of the model. */
export function tlaMonitors({ cpus }: TlaState): Monitors {
  return {
    leaves: afterStep({ in: 'sched_loop', step: 'sched_loop' }, (memory, { args: [cpu], answer }) => {
      if (answer === true) memory.set(cpus[cpu as number].isSwitching, true);
    }),
    arrives: afterStep({ in: 'sched_loop', step: 'cpu_switch_mm' }, (memory, { args: [, cpu] }) => {
      memory.set(cpus[cpu as number].isSwitching, false);
    }),
  };
}
