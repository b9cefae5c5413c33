// Where this checkout is, which package manager it pins, and which folders are its packages.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the checkout. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The pinned package manager as npm names it, `pnpm@1.2.3`. */
export const packageManager = readPackageManager();

/** The folder with the commands of the pinned package manager. */
export const pnpmBin = path.join(pnpmFolder(), 'node_modules', '.bin');

/** Where the pinned package manager is installed, one folder a version. */
export function pnpmFolder() {
  return path.join(root, '.pm', packageManager.slice(packageManager.lastIndexOf('@') + 1));
}

/** The folder of every workspace package, relative to the root, in a fixed order. */
export function packageFolders() {
  return ['packages', 'apps', 'tooling'].flatMap((group) =>
    readdirSync(path.join(root, group))
      .sort()
      .map((name) => path.join(group, name))
      .filter((folder) => existsSync(path.join(root, folder, 'package.json'))),
  );
}

/** @returns {string} */
function readPackageManager() {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return manifest.packageManager.replace(/\+.*$/, '');
}
