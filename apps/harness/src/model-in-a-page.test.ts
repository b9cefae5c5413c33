/** A model and its search in a bundle for browsers, with the plugin: nothing of Node is in it, and it runs without. */
import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { programPoints } from '@shootdown/program-points/vite';
import { build, createLogger, type Rolldown } from 'vite';
import { describe, expect, test } from 'vitest';
import { isBuilt } from '../fixtures/run-built.js';
import { counterExample } from '../fixtures/counter-example.js';
import { withFiles } from '../fixtures/run-cli.js';

const PAGE = `import { checkSync } from '@shootdown/explore';
import { mutexLock, mutexT, mutexUnlock } from '@shootdown/kernel/model';
import { Layout, kfunc, readOnce, u8, writeOnce, type Cell } from '@shootdown/machine';

const layout = new Layout();
const total: Cell<number> = layout.one('total', u8);
const lock = layout.one('lock', mutexT);
const add = kfunc('add', function* () {
  for (let i: number = 0; i < 5; i++) {
    yield* mutexLock(lock);
    yield* writeOnce(total, (yield* readOnce(total)) + (i & 1));
    yield* mutexUnlock(lock);
  }
});
const threads = ['A', 'B'].map((name) => ({ name, run: () => add() }));
const { verdict, notes } = checkSync({ layout, threads, finals: { sum: (memory) => memory.get(total) === 4 } });
show({ verdict, notes });
`;
/** Runs a module with nothing around it but what browsers have too. */
const BROWSER = `import { readFileSync } from 'node:fs';
import vm from 'node:vm';
const show = (found) => console.log(JSON.stringify(found));
const page = vm.createContext({ atob, btoa, performance, setTimeout, show, TextDecoder, TextEncoder });
const initializeImportMeta = (meta) => { meta.url = 'http://localhost/page.js'; };
const module = new vm.SourceTextModule(readFileSync('page.js', 'utf8'), { context: page, initializeImportMeta });
await module.link((name) => { throw new Error('imports ' + name); });
await module.evaluate();
`;

/** The model of the README, which is no other than the one that the command checks. */
const COUNTER_PAGE = `import { check } from '@shootdown/explore';
import counter from './counter.js';
const { verdict, violation, notes } = await check(counter);
show({ verdict, rule: violation?.name, notes });
`;

describe.skipIf(!isBuilt)('a page', () => {
  test.each([
    ['a model, whose local states are told', PAGE, '{"verdict":"holds","notes":[]}\n'],
    ['the example of the README', COUNTER_PAGE, '{"verdict":"violated","rule":"sum","notes":[]}\n'],
  ])('searches %s', async (_what, text, stdout) => {
    await withFiles({ 'page.ts': text, 'counter.ts': counterExample, 'browser.mjs': BROWSER }, async (root) => {
      symlinkSync(path.join(import.meta.dirname, '../node_modules'), path.join(root, 'node_modules'));
      const warnings: string[] = [];
      const warn = (text: string): void => void warnings.push(text);
      const built = await build({
        root,
        configFile: false,
        logLevel: 'warn',
        customLogger: { ...createLogger('silent'), warn, warnOnce: warn },
        plugins: [programPoints()],
        build: { write: false, lib: { entry: 'page.ts', formats: ['es'] } },
      });
      const [{ output }] = built as Rolldown.RolldownOutput[];
      const [{ code, imports, dynamicImports }] = output;
      expect({ imports, dynamicImports, warnings }).toEqual({ imports: [], dynamicImports: [], warnings: [] });
      expect(/['"`]node:|__vite-browser-external/.exec(code)?.[0]).toBe(undefined);
      writeFileSync(path.join(root, 'page.js'), code);
      const options = { cwd: root, encoding: 'utf8' } as const;
      const run = spawnSync(process.execPath, ['--experimental-vm-modules', '--no-warnings', 'browser.mjs'], options);
      expect(run).toMatchObject({ stderr: '', stdout });
    });
  });
});
