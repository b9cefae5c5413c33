/** Files, lines and columns that messages and stacks name: those of the code as it was written. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isBuilt, runBuilt } from '../fixtures/run-built.js';
import { withFiles } from '../fixtures/run-cli.js';

const PACKAGES = path.join(import.meta.dirname, '../../../packages');

const HELPERS = `import { readOnce, type Cell, type Kthread } from '@shootdown/machine';
export function* look(cell: Cell<number>, most: number): Kthread<number> {
  const value: number = yield* readOnce(cell);
  return Math.min(value, most);
}
export function limit(most: number): number {
  const one: number = 1; return most + one;
}
`;
const MODEL = `import { Layout, kfunc, readOnce, scenario, u8, writeOnce, type Cell } from '@shootdown/machine';
import * as machine from '@shootdown/machine';
import { limit, look } from './helpers.EXT';
const bump = kfunc('bump', function* (cell: Cell<number>) {
  const was: number = yield* look(cell, 9); const other: number = 1; yield* writeOnce(cell, was + (other as number));
  if ((other as number) > 0) yield* machine.writeOnce(cell, yield* readOnce(cell));
});
export default scenario({
  name: 'mine/positions',
  asks: 'Is all well?',
  source: 'me',
  given: {},
  variants: { plain: { expect: 'holds', about: 'as it is' } },
  build() {
    const layout = new Layout();
    limit(3);
    const cell: Cell<number> = layout.one('cell', u8);
    return { layout, threads: [{ name: 'T0', run: () => bump(cell) }] };
  },
});
`;

/** What TypeScript alone has is taken out. */
function asJavaScript(text: string): string {
  return text.replace(/, type \w+/g, '').replace(/: (?:Cell<number>|Kthread<number>|number)|\bas number/g, '');
}

/** The position of `text` in a file, as messages name it. */
function positionIn(code: string, text: string): string {
  const before = code.slice(0, code.indexOf(text)).split('\n');
  expect(code).toContain(text);
  return `${before.length}:${before.at(-1)!.length + 1}`;
}

/** What is written in place of what, in which file; the message; and what stands at the place that it names. */
type Slip = readonly [string, 'model' | 'helpers', from: string, to: string, message: RegExp, at: string];
const SLIPS: readonly Slip[] = [
  [
    'a forgotten yield*',
    'model',
    'yield* writeOnce',
    'writeOnce',
    /WRITE_ONCE of cell at (\S+) and never/,
    'writeOnce(cell, was',
  ],
  [
    'one of a namespace',
    'model',
    'yield* machine',
    'machine',
    /WRITE_ONCE of cell at (\S+) and never/,
    'writeOnce(cell, yield',
  ],
  [
    'one inside of a request',
    'model',
    'yield* readOnce(cell))',
    'readOnce(cell))',
    /READ_ONCE of cell at (\S+) and/,
    'readOnce(cell))',
  ],
  [
    'an exception',
    'helpers',
    'return most',
    "throw new TypeError('too much'); void",
    /too much\s+at limit \((\S+)\)/,
    'new TypeError',
  ],
];

