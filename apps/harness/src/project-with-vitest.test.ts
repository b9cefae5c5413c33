/** Models in the tests of a project of one's own: vitest and our built packages, with the plugin and without. */
import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { counterExample } from '../fixtures/counter-example.js';
import { isBuilt } from '../fixtures/run-built.js';
import { withFiles } from '../fixtures/run-cli.js';

const MODULES = path.join(import.meta.dirname, '../node_modules');
const VITEST = path.join(path.dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

const TEST = `import counter from './counter.js';
import { check } from '@shootdown/explore';
import '@shootdown/explore/vitest';
import { mutexLock, mutexT, mutexUnlock } from '@shootdown/kernel/model';
import { Layout, kfunc, readOnce, u8, writeOnce, type Cell, type System } from '@shootdown/machine';
import { expect, test } from 'vitest';

function model(): System {
  const layout = new Layout();
  const total: Cell<number> = layout.one('total', u8);
  const lock = layout.one('lock', mutexT);
  const add = kfunc('add', function* () {
    for (let i: number = 0; i < 5; i++) {
      yield* mutexLock(lock);
      yield* writeOnce(total, (yield* readOnce(total)) + (i & 1));
      yield* mutexUnlock(lock);
    }
  });
  return {
    layout,
    threads: ['A', 'B'].map((name) => ({ name, run: () => add() })),
    finals: { sum: (memory) => memory.get(total) === 4 },
  };
}
test('holds', async () => {
  await expect(model()).toHold();
  await expect(model()).not.toBeViolated({ kind: 'deadlock' });
  await expect(counter).toBeViolated({ kind: 'invariant', rule: 'sum' });
  await expect(counter).toHold({ given: { threads: 1 } });
  const { states, notes } = await check(model());
  console.log('FOUND ' + JSON.stringify({ states, notes }));
});
`;
const PLUGIN = `import { programPoints } from '@shootdown/program-points/vite';
export default { plugins: [programPoints()] };
`;

interface Found {
  readonly states: number;
  readonly notes: readonly string[];
}

/** What the tests of the project find out, and what they print to stderr. */
async function tested(config: string): Promise<Found & { stderr: string }> {
  const files = {
    'counter.ts': counterExample,
    'package.json': '{ "type": "module" }',
    'vitest.config.js': config,
    'model.test.ts': TEST,
  };
  return withFiles(files, (cwd) => {
    symlinkSync(MODULES, path.join(cwd, 'node_modules'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [VITEST, 'run', '--maxWorkers=1'], {
      cwd,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toMatchObject({ status: 0 });
    return Promise.resolve({ ...(JSON.parse(/FOUND (.*)/.exec(stdout)![1]) as Found), stderr });
  });
}

describe.skipIf(!isBuilt)('a model in a test', () => {
  test('holds with the plugin, and without it too, in more states and with a word about that', async () => {
    const note = 'code that add runs was not transformed';
    const [known, plain] = [await tested(PLUGIN), await tested('export default {};\n')];
    expect(known).toMatchObject({ notes: [], stderr: '' });
    expect(plain.notes).toEqual([expect.stringContaining(note)]);
    expect(plain.stderr.split(note)).toHaveLength(2);
    expect(plain.states).toBeGreaterThan(4 * known.states);
  });
});
