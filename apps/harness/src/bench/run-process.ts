/** Child processes whose time and memory are measured. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import process from 'node:process';

/** What a child process did. */
export interface Ran {
  readonly stdout: string;
  readonly seconds: number;
  /** Most memory it was seen to have, in bytes; 0 where the system does not say. */
  readonly peakBytes: number;
}

const POLL_MS = 20;

/** Whether a program can be run. */
export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, program)));
}

/** What goes before a command so that it has one core, the last one, where that can be had. */
export function oneCore(): readonly string[] {
  return isInstalled('taskset') ? ['taskset', '-c', String(cpus().length - 1)] : [];
}

/**
 * Runs a program to its end.
 *
 * @throws Error when it fails
 */
export function runProcess(command: readonly string[], cwd: string, interrupted: AbortSignal): Promise<Ran> {
  const started = performance.now();
  const [program, ...args] = command;
  interrupted.throwIfAborted();
  // A group of its own: a compiler has children, which are to end with it.
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = (): void => {
    endGroup(child.pid);
  };
  interrupted.addEventListener('abort', end, { once: true });
  let output = '';
  let errors = '';
  let peakBytes = 0;
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const poll = setInterval(() => (peakBytes = Math.max(peakBytes, peakOf(child.pid))), POLL_MS);
  return new Promise((resolve, reject) => {
    child.on('error', (error) => {
      clearInterval(poll);
      reject(error);
    });
    child.on('close', (status) => {
      clearInterval(poll);
      interrupted.removeEventListener('abort', end);
      if (status === 0) resolve({ stdout: output, seconds: (performance.now() - started) / 1000, peakBytes });
      else
        reject(
          new Error(`${command.join(' ')} ended with status ${String(status)}: ${errors}${output}`.slice(0, 2000)),
        );
    });
  });
}

/** Ends a process and all that it started. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // it has ended already
  }
}

/** The high-water mark that Linux keeps of a process. */
function peakOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
