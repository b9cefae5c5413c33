import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { whyTooOld } from './node-version.mjs';

test.each(['20.19.0', '20.19.5', '22.0.0', '100.1.0'])('%s is new enough', (version) => {
  expect(whyTooOld(version, '>=20.19')).toBe(undefined);
});

test.each(['18.20.4', '20.18.9', '20.2.0', '9.0.0'])('%s is too old', (version) => {
  expect(whyTooOld(version, '>=20.19')).toContain(`expected Node 20.19 or newer, got ${version};`);
});

test('a range that is not understood is an error, not a pass', () => {
  expect(() => whyTooOld('20.19.0', '^20')).toThrow('expected engines.node like >=20.19, got ^20');
});

test('an old Node is told before anything else is done', () => {
  const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })";
  const run = fileURLToPath(new URL('../run.mjs', import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(old)}`, run, 'nonsense'],
    { encoding: 'utf8' },
  );
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^bootstrap: expected Node 20\.19 or newer, got 18\.20\.4; .*\n$/);
});
