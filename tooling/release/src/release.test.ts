/** A release without a release: what would be published of the workspace as it is. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manifestIn, published, release, root, type Manifest, type Tarball } from './release.mjs';

const REPOSITORY = 'https://example.org/kernel/shootdown';
/** kB that a tarball may have: half as much again as it had when this was written. */
const BUDGET: Readonly<Record<string, number>> = {
  'arm64-asid': 190,
  bits: 110,
  'eslint-plugin': 8,
  explore: 830,
  harness: 470,
  'interval-tree': 60,
  kernel: 240,
  litmus: 140,
  lkmm: 100,
  machine: 320,
  mm: 160,
  mmio: 32,
  'mmu-notifier': 250,
  'powernv-npu': 63,
  'program-points': 100,
  unreached: 30,
  viewer: 44,
};

const hasGit = spawnSync('git', ['--version']).status === 0;
if (!hasGit) console.log('skipped: a dry release, for there is no git here');

const work = mkdtempSync(path.join(tmpdir(), 'dry-release-'));
const out = path.join(work, 'out');
let tarballs: readonly Tarball[] = [];

beforeAll(() => {
  if (hasGit) tarballs = release({ repository: REPOSITORY, out });
}, 120_000);

afterAll(() => {
  rmSync(work, { recursive: true });
});

const inside = ({ file }: Tarball, name: string): string =>
  execFileSync('tar', ['-xzOf', path.join(out, file), `package/${name}`], { encoding: 'utf8' });
const filesOf = ({ file }: Tarball): readonly string[] =>
  execFileSync('tar', ['-tzf', path.join(out, file)], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((name) => name.replace(/^package\//, ''));

describe.skipIf(!hasGit)('a dry release', () => {
  test('has a tarball for every package, and leaves the checkout as it is', () => {
    expect(tarballs.map(({ folder }) => folder)).toEqual(published(root));
    expect(readdirSync(out).sort()).toEqual(tarballs.map(({ file }) => file).sort());
    for (const { folder } of tarballs) expect(manifestIn(root, folder).repository).toBe(undefined);
  });

  test('gives every package a version, one that changed a changelog, and its address', () => {
    const changesets = path.join(root, '.changeset');
    const named = readdirSync(changesets)
      .filter((file) => file.endsWith('.md') && file !== 'README.md')
      .flatMap((file) => [
        ...readFileSync(path.join(changesets, file), 'utf8').matchAll(/^'?(@shootdown\/[\w-]+)'?:/gm),
      ])
      .map(([, name]) => name);
    for (const tarball of tarballs) {
      const { name, version, repository, exports } = JSON.parse(inside(tarball, 'package.json')) as Manifest;
      expect(repository).toEqual({ type: 'git', url: `git+${REPOSITORY}.git`, directory: tarball.folder });
      expect(JSON.stringify(exports)).not.toContain('@shootdown/source');
      if (!named.includes(name)) continue;
      expect([name, version]).not.toEqual([name, manifestIn(root, tarball.folder).version]);
      expect(inside(tarball, 'CHANGELOG.md')).toContain(`## ${version}`);
    }
    expect(named.filter((name) => !tarballs.some((tarball) => tarball.name === name))).toEqual([]);
  });

  test('has no source, no test and no vectors, and is no larger than it should be', () => {
    for (const tarball of tarballs) {
      const files = filesOf(tarball);
      expect(files.filter((file) => /(?<!\.d)\.ts$|\.test\.|fixtures|vectors|reports/.test(file))).toEqual([]);
      expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'LICENSE']));
      const kilobytes = tarball.bytes / 1000;
      expect([tarball.name, Math.min(kilobytes, BUDGET[path.basename(tarball.folder)])]).toEqual([
        tarball.name,
        kilobytes,
      ]);
    }
  });

  test('has documents whose links lead to files that are there', () => {
    for (const tarball of tarballs) {
      const targets = [...inside(tarball, 'README.md').matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target);
      for (const target of targets.filter((one) => one.startsWith(REPOSITORY))) {
        const file = target.slice(`${REPOSITORY}/blob/main/`.length).replace(/#.*/, '');
        expect([tarball.name, file, existsSync(path.join(root, file))]).toEqual([tarball.name, file, true]);
      }
      expect(targets.filter((one) => !/^(#|https:)/.test(one))).toEqual([]);
    }
  });
});

test.each([
  [{ repository: '', out: 'x' }, '--repository: expected the https address of the code, got ""'],
  [{ repository: 'https://example.org/a/', out: 'x' }, '--repository: expected the https address'],
  [{ repository: REPOSITORY, out: root }, '--out: expected a folder that does not exist'],
])('%j is refused', (options, message) => {
  expect(() => release(options)).toThrow(message);
});
