/** State that a function keeps where it is easily overlooked: one that chooses, keeps it, and stores it later is found in each. */
import { describe, expect, test } from 'vitest';
import { runCli, withFiles } from '../fixtures/run-cli.js';

/** A thread that stores 1 in the end, or not; the invariant says that it does not. */
const model = (
  body: string,
  outside = '',
  inside = '',
): string => `import { Layout, choose, kfunc, readOnce, scenario, u8, writeOnce } from '@shootdown/machine';
let file = 0;
${outside}
export default scenario({
  name: 'mine/hidden',
  asks: 'Is x ever 1?',
  variants: { plain: { expect: 'invariant' } },
  build() {
    const layout = new Layout();
    const [x, y] = [layout.one('x', u8), layout.one('y', u8)];
    let outer = 0;
    const object = { n: 0 };
    const list: number[] = [];
    const map = new Map<string, number>();
    class Stack extends Array { top = 0; }
    const call = function* (f: () => number) { ${LOOK}; return f(); };
    ${inside}
    const store = kfunc('store', function* () {
      ${body}
    });
    return {
      layout,
      threads: [{ name: 'T', run: () => store() }],
      invariants: { 'not 1': (memory) => memory.get(x) !== 1 },
    };
  },
});
`;

const CHOICE = 'yield* choose(2)';
const LOOK = 'yield* readOnce(y)';

/** One of sixteen ways, so that few of those that come together are looked at. */
const SUM = `(${CHOICE}) + (${CHOICE}) + (${CHOICE}) + (${CHOICE})`;
const FOURTH = `${SUM} === 4`;

describe('what a function keeps', () => {
  test.each([
    ['in a variable of the file', `file = ${CHOICE}; ${LOOK}; yield* writeOnce(x, file);`],
    ['in a variable of build', `outer = ${CHOICE}; ${LOOK}; yield* writeOnce(x, outer);`],
    ['in an object of build', `object.n = ${CHOICE}; ${LOOK}; yield* writeOnce(x, object.n);`],
    ['in an array of build', `list.length = 0; list.push(${CHOICE}); ${LOOK}; yield* writeOnce(x, list[0]);`],
    ['in a Map of build', `map.set('n', ${CHOICE}); ${LOOK}; yield* writeOnce(x, map.get('n')!);`],
    ['in a regular expression', `const r = /a/g; r.lastIndex = ${CHOICE}; ${LOOK}; yield* writeOnce(x, r.lastIndex);`],
    ['beside the elements of an array', `const a: any = []; a[-1] = ${CHOICE}; ${LOOK}; yield* writeOnce(x, a[-1]);`],
    [
      'as a hole of an array',
      `const a: any[] = [undefined]; if ((${CHOICE}) === 1) delete a[0]; ${LOOK}; yield* writeOnce(x, 0 in a ? 0 : 1);`,
    ],
    [
      'in a hidden property',
      `const a: any = {}; Object.defineProperty(a, 'n', { value: ${CHOICE} }); ${LOOK}; yield* writeOnce(x, a.n);`,
    ],
    ['in a subclass of Array', `const a = new Stack(); a.top = ${CHOICE}; ${LOOK}; yield* writeOnce(x, a.top);`],
    ['in a function', `const f: any = () => 0; f.n = ${CHOICE}; ${LOOK}; yield* writeOnce(x, f.n);`],
    [
      'in that an object is frozen',
      `const a = {}; if ((${CHOICE}) === 1) Object.freeze(a); ${LOOK}; yield* writeOnce(x, Object.isFrozen(a) ? 1 : 0);`,
    ],
    [
      'in that an object is sealed',
      `const a = {}; if (${FOURTH}) Object.seal(a); ${LOOK}; yield* writeOnce(x, Object.isSealed(a) ? 1 : 0);`,
    ],
    [
      'in which of two frozen arrays it is',
      `const a = Object.freeze([0]); const b = ${FOURTH} ? a : Object.freeze([0]); ${LOOK}; yield* writeOnce(x, a === b ? 1 : 0);`,
    ],
    [
      'behind accessors',
      `let n = false; const a = { isAsked: false, get v() { return this.isAsked && n ? 1 : 0; }, set v(_) { n = true; } }; if (${FOURTH}) a.v = 1; ${LOOK}; a.isAsked = true; yield* writeOnce(x, a.v);`,
    ],
    [
      'behind an accessor that must not be asked yet',
      `const a = { n: 0, get v() { if (this.n === 0) throw new Error('too early'); return this.n; } }; ${LOOK}; a.n = 1; ${LOOK}; yield* writeOnce(x, a.v);`,
    ],
    [
      'in a function that was made in a step that was never taken',
      `let g = () => 0; const keep = (f: () => number): never => { g = f; throw 0; }; const n = ${SUM};
      for (let i = 0; i < 5; i++) if (i === n) try { yield* call(keep(() => (i === 4 ? 1 : 0))); } catch {}
      yield* writeOnce(x, yield* call(g));`,
    ],
  ])('%s is not forgotten', async (_title, body) => {
    for (const options of [[], ['--no-reduction']])
      await withFiles({ 'hidden.ts': model(body) }, async (cwd) => {
        const { code, stdout, stderr } = await runCli(['check', 'hidden.ts', '--json', ...options], { cwd });
        expect([code, stderr]).toEqual([0, '']);
        expect(JSON.parse(stdout)).toMatchObject({ verdict: 'violated', violation: { kind: 'invariant' } });
      });
  });
});

