/** What the allocator's scenarios have in common: the sizes, and how a world becomes a system. */
import type { Given, GivenSpec, Memory, Mutation, Scenario, System } from '@shootdown/machine';
import {
  asidInvariants,
  asidMonitors,
  asidThreads,
  asidWorld,
  type AsidWorld,
  type AsidWorldOptions,
  type Environment,
  type FlushSteps,
  type MmLifetime,
} from '@shootdown/arm64-asid/model';
import type { MutantsOf } from './mutants.js';

type Sizes = Readonly<Record<string, Given>>;

/** Sizes of every scenario here. */
export const sizes: Scenario['given'] &
  Record<'cpus' | 'tasks' | 'asids' | 'generations' | 'env' | 'flush', GivenSpec> = {
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
};

/** What differs from the code as it is. */
export interface Code {
  /** How the world is laid out. */
  readonly options?: Partial<AsidWorldOptions>;
  /** Mutations that take variables of the world. */
  readonly mutants?: MutantsOf;
  /** What boot leaves behind otherwise. */
  readonly boot?: (memory: Memory, world: AsidWorld) => void;
}

/** The system of a world. */
export function systemOf(given: Sizes, { options = {}, mutants, boot }: Code = {}): System {
  const world = asidWorld({
    cpus: Number(given['cpus']),
    tasks: Number(given['tasks']),
    asids: Number(given['asids']),
    generations: Number(given['generations']),
    env: String(given['env']) as Environment,
    flush: String(given['flush']) as FlushSteps,
    ...options,
  });
  const { layout, init, within } = world;
  return {
    layout,
    init: (memory) => {
      init(memory);
      boot?.(memory, world);
    },
    within,
    ...asidThreads(world),
    monitors: asidMonitors(world),
    invariants: asidInvariants(world),
    ...(mutants === undefined ? {} : { mutations: mutants(world) }),
  };
}

/** Mutants of a world in which a process ends. */
export function ofLifetime(mutants: (lifetime: MmLifetime) => readonly Mutation[]): MutantsOf {
  return ({ lifetime }) => {
    if (lifetime === undefined) throw new TypeError('expected a world in which a process ends');
    return mutants(lifetime);
  };
}

/** As many pins as the commit message of seed 003 allows, ASIDs - CPUs - 1. */
export function onePinMore(memory: Memory, { context: { state } }: AsidWorld): void {
  memory.set(state.maxPinnedAsids, memory.get(state.maxPinnedAsids) + 1n);
}
