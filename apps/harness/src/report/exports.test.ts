/** Each format is read by a program that is not ours. */
import { instance } from '@viz-js/viz';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'junit2json';
import { startBrowser, whyNoBrowser } from '../../fixtures/browser.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, withFiles } from '../../fixtures/run-cli.js';

interface Mermaid {
  readonly render: (id: string, text: string) => Promise<{ readonly svg: string; readonly diagramType: string }>;
}

const read = (folder: string, name: string): string => readFileSync(path.join(folder, name), 'utf8');

describe('the wait-for graph', () => {
  test('is a graph in which the threads of the deadlock wait for each other', async () => {
    await withFiles({}, async (cwd) => {
      const { stderr } = await runCli(['check', 'test/two-registers@opposite', '--dot', 'waits.dot'], { cwd });
      expect(stderr).toContain('the wait-for graph is in waits.dot');
      const viz = await instance();
      const { objects, edges } = viz.renderJSON(read(cwd, 'waits.dot')) as {
        readonly objects: readonly { readonly name: string }[];
        readonly edges: readonly { readonly tail: number; readonly head: number; readonly label: string }[];
      };
      const waits = edges.map(({ tail, head, label }) => [objects[tail].name, objects[head].name, label]);
      expect(waits).toEqual([
        ['CPU 0', 'CPU 1', expect.stringContaining('npu.usage[1]')],
        ['CPU 1', 'CPU 0', expect.stringContaining('npu.usage[0]')],
      ]);
    });
  });

  test.each(['test/two-registers@ordered', 'test/two-registers@careless'])('is not written of %s', async (name) => {
    await withFiles({}, async (cwd) => {
      const { code, stderr } = await runCli(['check', name, '--dot', 'waits.dot'], { cwd });
      expect([code, stderr]).toEqual([0, expect.stringContaining('--dot: there is no deadlock; nothing is written')]);
      expect(() => read(cwd, 'waits.dot')).toThrow('ENOENT');
    });
  });
});

describe('the state graph', () => {
  test('is a graph of all states, in which the deadlock is red', async () => {
    await withFiles({}, async (cwd) => {
      const { stderr } = await runCli(['check', 'test/two-registers@opposite', '--graph', 'states.dot'], { cwd });
      const count = Number(/the (\d+) states are in states\.dot/.exec(stderr)?.[1]);
      const viz = await instance();
      const { objects } = viz.renderJSON(read(cwd, 'states.dot')) as {
        readonly objects: readonly { readonly label: string; readonly color?: string }[];
      };
      expect(objects).toHaveLength(count);
      expect(objects[0].label).toBe('start');
      const red = objects.filter(({ color }) => color === 'red');
      expect(red.length).toBeGreaterThan(0);
      for (const { label } of red) expect(label).toMatch(/deadlock \(deadlock\)$/);
    });
  });

  test('is not written of a model that is too large', async () => {
    await withFiles({}, async (cwd) => {
      const args = ['check', 'test/endless', '--max-states', '5', '--graph', 'states.dot'];
      const { stderr } = await runCli(args, { cwd });
      expect(stderr).toContain(
        '--graph: there are more than 1000 states; give smaller sizes with --set; nothing is written',
      );
      expect(() => read(cwd, 'states.dot')).toThrow('ENOENT');
    });
  });
});

if (whyNoBrowser !== undefined) console.log(`skipped: Mermaid in a browser, for ${whyNoBrowser}`);

describe.skipIf(whyNoBrowser !== undefined)('the sequence diagram', () => {
  let browser: Awaited<ReturnType<typeof startBrowser>>;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());
  const script = fileURLToPath(new URL('mermaid.min.js', import.meta.resolve('mermaid')));

  test('is drawn by Mermaid: a lifeline a thread, a note a step, and arrows from who stored to who read', async () => {
    await withFiles({}, async (cwd) => {
      for (const variant of ['opposite', 'careless'])
        await runCli(['check', `test/two-registers@${variant}`, '--mermaid', `${variant}.mmd`], { cwd });
      const page = await browser.newPage();
      await page.addScriptTag({ path: script });
      for (const variant of ['opposite', 'careless']) {
        const text = read(cwd, `${variant}.mmd`);
        const { svg, diagramType } = await page.evaluate((source) => {
          const { mermaid } = globalThis as unknown as { readonly mermaid: Mermaid };
          return mermaid.render('drawn', source);
        }, text);
        const shown = await browser.newPage();
        await shown.setContent(svg);
        const texts = await shown.locator('text').allTextContents();
        expect(diagramType).toBe('sequence');
        expect(texts).toEqual(expect.arrayContaining(['CPU 0', 'CPU 1']));
        expect(texts.filter((one) => one.includes('npu.usage[0]')).length).toBeGreaterThan(1);
        expect(await shown.locator('.messageLine1').count()).toBe(text.split('-->>').length - 1);
      }
    });
  });
});

describe('test results', () => {
  test('have a suite a scenario, a case a variant, and a failure for each verdict that was not expected', async () => {
    await withFiles({}, async (cwd) => {
      const { code } = await runCli(['suite', 'test/two-registers', '--junit', 'results.xml'], { cwd });
      expect(code).toBe(1);
      const results = await parse(read(cwd, 'results.xml'));
      expect(results).toMatchObject({ tests: 5, failures: 2, errors: 0 });
      const [{ name, testcase = [] }] = (results as { testsuite: { name: string; testcase?: unknown[] }[] }).testsuite;
      expect([name, testcase.length]).toEqual(['test/two-registers', 5]);
      expect(testcase).toContainEqual(
        expect.objectContaining({
          name: 'wrong',
          classname: 'test.two-registers',
          failure: [expect.objectContaining({ message: 'expected deadlock, got holds', type: 'holds' })],
        }),
      );
    });
  });

  test('of one check have one case, and a search that was cut is an error', async () => {
    await withFiles({}, async (cwd) => {
      await runCli(['check', 'test/two-registers@ordered', '--max-states', '3', '--junit', 'one.xml'], { cwd });
      expect(await parse(read(cwd, 'one.xml'))).toMatchObject({ tests: 1, failures: 0, errors: 1 });
    });
  });
});
