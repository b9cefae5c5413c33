/** How long a report of 20,000 steps takes to be painted first, and to go on by one step: medians, as one JSON object. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { argv, stdout } from 'node:process';
import { startBrowser } from '../fixtures/browser.js';
import { longReport } from '../fixtures/long-report.js';
import { htmlOf } from '../src/html.js';

const STEPS = 20_000;
/** Steps taken in each run. */
const MOVES = 50;

const runs = Number(argv[2] ?? '5');
const folder = mkdtempSync(path.join(tmpdir(), 'viewer-bench-'));
const browser = await startBrowser();
const paints: number[] = [];
const moves: number[] = [];
try {
  const file = path.join(folder, 'report.html');
  writeFileSync(file, htmlOf(longReport(STEPS)));
  for (let run = 0; run < runs; run++) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`file://${file}#all`);
    await page.waitForSelector('.row');
    paints.push(await page.evaluate(firstPaint));
    moves.push(...(await page.evaluate(movesOf, MOVES)));
    await page.close();
  }
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
const size = htmlOf({ ...longReport(0), recording: undefined, trace: [] }).length;
stdout.write(
  `${JSON.stringify({ steps: STEPS, firstPaint: median(paints), step: median(moves), kilobytes: Math.round(size / 1000) })}\n`,
);

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? NaN) * 10) / 10;
}

/** In the page: milliseconds from its begin until something of the report was painted. */
function firstPaint(): number {
  return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN;
}

/** In the page: milliseconds from a key until what it leads to stands in the document and is laid out, of each of many. */
async function movesOf(count: number): Promise<number[]> {
  const times: number[] = [];
  const current = (): string | null | undefined => document.querySelector('.row.current')?.id;
  for (let i = 0; i < count; i++) {
    const [before, begin] = [current(), performance.now()];
    dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));
    while (current() === before) await Promise.resolve();
    document.querySelector('.row.current')?.getBoundingClientRect();
    times.push(performance.now() - begin);
    await new Promise((resolve) => {
      requestAnimationFrame(resolve);
    });
  }
  return times;
}