/** What is declared in the file, what in `build`, and what the thread does. */
const OUT_OF_SIGHT: readonly (readonly [string, string, string, string])[] = [
  [
    'a variable of the file that another function sets and gets',
    'const set = (n: number): void => { file = n; }; const get = (): number => file;',
    '',
    `set(${CHOICE}); ${LOOK}; yield* writeOnce(x, get());`,
  ],
  [
    'such a variable, between choices that are forgotten',
    'const set = (n: number): void => { file = n; }; const get = (): number => file;',
    '',
    `for (let i = 0; i < 6; i++) { ${CHOICE}; } set(${CHOICE}); for (let i = 0; i < 6; i++) { ${CHOICE}; } yield* writeOnce(x, get());`,
  ],
  [
    'a private field of an object of the file',
    'class Kept { #n = 0; set(n: number) { this.#n = n; } get() { return this.#n; } } const kept = new Kept();',
    '',
    `kept.set(${CHOICE}); ${LOOK}; yield* writeOnce(x, kept.get());`,
  ],
  [
    'what two closures share',
    'const pair = () => { let n = 0; return { set(v: number) { n = v; }, get: () => n }; };',
    'const { set, get } = pair();',
    `set(${CHOICE}); ${LOOK}; yield* writeOnce(x, get());`,
  ],
  [
    'an object that has another name',
    '',
    'const one = { n: 0 }; const other = one;',
    `const name = other; name.n = ${CHOICE}; ${LOOK}; yield* writeOnce(x, one.n);`,
  ],
  [
    'an object that another function changes',
    'const put = (m: Map<string, number>, n: number): void => { m.set("n", n); };',
    'const kept = new Map<string, number>();',
    `put(kept, ${CHOICE}); ${LOOK}; yield* writeOnce(x, kept.get("n")!);`,
  ],
  [
    'which of two objects of equal contents it is',
    '',
    'const [a, b] = [{ n: 0 }, { n: 0 }]; const values = new Map([[a, 0], [b, 1]]);',
    `const one = ${FOURTH} ? b : a; ${LOOK}; yield* writeOnce(x, values.get(one)!);`,
  ],
  [
    'in a proxy',
    'const proxy = (): { v: number } => { let n = 0; return new Proxy({} as { v: number }, { get: () => n, set: (_, _k, v) => ((n = v), true) }); };',
    '',
    `const kept = proxy(); kept.v = ${FOURTH} ? 1 : 0; ${LOOK}; yield* writeOnce(x, kept.v);`,
  ],
  [
    'a number of many',
    'const set = (n: number): void => { file = n; }; const get = (): number => file;',
    '',
    `set(yield* choose(200)); ${LOOK}; yield* writeOnce(x, get() === 177 ? 1 : 0);`,
  ],
  [
    'a static field',
    'class Kept { static n = 0; static set(n: number) { this.n = n; } }',
    '',
    `Kept.set(${CHOICE}); ${LOOK}; yield* writeOnce(x, Kept.n);`,
  ],
];

