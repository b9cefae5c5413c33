/** The allocator of kernel-tla's asidalloc.tla with one label done wrong, by what that is. */
import { change, defineOperation, omit, swap, type Cell, type Memory, type Mutation } from '@shootdown/machine';
import { entryOf, tlaAsidOf, type TlaModel } from '@shootdown/arm64-asid/model';

/** Mutations that take variables of a model. */
export type TlaMutants = (model: TlaModel) => readonly Mutation[];

type Answer = number | boolean | readonly number[] | void;

/**
 * What happens at a label instead.
 *
 * @param lock - that is held there
 */
function instead(
  kname: string,
  name: string,
  run: (memory: Memory, ...args: number[]) => Answer,
  lock?: Cell<number>,
): readonly Mutation[] {
  const label = defineOperation<number[], Answer>({ name, run, ...(lock && { guard: () => lock }) });
  // A label at which nothing is done but to go on may have the same name; it has no arguments.
  return [
    change({ in: kname, step: name }, ({ args, request }) =>
      args.length === 0 ? request : label(...(args as readonly number[])),
    ),
  ];
}

const RESERVED = 'check_update_reserved_asid_for_each_cpu';
const FOR_EACH_CPU = 'flush_context_for_each_cpu';

/** A reserved ASID is recognised, and its slot keeps the old generation. */
export const reservedNotUpdated: TlaMutants = ({ state: { cpus, cpuAsidLock } }) =>
  instead(
    'check_update_reserved_asid',
    RESERVED,
    (memory, cpu: number, id: number) => memory.get(cpus[cpu].reservedAsid) === id,
    cpuAsidLock,
  );

/** Nobody looks whether the former ASID is reserved. */
export const reservedIgnored: readonly Mutation[] = [
  change({ in: 'check_update_reserved_asid', step: RESERVED }, ({ request }) => ({
    take: request,
    answer: false,
  })),
];

/** The former ASID is taken again without a look at who has it now. */
export const notMarked: readonly Mutation[] = [
  change({ in: 'new_context_keep', step: 'new_context_ret_from_check_update_reserved_asid_end' }, ({ request }) => ({
    take: request,
    answer: false,
  })),
];

/** A rollover forgets what runs on CPUs that did not switch since the one before. */
export const noReserved: TlaMutants = ({ state: { cpus, asidMap, cpuAsidLock } }) =>
  instead(
    FOR_EACH_CPU,
    'flush_context_asid0_check',
    (memory, cpu: number, active: number) => {
      memory.set(asidMap, (memory.get(asidMap) | entryOf(tlaAsidOf(active))) >>> 0);
      memory.set(cpus[cpu].reservedAsid, active);
    },
    cpuAsidLock,
  );

/** A rollover looks at the active ASIDs and leaves them in their slots. */
export const activeKept: TlaMutants = ({ state: { cpus } }) =>
  instead(FOR_EACH_CPU, FOR_EACH_CPU, (memory, cpu: number) => memory.get(cpus[cpu].activeAsid));

/** A rollover reserves ASIDs and leaves them free in the map. */
export const unmarkedReserved: TlaMutants = ({ state: { cpus, cpuAsidLock } }) =>
  instead(
    FOR_EACH_CPU,
    'flush_context_asid0_check',
    (memory, cpu: number, active: number) => {
      const { reservedAsid } = cpus[cpu];
      memory.set(reservedAsid, active === 0 ? memory.get(reservedAsid) : active);
    },
    cpuAsidLock,
  );

const SLOW = 'check_and_switch_context_slow';

/** Nobody flushes after a rollover. */
export const noFlush: TlaMutants = ({ state: { cpus, cpuAsidLock } }) =>
  instead(
    SLOW,
    'tlb_flush_pending',
    (memory, cpu: number) => {
      memory.set(cpus[cpu].tlbFlushPending, false);
    },
    cpuAsidLock,
  );

/** With CnP, a CPU flushes its own entries alone. */
export const localFlush: TlaMutants = ({ state: { cpus, cpuAsidLock }, hardware }) =>
  instead(
    SLOW,
    'tlb_flush_pending',
    (memory, cpu: number) => {
      if (!memory.get(cpus[cpu].tlbFlushPending)) return;
      memory.set(cpus[cpu].tlbFlushPending, false);
      hardware.localFlushTlbAll(memory, cpu);
    },
    cpuAsidLock,
  );

/** The fast path stores its ASID even where a rollover has taken the slot. */
export const xchg: TlaMutants = ({ state: { cpus } }) =>
  instead('cmpxchg_active_asids', 'cmpxchg_active_asids', (memory, cpu: number, _old: number, id: number) => {
    const active = memory.get(cpus[cpu].activeAsid);
    memory.set(cpus[cpu].activeAsid, id);
    return active;
  });

/** The fast path goes on where a rollover has taken the slot, without storing its ASID. */
export const noRollOverCheck: readonly Mutation[] = [
  change({ in: 'check_and_switch_context_fast', step: 'check_roll_over' }, ({ request }) => ({
    take: request,
    answer: true,
  })),
];

/** The fast path does not look at the generation. */
export const noGenCheck: readonly Mutation[] = [
  change({ in: 'cmpxchg_active_asids', step: 'check_current_generation' }, ({ args: [, oldActiveAsid], request }) => ({
    take: request,
    answer: oldActiveAsid !== 0,
  })),
];

/** The task does not get the id it was given. */
export const noIdStore: readonly Mutation[] = [
  omit({ in: 'slow_path', step: 'check_and_switch_context_ret_new_context' }),
];

/** With CnP, the former task's tables are walked until the new one's are. */
export const lateReservedTtbr0: TlaMutants = ({ state: { cpus, tasks } }) =>
  instead('cmpxchg_active_asids', 'check_and_switch_context', (memory, task: number, cpu: number) => [
    memory.get(tasks[task].contextId),
    memory.get(cpus[cpu].activeAsid),
  ]);

/** The ASID is read before the page is unmapped. */
export const earlyAsid: readonly Mutation[] = [swap({ in: 'try_to_unmap', step: 'pte_clear', with: 'read_asid' })];

/** The ASID is not invalidated. */
export const noTlbi: readonly Mutation[] = [omit({ in: 'try_to_unmap', step: 'flush_tlb_asid' })];
