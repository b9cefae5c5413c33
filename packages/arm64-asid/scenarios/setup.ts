/** What the allocator's scenarios have in common: the sizes, and what each says of its machine. */
import type { GivenOf, Memory, MemoryReader, Mutation, Scenario, System } from '@shootdown/machine';
import {
  asidInvariants,
  asidMonitors,
  asidThreads,
  asidMachine,
  type AsidMachine,
  type AsidMachineOptions,
  type MmLifetime,
} from '@shootdown/arm64-asid/model';
import type { MutantsOf } from './mutants.js';

/** Sizes of every scenario here. */
export const sizes = {
  cpus: { default: 2, about: 'CPUs that switch tasks for ever', min: 1, max: 4 },
  tasks: { default: 4, about: 'tasks, each with an address space of its own', min: 1, max: 8 },
  asids: { default: 4, about: 'ASIDs there are, counting 0, which nobody gets', min: 2, max: 32 },
  generations: { default: 3, about: 'generations: rollovers, plus one', min: 1, max: 8 },
  env: {
    default: 'full',
    about: 'the last CPU may do anything (full), switch once (one-shot), or has run task 0 all along (first-shot)',
    oneOf: ['full', 'one-shot', 'first-shot'],
  },
  flush: {
    default: 'at-once',
    about: "a rollover takes the CPUs' slots in one step, or in the kernel's steps",
    oneOf: ['at-once', 'cpu-by-cpu'],
  },
} as const satisfies Scenario['given'];

/** What differs from the code as it is. */
export interface Code {
  /** How the machine is laid out. */
  readonly options?: Partial<AsidMachineOptions>;
  /** Mutations that take variables of the machine. */
  readonly mutants?: MutantsOf;
  /** What boot leaves behind otherwise. */
  readonly boot?: (memory: Memory, machine: AsidMachine) => void;
}

/** A machine, and what is asked of it. */
export type AskedMachine = AsidMachine &
  Required<Pick<System, 'threads' | 'symmetries' | 'monitors' | 'invariants' | 'mutations'>>;

/**
 * Lays out a machine.
 *
 * @param options - of all variants of a scenario
 * @param code - of the variant
 */
export function askedMachine(
  { cpus, tasks, asids, generations, env, flush }: GivenOf<typeof sizes>,
  options: Partial<AsidMachineOptions>,
  { options: more, mutants, boot }: Code = {},
): AskedMachine {
  const machine = asidMachine({ cpus, tasks, asids, generations, env, flush, ...options, ...more });
  return {
    ...machine,
    ...asidThreads(machine),
    init: (memory) => {
      machine.init(memory);
      boot?.(memory, machine);
    },
    monitors: asidMonitors(machine),
    invariants: asidInvariants(machine),
    mutations: mutants?.(machine) ?? [],
  };
}

/** What every scenario of a machine says of it. */
export const asked = {
  init: (memory: Memory, { init }: AskedMachine): void => {
    init(memory);
  },
  within: (now: MemoryReader & Pick<AskedMachine, 'within'>): boolean => now.within(now),
  threads: ({ threads }: AskedMachine): AskedMachine['threads'] => threads,
  symmetries: ({ symmetries }: AskedMachine): AskedMachine['symmetries'] => symmetries,
  monitors: ({ monitors }: AskedMachine): AskedMachine['monitors'] => monitors,
  invariants: ({ invariants }: AskedMachine): AskedMachine['invariants'] => invariants,
  mutations: ({ mutations }: AskedMachine): AskedMachine['mutations'] => mutations,
};

/** Mutants of a machine in which a process ends. */
export function ofLifetime(mutants: (lifetime: MmLifetime) => readonly Mutation[]): MutantsOf {
  return ({ lifetime }) => {
    if (lifetime === undefined) throw new TypeError('expected a machine in which a process ends');
    return mutants(lifetime);
  };
}

/** As many pins as the commit message of seed 003 allows, ASIDs - CPUs - 1. */
export function onePinMore(memory: Memory, { context: { state } }: AsidMachine): void {
  memory.set(state.maxPinnedAsids, memory.get(state.maxPinnedAsids) + 1n);
}
