/** A release without a release: what changesets would make of the workspace as it is. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root } from './root.mjs';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
}

const folders = ['packages', 'apps', 'tooling']
  .flatMap((group) => readdirSync(path.join(root, group)).map((name) => path.join(group, name)))
  .filter((folder) => existsSync(path.join(root, folder, 'package.json')));

const manifestIn = (base: string, folder: string): Manifest =>
  JSON.parse(readFileSync(path.join(base, folder, 'package.json'), 'utf8')) as Manifest;

const changesets = readdirSync(path.join(root, '.changeset')).filter(
  (name) => name.endsWith('.md') && name !== 'README.md',
);

const hasGit = spawnSync('git', ['--version']).status === 0;
if (!hasGit) console.log('skipped: a dry release, for there is no git here');

test.skipIf(!hasGit || changesets.length === 0)(
  'a dry release gives every package it names a version and a changelog',
  () => {
    const copy = mkdtempSync(path.join(tmpdir(), 'release-'));
    const run = (program: string, ...args: readonly string[]): string =>
      execFileSync(program, args, { cwd: copy, encoding: 'utf8', stdio: 'pipe' });
    try {
      const manifests = folders.map((folder) => path.join(folder, 'package.json'));
      for (const name of ['package.json', 'pnpm-workspace.yaml', '.changeset', ...manifests])
        cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
      run('git', 'init', '--quiet');
      run('git', 'add', '--all');
      run('git', '-c', 'user.name=release', '-c', 'user.email=release@localhost', 'commit', '--quiet', '-m', 'release');
      run(process.execPath, path.join(root, 'node_modules/@changesets/cli/bin.js'), 'version');

      const named = new Set(
        changesets.flatMap((file) =>
          [...readFileSync(path.join(root, '.changeset', file), 'utf8').matchAll(/^'?(@shootdown\/[\w-]+)'?:/gm)].map(
            ([, name]) => name,
          ),
        ),
      );
      for (const folder of folders) {
        const { name, version } = manifestIn(copy, folder);
        if (!named.has(name)) continue;
        expect([name, version]).not.toEqual([name, manifestIn(root, folder).version]);
        expect(readFileSync(path.join(copy, folder, 'CHANGELOG.md'), 'utf8')).toContain(`## ${version}`);
        named.delete(name);
      }
      expect([...named]).toEqual([]);
      expect(readdirSync(path.join(copy, '.changeset')).sort()).toEqual(['README.md', 'config.json']);
    } finally {
      rmSync(copy, { recursive: true });
    }
  },
);
