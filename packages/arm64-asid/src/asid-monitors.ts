/** What the specification notes of a machine: who runs where and under which ASID, what met in a TLB, and which page is gone. */
import { afterStep, atEntry, atExit, beforeStep, type Monitors, type NoteMemory } from '@shootdown/machine';
import type { AsidMachine } from './asid-machine.js';
import type { Mm } from './asid-state.js';

const SWITCH = 'check_and_switch_context';

/** Monitors of a machine. */
export function asidMonitors(machine: AsidMachine): Monitors {
  const { unmaps, exits } = machine.options;
  return {
    ...running(machine),
    ...(exits === true && leavingWithAProcess(machine)),
    ...mixing(machine),
    ...((unmaps === true || exits === true) && unmapping()),
  };
}

function running({ mmu: { cpus, options } }: AsidMachine): Monitors {
  return {
    leaves: beforeStep({ in: SWITCH, step: 'atomic64_read', of: 'active_asids' }, (memory, { callArgs: [, , cpu] }) => {
      leave(memory, cpus[cpu as number]);
    }),
    // From here on nothing keeps the CPU from running the process under the ASID just read, so it counts as running it: what is
    // wrong now is wrong when it does.
    runs: afterStep({ in: 'cpu_do_switch_mm', step: 'atomic64_read' }, (memory, { callArgs: [mm, cpu], answer }) => {
      memory.set(cpus[cpu as number].running, mm as Mm);
      memory.set(cpus[cpu as number].runningAsid, options.asidOf(answer as bigint));
    }),
  };
}

/** Where a process ends, a CPU does not run it any more from when it has picked another. */
function leavingWithAProcess({ mmu: { cpus } }: AsidMachine): Monitors {
  return {
    drops: beforeStep({ in: 'context_switch', step: 'atomic_dec', of: 'mm_users' }, (memory, { callArgs: [, cpu] }) => {
      leave(memory, cpus[cpu as number]);
    }),
    switches: atEntry(SWITCH, (memory, { args: [, , cpu] }) => {
      leave(memory, cpus[cpu as number]);
    }),
  };
}

function leave(memory: NoteMemory, { running, runningAsid }: AsidMachine['mmu']['cpus'][number]): void {
  memory.set(running, null);
  memory.set(runningAsid, 0);
}

function mixing({ mmu: { cpus } }: AsidMachine): Monitors {
  return {
    mixes: afterStep(
      { in: ['cpu_do_switch_mm', 'msr_ttbr1_first'], step: 'tlb fill' },
      (memory, { args: [cpu, mm, asid], answer: former }) => {
        if (former !== null && former !== mm) memory.set(cpus[cpu as number].mixed, (asid as number) + 1);
      },
    ),
  };
}

function unmapping(): Monitors {
  return {
    'is gone': atExit('unmap_page', (memory, { args: [mm] }) => {
      memory.set((mm as Mm).isGone, true);
    }),
  };
}
