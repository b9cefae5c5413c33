import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { counterExample } from '../fixtures/counter-example.js';
import { runCli, withFiles } from '../fixtures/run-cli.js';
import type { AnswerJson } from './report/answer-json.js';

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

const COUNTER = `import { Layout, kfunc, readOnce, scenario, u8, writeOnce, type Cell } from '@shootdown/machine';
import { limits } from './limits.js';

const increment = kfunc('increment', function* (cell: Cell<number>) {
  yield* writeOnce(cell, (yield* readOnce(cell)) + 1);
});

export const counter = scenario({
  name: 'mine/counter',
  asks: 'Does every increment count?',
  source: 'me',
  given: { threads: { default: 2, about: 'threads', ...limits } },
  variants: { plain: { expect: 'invariant', rule: 'sum', about: 'read, then write' }, alone: { expect: 'holds', about: 'one thread', given: { threads: 1 } } },
  build({ given }) {
    const layout = new Layout();
    const cell = layout.one('counter', u8);
    return {
      layout,
      threads: Array.from({ length: Number(given['threads']) }, (_, i) => ({ name: 'T' + String(i), run: () => increment(cell) })),
      finals: { sum: (memory) => memory.get(cell) === given['threads'] || 'the counter is ' + String(memory.get(cell)) },
    };
  },
});
`;
const FILES = { 'counter.ts': COUNTER, 'limits.ts': 'export const limits: { min: number } = { min: 1 };\n' };
const second = `export const other = { ...counter, name: 'mine/other' };\n`;

async function refused(text: string, name = 'model.ts', args: readonly string[] = []): Promise<string> {
  return withFiles({ ...FILES, [name]: text }, async (cwd) => {
    const { code, stderr } = await runCli(['check', name, ...args], { cwd });
    expect(code).toBe(2);
    return stderr;
  });
}

/** A model whose second function loops over what it read, with no request in the loop. */
const LOOPS = `import { Layout, kfunc, readOnce, scenario, u8, writeOnce } from '@shootdown/machine';
export default scenario({
  name: 'mine/loops',
  asks: 'Does the loop end?',
  source: 'me',
  given: {},
  variants: { together: { expect: 'holds', about: 'head and tail are changed under a flag' }, apart: { expect: 'holds', about: 'they are not' } },
  build({ variant }) {
    const layout = new Layout();
    const [head, tail, valid] = ['head', 'tail', 'valid'].map((name) => layout.one(name, u8));
    const walk = kfunc('walk', function* () {
      const [from, to] = [yield* readOnce(head), yield* readOnce(tail)];
      if (variant === 'together' && (yield* readOnce(valid)) === 0) return;
      let n = 0;
      outer: for (let i = from; i !== to; i++)
        if (n < 0) continue outer;
      yield* readOnce(valid);
    });
    const move = kfunc('move', function* () {
      yield* writeOnce(valid, 0);
      yield* writeOnce(head, 9);
    });
    return {
      layout,
      init: (memory) => {
        for (const cell of [tail, valid]) memory.set(cell, 1);
      },
      threads: [{ name: 'W', run: () => walk() }, { name: 'M', run: () => move() }],
    };
  },
});
`;

