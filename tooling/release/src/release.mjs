// Makes of the workspace what would be published: a version, a changelog and an address for each package, and its tarball.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { withAbsoluteLinks } from './links.mjs';

/** The root folder of the checkout. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * @typedef {{ name: string, version: string, private?: boolean, dependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string>, exports?: Readonly<Record<string, unknown>>, files?: readonly string[],
 *   repository?: { type: string, url: string, directory: string } }} Manifest
 * @typedef {{ name: string, folder: string, file: string, bytes: number }} Tarball
 */

/**
 * Packs all packages that are published. The checkout is left as it is.
 *
 * @param {{ repository: string, out: string }} options - the address of the code; a folder that does not exist
 * @returns {readonly Tarball[]}
 * @throws {RangeError} for another address, or a folder that exists
 */
export function release({ repository, out }) {
  if (!/^https:\/\/[^/]+\/.*[^/]$/.test(repository))
    throw new RangeError(`--repository: expected the https address of the code, got ${JSON.stringify(repository)}`);
  if (existsSync(out)) throw new RangeError(`--out: expected a folder that does not exist, got ${out}`);
  const work = mkdtempSync(path.join(tmpdir(), 'release-'));
  try {
    const copy = path.join(work, 'copy');
    copyCheckout(copy);
    run(copy, process.execPath, path.join(root, 'node_modules/@changesets/cli/bin.js'), 'version');
    const folders = published(copy);
    for (const folder of folders) makePublishable(copy, folder, repository);
    run(copy, 'pnpm', 'install', '--offline', '--ignore-scripts', '--no-frozen-lockfile');
    const packed = path.join(work, 'packed');
    mkdirSync(packed);
    const tarballs = folders.map((folder) => pack(path.join(copy, folder), folder, packed));
    mkdirSync(path.dirname(out), { recursive: true });
    cpSync(packed, `${out}.part`, { recursive: true });
    renameSync(`${out}.part`, out);
    return tarballs;
  } finally {
    rmSync(work, { recursive: true });
  }
}

/**
 * The files of the checkout that git knows or would take, what was built of them, and a commit that has them all.
 *
 * @param {string} copy
 */
function copyCheckout(copy) {
  const files = run(root, 'git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard').split('\0');
  for (const file of files)
    if (file !== '' && existsSync(path.join(root, file))) cpSync(path.join(root, file), path.join(copy, file));
  run(copy, 'git', 'init', '--quiet');
  run(copy, 'git', 'add', '--all');
  run(
    copy,
    'git',
    '-c',
    'user.name=release',
    '-c',
    'user.email=release@localhost',
    'commit',
    '--quiet',
    '-m',
    'release',
  );
  for (const folder of published(copy)) {
    const dist = path.join(root, folder, 'dist');
    if (existsSync(dist)) cpSync(dist, path.join(copy, folder, 'dist'), { recursive: true });
  }
}

/**
 * The folders of the packages that are published, from the root.
 *
 * @param {string} base - the root of a checkout
 * @returns {readonly string[]}
 */
export function published(base) {
  return ['packages', 'apps', 'tooling']
    .flatMap((group) => readdirSync(path.join(base, group)).map((name) => `${group}/${name}`))
    .filter(
      (folder) => existsSync(path.join(base, folder, 'package.json')) && manifestIn(base, folder).private !== true,
    )
    .sort();
}

/**
 * @param {string} base
 * @param {string} folder
 * @returns {Manifest}
 */
export function manifestIn(base, folder) {
  return JSON.parse(readFileSync(path.join(base, folder, 'package.json'), 'utf8'));
}

/**
 * Says in a package where its code is, and takes out what leads to its source, which is not published.
 *
 * @param {string} copy
 * @param {string} folder
 * @param {string} repository
 */
function makePublishable(copy, folder, repository) {
  const { exports = {}, files = [], ...rest } = manifestIn(copy, folder);
  const manifest = {
    ...rest,
    files: [...files, 'CHANGELOG.md'],
    exports: Object.fromEntries(Object.entries(exports).map(([name, target]) => [name, withoutSource(target)])),
    repository: { type: 'git', url: `git+${repository}.git`, directory: folder },
    homepage: `${repository}/tree/main/${folder}#readme`,
    bugs: `${repository}/issues`,
  };
  writeFileSync(path.join(copy, folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  const readme = path.join(copy, folder, 'README.md');
  writeFileSync(readme, withAbsoluteLinks(readFileSync(readme, 'utf8'), folder, repository));
}

/** @param {unknown} target */
function withoutSource(target) {
  if (typeof target !== 'object' || target === null) return target;
  return Object.fromEntries(Object.entries(target).filter(([condition]) => condition !== '@shootdown/source'));
}

/**
 * @param {string} cwd
 * @param {string} folder
 * @param {string} packed
 * @returns {Tarball}
 */
function pack(cwd, folder, packed) {
  const { name } = manifestIn(cwd, '.');
  const before = new Set(readdirSync(packed));
  run(cwd, 'pnpm', 'pack', '--pack-destination', packed);
  const file = readdirSync(packed).find((one) => !before.has(one));
  if (file === undefined) throw new Error(`${name}: expected a tarball, got none`);
  return { name, folder, file, bytes: statSync(path.join(packed, file)).size };
}

/**
 * @param {string} cwd
 * @param {string} program
 * @param {readonly string[]} args
 */
function run(cwd, program, ...args) {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
}
