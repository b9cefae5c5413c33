/**
 * Each package alone, from its tarball, in an empty project: as a module, by `require()`, and with the compiler. Needs a registry,
 * and a quarter of a minute a package: only where SHOOTDOWN_INSTALLS is `all`, or a number that picks three.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manifestIn, published, release, root, type Manifest, type Tarball } from './release.mjs';

const wanted = process.env['SHOOTDOWN_INSTALLS'] ?? '';
if (wanted === '') console.log('skipped: installing each package alone, for SHOOTDOWN_INSTALLS is not set');

const folders = published(root);
/** All, or so many in a row, of which the number says the first. */
const chosen =
  wanted === 'all' ? folders : Array.from({ length: 3 }, (_, i) => folders[(3 * Number(wanted) + i) % folders.length]);

const TSC = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const work = mkdtempSync(path.join(tmpdir(), 'installs-'));
const out = path.join(work, 'out');
let tarballs: readonly Tarball[] = [];

beforeAll(() => {
  if (wanted !== '') tarballs = release({ repository: 'https://example.org/kernel/shootdown', out });
}, 120_000);

afterAll(() => {
  rmSync(work, { recursive: true });
});

const isOurs = (name: string): boolean => name.startsWith('@shootdown/');
const folderOf = (name: string): string => folders.find((folder) => manifestIn(root, folder).name === name) ?? '';

/** A package and those of ours that it needs. */
function closure(name: string, found = new Set<string>()): ReadonlySet<string> {
  if (!found.has(name)) {
    found.add(name);
    for (const other of Object.keys(manifestIn(root, folderOf(name)).dependencies ?? {}))
      if (isOurs(other)) closure(other, found);
  }
  return found;
}

/** What code of a package can be imported by. */
function entries({ name, exports = {} }: Manifest): readonly string[] {
  return Object.entries(exports).flatMap(([key, target]) =>
    target === null || key.endsWith('.json') ? [] : [path.posix.join(name, key)],
  );
}

/** An empty project that has a package installed, and what it needs: a peer that it may go without is there too where it has types of it. */
function projectWith(name: string): string {
  const cwd = path.join(work, name);
  mkdirSync(cwd, { recursive: true });
  const manifest = { name: 'stranger', version: '1.0.0', private: true };
  writeFileSync(path.join(cwd, 'package.json'), JSON.stringify(manifest));
  const files = [...closure(name)].map((one) => path.join(out, tarballs.find((tarball) => tarball.name === one)!.file));
  const peers = Object.keys(manifestIn(root, folderOf(name)).peerDependencies ?? {});
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...files, ...peers, '@types/node@20'];
  execFileSync('npm', args, { cwd, stdio: 'pipe' });
  return cwd;
}

function inProject(cwd: string, ...args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

const RAN = { status: 0, output: '' };
/** Entries that only run in a run of tests. */
const OF_TESTS = ['@shootdown/explore/vitest'];

describe.runIf(wanted !== '')('alone in an empty project', () => {
  test.each(chosen.map((folder) => manifestIn(root, folder).name))(
    '%s works by import, by require and with the compiler',
    (name) => {
      const cwd = projectWith(name);
      const names = entries(manifestIn(root, folderOf(name)));
      for (const entry of names.filter((one) => !OF_TESTS.includes(one))) {
        const isThere = 'if (Object.keys(m).length === 0) throw new Error("nothing is exported")';
        const asModule = `import * as m from '${entry}'; ${isThere}`;
        expect([entry, inProject(cwd, '--input-type=module', '-e', asModule)]).toEqual([entry, RAN]);
        const required = `const m = require('${entry}'); ${isThere}`;
        expect([entry, inProject(cwd, '--no-warnings', '-e', required)]).toEqual([entry, RAN]);
      }
      const uses = names.map(
        (entry, i) => `import * as m${i} from '${entry}';\nexport const use${i}: object = m${i};\n`,
      );
      writeFileSync(path.join(cwd, 'use.mts'), uses.join(''));
      writeFileSync(path.join(cwd, 'use.cts'), uses.join(''));
      for (const [module, resolution] of [
        ['nodenext', 'nodenext'],
        ['esnext', 'bundler'],
      ]) {
        const options = ['--noEmit', '--strict', '--target', 'es2023', '--types', 'node', '--module', module];
        const files = module === 'nodenext' ? ['use.mts', 'use.cts'] : ['use.mts'];
        expect([module, inProject(cwd, TSC, ...options, '--moduleResolution', resolution, ...files)]).toEqual([
          module,
          RAN,
        ]);
      }
    },
    120_000,
  );

  test('the command writes a first model, and checks it', () => {
    const cwd = projectWith('@shootdown/harness');
    const command = (...args: readonly string[]): ReturnType<typeof inProject> =>
      inProject(cwd, 'node_modules/@shootdown/harness/dist/cli.js', ...args);
    expect(command('new', 'mine')).toMatchObject({ status: 0 });
    expect(command('check', './mine/mine.ts@unlocked')).toMatchObject({
      output: expect.stringMatching(/^violated: /m) as string,
    });
  }, 120_000);
});
