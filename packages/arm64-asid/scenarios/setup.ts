/** What the allocator's scenarios have in common: the sizes, and how a world becomes a system. */
import type { Given, GivenSpec, Scenario, System } from '@shootdown/machine';
import {
  asidInvariants,
  asidThreads,
  asidWorld,
  type AsidWorldOptions,
  type Environment,
  type FlushSteps,
} from '@shootdown/arm64-asid/model';

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

/** The system of a world. */
export function systemOf(given: Sizes, options: Partial<AsidWorldOptions>): System {
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
  return { layout, init, within, ...asidThreads(world), invariants: asidInvariants(world) };
}
