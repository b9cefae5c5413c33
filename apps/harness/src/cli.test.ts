import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { withFiles } from '../fixtures/run-cli.js';

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));

const ENDLESS = `import { Layout, choose, kfunc, modify, scenario, u32 } from '@shootdown/machine';
export default scenario({
  name: 'mine/endless', asks: 'How long is for ever?', source: 'me', given: {},
  variants: { counting: { expect: 'holds', about: 'counts for ever' } },
  build() {
    const layout = new Layout();
    const counters = layout.array('counter', u32, 2);
    const count = kfunc('count', function* (i: number) {
      yield* modify('add', 'atomic_add', 'relaxed', counters[i], (yield* choose(2)) + 1);
    });
    return { layout, threads: [0, 1].map((i) => ({ name: 'T' + i, run: () => count(i), repeat: true })) };
  },
});
`;

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program; `kill` is called when it first prints. */
function runBuilt(
  args: readonly string[],
  cwd: string,
  onFirstOutput?: (kill: (signal: NodeJS.Signals) => void) => void,
): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.once('data', () => onFirstOutput?.((signal) => child.kill(signal)));
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

// Turbo builds before it tests; a plain `vitest run` in a fresh clone has nothing to run.
describe.runIf(existsSync(CLI))('the built program', () => {
  test('loads a model with its own copy of the packages', async () => {
    await withFiles({ 'endless.ts': ENDLESS }, async (cwd) => {
      const { code, stdout } = await runBuilt(['check', 'endless.ts', '--max-states', '1000', '--json'], cwd);
      expect(code).toBe(3);
      expect(JSON.parse(stdout)).toMatchObject({
        scenario: 'mine/endless',
        verdict: 'unknown',
        bound: 'states',
        states: 1000,
      });
    });
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the search with the figures so far and 3', async (signal) => {
    await withFiles({ 'endless.ts': ENDLESS }, async (cwd) => {
      const { code, stdout } = await runBuilt(['check', 'endless.ts'], cwd, (kill) =>
        setTimeout(() => kill(signal), 300),
      );
      expect(stdout).toMatch(/unknown: interrupted; nothing is broken so far, expected holds\n {2}[\d,]+ states/);
      expect(code).toBe(3);
    });
  });

  test('says on stderr how far it is, and leaves stdout to the answer', async () => {
    await withFiles({ 'endless.ts': ENDLESS }, async (cwd) => {
      const { stdout, stderr } = await runBuilt(['check', 'endless.ts', '--max-seconds', '6', '--json'], cwd);
      expect(stderr).toMatch(
        /^endless\.ts@counting: [\d,]+ states, .* transitions\/s, depth [\d,]+, frontier [\d,]+, \d+ MiB, 5\.\d+ s$/m,
      );
      expect(stdout.trim().split('\n')).toHaveLength(1);
    });
  });
});
