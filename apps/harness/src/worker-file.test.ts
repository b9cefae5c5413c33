import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { workerFile } from './worker-file.js';

test('threads start from the built program', () => {
  expect(workerFile('cli').pathname).toMatch(/\/dist\/cli\.js$/);
  expect(existsSync(workerFile('cli'))).toBe(true);
});
