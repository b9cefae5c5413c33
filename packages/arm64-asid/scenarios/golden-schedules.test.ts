/** Schedules known to break the broken code, replayed switch by switch; the code as it is stands them all. */
import { checkSync, replay as replaySchedule } from '@shootdown/explore';
import { Memory, codeOf, kfunc, runDirect, type Mutation, type System } from '@shootdown/machine';
import {
  asidInvariants,
  asidMachine,
  asidMonitors,
  asidThreads,
  mmContextGet,
  mmContextPut,
} from '@shootdown/arm64-asid/model';
import { describe, expect, it } from 'vitest';
import { pinnedFirst, reservedNotUpdated, xchg } from './mutants.js';
import { onePinMore, type Code } from './setup.js';

interface Golden {
  readonly name: string;
  readonly code: Pick<Code, 'mutants' | 'boot'>;
  readonly tasks: number;
  readonly asids: number;
  readonly pins: number;
  /** `P0:T1`: CPU 0 switches to task 1. */
  readonly schedule: string;
}

const goldens: readonly Golden[] = [
  {
    name: 'reserved-not-updated',
    code: { mutants: reservedNotUpdated },
    tasks: 4,
    asids: 4,
    pins: 0,
    schedule: 'P0:T0 P0:T1 P0:T2 P1:T3 P1:T2 P1:T0 P1:T1 P1:T2',
  },
  {
    name: 'pinned-first',
    code: { mutants: pinnedFirst },
    tasks: 5,
    asids: 5,
    pins: 1,
    schedule: 'P0:T1 P0:T2 P0:T3 P1:T0 pin(T0) P0:T4 P0:T0 P0:T1 P0:T2 unpin(T0) P0:T0',
  },
];

/** The names of the invariants broken at the end; nothing may be broken before. */
function replay({ tasks, asids, pins, schedule }: Golden, { mutants, boot }: Golden['code'] = {}): string[] {
  const machine = asidMachine({ version: 'seed_v2', cpus: 2, tasks, asids, generations: 4, pins });
  const memory = new Memory(machine.layout);
  const { layout, init } = machine;
  memory.code = codeOf({
    layout,
    init,
    ...asidThreads(machine),
    monitors: asidMonitors(machine),
    mutations: mutants?.(machine) ?? [],
  });
  machine.init(memory);
  boot?.(memory, machine);
  const broken = (): string[] =>
    Object.entries(asidInvariants(machine)).flatMap(([name, holds]) => (holds(memory) === true ? [] : [name]));
  for (const step of schedule.split(' ')) {
    expect(broken(), `before ${step}`).toEqual([]);
    const [first, second] = [...step.matchAll(/\d/g)].map(([digit]) => Number(digit));
    if (step.startsWith('P')) runDirect(memory, machine.switchTo(second, first));
    else if (step.startsWith('pin')) runDirect(memory, mmContextGet(machine.context, machine.mms[first]));
    else runDirect(memory, mmContextPut(machine.context, machine.mms[first]));
  }
  return broken();
}

describe.each(goldens)('$schedule', (golden) => {
  it(`breaks ${golden.name}`, () => {
    expect(replay(golden, golden.code)).toContain('SameASIDActiveTask');
  });

  it('does no harm to the code as it is', () => {
    expect(replay(golden)).toEqual([]);
  });
});

describe('pin(T0) pin(T1) P0:T2 P1:T3 P0:T4', () => {
  const golden = {
    name: 'limit-minus-1',
    code: { boot: onePinMore },
    tasks: 5,
    asids: 5,
    pins: 2,
    schedule: 'pin(T0) pin(T1) P0:T2 P1:T3 P0:T4',
  } as const;

  it('ends without a free ASID when limit-minus-1 allows the second pin', () => {
    expect(() => replay(golden, golden.code)).toThrow('no ASID is free right after a rollover');
  });

  it('does no harm to the code as it is', () => {
    expect(replay(golden)).toEqual([]);
  });
});

/** P0 has run T0 and then T1. Now it switches back to T0, while P1 runs T2, then T3. */
function xchgStory(mutations: readonly Mutation[] = []): System {
  const machine = asidMachine({ cpus: 2, tasks: 4, asids: 4, generations: 3 });
  const { layout, switchTo } = machine;
  const back = kfunc('P0', function* () {
    yield* switchTo(0, 0);
  });
  const onward = kfunc('P1', function* () {
    yield* switchTo(2, 1);
    yield* switchTo(3, 1);
  });
  return {
    layout,
    mutations,
    init: (memory) => {
      machine.init(memory);
      for (const task of [0, 1]) runDirect(memory, switchTo(task, 0));
    },
    threads: [
      { name: 'P0', run: () => back() },
      { name: 'P1', run: () => onward() },
    ],
    monitors: asidMonitors(machine),
    invariants: asidInvariants(machine),
  };
}

describe('P0:T0 P0:T1, then P0:T0 next to P1:T2 P1:T3', () => {
  it('breaks xchg where the rollover comes between the generation check and the exchange', () => {
    const found = checkSync(xchgStory(xchg), { strategy: 'bfs' });
    expect(found.violation?.name).toBe('UniqueASIDPerCPU');
    expect(found.violation?.message).toBe('P0 has translations of two tasks under ASID 2');
    const steps = (found.trace ?? []).map(({ thread, op }) => `${thread} ${op}`);
    const rollovers = steps.flatMap((step, i) => (step.endsWith(' flush_context') ? [i] : []));
    expect(rollovers.map((i) => steps[i])).toEqual(['P1 flush_context', 'P0 flush_context']);
    const exchanged = steps.findIndex((step) => step.startsWith('P0 ') && step.includes('xchg'));
    expect(exchanged).toBeGreaterThan(rollovers[0]);
    expect(exchanged).toBeLessThan(rollovers[1]);
    expect(replaySchedule(xchgStory(xchg), found.schedule ?? '').violation?.name).toBe('UniqueASIDPerCPU');
  });

  it('does no harm to the code as it is', () => {
    expect(checkSync(xchgStory())).toMatchObject({ verdict: 'holds', complete: true });
  });
});
