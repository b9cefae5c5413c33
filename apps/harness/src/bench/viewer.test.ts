import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { benchViewer, viewerText, whyNoViewer } from './viewer.js';

const reason = whyNoViewer();
if (reason !== undefined) console.log(`skipped: the benchmark of the viewer, for ${reason}`);

describe('the benchmark of the viewer', () => {
  test.skipIf(reason !== undefined)('measures a page of 20,000 steps', async () => {
    const result = await benchViewer(1, new AbortController().signal);
    expect(result.steps).toBe(20_000);
    expect(result.firstPaint).toBeGreaterThan(0);
    expect(result.step).toBeGreaterThan(0);
    expect(result.kilobytes).toBeLessThan(500);
    expect(viewerText(result)).toMatch(/^viewer: 20000 steps, first paint [\d.]+ ms, a step [\d.]+ ms, \d+ kB/);
  });

  test('says why it cannot be run', () => {
    expect(whyNoViewer(tmpdir(), '/no/such/browser')).toBe('there is no /no/such/browser');
    expect(whyNoViewer('/no/such/folder', tmpdir())).toBe('bench/run.ts is not in /no/such/folder');
  });
});
