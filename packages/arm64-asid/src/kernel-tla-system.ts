/** The open system of kernel-tla's asidalloc.tla: each CPU switches to any task for ever, and one thread unmaps their pages. */
import {
  Layout,
  chooseMember,
  defineOperation,
  kfunc,
  type Kfunc,
  type Memory,
  type System,
  type Thread,
} from '@shootdown/machine';
import { tlaAllocator } from './kernel-tla-allocator.js';
import { tlaHardware, type TlaHardware } from './kernel-tla-cpu.js';
import { tlaInvariants } from './kernel-tla-invariants.js';
import { tlaMonitors } from './kernel-tla-monitors.js';
import { PTE, asidOf, tlaState, type TlaSizes, type TlaState } from './kernel-tla-state.js';

/** What the specification is checked with. */
export interface TlaOptions extends TlaSizes {
  /** Whether anybody unmaps pages. */
  readonly unmapper: boolean;
}

/** The specification as a model, and what its labels are made of. */
export interface TlaModel {
  readonly state: TlaState;
  readonly hardware: TlaHardware;
  readonly system: System;
}

/** Lays out the specification's variables, and makes its threads. */
export function tlaModel(options: TlaOptions): TlaModel {
  const layout = new Layout();
  const state = tlaState(layout, options);
  const hardware = tlaHardware(state);
  const { cpus, tasks, generations, unmapper } = options;
  const schedule = scheduleOf(state, hardware);
  const unmap = unmapOf(state, hardware);
  const threads: readonly Thread[] = [
    ...Array.from({ length: cpus }, (_, cpu): Thread => ({ name: `P${cpu}`, run: () => schedule(cpu), repeat: true })),
    ...(unmapper ? [{ name: 'ttu', run: () => unmap(), repeat: true }] : []),
  ];
  const system: System = {
    layout,
    threads,
    init: (memory) => {
      memory.set(state.asidGeneration, 1);
      memory.set(state.curIdx, 1);
    },
    within: (memory) => memory.get(state.asidGeneration) <= generations,
    monitors: tlaMonitors(state),
    invariants: tlaInvariants(state),
    symmetries: [{ name: 'tasks', size: tasks, objects: [state.tasks, ...state.cpus.map(({ tlb }) => tlb)] }],
  };
  return { state, hardware, system };
}

/** `sched_loop`. */
function scheduleOf(state: TlaState, hardware: TlaHardware): Kfunc<[cpu: number], void> {
  const checkAndSwitchContext = tlaAllocator(state, hardware);
  const leave = defineOperation({
    name: 'sched_loop',
    isLocal: true,
    run: (memory: Memory, cpu: number, task: number): boolean => {
      return memory.get(state.cpus[cpu].task) !== task + 1;
    },
  });
  const pickTask = chooseMember(state.taskNumber, 'pick task');
  return kfunc('sched_loop', function* (cpu: number) {
    const task = yield* pickTask;
    if (!(yield* leave(cpu, task))) return;
    yield* hardware.cpuSwitchMm(task, cpu, yield* checkAndSwitchContext(task, cpu));
  });
}

/** `try_to_unmap` of one task after the other. */
function unmapOf({ tasks, taskNumber }: TlaState, hardware: TlaHardware): Kfunc<[], void> {
  const setPte = (name: string, value: number): ReturnType<typeof defineOperation<[task: number], void>> =>
    defineOperation({
      name,
      target: (task: number) => tasks[task].pte,
      run: (memory: Memory, task: number): void => {
        memory.set(tasks[task].pte, value);
      },
    });
  const clearPte = setPte('pte_clear', PTE.UNMAPPED);
  const readAsid = defineOperation({
    name: 'read_asid',
    target: (task: number) => tasks[task].contextId,
    run: (memory: Memory, task: number): number => asidOf(memory.get(tasks[task].contextId)),
  });
  const afterTlbi = setPte('after_tlbi', PTE.INVALIDATED);
  const pickTask = chooseMember(taskNumber, 'pick task');
  return kfunc('try_to_unmap', function* () {
    const task = yield* pickTask;
    yield* clearPte(task);
    yield* hardware.flushTlbAsid(yield* readAsid(task));
    yield* afterTlbi(task);
  });
}
