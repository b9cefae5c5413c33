import { checkSync } from '@shootdown/explore';
import { Layout, Memory, defineOperation, kfunc, runDirect, u8, writeOnce } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { defineMmdrop, defineMmput, mmSlab, mmget, mmgetNotZero, mmgrab, noSubscribers, setMmAlloc } from './model.js';

/** A pool of one, allocated; what ends an address space notes that it did. */
function world() {
  const layout = new Layout();
  const slab = mmSlab(layout, 1);
  const [mm] = slab.slots;
  const unmapped = layout.one('unmapped', u8);
  const destroyed = layout.one('destroyed', u8);
  const mmdrop = defineMmdrop({
    subscriptionsDestroy: defineOperation({
      name: 'destroy',
      run: (memory: Memory) => {
        memory.set(destroyed, memory.get(destroyed) + 1);
      },
    }),
  });
  const exitMmap = kfunc('exit_mmap', function* () {
    yield* writeOnce(unmapped, 1);
  });
  return { layout, slab, mm, unmapped, destroyed, mmdrop, mmput: defineMmput({ exitMmap, mmdrop }) };
}

describe('an address space', () => {
  it('is torn down by its last user and freed by the last who holds on to it', () => {
    const { layout, slab, mm, unmapped, destroyed, mmdrop, mmput } = world();
    const memory = new Memory(layout);
    const state = (): number[] => [unmapped, destroyed, slab.states[0]].map((cell) => memory.get(cell));
    setMmAlloc(memory, slab);
    runDirect(memory, mmget(mm));
    runDirect(memory, mmgrab(mm));
    runDirect(memory, mmput(mm));
    expect(state()).toEqual([0, 0, 1]);
    expect(runDirect(memory, mmgetNotZero(mm))).toBe(true);
    runDirect(memory, mmput(mm));
    runDirect(memory, mmput(mm));
    expect(state()).toEqual([1, 0, 1]);
    expect(runDirect(memory, mmgetNotZero(mm))).toBe(false);
    runDirect(memory, mmdrop(mm));
    expect(state()).toEqual([1, 1, 2]);
  });

  it.each([
    { grabs: true, verdict: 'holds' },
    { grabs: false, verdict: 'use-after-free' },
  ])('that somebody looks at by $grabs grab: $verdict', ({ grabs, verdict }) => {
    const { layout, slab, mm, mmdrop, mmput } = world();
    const use = kfunc('use', function* () {
      if (yield* mmgetNotZero(mm)) yield* mmput(mm);
      if (grabs) yield* mmdrop(mm);
    });
    const result = checkSync({
      layout,
      init: (memory) => {
        setMmAlloc(memory, slab);
        if (grabs) memory.set(mm.mmCount, 2);
      },
      threads: [
        { name: 'user', run: () => mmput(mm) },
        { name: 'looker', run: () => use() },
      ],
    });
    expect(result.violation?.kind ?? result.verdict).toBe(verdict);
  });
});

it('has nobody to tell where there are no subscribers', () => {
  const { layout, slab, mm } = world();
  const memory = new Memory(layout);
  setMmAlloc(memory, slab);
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
