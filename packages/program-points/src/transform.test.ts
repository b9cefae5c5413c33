import { expect, test } from 'vitest';
import { recording, registry, type RecordedFrame } from './testing/recorder.js';
import { transform } from './transform.js';

/** The function `f` of the code, transformed. */
function load(code: string): (...args: unknown[]) => Generator {
  const { code: transformed } = transform(code, { file: 'test.js' })!;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  return new Function(`${transformed}\nreturn f;`)() as (...args: unknown[]) => Generator;
}

/** Runs generator function `f` of the code to its last yield, and tells the values at each of its points. */
function pointsOf(code: string, ...answers: unknown[]): Record<string, unknown>[] {
  const f = load(code);
  const stack: RecordedFrame[] = [];
  const points: Record<string, unknown>[] = [];
  const generator = recording(stack, () => f(1, 2));
  expect(registry.marked.has(Object.getPrototypeOf(generator) as object)).toBe(true);
  for (let step = recording(stack, () => generator.next()); step.done !== true;) {
    points.push({ ...stack[0].named });
    step = recording(stack, () => generator.next(answers.shift()));
  }
  return points;
}

test.each<[string, string, Record<string, unknown>[]]>([
  ['a variable that is read later', 'function* f(a, b) { yield 0; return a; }', [{ a: 1 }]],
  ['a variable that is written first', 'function* f(a, b) { a = yield 0; return a; }', [{}]],
  ['a loop', 'function* f(a, b) { while (a < 3) { yield 0; a += b; } }', [{ a: 1, b: 2 }]],
  ['what an arrow function captures', 'function* f(a, b) { const g = () => a; yield 0; }', [{ a: 1 }]],
  [
    'not what is not declared yet',
    'function* f() { yield 0; let a = Number(3); yield 1; return () => a; }',
    [{}, { a: 3 }],
  ],
  ['a handler', 'function* f(a, b) { try { yield 0; a = 5; yield 1; } catch { return a; } }', [{ a: 1 }, { a: 5 }]],
  ['a computed argument', 'function* f(a, b) { return Math.max(a + b, yield 0); }', [{ 'a + b': 3 }]],
  ['an argument that is written later', 'function* f(a, b) { return [a, a = yield 0]; }', [{ a: 1 }]],
  ['an argument that is written before the yield', 'function* f(a) { return [a, (a = 5, yield 0)]; }', [{ a: 1 }]],
  [
    'what is read after continue',
    'function* f(a) { for (let i = 0; a; i++) { yield 0; if (i === 0) continue; a = 0; } }',
    [
      { a: 1, i: 0 },
      { a: 1, i: 1 },
    ],
  ],
  ['what is read after a labelled break', 'function* f(a) { l: { yield 0; break l; } return a; }', [{ a: 1 }]],
  ['what var does not overwrite', 'function* f(a) { yield 0; var a; return a; }', [{ a: 1 }]],
  ['what a default reads', 'function* f(a, b) { const [x = b] = [yield 0]; return x; }', [{ b: 2 }]],
  ['what is read behind ?.', 'function* f(a, b) { (yield 0)?.[a = b]; return a; }', [{ a: 1, b: 2 }]],
  ['nothing of a literal', 'function* f() { const a = 3; return [a, yield 0]; }', [{}]],
  ['the old value of +=', 'function* f(a, b) { a += yield 0; return a; }', [{ a: 1 }]],
  ['the object of a method', 'function* f(a, b) { return [a].concat(yield 0); }', [{ '[a]': [1] }]],
  ['the text of a template', 'function* f(a, b) { return `${[a, b]}${yield 0}`; }', [{ '[a, b]': '1,2' }]],
  ['what is spread', 'function* f(a, b) { return [...[a, b], yield 0]; }', [{ '[a, b]': [1, 2] }]],
  ['the discriminant of a switch', 'function* f(a, b) { switch (a + b) { case yield 0: } }', [{ 'a + b': 3 }]],
  ['nothing of a && b', 'function* f(a, b) { return a && (yield 0); }', [{}]],
])('reports %s', (_title, code, points) => {
  expect(pointsOf(code)).toEqual(points);
});

test('reports how far a loop has come', () => {
  const points = pointsOf('function* f() { for (const x of [7, 8]) yield x; }');
  expect(points.map((point) => Object.keys(point))).toEqual(Array(2).fill(['items of the loop at line 1']));
});

test('reads what another function writes when it is asked for', () => {
  const code = 'function* f(a) { const set = () => (a = 5); yield set; }';
  const f = load(code);
  const stack: RecordedFrame[] = [];
  const { value: set } = recording(stack, () => f(1, 2).next()) as { value: () => void };
  expect(stack[0].named).toEqual({ a: 1 });
  set();
  expect(stack[0].named).toEqual({ a: 5 });
});

