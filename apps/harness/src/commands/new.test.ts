import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { isBuilt } from '../../fixtures/run-built.js';
import { runCli, withFiles } from '../../fixtures/run-cli.js';

const inFolder = <T>(body: (cwd: string) => Promise<T>): Promise<T> => withFiles({}, body);

/** What the compiler says of a folder with a tsconfig.json. */
function diagnostics(folder: string): string[] {
  const file = path.join(folder, 'tsconfig.json');
  const config: unknown = ts.readConfigFile(file, (name) => readFileSync(name, 'utf8')).config;
  const { fileNames, options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const found = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
  return [...errors, ...found].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('new', () => {
  test('makes a model that holds, whose broken variant is found, and says how to check both', () =>
    inFolder(async (cwd) => {
      const { code, stdout, stderr } = await runCli(['new', 'my-lock'], { cwd });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(readdirSync(cwd)).toEqual(['my-lock']);
      expect(readdirSync(path.join(cwd, 'my-lock'))).toEqual(['my-lock.ts', 'tsconfig.json']);
      const lines = [...stdout.matchAll(/ check (\S+)$/gm)].map(([, file]) => file);
      expect(lines).toEqual(['./my-lock/my-lock.ts', './my-lock/my-lock.ts@unlocked']);
      const [good, bad] = [await runCli(['check', lines[0]], { cwd }), await runCli(['check', lines[1]], { cwd })];
      expect([good.code, good.stderr, /^holds.*/m.exec(good.stdout)?.[0]]).toEqual([0, '', 'holds, as expected']);
      expect([bad.code, /^violated.*/m.exec(bad.stdout)?.[0]]).toEqual([0, 'violated: invariant, as expected']);
      expect(bad.stdout).toContain('invariant (sum): 1 of 2 increments counted');
    }));

  test('in another folder, too', () =>
    inFolder(async (cwd) => {
      mkdirSync(path.join(cwd, 'models'));
      expect(await runCli(['new', 'models/first'], { cwd })).toMatchObject({ code: 0 });
      expect(existsSync(path.join(cwd, 'models', 'first', 'first.ts'))).toBe(true);
    }));

  test.skipIf(!isBuilt)(
    'shows an editor the types: the model compiles, and a misspelt name does not',
    { timeout: 60_000 },
    () =>
      inFolder(async (cwd) => {
        await runCli(['new', 'typed'], { cwd });
        const folder = path.join(cwd, 'typed');
        expect(diagnostics(folder)).toEqual([]);
        const file = path.join(folder, 'typed.ts');
        const text = readFileSync(file, 'utf8');
        writeFileSync(file, text.replace('times(given.threads', 'times(given.thraeds'));
        expect(diagnostics(folder)).toEqual([expect.stringMatching(/'thraeds' does not exist .* mean 'threads'/)]);
      }),
  );

  test.each([
    ['my-lock', 'new: my-lock is there already; take another name, or remove it'],
    ['taken.ts', 'new: expected a name of small letters, digits and -'],
    ['Lock', 'new: expected a name of small letters, digits and -'],
    ['1st', 'new: expected a name of small letters, digits and -'],
    ['nowhere/lock', 'new: cannot write nowhere/lock: ENOENT'],
    ['taken/lock', 'new: cannot write taken/lock: ENOTDIR'],
  ])('refuses %s, and leaves everything as it was', (name, message) =>
    withFiles({ taken: 'mine', 'taken.ts': 'mine' }, async (cwd) => {
      mkdirSync(path.join(cwd, 'my-lock'));
      const { code, stdout, stderr } = await runCli(['new', name], { cwd });
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(message);
      expect(readdirSync(cwd)).toEqual(['my-lock', 'taken', 'taken.ts']);
      expect(readdirSync(path.join(cwd, 'my-lock'))).toEqual([]);
    }),
  );
});
