/** What the allocator's scenarios have in common: the sizes, and what each says of its world. */
import type { GivenOf, Memory, MemoryReader, Mutation, Scenario, System } from '@shootdown/machine';
import {
  asidInvariants,
  asidMonitors,
  asidThreads,
  asidWorld,
  type AsidWorld,
  type AsidWorldOptions,
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
  /** How the world is laid out. */
  readonly options?: Partial<AsidWorldOptions>;
  /** Mutations that take variables of the world. */
  readonly mutants?: MutantsOf;
  /** What boot leaves behind otherwise. */
  readonly boot?: (memory: Memory, world: AsidWorld) => void;
}

/** A world, and what is asked of it. */
export type AskedWorld = AsidWorld &
  Required<Pick<System, 'threads' | 'symmetries' | 'monitors' | 'invariants' | 'mutations'>>;

/**
 * Lays out a world.
 *
 * @param options - of all variants of a scenario
 * @param code - of the variant
 */
export function askedWorld(
  { cpus, tasks, asids, generations, env, flush }: GivenOf<typeof sizes>,
  options: Partial<AsidWorldOptions>,
  { options: more, mutants, boot }: Code = {},
): AskedWorld {
  const world = asidWorld({ cpus, tasks, asids, generations, env, flush, ...options, ...more });
  return {
    ...world,
    ...asidThreads(world),
    init: (memory) => {
      world.init(memory);
      boot?.(memory, world);
    },
    monitors: asidMonitors(world),
    invariants: asidInvariants(world),
    mutations: mutants?.(world) ?? [],
  };
}

/** What every scenario of a world says of it. */
export const asked = {
  init: (memory: Memory, { init }: AskedWorld): void => {
    init(memory);
  },
  within: (now: MemoryReader & Pick<AskedWorld, 'within'>): boolean => now.within(now),
  threads: ({ threads }: AskedWorld): AskedWorld['threads'] => threads,
  symmetries: ({ symmetries }: AskedWorld): AskedWorld['symmetries'] => symmetries,
  monitors: ({ monitors }: AskedWorld): AskedWorld['monitors'] => monitors,
  invariants: ({ invariants }: AskedWorld): AskedWorld['invariants'] => invariants,
  mutations: ({ mutations }: AskedWorld): AskedWorld['mutations'] => mutations,
};

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