test('does not read what functions around have not declared yet', () => {
  const f = load(
    'function f() { const g = h(); g.next(); let x = Number(3); return g; function* h() { yield 0; yield x; } }',
  );
  const stack: RecordedFrame[] = [];
  const generator = recording(stack, () => f(1, 2));
  expect(stack[0].named).toEqual({ x: 3 });
  expect(generator.next()).toEqual({ done: false, value: 3 });
});

test('shows what a value made with functions may change', () => {
  const code = 'function f(g) { let n = 0; const add = Object(() => n++); return function* () { yield 0; add(); }; }';
  expect(transform(code, { file: 'test.js' })!.code).toContain('"names":["n","add"],"loops":[],"outer":[0,1]');
});

test('tells loops and variables of functions around', () => {
  const { code } = transform('function g(a) { return function* () { for (;;) { while (a) yield a; } }; }', {
    file: 'test.js',
  })!;
  expect(code).toContain('points: [{"names":["a"],"loops":[0,1],"outer":[0],"lasting":[0]}]');
});

test('tells which variables of functions around are written once', () => {
  const text =
    'function g(a, b) { const c = a; let d = 1; d = b; b++; return function* () { yield 0; return [a, b, c, d]; }; }';
  const { code } = transform(text, { file: 'test.js' })!;
  expect(code).toContain('"names":["d","b","c","a"],"loops":[],"outer":[0,1,2,3],"lasting":[2,3]');
});

test('tells of each function that is made of which text it is', () => {
  const made: [object, string][] = [];
  registry.named = (prototype, { name, id }) => void made.push([prototype, `${name} ${id}`]);
  try {
    const f = load('const make = (a) => function* g() { yield a; }; function* f() { return [make(1), make(2)]; }');
    const { value } = f().next() as { value: (() => Generator)[] };
    const [[ofF, textOfF], ...others] = made;
    expect(Object.getPrototypeOf(f())).toBe(ofF);
    for (const [i, [prototype]] of others.entries()) expect(Object.getPrototypeOf(value[i]())).toBe(prototype);
    expect(others.map(([, text]) => text)).toEqual([others[0][1], others[0][1]]);
    expect(others[0][1]).not.toBe(textOfF);
  } finally {
    registry.named = undefined;
  }
});

test.each([
  ['this', 'const o = { *f() { yield this; } };', 'uses this'],
  ['arguments', 'function* f() { yield arguments; }', 'uses arguments'],
  ['eval', 'function* f() { yield eval("1"); }', 'uses eval'],
  ['finally', 'function* f() { try { } finally { yield 1; } }', 'a yield in a finally block'],
  ['for-in', 'function* f(o) { for (const k in o) yield k; }', 'a yield in a for-in loop'],
  ['patterns', 'function* f(o) { const { a = yield 1 } = o; }', 'a yield in a destructuring pattern'],
  ['classes', 'function* f() { class A extends (yield 1) {} }', 'a yield in a class'],
  ['names', 'function* f(a) { { let a = 1; yield a; } yield a; }', 'a is hidden by another variable of that name'],
])('refuses %s', (_title, code, reason) => {
  const { refused, code: transformed } = transform(code, { file: 'test.js' })!;
  expect(refused.map((one) => one.reason)).toEqual([reason]);
  expect(transformed).toContain(`opaque: ${JSON.stringify(reason)}, points: []`);
});

test.each([
  ['const f = function* () {};', 'f'],
  ['const { f } = { f: function* () {} };', 'f'],
  ['const { f } = { *f() {} };', 'f'],
  ['let f; f ??= function* () {};', 'f'],
  ['const f = [function* () {}][0];', ''],
])('keeps the name in %s', (code, name) => {
  const { code: transformed } = transform(code, { file: 'test.js' })!;
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  const f = new Function(`${transformed}\nreturn f;`)() as { name: string; prototype: object };
  expect(f.name).toBe(name);
  expect(registry.marked.has(f.prototype)).toBe(true);
});

test('leaves code without generator functions alone, and code that is transformed', () => {
  expect(transform('const a = 2 * 3;', { file: 'test.js' })).toBe(undefined);
  const once = transform('function* f() { yield 1; }', { file: 'test.js' })!;
  expect(transform(once.code, { file: 'test.js' })).toBe(undefined);
});

test('keeps directives first, and every line where it is', () => {
  const code =
    '#!/usr/bin/env node\n"use strict"\n\nimport x from "x"\nexport default function* f() { "use strict"\n yield x }';
  const { code: transformed } = transform(code, { file: 'test.js' })!;
  expect(transformed.split('\n').map((line) => line.split(/[ ;]/)[0])).toEqual(
    code.split('\n').map((line, index) => (index === 3 ? 'const' : line.split(/[ ;]/)[0])),
  );
});

test('names the file of code that cannot be parsed', () => {
  expect(() => transform('function* {', { file: 'lib/test.js' })).toThrow(/^lib\/test\.js: /);
});