describe("a user's model file", () => {
  test('may have a loop that never ends only on a path that no run takes', async () => {
    await withFiles({ 'loops.ts': LOOPS }, async (cwd) => {
      expect(await runCli(['check', 'loops.ts@together'], { cwd })).toMatchObject({ code: 0 });
      const { code, stderr } = await runCli(['check', 'loops.ts@apart'], { cwd });
      expect(code).toBe(2);
      expect(stderr).toContain('kfunc walk, loops.ts:15: a loop made 1,000,000 turns without a request');
    });
  });

  // The built program, for it loads what is built as it is.
  test('may import every package of ours', async () => {
    const packages = path.join(import.meta.dirname, '../../../packages');
    const modules = readdirSync(packages).flatMap((name) => {
      const { exports } = JSON.parse(readFileSync(path.join(packages, name, 'package.json'), 'utf8')) as {
        exports: Readonly<Record<string, unknown>>;
      };
      return ['.', './model'].filter((entry) => entry in exports).map((entry) => `@shootdown/${name}${entry.slice(1)}`);
    });
    expect(modules.length).toBeGreaterThan(10);
    const imports = modules.map((name, i) => `import * as m${i} from '${name}';\n`).join('');
    const uses = `if ([${modules.map((_, i) => `m${i}`).join(', ')}].some((m) => Object.keys(m).length === 0)) throw new Error('empty');\n`;
    await withFiles(
      { ...FILES, 'all.ts': `${imports}${uses}export { counter as default } from './counter.js';\n` },
      (cwd) => {
        const { stderr, status } = spawnSync(process.execPath, [CLI, 'check', 'all.ts', '--json'], {
          cwd,
          encoding: 'utf8',
        });
        expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
        return Promise.resolve();
      },
    );
  });

  test('is impure where it keeps state in an npm package', async () => {
    const text = `import { readOnce, scenario, u8, writeOnce } from '@shootdown/machine';
import { get, put } from 'keeps';
export default scenario({
  name: 'mine/keeps',
  state: { a: u8 },
  threads: ({ a }) => ({
    *T() { put(); yield* readOnce(a); },
    *U() { yield* readOnce(a); if (!get()) yield* writeOnce(a, 1); },
  }),
  invariants: { zero: ({ a }) => a === 0 },
});
`;
    await withFiles({ 'keeps.ts': text }, async (cwd) => {
      const keeps = path.join(cwd, 'node_modules', 'keeps');
      mkdirSync(keeps, { recursive: true });
      writeFileSync(path.join(keeps, 'package.json'), '{ "name": "keeps", "type": "module", "exports": "./index.js" }');
      writeFileSync(
        path.join(keeps, 'index.js'),
        'let set = false;\nexport const put = () => { set = true; };\nexport const get = () => set;\n',
      );
      const { code, stderr } = await runCli(['check', 'keeps.ts'], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining('is not a pure function of the answers it was fed')]);
    });
  });

  test('is checked like a scenario of ours, and its counterexample replays', async () => {
    await withFiles(FILES, async (cwd) => {
      const checked = await runCli(['check', './counter.ts@plain', '--set', 'threads=3', '--json'], { cwd });
      const answer = JSON.parse(checked.stdout) as AnswerJson;
      expect(checked.code).toBe(0);
      expect(answer).toMatchObject({
        scenario: 'mine/counter',
        variant: 'plain',
        violation: { kind: 'invariant', name: 'sum' },
      });
      expect(answer.replay).toMatch(/^\.\/counter\.ts@plain:threads=3:/);
      expect((await runCli(['replay', answer.replay ?? ''], { cwd })).code).toBe(0);
      writeFileSync(path.join(cwd, 'counter.ts'), COUNTER.replace('+ 1', '+ 2'));
      const stale = await runCli(['replay', answer.replay ?? ''], { cwd });
      expect(stale.code).toBe(2);
      expect(stale.stderr).toContain('the model has changed since this token was made');
    });
  });

  test('may be JavaScript, have any path, and hold several scenarios', async () => {
    const script = COUNTER.replace(', type Cell', '').replace(': Cell<number>', '');
    await withFiles({ ...FILES, 'a@b c:#.mjs': script + second }, async (cwd) => {
      const { code, stdout } = await runCli(['check', 'a@b c:#.mjs#mine/other@plain', '--json'], { cwd });
      const { replay = '', scenario } = JSON.parse(stdout) as AnswerJson;
      expect([code, scenario]).toEqual([0, 'mine/other']);
      expect(replay).toMatch(/^a%40b%20c%3A%23\.mjs%23mine\/other@plain::/);
      expect((await runCli(['replay', replay], { cwd })).code).toBe(0);
    });
  });

  test('may be the example of the README', async () => {
    const lines = counterExample.split('\n').filter((line) => line !== '' && !line.startsWith('//'));
    expect(lines.length).toBeLessThanOrEqual(12);
    await withFiles({ 'counter.ts': counterExample }, async (cwd) => {
      const { code, stdout } = await runCli(['check', './counter.ts'], { cwd });
      expect(stdout).toContain('violated: invariant, as expected');
      expect(code).toBe(0);
    });
  });

  test('with several scenarios and no default export, one must be named', async () => {
    const stderr = await refused(COUNTER + second);
    expect(stderr).toContain(
      'model.ts: it holds 2 scenarios and no default export; say which: model.ts#mine/counter or model.ts#mine/other',
    );
  });

  test.each([
    ['missing', undefined, /^shootdown: gone\.ts: no such file in /],
    [
      'a syntax error',
      'const a = 1;\n\nexport default { a b };\n',
      /^shootdown: model\.ts:3: syntax error: .*; fix the file.*\n {4}3 \| export default \{ a b \};\n/,
    ],
    ['throwing', 'const a = 1;\nthrow new Error(`no ${a}`);\n', /^shootdown: model\.ts:2: no 1; fix the file/],
    [
      'importing what is not there',
      "import a from './gone.js';\nexport default a;\n",
      /^shootdown: model\.ts:1: Cannot find module '\.\/gone\.js'; fix/,
    ],
    [
      'without a scenario',
      'export const a = 1;\n',
      /^shootdown: model\.ts: expected a scenario among its exports, got a \(number\); end the file with export default scenario/,
    ],
    [
      'with half a scenario',
      "export default { name: 'a/b', asks: 'x', source: 'x', given: {}, variants: { v: { expect: 'hold', about: '' } }, build() {} };\n",
      /^shootdown: model\.ts: the export default is no scenario: a\/b@v: expected holds or a violation kind, got "hold"; did you mean holds/,
    ],
    [
      'that scenario() refuses',
      "import { scenario } from '@shootdown/machine';\n\nexport default scenario({ name: 'x' } as never);\n",
      /^shootdown: model\.ts:3: TypeError: .*name/,
    ],
  ])('%s is refused with file, line and what to do', async (_, text, message) => {
    const stderr = text === undefined ? (await runCli(['check', 'gone.ts'])).stderr : await refused(text);
    expect(stderr).toMatch(message);
  });

  test('that imports a file which cannot be compiled is refused with the line of that', async () => {
    const files = {
      'a.ts': "export { x as default } from './c.js';\n",
      'c.ts': 'export const y = 1;\nexport const x = ?;\n',
    };
    await withFiles(files, async (cwd) => {
      const { code, stderr } = await runCli(['check', 'a.ts'], { cwd });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^shootdown: c\.ts:2: syntax error: .*\n {4}2 \| export const x = \?;$/m);
    });
  });

  test('whose threads are impure is refused, unasked', async () => {
    const stderr = await refused(COUNTER.replace('yield* writeOnce', 'if (Math.random() < 2) yield* writeOnce'));
    expect(stderr).toMatch(/^shootdown: mine\/counter: kfunc increment called Math\.random\(\)/);
  });

  test('that fails while it runs is refused with the line of the model', async () => {
    const stderr = await refused(COUNTER.replace('memory.get(cell) ===', 'memory.gone(cell) ==='));
    expect(stderr).toMatch(
      /^shootdown: mine\/counter: the invariant "sum" failed: TypeError: memory\.gone is not a function\n {4}at .*model\.ts:20:\d+\)\n/,
    );
  });
});