/** The files of a model that has a slip, and where that is. */
function filesWith(
  [, file, from, to, , at]: Slip,
  extension: string,
): { files: Record<string, string>; place: string } {
  const texts = { model: MODEL.replace('.EXT', `.${extension.replace('ts', 'js')}`), helpers: HELPERS };
  if (extension.endsWith('js'))
    for (const name of ['model', 'helpers'] as const) texts[name] = asJavaScript(texts[name]);
  expect(texts[file]).toContain(from);
  texts[file] = texts[file].replace(from, to);
  const files = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${name}.${extension}`, text]));
  return { files, place: `${file}.${extension}:${positionIn(texts[file], at)}` };
}

describe.skipIf(!isBuilt)('in the files of a user', () => {
  const table = SLIPS.flatMap((slip) => ['ts', 'mjs'].map((extension) => [slip[0], extension, slip] as const));
  test.each(table)('%s, .%s', async (_title, extension, slip) => {
    const { files, place } = filesWith(slip, extension);
    await withFiles(files, async (cwd) => {
      const { stdout, stderr } = await runBuilt(['check', `model.${extension}`], { cwd });
      expect(stdout + stderr).toMatch(slip[4]);
      expect(path.basename(slip[4].exec(stdout + stderr)![1])).toBe(place);
    });
  });

  test.each(['mts', 'js', 'mjs'])('and beside packages that hold other copies of ours, .%s', async (extension) => {
    const { files, place } = filesWith(SLIPS[0], extension);
    const copies = { 'package.json': '{ "type": "module" }' };
    await withFiles({ ...files, ...copies }, async (cwd) => {
      const folder = path.join(cwd, 'node_modules/@shootdown/machine');
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
      writeFileSync(path.join(folder, 'index.js'), "throw new Error('another copy');\n");
      const { stderr } = await runBuilt(['check', `model.${extension}`], { cwd });
      expect(stderr).toContain(`${place} and never yields it`);
    });
  });
});

/** All files that the transform changed. */
const transformed = readdirSync(PACKAGES, { recursive: true, encoding: 'utf8' })
  .filter((file) => /^[\w-]+[\\/]dist[\\/].*\.js$/.test(file))
  .map((file) => path.join(PACKAGES, file))
  .filter((file) => readFileSync(file, 'utf8').includes('Symbol.for("shootdown.frames")] ??='));

describe.skipIf(!isBuilt)('in built packages', () => {
  test('an exception is where the TypeScript throws it', () => {
    const source = path.join(PACKAGES, 'kernel/src/hlist.ts');
    const at = positionIn(readFileSync(source, 'utf8'), "new KernelBug('use-after-free', 'list-poison', 'a walk");
    const script = `
      import { Layout, Memory, runDirect } from ${url('machine/dist/index.js')};
      import * as kernel from ${url('kernel/dist/hlist.js')};
      const layout = new Layout();
      const head = layout.one('head', kernel.HlistHead), node = layout.one('node', kernel.HlistNode);
      const memory = new Memory(layout);
      runDirect(memory, kernel.hlistAddHeadRcu(node, head));
      runDirect(memory, kernel.hlistDel(node));
      try { runDirect(memory, kernel.hlistNextRcu(node)); } catch (error) { console.log(error.stack); }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--enable-source-maps', '--input-type=module'], {
      input: script,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout).toContain(`(${source}:${at})`);
  });

  test.each(transformed.map((file) => [path.relative(PACKAGES, file), file]))(
    '%s is mapped word by word',
    (_name, file) => {
      const map = JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload;
      const source = path.resolve(path.dirname(file), map.sources[0]);
      const original = readFileSync(source, 'utf8');
      expect(map).toMatchObject({ file: path.basename(file), sourcesContent: [original] });
      expect(existsSync(source) && source.endsWith('.ts')).toBe(true);
      expect(wordsLed(readFileSync(file, 'utf8'), new SourceMap(map), original)).toEqual([]);
    },
  );
});

function url(file: string): string {
  return JSON.stringify(pathToFileURL(path.join(PACKAGES, file)).href);
}

/** Words of code, right where its map has an entry, that are another word where that leads. */
function wordsLed(code: string, map: SourceMap, original: string): string[] {
  const lines = original.split('\n');
  let known = 0;
  const wrong = code.split('\n').flatMap((text, line) =>
    [...text.matchAll(/[A-Za-z_]\w*/g)].flatMap(({ index, 0: word }) => {
      const entry = map.findEntry(line, index);
      if (!('originalSource' in entry) || entry.generatedLine !== line || entry.generatedColumn !== index) return [];
      known++;
      const found = /^\w+/.exec(lines[entry.originalLine].slice(entry.originalColumn))?.[0];
      return found === word ? [] : `${line + 1}:${index + 1} ${word}: ${found}`;
    }),
  );
  expect(known).toBeGreaterThan(10);
  return wrong;
}
