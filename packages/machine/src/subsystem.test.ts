import { expect, test } from 'vitest';
import { Layout } from './layout.js';
import { isSubsystem } from './subsystem.js';
import { u8 } from './types.js';
import { ValueTable, isValue, toValue } from './values.js';

test('is what it was made of, frozen', () => {
  const layout = new Layout();
  const x = layout.one('x', u8);
  const parts = { x, options: { sizes: [1, 2] }, method: () => 1 };
  const npu = layout.subsystem('npu', parts);
  expect(npu.x).toBe(x);
  expect(npu.method()).toBe(1);
  expect(isSubsystem(npu)).toBe(true);
  expect(isSubsystem(parts)).toBe(false);
  expect(layout.subsystemAt('npu')).toBe(npu);
  expect(layout.subsystemAt('gpu')).toBeUndefined();
  expect(() => (npu.options.sizes[0] = 3)).toThrow(TypeError);
  expect(() => ((npu as { method: unknown }).method = 3)).toThrow(TypeError);
});

test('has a name of its own', () => {
  const layout = new Layout();
  layout.subsystem('npu', {});
  expect(() => layout.subsystem('npu', {})).toThrow('layout: there are two subsystems npu');
});

test.each([
  ['Map', { seen: new Map() }, 'npu.seen'],
  ['Set', { inner: { all: [new Set()] } }, 'npu.inner.all.0'],
  ['Uint8Array', { bytes: new Uint8Array(1) }, 'npu.bytes'],
  ['Map', { frozen: Object.freeze([new Map()]) }, 'npu.frozen.0'],
])('has no part that can change: %s', (tag, parts, path) => {
  expect(() => new Layout().subsystem('npu', parts)).toThrow(
    `subsystem ${path}: expected something that never changes, got a ${tag}; put what changes into model memory`,
  );
});

test('travels, and is told by its name', () => {
  const [one, other] = [new Layout().subsystem('npu', {}), new Layout().subsystem('npu', {})];
  const gpu = new Layout().subsystem('gpu', {});
  expect(toValue(one)).toBe(one);
  expect(isValue([one, 1])).toBe(true);
  const table = new ValueTable();
  expect(table.intern(one)).toBe(table.intern(one));
  expect(table.intern(gpu)).not.toBe(table.intern(one));
  expect(table.valueOf(table.intern(one))).toBe(one);
  expect(() => table.intern(other)).toThrow('two subsystems are named npu');
});
