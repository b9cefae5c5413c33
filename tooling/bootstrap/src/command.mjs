// Child processes: their environment, and how their end is told.
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { keep } from './ending.mjs';
import { pnpmBin, root } from './root.mjs';

/** @typedef {'ignore' | 'inherit' | 'pipe' | number} Stream */
const OUTPUT = /** @type {const} */ (['ignore', 'inherit', 'inherit']);
const PIPES = /** @type {const} */ (['ignore', 'pipe', 'pipe']);
const LEASH = fileURLToPath(new URL('./leash.mjs', import.meta.url));

/**
 * The environment of the tools. What npm tells its scripts is left out, for pnpm would take it as its own settings;
 * where packages come from is kept.
 *
 * @param {NodeJS.ProcessEnv} from
 * @returns {NodeJS.ProcessEnv}
 */
export function toolEnvironment(from = process.env) {
  const kept = Object.entries(from).filter(
    ([name]) => !/^npm_/i.test(name) || /registry|proxy|cafile|strict_ssl/i.test(name),
  );
  const tools = path.join(root, 'node_modules', '.bin');
  return {
    ...Object.fromEntries(kept),
    PATH: [pnpmBin, tools, from.PATH].join(path.delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
  };
}

/**
 * The folder the user typed the command in: npm runs a script in its package's own folder.
 *
 * @param {string} task - the script's name, for a process further down inherits npm's variables too
 */
export function callerFolder(task, from = process.env) {
  return (from.npm_lifecycle_event === task && from.INIT_CWD) || process.cwd();
}

/**
 * Runs a tool to its end and resolves to its exit status, 1 when a signal ended it, 127 when it cannot be run. It does not
 * outlive this process, whatever ends that.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, stdio?: readonly Stream[], onOutput?: (chunk: Buffer) => void, limitMs?: number | undefined,
 *   env?: Readonly<Record<string, string>> }} [options] - after `limitMs` the tool is ended; `env` is added to its environment
 * @returns {Promise<number>}
 */
export function runTool(command, args, { cwd = root, stdio = OUTPUT, onOutput, limitMs, env = {} } = {}) {
  return new Promise((resolve) => {
    const streams = onOutput ? PIPES : stdio;
    const child =
      process.platform === 'win32'
        ? spawn(command, args, { cwd, env: { ...toolEnvironment(), ...env }, stdio: [...streams], shell: true })
        : spawn(process.execPath, [LEASH, command, ...args], {
            cwd,
            env: { ...toolEnvironment(), ...env },
            stdio: [...streams, 'ipc'],
          });
    keep(child);
    const limit = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGTERM'), limitMs);
    if (onOutput) {
      child.stdout?.on('data', onOutput);
      child.stderr?.on('data', onOutput);
    }
    child.on('error', (error) => {
      console.error(`bootstrap: cannot run ${command}: ${error.message}`);
      resolve(127);
    });
    child.on('close', (status) => {
      clearTimeout(limit);
      resolve(status ?? 1);
    });
  });
}

/**
 * Runs a tool silently; its output goes to stderr when it fails, and this process then exits with its status.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<void>}
 */
export async function runQuietly(command, args) {
  /** @type {Buffer[]} */
  const output = [];
  const status = await runTool(command, args, { onOutput: (chunk) => output.push(chunk) });
  if (status === 0) return;
  process.stderr.write(Buffer.concat(output));
  console.error(`bootstrap: ${command} ${args.join(' ')} failed with status ${status}`);
  process.exit(status);
}
