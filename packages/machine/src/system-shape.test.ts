import { expect, test } from 'vitest';
import { kfunc } from './kfunc.js';
import { ModelError } from './kernel-bug.js';
import { Layout } from './layout.js';
import { read } from './request.js';
import { assertSystem } from './system-shape.js';
import { u8 } from './types.js';

const layout = new Layout();
const cell = layout.one('cell', u8);
const f = kfunc('f', function* () {
  yield* read(cell);
});
const thread = { name: 'T', run: () => f() };
const good = { layout, threads: [thread] };

test('a system with everything that one may have is fine', () => {
  const everything = {
    ...good,
    threads: [thread, { ...thread, name: 'D', kind: 'device', repeat: true }],
    init: () => undefined,
    invariants: { always: () => true },
    finals: {},
    within: () => true,
    symmetries: [{ name: 'set', size: 1, threads: [[0]], objects: [] }],
    timing: { durationOf: () => 1, cpuOf: () => 0 },
  };
  expect(() => {
    assertSystem(everything);
  }).not.toThrow();
});

test.each<[string, unknown]>([
  ['the system: expected what build() returns: an object with layout and threads, got undefined', undefined],
  [
    'the system: expected what build() returns: an object with layout and threads, got a Promise; write a plain function, not an async one',
    Promise.resolve(good),
  ],
  ['the system: unknown key "invariant"; did you mean invariants?', { ...good, invariant: {} }],
  ['the system: unknown key "final"; did you mean finals?', { ...good, final: {} }],
  [
    'the system: unknown key "x1"; it may have: layout, threads, init, invariants, finals, within, symmetries, mutations, monitors, timing',
    { ...good, x1: 1 },
  ],
  [
    'layout: expected a Layout, got undefined; return { layout, threads, ... }, with the Layout that the cells are from',
    { threads: [thread] },
  ],
  ['layout: expected a Layout, got an object', { ...good, layout: {} }],
  ['threads: expected an array of threads, got undefined', { layout }],
  [
    'threads[0]: expected an object with name and run, got a call of f; write { name, run: () => f() }',
    { layout, threads: [f()] },
  ],
  ['threads[0]: unknown key "repeats"; did you mean repeat?', { layout, threads: [{ ...thread, repeats: true }] }],
  ['threads[0]: expected a name, got undefined', { layout, threads: [{ run: thread.run }] }],
  [
    'thread T: expected a run function, got an object of Request; write run: () => f(), with f made by kfunc()',
    { layout, threads: [{ name: 'T', run: f() }] },
  ],
  [
    'thread T: expected a kind of kernel, device, daemon, got "devices"',
    { layout, threads: [{ ...thread, kind: 'devices' }] },
  ],
  [
    'threads[1]: expected a thread: an object with name and run, got undefined',
    { layout, threads: Object.assign([thread], { 2: thread }) },
  ],
  ['thread T: expected repeat to be true or false, got 1', { layout, threads: [{ ...thread, repeat: 1 }] }],
  ['invariants: expected an object of functions, by name, got an array', { ...good, invariants: [() => true] }],
  ['invariants.sum: expected a function of memory, got true', { ...good, invariants: { sum: true } }],
  ['within: expected a function of memory, got true', { ...good, within: true }],
  [
    'within: expected a function of memory, got an async function; write a plain one',
    { ...good, within: async () => Promise.resolve(true) },
  ],
  ['symmetries: expected an array of scalarsets, got an object', { ...good, symmetries: {} }],
  [
    'symmetries[0]: unknown key "thread"; did you mean threads?',
    { ...good, symmetries: [{ name: 's', size: 1, thread: [] }] },
  ],
  ['timing.durationOf: expected a function, got undefined', { ...good, timing: {} }],
])('refused: %s', (message, system) => {
  expect(() => {
    assertSystem(system);
  }).toThrow(new ModelError(message));
});
