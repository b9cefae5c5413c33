import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.mjs';

let folder: string;
let lock: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
  lock = path.join(folder, 'deeper', 'lock');
});

afterEach(() => rmSync(folder, { recursive: true }));

test('two holders never overlap', async () => {
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await sleep(20);
    inside--;
  };
  await Promise.all([withLock(lock, work), withLock(lock, work), withLock(lock, work)]);
  expect(most).toBe(1);
  expect(existsSync(lock)).toBe(false);
});

test('a lock whose action throws is given back', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(withLock(lock, () => Promise.resolve('yes'))).resolves.toBe('yes');
});

test('a lock that nobody has touched for a minute is taken over', async () => {
  mkdirSync(lock, { recursive: true });
  const aMinuteAgo = performance.timeOrigin / 1000 - 60;
  utimesSync(lock, aMinuteAgo, aMinuteAgo);
  await expect(withLock(lock, () => Promise.resolve('taken'))).resolves.toBe('taken');
});
