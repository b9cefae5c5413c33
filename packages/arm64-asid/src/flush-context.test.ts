/** A rollover that takes the CPUs' slots in the kernel's steps against the one that takes them all in one. */
import { checkSync, type SearchResult } from '@shootdown/explore';
import { kfunc, runDirect, type MemoryReader, type Mutation } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { asidInvariants, asidMonitors, asidMachine, type FlushSteps } from './model.js';
import { flushNotAtomic } from '../scenarios/mutants.js';

interface Outcome {
  readonly result: SearchResult;
  /** What is left behind, each once. */
  readonly ends: readonly string[];
}

/**
 * Both CPUs are within a generation whose ASIDs are all given, and go from task to task on the fast path; a device makes the
 * ASIDs run out. So two slots change hands while they are being taken.
 */
function rollOverUnderTwoCpus(flush: FlushSteps, mutations: readonly Mutation[] = []): Outcome {
  const machine = asidMachine({ cpus: 2, tasks: 5, asids: 5, generations: 3, pins: 1, flush });
  const { state } = machine.context;
  const ends = new Set<string>();
  const end = (memory: MemoryReader): string =>
    [state.asidGeneration, state.curIdx, ...state.asidMap, ...state.activeAsids, ...state.reservedAsids]
      .map((cell) => String(memory.get(cell as typeof state.curIdx)))
      .concat(machine.mms.map(({ context }) => memory.get(context.id).toString()))
      .join(' ');
  const visit = kfunc('visit', function* (cpu: number, first: number, second: number) {
    yield* machine.switchTo(first, cpu);
    yield* machine.switchTo(second, cpu);
  });
  const result = checkSync(
    {
      layout: machine.layout,
      mutations,
      init: (memory) => {
        machine.init(memory);
        for (const task of [1, 2]) runDirect(memory, machine.switchTo(task, 0));
        for (const task of [3, 4]) runDirect(memory, machine.switchTo(task, 1));
      },
      threads: [
        { name: 'P0', run: () => visit(0, 1, 2) },
        { name: 'P1', run: () => visit(1, 3, 4) },
        { name: 'dev T0', run: () => machine.share(machine.mms[0], 0) },
      ],
      monitors: asidMonitors(machine),
      invariants: asidInvariants(machine),
      finals: {
        collected: (memory) => {
          ends.add(end(memory));
          return true;
        },
      },
    },
    { strategy: 'bfs' },
  );
  return { result, ends: [...ends].sort() };
}

describe('slots taken one by one', () => {
  const atOnce = rollOverUnderTwoCpus('at-once');
  const cpuByCpu = rollOverUnderTwoCpus('cpu-by-cpu');

  it('is searched in more states', () => {
    expect(atOnce.result).toMatchObject({ verdict: 'holds', complete: true });
    expect(cpuByCpu.result).toMatchObject({ verdict: 'holds', complete: true });
    expect(cpuByCpu.result.states).toBeGreaterThan(atOnce.result.states);
  });

  it('leaves the same behind', () => {
    expect(atOnce.ends.length).toBeGreaterThan(1);
    expect(cpuByCpu.ends).toEqual(atOnce.ends);
  });

  it('is an xchg of each: a load and a store lose what the fast path stored in between', () => {
    const lossy = rollOverUnderTwoCpus('cpu-by-cpu', flushNotAtomic).ends;
    expect(lossy).toEqual(expect.arrayContaining([...atOnce.ends]));
    expect(lossy.length).toBeGreaterThan(atOnce.ends.length);
  });
});
