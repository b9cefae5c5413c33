import process from 'node:process';
import { expect, test } from 'vitest';
import { runCli } from '../fixtures/run-cli.js';
import { EXIT } from './exit.js';

test('a fault of the program ends with 4, and says what to report', async () => {
  const named = (): never => {
    throw new Error('the catalogue is broken');
  };
  const { code, stderr } = await runCli(['check', "mine/o'clock"], { catalogue: { named, all: named } });
  expect(code).toBe(EXIT.CRASH);
  expect(stderr).toContain('Please report it');
  expect(stderr).toContain(`node ${process.version}`);
  expect(stderr).toContain(String.raw`command: npm start -- check 'mine/o'\''clock'`);
  expect(stderr).toMatch(/the catalogue is broken\n\s+at /);
});
