import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, withFiles } from '../fixtures/run-cli.js';

const HELPERS = `import { readOnce, type Cell, type Kthread } from '@shootdown/machine';
export function* look(cell: Cell<number>): Kthread<number> {
  return yield* readOnce(cell);
}
export const limits = { min: 1 };
`;
const MODEL = `import { Layout, kfunc, readOnce, scenario, spinUntil, u8, u64, writeOnce, type Cell } from '@shootdown/machine';
import { warnOn } from '@shootdown/kernel/model';
import { limits, look } from './helpers.js';

function* twice(cell: Cell<number>) {
  yield* writeOnce(cell, (yield* look(cell)) + 1);
}
const bump = kfunc('bump', function* (cell: Cell<number>) {
  yield* warnOn(false, 'never');
  yield* twice(cell);
});
export default scenario({
  name: 'mine/slips',
  asks: 'Is all well?',
  source: 'me',
  given: { threads: { default: 2, about: 'threads', ...limits } },
  variants: { good: { expect: 'holds', about: 'as it is' }, plain: { expect: 'holds', about: 'the same' } },
  build({ given, variant }) {
    const layout = new Layout();
    const cell = layout.one('cell', u8);
    const wide = layout.one('wide', u64);
    const threads = Array.from({ length: Number(given.threads) }, (_, i) => ({ name: 'T' + i, run: () => bump(cell) }));
    if (variant === 'plain') threads.reverse();
    return { layout, threads, finals: { some: (m) => m.get(cell) > 0 && m.get(wide) === 0n } };
  },
});
`;

async function check(
  text: string,
  args: readonly string[] = [],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return withFiles({ 'model.ts': text, 'helpers.ts': HELPERS }, (cwd) =>
    runCli(['check', 'model.ts', ...args], { cwd }),
  );
}

test('a model without slips holds', async () => {
  expect(await check(MODEL)).toMatchObject({ code: 0 });
});

