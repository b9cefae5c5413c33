import { expect, test } from 'vitest';
import { DirectKernel, KernelBug, Layout, WouldBlock } from './index.js';
import {
  GFP_KERNEL,
  Kref,
  kfree,
  krefGet,
  krefInit,
  krefPut,
  kzalloc,
  mutexLock,
  mutexT,
  mutexUnlock,
  setKzalloc,
} from './model.js';
import { kfunc, struct } from '@shootdown/machine';

const Thing = struct('thing', { kref: Kref });

test('one caller gets answers, waits become exceptions, broken rules too', () => {
  const layout = new Layout();
  const mutex = layout.one('mutex', mutexT);
  const kernel = new DirectKernel(layout);
  kernel.call(mutexLock(mutex));
  expect(kernel.get(mutex)).toBe(1);
  expect(() => {
    kernel.call(mutexLock(mutex), { thread: 1 });
  }).toThrow(WouldBlock);
  expect(() => {
    kernel.call(mutexUnlock(mutex), { thread: 1 });
  }).toThrow(KernelBug);
});

test('choices are the caller’s', () => {
  const layout = new Layout();
  const things = layout.slab('thing', Thing, 2);
  const kernel = new DirectKernel(layout);
  expect(kernel.call(kzalloc(things, GFP_KERNEL, { mayFail: true }), { choose: () => 1 })).toBeNull();
  const thing = kernel.call(kzalloc(things))!;
  expect(setKzalloc(kernel.memory, things)).toBe(things.slots[1]);
  expect(() => setKzalloc(kernel.memory, things)).toThrow('slab thing: expected room for one more than 2');
  const release = kfunc('release', function* () {
    yield* kfree(thing);
  });
  kernel.call(krefInit(thing.kref));
  kernel.call(krefGet(thing.kref));
  expect([kernel.call(krefPut(thing.kref, release)), kernel.call(krefPut(thing.kref, release))]).toEqual([false, true]);
  kernel.set(mutexLike(layout, kernel), 0);
});

/** Any cell of the layout, to show that a cell can be set. */
function mutexLike(layout: Layout, kernel: DirectKernel) {
  const [slab] = layout.slabs;
  expect(kernel.get(slab.states[0])).toBe(2);
  return slab.states[0];
}
