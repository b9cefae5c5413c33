import { KernelBug } from '@shootdown/machine';
import { expect, test } from 'vitest';
import { AsidAllocator, AsidMm } from './index.js';

test('a misuse changes nothing, and what comes after it works', () => {
  const asids = new AsidAllocator({ cpus: 2, asidBits: 8 });
  const [pinned, never] = [new AsidMm(), new AsidMm()];
  const asid = asids.mmContextGet(pinned);
  const before = asids.state;
  expect(() => {
    asids.mmContextPut(never);
  }).toThrow(KernelBug);
  expect(asids.state).toEqual(before);
  expect(never).toMatchObject({ contextId: 0n, pinned: 0 });
  expect(asids.mmContextGet(pinned)).toBe(asid);
  asids.mmContextPut(pinned);
  asids.mmContextPut(pinned);
  expect(asids.checkAndSwitchContext(pinned, 0).asid).toBe(asid);
});