/** What is written in place of what, and the message. */
const SLIPS: readonly (readonly [title: string, from: string, to: string, message: RegExp])[] = [
  [
    'a count in a function that is called once',
    "const bump = kfunc('bump', function* (cell: Cell<number>) {",
    "const bump = kfunc('bump', function* (cell: Cell<number>) {\n  let tries = 0; yield* spinUntil(() => { const own = { n: 0 }; own.n = 1; tries++; return readOnce(cell); });",
    /spinUntil\(\) calls its function once, and runs what that returns again and again, so tries is written once/,
  ],
  [
    'an import that is misspelt',
    'u64, writeOnce,',
    'u64, writeOnse as writeOnce,',
    /model\.ts:6: @shootdown\/machine exports no writeOnse; did you mean writeOnce/,
  ],
  [
    'an import from another of our modules',
    "warnOn } from '@shootdown/kernel/model'",
    "warnOn } from '@shootdown/machine'",
    /model\.ts:9: @shootdown\/machine exports no warnOn; import it from @shootdown\/kernel\/model/,
  ],
  [
    "an import of one's own that is misspelt",
    'limits, look }',
    'limits, loook as look }',
    /model\.ts:6: \.\/helpers\.js exports no loook; did you mean look\?/,
  ],
  [
    "a helper's generator that is dropped",
    'yield* twice(cell);',
    'twice(cell);',
    /model\.ts:10: twice\(\) makes a generator that nobody runs.*\n {4}10 \| twice\(cell\);/,
  ],
  [
    'a generator of ours that is dropped',
    "yield* warnOn(false, 'never');",
    "warnOn(false, 'never');",
    /kfunc bump makes the request WARN_ON at .*model\.ts:9:\d+ and never yields it/,
  ],
  [
    'a generator of another file that is yielded without star',
    'yield* twice(cell);',
    'yield look(cell);',
    /model\.ts:10: look\(\) makes a generator/,
  ],
  [
    'a forgotten yield*',
    'yield* twice(cell);',
    'yield* twice(cell); writeOnce(cell, 0);',
    /mine\/slips: kfunc bump makes the request WRITE_ONCE of cell at .*model\.ts:10:\d+ and never yields it/,
  ],
  [
    'a forgotten yield* of a read in a sum',
    '(yield* look(cell)) + 1',
    '(readOnce(cell) as never) + 1',
    /the request READ_ONCE of cell .* never yields it/,
  ],
  [
    'a size that is misspelt in code',
    'given.threads)',
    'given.thraeds)',
    /mine\/slips: given has no "thraeds"; did you mean threads\?\n {4}at .*model\.ts:22/,
  ],
  [
    'a variant that is misspelt in code',
    "variant === 'plain'",
    "variant === 'plian'",
    /build of mine\/slips compares variant with "plian", which is none; did you mean plain\?/,
  ],
  ['a key of the system', 'finals:', 'final:', /the system: unknown key "final"; did you mean finals\?/],
  ['a key of the scenario', 'source:', 'sauce:', /TypeError: mine\/slips: unknown key "sauce"; did you mean source\?/],
  ['a key of a variant', "about: 'the same'", "abuot: 'the same'", /unknown key "abuot"; did you mean about\?/],
  [
    'a verdict',
    "'holds', about: 'the same'",
    "'hodls', about: ''",
    /holds or a violation kind, got "hodls"; did you mean holds\?/,
  ],
  [
    'no layout',
    'return { layout, threads',
    'return { threads',
    /layout: expected a Layout, got undefined; return \{ layout/,
  ],
  [
    'an async build',
    'build({',
    'async build({',
    /build: expected a function that makes the system, got an async function; write a plain one/,
  ],
  ['a missing star', 'function* (cell', 'function (cell', /is the star of function\* missing\?/],
  [
    'an async function',
    "kfunc('bump', function*",
    "kfunc('bump', async function*",
    /kfunc bump: expected a generator function \(function\*\), got an async one/,
  ],
  [
    'a condition without return',
    '(m) => m.get(cell) > 0 && m.get(wide) === 0n',
    '(m) => { m.get(cell) > 0 }',
    /the invariant "some": expected true, false or a sentence .*, got undefined; is return missing\?/,
  ],
  [
    'an async condition',
    '(m) => m',
    'async (m) => m',
    /finals\.some: expected a function of memory, got an async function; write a plain one/,
  ],
  [
    'a condition that answers a number',
    '(m) => m.get(cell) > 0 && m.get(wide) === 0n',
    '(m) => m.get(cell)',
    /the invariant "some": .*got 2; compare/,
  ],
  [
    'a default export that is a function',
    'export default scenario(',
    'export default () => scenario(',
    /got default \(a function\); end the file with/,
  ],
  [
    'a default export that is a system',
    'export default scenario({',
    'export default ({ layout: 1,',
    /the export default is no scenario: mine\/slips: unknown key "layout"/,
  ],
  [
    'a default export beside a scenario',
    'export default scenario(',
    'export default 5;\nexport const one = scenario(',
    /expected the default export to be a scenario, got number/,
  ],
];

test.each(SLIPS)('%s is refused', async (_title, from, to, message) => {
  expect(MODEL).toContain(from);
  const { code, stderr } = await check(MODEL.replace(from, to));
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
});

test('a value of another type is an exception of the thread, and the message says how to write it', async () => {
  const { code, stdout } = await check(MODEL.replace('yield* twice(cell);', 'yield* writeOnce(cell, 1n as never);'));
  expect(stdout.replace(/\s+/g, ' ')).toMatch(/exception \(.*write Number\(value\)/);
  expect(code).toBe(1);
});

test.each([
  ['model.tsx', /^shootdown: model\.tsx: no such file in .*; give the path of a model file, which ends in \.ts/],
  ['notes.txt', /^shootdown: notes\.txt is no model file; give the path/],
  ['folder', /^shootdown: folder is a folder; give the path/],
  ['mine/gone', /^shootdown: no scenario "mine\/gone"; scenarios: /],
])('a path that is none is refused: %s', async (name, message) => {
  await withFiles({ 'notes.txt': '' }, async (cwd) => {
    mkdirSync(path.join(cwd, 'folder'));
    const { code, stderr } = await runCli(['check', name], { cwd });
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

test('sizes of a scenario without any cannot be set, and the message says so', async () => {
  const { code, stderr } = await runCli(['check', 'test/endless', '--set', 'threads=2']);
  expect(stderr).toBe('shootdown: --set: test/endless has no "threads"; its sizes cannot be set\n');
  expect(code).toBe(2);
});

describe('the code of a model', () => {
  const cli = path.join(import.meta.dirname, '../dist/cli.js');
  const run = (text: string, args: readonly string[] = []) =>
    withFiles({ 'model.ts': text, 'helpers.ts': HELPERS }, (cwd) =>
      Promise.resolve(spawnSync(process.execPath, [cli, 'check', 'model.ts', ...args], { cwd, encoding: 'utf8' })),
    );

  test('prints to stderr, each text once', async () => {
    const { stdout, stderr, status } = await run(
      MODEL.replace('yield* twice(cell);', "console.log('here %d', 1); yield* twice(cell);"),
      ['--json'],
    );
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'holds' });
    expect(stderr.split('\n').filter((line) => line.includes('here'))).toEqual(['model: here 1']);
    expect(status).toBe(0);
  });

  test.each([
    ['ends the process', `${MODEL}process.exit(0);\n`, /its code ended the program, as process\.exit\(0\) does/],
    ['awaits what never happens', `${MODEL}await new Promise(() => {});\n`, /it waits for something that never comes/],
    [
      'leaves a rejected promise',
      `${MODEL}void Promise.reject(new Error('left'));\n`,
      /failed outside of any search.*left/,
    ],
  ])('that %s is told, with exit code 2', async (_title, text, message) => {
    const { stderr, status } = await run(text);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});
