import { checkSync } from '@shootdown/explore';
import { Layout, Memory, defineOperation, kfunc, runDirect, u8, writeOnce } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { mmSystem, mmget, mmgetNotZero, mmgrab, mmput, noSubscribers, setProcess } from './model.js';

/** A pool of one; those who are told of the end of an address space note it. */
function noted() {
  const layout = new Layout();
  const released = layout.one('released', u8);
  const destroyed = layout.one('destroyed', u8);
  const system = mmSystem({
    layout,
    cpus: 1,
    pages: 1,
    frames: 1,
    hooks: () => ({
      ...noSubscribers,
      release: () => writeOnce(released, 1),
      subscriptionsDestroy: defineOperation({
        name: 'destroy',
        run: (memory: Memory) => {
          memory.set(destroyed, memory.get(destroyed) + 1);
        },
      }),
    }),
  });
  return { layout, system, mm: system.mms.slots[0], released, destroyed };
}

describe('an address space', () => {
  it('is torn down by its last user and freed by the last who holds on to it', () => {
    const { layout, system, mm, released, destroyed } = noted();
    const memory = new Memory(layout);
    const [frame] = system.frames.slab.states;
    const state = (): number[] => [released, frame, destroyed, system.mms.states[0]].map((cell) => memory.get(cell));
    setProcess(memory, system, []);
    runDirect(memory, mmget(mm));
    runDirect(memory, mmgrab(mm));
    runDirect(memory, mmput(system, mm));
    expect(state()).toEqual([0, 1, 0, 1]);
    expect(runDirect(memory, mmgetNotZero(mm))).toBe(true);
    runDirect(memory, mmput(system, mm));
    runDirect(memory, mmput(system, mm));
    expect(state()).toEqual([1, 2, 0, 1]);
    expect(runDirect(memory, mmgetNotZero(mm))).toBe(false);
    runDirect(memory, system.mmdrop(mm));
    expect(state()).toEqual([1, 2, 1, 2]);
  });

  it.each([
    { grabs: true, verdict: 'holds' },
    { grabs: false, verdict: 'use-after-free' },
  ])('that somebody looks at by $grabs grab: $verdict', ({ grabs, verdict }) => {
    const { layout, system, mm } = noted();
    const use = kfunc('use', function* () {
      if (yield* mmgetNotZero(mm)) yield* mmput(system, mm);
      if (grabs) yield* system.mmdrop(mm);
    });
    const result = checkSync({
      layout,
      init: (memory) => {
        setProcess(memory, system, []);
        if (grabs) memory.set(mm.mmCount, 2);
      },
      threads: [
        { name: 'user', run: () => mmput(system, mm) },
        { name: 'looker', run: () => use() },
      ],
    });
    expect(result.violation?.kind ?? result.verdict).toBe(verdict);
  });
});

it('has nobody to tell where there are no subscribers', () => {
  const { layout, system, mm } = noted();
  const memory = new Memory(layout);
  setProcess(memory, system, []);
  const before = memory.words.slice();
  const range = [mm, 0n, 4096n, 0, 0, 0] as const;
  const answers = [
    noSubscribers.invalidateRangeStart(range),
    noSubscribers.invalidateRangeEnd(range),
    noSubscribers.invalidateRange(mm, 0n, 4096n),
    noSubscribers.clearFlushYoung(mm, 0n, 4096n),
    noSubscribers.clearYoung(mm, 0n, 4096n),
    noSubscribers.testYoung(mm, 0n),
    noSubscribers.changePte(mm, 0n, 1),
    noSubscribers.release(mm),
    noSubscribers.subscriptionsDestroy(mm),
  ].map((request) => runDirect<unknown>(memory, request));
  expect(answers).toEqual([0, undefined, undefined, false, false, false, undefined, undefined, undefined]);
  expect(memory.words).toEqual(before);
});
