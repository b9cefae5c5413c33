/** The page in a browser. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser, whyNoBrowser } from '../fixtures/browser.js';
import { longReport } from '../fixtures/long-report.js';
import { htmlOf } from './html.js';
import type { Report } from './report.js';

const EVIL = '</script><img src=x onerror="window.wasRun=1"><!--<script>$& $1';

/** A report in which everything that a model can name has a name made to be run. */
function evilReport(): Report {
  const renamed = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(renamed)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, KEPT.has(key) ? one : renamed(one)]))
        : typeof value === 'string'
          ? `${value}${EVIL}`
          : value;
  return { ...(renamed(longReport(50)) as Report), given: { [EVIL]: EVIL } };
}

/** Members that say what something is. */
const KEPT = new Set(['kind', 'how', 'role', 'verdict']);

test('the page is small, and whole', () => {
  expect(htmlOf({ ...longReport(0), recording: undefined }).length).toBeLessThan(500_000);
  expect(htmlOf(longReport(1))).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
  expect(htmlOf(evilReport()).match(/<\/script>/g)).toHaveLength(2);
  expect(htmlOf(evilReport())).not.toContain('<img');
});

if (whyNoBrowser !== undefined) console.log(`skipped: the page in a browser, for ${whyNoBrowser}`);

describe.skipIf(whyNoBrowser !== undefined)('in a browser', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'viewer-'));
  let browser: Browser;

  beforeAll(async () => {
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens a report; the page may ask for nothing but itself, and must not complain. */
  async function open(report: Report, { hash = '', width = 1280 } = {}): Promise<{ page: Page; troubles: string[] }> {
    const file = path.join(folder, 'report.html');
    writeFileSync(file, htmlOf(report));
    const page = await browser.newPage({ viewport: { width, height: 800 } });
    const troubles: string[] = [];
    page.on('pageerror', ({ message }) => troubles.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') troubles.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(`file://${file}`)) troubles.push(request.url());
    });
    await page.goto(`file://${file}${hash}`);
    return { page, troubles };
  }

  test('steps by keys, buttons, slider and links, and tells where it is', async () => {
    const { page, troubles } = await open(longReport(300));
    const at = (): Promise<string | null> => page.textContent('.details h2');
    expect(await page.title()).toBe('long/report@made: invariant');
    expect(await at()).toBe('Step 1: T0');
    await page.keyboard.press('ArrowDown');
    expect(await at()).toBe('Step 11: T2');
    await page.keyboard.press('a');
    await page.keyboard.press('j');
    expect(await at()).toBe('Step 12: T3');
    await page.keyboard.press('[');
    expect(await at()).toBe('Step 8: T3');
    await page.keyboard.press('End');
    expect(await at()).toBe('Step 300: T3');
    expect(await page.textContent('.row.breaking')).toContain('breaks enough');
    await page.waitForURL(/#step=300&all$/);
    await page.fill('input[type=range]', '42');
    expect(await at()).toBe('Step 42: T1');
    await page.click('.flows button');
    expect(await at()).toBe('Step 38: T1');
    await page.click('button[aria-label="next step"]');
    expect(await at()).toBe('Step 39: T2');
    expect(await page.textContent('[role=status]')).toContain('step 39, T2, in function_6: WRITE_ONCE cell[38]');
    expect(await page.getAttribute('[role=listbox]', 'aria-activedescendant')).toBe('step-39');
    await page.keyboard.press('Home');
    expect(await at()).toBe('Before the first step');
    await page.keyboard.press('Space');
    await page.waitForFunction(() => document.querySelector('.details h2')?.textContent === 'Step 1: T0');
    expect(troubles).toEqual([]);
    await page.close();
  });

  test('shows memory, stacks with source lines and next steps at a step', async () => {
    const { page, troubles } = await open(longReport(300), { hash: '#step=42&all' });
    expect(await page.textContent('tr.wrote')).toBe('cell[1]42written');
    expect(await page.textContent('.stack')).toContain('maindriver.ts:1yield* main();'.slice(4));
    expect(await page.locator('.threads tr').count()).toBe(4);
    expect(await page.locator('.arrows path[marker-end]').count()).toBe(2);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test('searches and filters', async () => {
    const { page, troubles } = await open(longReport(300), { hash: '#all' });
    await page.keyboard.press('/');
    await page.keyboard.type('cell[39]');
    expect(await page.textContent('.count')).toBe('7 of 300 steps listed');
    await page.keyboard.press('Escape');
    expect(await page.inputValue('.controls [type=search]')).toBe('');
    await page.selectOption('select[aria-label="only of one thread"]', 'T1');
    expect(await page.textContent('.count')).toBe('75 of 300 steps listed');
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(/thread=T1/);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test('runs no script but its own, whatever a model calls things', async () => {
    const { page, troubles } = await open(evilReport(), { hash: '#step=50&all' });
    await page.keyboard.press('ArrowUp');
    expect(await page.evaluate(() => (globalThis as { wasRun?: number }).wasRun)).toBeUndefined();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.textContent('h1')).toBe(`long/report${EVIL}@made${EVIL}`);
    expect(troubles).toEqual([]);
    const isRefused = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.wasRun = 1';
      document.body.append(script);
      return (globalThis as { wasRun?: number }).wasRun === undefined;
    });
    expect(isRefused).toBe(true);
    await page.close();
  });

  test.each([1440, 1000, 420])('fits a window of %i pixels', async (width) => {
    const { page } = await open(longReport(100), { width });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await page.close();
  });

  test('keeps only rows in view in the document, of 20 000', async () => {
    const { page, troubles } = await open(longReport(20_000), { hash: '#step=15000&all' });
    expect(await page.locator('.row').count()).toBeLessThan(60);
    expect(await page.locator('.row.current').isVisible()).toBe(true);
    expect(troubles).toEqual([]);
    await page.close();
  });

  test('says of a search that found nothing what it found', async () => {
    const { page, troubles } = await open({
      scenario: 'a/b',
      variant: 'fixed',
      asks: 'Does it hold?',
      given: {},
      verdict: 'holds',
      expected: 'holds',
    });
    expect(await page.textContent('.verdict')).toBe('holds, as expected');
    expect(troubles).toEqual([]);
    await page.close();
  });
});

test('the built page is there', () => {
  expect(statSync(new URL('../dist/viewer.html', import.meta.url)).size).toBeLessThan(500_000);
});
