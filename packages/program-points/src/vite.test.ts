/** The plugin in runs of vitest and builds of vite, in a project that knows of us only what is installed in it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build, createLogger, type Rolldown } from 'vite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { transform } from './transform.js';
import { programPoints } from './vite.js';

const PACKAGE = path.join(import.meta.dirname, '..');
const VITEST = path.join(path.dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

const MODEL = `export interface Lock { readonly name: string }
export function* take(lock: Lock): Generator<string, void, number> {
  const was: number = yield lock.name; if ((was as number) > 0) throw new Error('taken');
}
`;
const FRAMES = `globalThis[Symbol.for('shootdown.frames')]`;
const TEST = `import { expect, test } from 'vitest';
import { take } from './model.js';
test('take', () => {
  const taking = take({ name: 'l' });
  taking.next();
  const isMarked = ${FRAMES}?.marked.has(Object.getPrototypeOf(taking)) === true;
  try { taking.next(1); } catch ({ stack }) { console.log('FOUND ' + isMarked + ' ' + /model\\.ts:\\d+:\\d+/.exec(stack)); }
});
`;
const CONFIG = `import { programPoints } from '@shootdown/program-points/vite';
export default { plugins: [programPoints()] };
`;

let root = '';
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'program-points-'));
  mkdirSync(path.join(root, 'node_modules/@shootdown'), { recursive: true });
  symlinkSync(PACKAGE, path.join(root, 'node_modules/@shootdown/program-points'));
  symlinkSync(path.join(PACKAGE, 'node_modules/vitest'), path.join(root, 'node_modules/vitest'));
  writeFileSync(path.join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(path.join(root, 'model.ts'), MODEL);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Where the model throws. */
const [line, column] = [3, MODEL.split('\n')[2].indexOf('new Error') + 1];

describe('in vitest', () => {
  test.each([
    ['with the plugin', CONFIG, true],
    ['without it', 'export default {};\n', false],
  ])('%s', (_title, config, isMarked) => {
    writeFileSync(path.join(root, 'model.test.js'), TEST);
    writeFileSync(path.join(root, 'vitest.config.js'), config);
    const { stdout, stderr } = spawnSync(process.execPath, [VITEST, 'run', '--maxWorkers=1'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout).toContain(`FOUND ${isMarked} model.ts:${line}:${column}`);
  });
});

describe('in builds of vite', () => {
  /** Builds what `entry` imports, and returns the only chunk. */
  async function built(
    entry: string,
    input: string,
    warned: (text: string) => void = noWarning,
  ): Promise<Rolldown.OutputChunk> {
    writeFileSync(path.join(root, entry), input);
    const result = await build({
      root,
      configFile: false,
      logLevel: 'warn',
      customLogger: { ...createLogger('silent'), warn: warned, warnOnce: warned },
      plugins: [programPoints()],
      build: { sourcemap: true, minify: false, lib: { entry, formats: ['es'], fileName: 'out' } },
    });
    const [{ output }] = result as Rolldown.RolldownOutput[];
    expect(output.filter(({ type }) => type === 'chunk')).toHaveLength(1);
    return output[0];
  }

  function noWarning(text: string): void {
    throw new Error(text);
  }

  const ENTRY = `import { take } from './model.ts';
const taking = take({ name: 'l' });
taking.next();
console.log(${FRAMES}.marked.has(Object.getPrototypeOf(taking)));
try { taking.next(1); } catch ({ stack }) { console.log(stack); }
`;

  test('code is transformed, and errors are where the TypeScript throws them', async () => {
    const { code } = await built('entry.js', ENTRY);
    expect(code).toContain('.enter(');
    expect(readdirSync(path.join(root, 'dist')).sort()).toEqual(['out.js', 'out.js.map']);
    const { stdout, stderr } = spawnSync(process.execPath, ['--enable-source-maps', 'dist/out.js'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^true\nError: taken\n/);
    expect(stdout).toContain(`${path.sep}model.ts:${line}:${column})`);
  });

  test('the same code gets the same names wherever the project lies', async () => {
    const idsOf = async (): Promise<string[]> =>
      [...(await built('entry.js', ENTRY)).code.matchAll(/id: ?"([^"]+)"/g)].map(([, id]) => id);
    const first = await idsOf();
    const old = root;
    root = mkdtempSync(path.join(tmpdir(), 'program-points-'));
    writeFileSync(path.join(root, 'model.ts'), MODEL);
    expect(await idsOf()).toEqual(first);
    expect(first).toEqual([expect.stringMatching(/^take:/)]);
    rmSync(old, { recursive: true });
  });

  test('code that a bundler has written anew is not transformed again', async () => {
    await built('entry.js', ENTRY);
    const again = readFileSync(path.join(root, 'dist/out.js'), 'utf8').replaceAll(
      '"shootdown.frames"',
      '`shootdown.frames`',
    );
    const { code } = await built('again.js', again);
    expect(code.match(/\.enter\(/g)).toHaveLength(1);
  });

  test('the transform itself runs in a browser', async () => {
    const warnings: string[] = [];
    const entry = `import { transform } from '@shootdown/program-points';
globalThis.found = transform('function* f(a) { yield a; }', { file: 'f.js' }).code;
`;
    const { code, imports, dynamicImports } = await built('browser.js', entry, (text) => void warnings.push(text));
    expect({ imports, dynamicImports, warnings }).toEqual({ imports: [], dynamicImports: [], warnings: [] });
    expect(/['"`]node:|__vite-browser-external/.exec(code)?.[0]).toBe(undefined);
    // Nothing but what browsers have too.
    const browser = { atob, btoa, TextDecoder, TextEncoder };
    const page = createContext(browser);
    runInContext(code, page);
    expect((page as { found?: string }).found).toBe(transform('function* f(a) { yield a; }', { file: 'f.js' })?.code);
  });
});
