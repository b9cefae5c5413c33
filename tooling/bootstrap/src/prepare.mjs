// Installs the pinned pnpm and the workspace's dependencies when they are missing or out of date.
// Everything printed here goes to stderr, so that stdout is the task's alone.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { runTool } from './command.mjs';
import { withLock } from './lock.mjs';
import { packageFolders, packageManager, pnpmBin, pnpmFolder, root } from './root.mjs';

const TO_STDERR = /** @type {const} */ (['ignore', 2, 2]);
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

/** Installs the pinned package manager unless it is there. */
export async function installPnpm() {
  if (existsSync(path.join(pnpmBin, 'pnpm'))) return;
  const target = pnpmFolder();
  const building = `${target}.${process.pid}`;
  mkdirSync(building, { recursive: true });
  writeFileSync(path.join(building, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--no-save', '--loglevel=error', packageManager];
  const status = await runTool('npm', args, { cwd: building, stdio: [...TO_STDERR] });
  if (status !== 0) {
    rmSync(building, { recursive: true, force: true });
    fail(`npm could not install ${packageManager}`, status);
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(building, target);
}

async function installDependencies() {
  const wanted = fingerprint();
  const status = await runTool('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], { stdio: [...TO_STDERR] });
  if (status !== 0) fail('pnpm could not install; after a changed package.json run `npm run pnpm install`', status);
  writeFileSync(STAMP, wanted);
}

function isUpToDate() {
  return (
    existsSync(STAMP) &&
    readFileSync(STAMP, 'utf8') === fingerprint() &&
    existsSync(path.join(pnpmBin, 'pnpm')) &&
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
