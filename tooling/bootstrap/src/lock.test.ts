import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Unwritable, withLock } from './lock.mjs';

let folder: string;
let lock: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lock-'));
  lock = path.join(folder, 'deeper', 'lock');
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A process that holds the lock for half a minute, or as its signals say; `ready` once it has it. */
async function holder(): Promise<ChildProcess> {
  const module = new URL('./lock.mjs', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ withLock }) => withLock(${JSON.stringify(lock)}, () => {
    console.log('ready');
    return new Promise((resolve) => setTimeout(resolve, 30000));
  }))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  await once(child.stdout, 'data');
  return child;
}

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
  expect(readdirSync(path.dirname(lock))).toEqual([]);
});

test('a lock whose action throws is given back', async () => {
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(withLock(lock, () => Promise.resolve('yes'))).resolves.toBe('yes');
});

test('a lock that says nothing is taken over once nobody has touched it for a minute', async () => {
  mkdirSync(lock, { recursive: true });
  writeFileSync(path.join(lock, 'owner'), 'damaged');
  const aMinuteAgo = performance.timeOrigin / 1000 - 61;
  utimesSync(lock, aMinuteAgo, aMinuteAgo);
  await expect(withLock(lock, () => Promise.resolve('taken'))).resolves.toBe('taken');
});

test('a holder that was killed loses the lock at once', async () => {
  const child = await holder();
  child.kill('SIGKILL');
  await once(child, 'close');
  const since = performance.now();
  await expect(withLock(lock, () => Promise.resolve('taken'))).resolves.toBe('taken');
  expect(performance.now() - since).toBeLessThan(1000);
});

test('a holder that stands still keeps it, however old it looks', async () => {
  const child = await holder();
  child.kill('SIGSTOP');
  await sleep(100);
  const anHourAgo = performance.timeOrigin / 1000 - 3600;
  utimesSync(lock, anHourAgo, anHourAgo);
  let isTaken = false;
  const waiting = withLock(lock, () => Promise.resolve((isTaken = true)));
  await sleep(500);
  expect(isTaken).toBe(false);
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([143, null]);
  await waiting;
});

test('a holder whose lock was taken away ends, and says why', async () => {
  const child = await holder();
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  rmSync(lock, { recursive: true });
  mkdirSync(lock);
  writeFileSync(path.join(lock, 'owner'), JSON.stringify({ id: 'another' }));
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(said).toMatch(/^bootstrap: the lock \S+ was taken away; stopping/);
  expect(existsSync(path.join(lock, 'owner'))).toBe(true);
});

test('a folder of another user is said to be that', async () => {
  mkdirSync(path.dirname(lock));
  chmodSync(path.dirname(lock), 0o555);
  chmodSync(folder, 0o755);
  // Root may write anywhere.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await expect(withLock(lock, () => Promise.resolve())).rejects.toThrow(Unwritable);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});
