import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isBuilt } from '../fixtures/run-built.js';
import { runCli, withFiles } from '../fixtures/run-cli.js';
import { watchedFile } from './watching.js';

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

/** A model that counts to what another file says, and should not come to 2. */
const MODEL = `import { scenario, u8, writeOnce } from '@shootdown/machine';
import { last } from './parts/last.js';
export default scenario({
  name: 'mine/last',
  state: { x: u8 },
  threads: ({ x }) => ({ *A() { yield* writeOnce(x, last); } }),
  invariants: { small: ({ x }) => x < 2 },
});
`;
const last = (value: string): string => `export const last: number = ${value};\n`;

/** A running \`watch\`, and what it printed since it was asked last. */
class Running {
  readonly #child;
  #text = '';

  constructor(cwd: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, [CLI, 'watch', ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (chunk: Buffer) => (this.#text += chunk.toString()));
  }

  async until(pattern: RegExp): Promise<string> {
    await expect.poll(() => this.#text, { timeout: 30_000 }).toMatch(pattern);
    const text = this.#text;
    this.#text = '';
    return text;
  }

  async end(): Promise<number | null> {
    const closed = new Promise<number | null>((resolve) => this.#child.on('close', resolve));
    this.#child.kill('SIGINT');
    return closed;
  }
}

describe.runIf(isBuilt)('a model that is watched', () => {
  test('is checked again when it is saved, or a file that it imports', async () => {
    await withFiles({ 'last.ts': MODEL }, async (cwd) => {
      mkdirSync(path.join(cwd, 'parts'));
      const save = (value: string): void => {
        writeFileSync(path.join(cwd, 'parts/last.ts'), last(value));
      };
      save('1');
      const running = new Running(cwd, 'last.ts', '--strategy', 'bfs');
      expect(await running.until(/watching last\.ts/)).toMatch(/strategy=bfs[^]*^holds, as expected$/m);
      save('2');
      expect(await running.until(/watching last\.ts/)).toMatch(/last\.ts changed[^]*^violated: invariant/m);
      save('?');
      expect(await running.until(/watching last\.ts/)).toMatch(/parts\/last\.ts:1/);
      writeFileSync(path.join(cwd, 'last.ts'), MODEL.replace('x < 2', 'x < 9'));
      save('3');
      expect(await running.until(/^holds, as expected$[^]*watching last\.ts/m)).toContain('changed');
      expect(await running.end()).toBe(0);
    });
  });
});

test('the model is found among the options, and what is none is refused', async () => {
  expect(watchedFile(['--only', 'sum', './a/b.ts#c@d'], '/x')).toBe('/x/a/b.ts');
  expect(watchedFile(['npu/atsd-shootdown'], '/x')).toBe(undefined);
  expect(await runCli(['watch', 'npu/atsd-shootdown', '--json'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('watch: expected the path of a model file') as string,
  });
});
