import { spawn, type ChildProcess } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { runTool } from './command.mjs';

const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A tool that starts another, and prints the numbers of both. */
const TOOL = `
  const { pid } = require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  setTimeout(() => {}, 60000);
  console.log(process.pid, pid);`;

/** A bootstrap that runs the tool, below a process that does nothing else. */
async function running(): Promise<{ caller: ChildProcess; bootstrap: number; tools: number[] }> {
  const here = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
  const bootstrap = `
    console.log(process.pid);
    Promise.all([import(${here('./command.mjs')}), import(${here('./ending.mjs')})]).then(([{ runTool }, { endWithCaller }]) => {
      endWithCaller();
      return runTool(process.execPath, ['-e', ${JSON.stringify(TOOL)}]);
    });`;
  const caller = spawn(
    process.execPath,
    [
      '-e',
      `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(bootstrap)}], { stdio: 'inherit' })`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  started.push(caller);
  let text = '';
  for await (const chunk of caller.stdout) {
    text += String(chunk);
    if (text.trim().split(/\s+/).length === 3) break;
  }
  const [first = 0, ...tools] = text.trim().split(/\s+/).map(Number);
  return { caller, bootstrap: first, tools };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function haveEnded(pids: readonly number[]): Promise<void> {
  for (let i = 0; i < 100 && pids.some(isAlive); i++) await sleep(100);
  expect(pids.filter(isAlive)).toEqual([]);
}

test('a tool keeps its status, and one that cannot be run has 127', async () => {
  const code = (status: number): string[] => ['-e', `process.exitCode = ${status}`];
  expect(await runTool(process.execPath, code(7))).toBe(7);
  expect(await runTool(process.execPath, code(0))).toBe(0);
  expect(await runTool(process.execPath, ['-e', "process.kill(process.pid, 'SIGKILL')"])).toBe(1);
  const output: Buffer[] = [];
  expect(await runTool('no-such-tool', [], { onOutput: (chunk) => output.push(chunk) })).toBe(127);
  expect(Buffer.concat(output).toString()).toContain('cannot run no-such-tool');
});

test('a tool and all that it started end when the bootstrap is killed', async () => {
  const { bootstrap, tools } = await running();
  process.kill(bootstrap, 'SIGKILL');
  await haveEnded([bootstrap, ...tools]);
});

test('all of it ends when who called the bootstrap is killed', async () => {
  const { caller, bootstrap, tools } = await running();
  caller.kill('SIGKILL');
  await haveEnded([bootstrap, ...tools]);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s to the bootstrap ends the tools before it', async (signal) => {
  const { bootstrap, tools } = await running();
  process.kill(bootstrap, signal);
  await haveEnded([bootstrap]);
  await haveEnded(tools);
});

test('a tool that takes too long is ended', async () => {
  const since = performance.now();
  expect(await runTool(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { limitMs: 500 })).toBe(1);
  expect(performance.now() - since).toBeLessThan(10_000);
});
