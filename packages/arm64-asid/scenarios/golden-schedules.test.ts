/** Schedules known to break the broken code, replayed switch by switch; the code as it is stands them all. */
import { checkSync, replay as replaySchedule } from '@shootdown/explore';
import { Memory, kfunc, runDirect, type System } from '@shootdown/machine';
import { asidInvariants, asidWorld, type AsidBug } from '@shootdown/arm64-asid/model';
import { describe, expect, it } from 'vitest';

interface Golden {
  readonly bug: AsidBug;
  readonly tasks: number;
  readonly asids: number;
  readonly pins: number;
  /** `P0:T1`: CPU 0 switches to task 1. */
  readonly schedule: string;
}

const goldens: readonly Golden[] = [
  {
    bug: 'reserved-not-updated',
    tasks: 4,
    asids: 4,
    pins: 0,
    schedule: 'P0:T0 P0:T1 P0:T2 P1:T3 P1:T2 P1:T0 P1:T1 P1:T2',
  },
  {
    bug: 'pinned-first',
    tasks: 5,
    asids: 5,
    pins: 1,
    schedule: 'P0:T1 P0:T2 P0:T3 P1:T0 pin(T0) P0:T4 P0:T0 P0:T1 P0:T2 unpin(T0) P0:T0',
  },
];

/** The names of the invariants broken at the end; nothing may be broken before. */
function replay({ tasks, asids, pins, schedule }: Golden, bug: AsidBug | undefined): string[] {
  const world = asidWorld({ era: 'seed_v2', cpus: 2, tasks, asids, generations: 4, pins, bug });
  const memory = new Memory(world.layout);
  world.init(memory);
  const broken = (): string[] =>
    Object.entries(asidInvariants(world)).flatMap(([name, holds]) => (holds(memory) === true ? [] : [name]));
  for (const step of schedule.split(' ')) {
    expect(broken(), `before ${step}`).toEqual([]);
    const [first, second] = [...step.matchAll(/\d/g)].map(([digit]) => Number(digit));
    if (step.startsWith('P')) runDirect(memory, world.switchTo(second, first));
    else if (step.startsWith('pin')) runDirect(memory, world.context.mmContextGet(world.mms[first]));
    else runDirect(memory, world.context.mmContextPut(world.mms[first]));
  }
  return broken();
}

describe.each(goldens)('$schedule', (golden) => {
  it(`breaks ${golden.bug}`, () => {
    expect(replay(golden, golden.bug)).toContain('SameASIDActiveTask');
  });

  it('does no harm to the code as it is', () => {
    expect(replay(golden, undefined)).toEqual([]);
  });
});

describe('pin(T0) pin(T1) P0:T2 P1:T3 P0:T4', () => {
  const golden = { tasks: 5, asids: 5, pins: 2, schedule: 'pin(T0) pin(T1) P0:T2 P1:T3 P0:T4' } as const;

  it('ends without a free ASID when limit-minus-1 allows the second pin', () => {
    expect(() => replay({ ...golden, bug: 'limit-minus-1' }, 'limit-minus-1')).toThrow(
      'no ASID is free right after a rollover',
    );
  });

  it('does no harm to the code as it is', () => {
    expect(replay({ ...golden, bug: 'limit-minus-1' }, undefined)).toEqual([]);
  });
});

/** P0 has run T0 and then T1. Now it switches back to T0, while P1 runs T2, then T3. */
function xchgStory(bug: AsidBug | undefined): System {
  const world = asidWorld({ cpus: 2, tasks: 4, asids: 4, generations: 3, bug });
  const { layout, switchTo } = world;
  const back = kfunc('P0', function* () {
    yield* switchTo(0, 0);
  });
  const onward = kfunc('P1', function* () {
    yield* switchTo(2, 1);
    yield* switchTo(3, 1);
  });
  return {
    layout,
    init: (memory) => {
      world.init(memory);
      for (const task of [0, 1]) runDirect(memory, switchTo(task, 0));
    },
    threads: [
      { name: 'P0', run: () => back() },
      { name: 'P1', run: () => onward() },
    ],
    invariants: asidInvariants(world),
  };
}

describe('P0:T0 P0:T1, then P0:T0 next to P1:T2 P1:T3', () => {
  it('breaks xchg where the rollover comes between the generation check and the exchange', () => {
    const found = checkSync(xchgStory('xchg'), { strategy: 'bfs' });
    expect(found.violation?.name).toBe('UniqueASIDPerCPU');
    expect(found.violation?.message).toBe('P0 has translations of two tasks under ASID 2');
    const steps = (found.trace ?? []).map(({ thread, op }) => `${thread} ${op}`);
    const rollovers = steps.flatMap((step, i) => (step.endsWith(' flush_context') ? [i] : []));
    expect(rollovers.map((i) => steps[i])).toEqual(['P1 flush_context', 'P0 flush_context']);
    const exchanged = steps.findIndex((step) => step.startsWith('P0 ') && step.includes('xchg'));
    expect(exchanged).toBeGreaterThan(rollovers[0]);
    expect(exchanged).toBeLessThan(rollovers[1]);
    expect(replaySchedule(xchgStory('xchg'), found.schedule ?? '').violation?.name).toBe('UniqueASIDPerCPU');
  });

  it('does no harm to the code as it is', () => {
    expect(checkSync(xchgStory(undefined))).toMatchObject({ verdict: 'holds', complete: true });
  });
});
