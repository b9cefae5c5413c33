/** Schedules known to break the broken code, replayed switch by switch; the code as it is stands them all. */
import { Memory, runDirect } from '@shootdown/machine';
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
