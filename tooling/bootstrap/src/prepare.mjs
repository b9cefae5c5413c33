// Installs the pinned pnpm and the workspace's dependencies when they are missing or out of date.
// Everything printed here goes to stderr, so that stdout is the task's alone.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { clearInterval, setInterval } from 'node:timers';
import { runTool } from './command.mjs';
import { withLock } from './lock.mjs';
import { unpinned } from './pinned.mjs';
import { packageFolders, packageManager, pnpmBin, pnpmFolder, root } from './root.mjs';

const TO_STDERR = /** @type {const} */ (['ignore', 2, 2]);
const PINNED = path.join(root, 'tooling', 'bootstrap', 'pnpm');
const NPM_CI = ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
/** What each installer is told, so that a registry that does not answer is given up. */
const PATIENCE = { npm: ['--fetch-timeout=60000', '--fetch-retries=1'], pnpm: ['--fetch-timeout=60000'] };
/** npm waits for ever for a proxy that does not answer. What had arrived by then is in its cache. */
const NPM_LIMIT_MS = 300_000;
/** Who waits longer than this is told for what. */
const SILENCE_MS = 15_000;
const STAMP = path.join(root, 'node_modules', '.bootstrap-stamp');

/** The lock of everything that writes outside a package: the set-up, and the build before a start. */
export const SETUP_LOCK = path.join(root, '.pm', 'lock');

/** Brings the checkout to the state its lockfile describes; exits with the installer's status when that fails. */
export async function prepare() {
  if (isUpToDate()) return;
  await withLock(SETUP_LOCK, async () => {
    await installPnpm();
    if (!isUpToDate()) await installDependencies();
  });
}

/** Whether the pinned package manager is there. */
export function hasPnpm() {
  return existsSync(path.join(pnpmBin, 'pnpm'));
}

/** Installs the pinned package manager unless it is there. It is what `pnpm/package-lock.json` says, and no script of it runs. */
export async function installPnpm() {
  if (hasPnpm()) return;
  const target = pnpmFolder();
  const building = `${target}.building`;
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(path.join(PINNED, file), path.join(building, file));
  console.error(`bootstrap: installing ${packageManager} into .pm, once`);
  const status = await offlineFirst('npm', [...NPM_CI], NPM_LIMIT_MS, building);
  if (status !== 0) {
    rmSync(building, { recursive: true, force: true });
    fail(`npm could not install ${packageManager}; is the registry reachable?`, status);
  }
  for (const name of unpinned(lockIn(PINNED, 'package-lock.json'), lockIn(building, 'node_modules/.package-lock.json')))
    console.error(`bootstrap: ${name} has no hash in tooling/bootstrap/pnpm; the registry's word was taken for it`);
  linkNative(path.join(building, 'node_modules'));
  rmSync(target, { recursive: true, force: true });
  renameSync(building, target);
}

/**
 * Does what the install script of pnpm would do: has its command be the program for this machine. Without one pnpm would
 * fetch a program itself, of any hash.
 *
 * @param {string} modules
 */
function linkNative(modules) {
  const scope = path.join(modules, '@pnpm');
  const program = (existsSync(scope) ? readdirSync(scope) : [])
    .flatMap((name) => ['pnpm', 'pnpm.exe'].map((file) => path.join('@pnpm', name, file)))
    .find((file) => existsSync(path.join(modules, file)));
  if (program === undefined)
    fail(`npm installed no program of ${packageManager} for this machine: there is none, or it has another hash`, 1);
  if (process.platform === 'win32') return;
  const command = path.join(modules, '.bin', 'pnpm');
  rmSync(command, { force: true });
  symlinkSync(path.join('..', program), command);
}

async function installDependencies() {
  const wanted = fingerprint();
  console.error('bootstrap: installing dependencies');
  const status = await offlineFirst('pnpm', ['install', '--frozen-lockfile'], undefined, root);
  if (status !== 0) fail('pnpm could not install; after a changed package.json run `npm run pnpm -- install`', status);
  writeFileSync(STAMP, wanted);
}

/**
 * Runs an installer on what its cache holds, which ends soon, then with the network.
 *
 * @param {keyof typeof PATIENCE} command
 * @param {readonly string[]} args
 * @param {number | undefined} limitMs - after so long it is given up
 * @param {string} cwd
 */
async function offlineFirst(command, args, limitMs, cwd) {
  const status = await runTool(command, [...args, '--offline'], { cwd, onOutput: () => undefined });
  if (status === 0) return 0;
  console.error(`bootstrap: ${command} could not install from its cache alone; fetching`);
  const since = performance.now();
  const note = setInterval(() => {
    console.error(`bootstrap: ${command} has been fetching for ${Math.round((performance.now() - since) / 1000)} s`);
  }, SILENCE_MS);
  try {
    return await runTool(command, [...args, '--prefer-offline', ...PATIENCE[command]], {
      cwd,
      stdio: [...TO_STDERR],
      limitMs,
    });
  } finally {
    clearInterval(note);
  }
}

/**
 * @param {string} folder
 * @param {string} file
 * @returns {import('./pinned.mjs').Lock}
 */
function lockIn(folder, file) {
  return JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
}

function isUpToDate() {
  return (
    existsSync(STAMP) &&
    readFileSync(STAMP, 'utf8') === fingerprint() &&
    hasPnpm() &&
    packageFolders().every((folder) => existsSync(path.join(root, folder, 'node_modules')) || !hasDependencies(folder))
  );
}

/** @param {string} folder */
function hasDependencies(folder) {
  const manifest = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
  return Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).length > 0;
}

function fingerprint() {
  const hash = createHash('sha256').update(process.version).update(process.arch).update(packageManager);
  const manifests = packageFolders().map((folder) => path.join(folder, 'package.json'));
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests]) {
    hash.update(file).update(readFileSync(path.join(root, file)));
  }
  return hash.digest('hex');
}

/**
 * @param {string} message
 * @param {number} status
 * @returns {never}
 */
function fail(message, status) {
  console.error(`bootstrap: ${message} (status ${status})`);
  process.exit(status);
}
