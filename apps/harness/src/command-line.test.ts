import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { withFiles } from '../fixtures/run-cli.js';
import { commandLine, programText, word } from './command-line.js';

describe('how the program is called', () => {
  test('in its checkout, by npm start', async () => {
    await withFiles({ 'package.json': '{}' }, (checkout) => {
      const cwd = path.join(checkout, 'docs');
      mkdirSync(cwd);
      const script = path.join(checkout, 'apps', 'harness', 'dist', 'cli.js');
      expect(programText({ script, cwd, checkout })).toBe('npm start --');
      expect(programText({ script, cwd: '/', checkout })).toBe(`npm --prefix ${checkout} start --`);
      return Promise.resolve();
    });
  });

  test('in a project that has it installed, by npx', async () => {
    await withFiles({ 'package.json': '{}' }, async (project) => {
      mkdirSync(path.join(project, 'node_modules', '.bin', 'shootdown'), { recursive: true });
      mkdirSync(path.join(project, 'src'));
      const script = path.join(project, 'node_modules', '@shootdown', 'harness', 'dist', 'cli.js');
      for (const cwd of [project, path.join(project, 'src')])
        expect(programText({ script, cwd, checkout: undefined })).toBe('npx shootdown');
      await Promise.resolve();
    });
  });

  test('installed for all, by its name, and elsewhere by its file', () => {
    const cwd = '/';
    expect(programText({ script: '/usr/local/bin/shootdown', cwd, checkout: undefined })).toBe('shootdown');
    expect(programText({ script: '/a/.npm/_npx/1/node_modules/.bin/shootdown', cwd, checkout: undefined })).toBe(
      'node /a/.npm/_npx/1/node_modules/.bin/shootdown',
    );
    expect(programText({ script: '/it is/cli.js', cwd, checkout: undefined })).toBe("node '/it is/cli.js'");
  });

  test('what it is told is one word each', () => {
    expect(commandLine('replay', 'a/b@c::1.2')).toBe('npm start -- replay a/b@c::1.2');
    expect(word("it's")).toBe(String.raw`'it'\''s'`);
    expect(word('a/b@c:threads=2,rounds=1:1.49940710.AgEABAID')).toBe('a/b@c:threads=2,rounds=1:1.49940710.AgEABAID');
  });
});
