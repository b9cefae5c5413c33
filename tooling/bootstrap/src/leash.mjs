// Runs a tool, and ends it, with all that it started, when the process that wanted it is gone: `leash.mjs COMMAND ARG...`.
import { spawn } from 'node:child_process';
import process from 'node:process';

/** How long the tool may take to end once it is told to. */
const GRACE_MS = 3_000;

const [command = '', ...args] = process.argv.slice(2);
// A terminal that is read from is for its foreground group only; else the tool leads a group, to be ended as a whole.
const isGroup = !process.stdin.isTTY;
const tool = spawn(command, args, { stdio: 'inherit', detached: isGroup });

/** @param {NodeJS.Signals} signal */
function tell(signal) {
  if (tool.pid === undefined) return;
  try {
    process.kill(isGroup ? -tool.pid : tool.pid, signal);
  } catch {
    // It ended meanwhile.
  }
}

/** @param {NodeJS.Signals} signal */
function end(signal) {
  tell(signal);
  setTimeout(() => tell('SIGKILL'), GRACE_MS).unref();
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    if (isGroup || signal !== 'SIGINT') end(signal);
  });
}
process.on('disconnect', () => end('SIGTERM'));
process.channel?.unref();

tool.on('error', (error) => {
  console.error(`bootstrap: cannot run ${command}: ${error.message}`);
  process.exit(127);
});
tool.on('exit', (status, signal) => {
  // What it left behind ends with it.
  if (signal !== null && isGroup) tell('SIGKILL');
  process.exit(status ?? 1);
});
