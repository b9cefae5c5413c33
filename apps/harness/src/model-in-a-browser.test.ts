/** A scenario searched in a real browser, from a bundle: it finds there what it finds in Node. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { check } from '@shootdown/explore';
import { atsdShootdown } from '@shootdown/powernv-npu/scenarios';
import { programPoints } from '@shootdown/program-points/vite';
import { build, type Rolldown } from 'vite';
import { expect, test } from 'vitest';
import { startBrowser, whyNoBrowser } from '../fixtures/browser.js';
import { isBuilt } from '../fixtures/run-built.js';
import { withFiles } from '../fixtures/run-cli.js';

const PAGE = `import { check } from '@shootdown/explore';
import { atsdShootdown } from '@shootdown/powernv-npu/scenarios';

check(atsdShootdown, { variant: 'original', size: 'suite' }).then(
  ({ verdict, violation, states, transitions, schedule, pending }) => {
    globalThis.found = { verdict, violation, states, transitions, schedule, pending };
  },
  (error) => { globalThis.found = { error: String(error?.stack ?? error) }; },
);
`;

/** The page and all that it imports, as one module. */
async function bundle(root: string): Promise<string> {
  symlinkSync(path.join(import.meta.dirname, '../node_modules'), path.join(root, 'node_modules'));
  const built = await build({
    root,
    configFile: false,
    logLevel: 'error',
    plugins: [programPoints()],
    build: { write: false, lib: { entry: 'page.ts', formats: ['es'] } },
  });
  const [{ output }] = built as Rolldown.RolldownOutput[];
  return output[0].code;
}

/** What the page finds, run in a browser that reaches nothing but the page. */
async function foundInBrowser(code: string): Promise<unknown> {
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await page.route('**/*', (route) =>
      route.request().url().endsWith('/page.js')
        ? route.fulfill({ contentType: 'text/javascript', body: code })
        : route.fulfill({ contentType: 'text/html', body: '<script type="module" src="/page.js"></script>' }),
    );
    await page.goto('http://shootdown.test/');
    const found = await page.waitForFunction('globalThis.found', undefined, { timeout: 60_000 });
    return await found.jsonValue();
  } finally {
    await browser.close();
  }
}

const reason = [
  ...(whyNoBrowser === undefined ? [] : [whyNoBrowser]),
  ...(isBuilt ? [] : ['the packages are not built']),
].join(', and ');
if (reason !== '') console.log(`skipped: a model in a browser, for ${reason}`);

test.skipIf(reason !== '')(
  'the deadlock of ATSD registers is found in a browser as in Node',
  { timeout: 180_000 },
  async () => {
    const expected = await check(atsdShootdown, { variant: 'original', size: 'suite' });
    const { verdict, violation, states, transitions, schedule } = expected;
    expect({ verdict, kind: violation?.kind }).toEqual({ verdict: 'violated', kind: 'deadlock' });
    const found = await withFiles({ 'page.ts': PAGE }, async (root) => foundInBrowser(await bundle(root)));
    expect(found).toMatchObject({ verdict, violation, states, transitions, schedule });
  },
);