describe('what a function keeps out of sight', () => {
  test.each(OUT_OF_SIGHT)('in %s, ends the search', async (_title, outside, inside, body) => {
    await withFiles({ 'hidden.ts': model(body, outside, inside) }, async (cwd) => {
      const { code, stdout, stderr } = await runCli(['check', 'hidden.ts', '--json'], { cwd });
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/kfunc store stood twice at one place .* and did different things/);
      const all = await runCli(['check', 'hidden.ts', '--no-reduction', '--json'], { cwd });
      expect(JSON.parse(all.stdout)).toMatchObject({ verdict: 'violated', violation: { kind: 'invariant' } });
    });
  });
});

describe('a loop goes through', () => {
  test.each([
    [
      'a Set that grows',
      `const todo = new Set([0]); for (const n of todo) { ${LOOK}; if (n === 0) todo.add(1); yield* writeOnce(x, n); }`,
    ],
    [
      'the entries of an array that changes',
      `const all = [0, 0]; for (const [i, n] of all.entries()) { ${LOOK}; if (i === 0) all[1] = 1; yield* writeOnce(x, n); }`,
    ],
    [
      'a generator, as far as it comes',
      `const all = function* () { for (let n = 0; ; n++) yield n; }; for (const i of all()) { yield* writeOnce(x, i); if (i === 1) return; }`,
    ],
  ])('%s', async (_title, body) => {
    for (const options of [[], ['--no-reduction']])
      await withFiles({ 'hidden.ts': model(body) }, async (cwd) => {
        const { code, stdout, stderr } = await runCli(['check', 'hidden.ts', '--json', ...options], { cwd });
        expect([code, stderr]).toEqual([0, '']);
        expect(JSON.parse(stdout)).toMatchObject({ verdict: 'violated', violation: { kind: 'invariant' } });
      });
  });
});

test('what is said of a NULL pointer may look at answers that are forgotten', async () => {
  const text = `import { Layout, choose, kfunc, ptr, readOnce, scenario, struct, u8, writeOnce, type ViewOf } from '@shootdown/machine';
const Obj = struct('obj', { n: u8 });
export default scenario({
  name: 'mine/null', asks: 'Is NULL followed?',
  variants: { plain: { expect: 'null-dereference' } },
  build() {
    const layout = new Layout();
    const [p, q] = ['p', 'q'].map((name) => layout.one(name, ptr(() => Obj)));
    const store = kfunc('store', function* () {
      const h = yield* readOnce(p);
      if ((yield* choose(2)) === 1) yield* readOnce(q);
      yield* choose(2);
      yield* writeOnce((h as ViewOf<typeof Obj>).n, 1);
    });
    return { layout, threads: [{ name: 'T', run: () => store() }] };
  },
});
`;
  await withFiles({ 'null.ts': text }, async (cwd) => {
    const { code, stdout, stderr } = await runCli(['check', 'null.ts', '--json'], { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'violated', violation: { kind: 'null-dereference' } });
  });
});

test('an argument that is no value is an exception, and no NULL pointer', async () => {
  const take = "const take = kfunc('take', function* (a: any) { yield* writeOnce(x, a.n); });";
  const text = model('yield* take({ n: 0 } as any);').replace('const store', `${take}\n    const store`);
  await withFiles({ 'hidden.ts': text }, async (cwd) => {
    const { stdout } = await runCli(['check', 'hidden.ts', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'violated', violation: { kind: 'exception' } });
  });
});
