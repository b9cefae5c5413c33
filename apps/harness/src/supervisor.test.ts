import { describe, expect, test } from 'vitest';
import { isBuilt, runBuilt } from '../fixtures/run-built.js';
import { withFiles } from '../fixtures/run-cli.js';

/** A model with code that never returns, in one place. */
function model(where: string): string {
  const never = (place: string): string => (place === where ? 'for (;;) forever += 1;' : '');
  return `import { Layout, defineOperation, kfunc, modify, scenario, u32 } from '@shootdown/machine';
let forever = 0;
${never('the file')}
export default scenario({
  name: 'mine/busy', asks: 'Does it end?', source: 'me', given: {},
  variants: { plain: { expect: 'holds', about: 'as it is' } },
  build() {
    ${never('build')}
    const layout = new Layout();
    const count = layout.one('count', u32);
    const note = defineOperation({ name: 'note', run: () => { ${never('an operation')} return 1; } });
    const run = kfunc('run', function* runIt() {
      yield* modify('add', 'atomic_add', 'relaxed', count, 1);
      yield* note();
    });
    return {
      layout,
      threads: [0, 1].map((i) => ({ name: 'T' + i, run: () => run() })),
      invariants: { small: (memory) => { if (memory.get(count) > 0) { ${never('an invariant')} } return true; } },
    };
  },
});
`;
}

// A loop in a function of a thread is counted, and refused before --max-seconds.
const PLACES = ['the file', 'build', 'an operation', 'an invariant'] as const;

describe.runIf(isBuilt)('code of a model that never returns', () => {
  test.each(PLACES)('in %s is ended soon after --max-seconds, and named', async (where) => {
    await withFiles({ 'busy.ts': model(where) }, async (cwd) => {
      const { code, stdout, stderr } = await runBuilt(['check', 'busy.ts', '--max-seconds', '0.5'], { cwd });
      expect(`${stdout}${stderr}`).toMatch(/unknown: stopped by --max-seconds/);
      expect(`${stdout}${stderr}`).toMatch(/did not return: .*busy\.ts:\d+/);
      expect(code).toBe(3);
    });
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('is ended soon after %s', async (signal) => {
    await withFiles({ 'busy.ts': model('an operation') }, async (cwd) => {
      const { code, stdout, seconds } = await runBuilt(['check', 'busy.ts'], {
        cwd,
        interrupt: { signal, afterMs: 100 },
      });
      expect(stdout).toMatch(/unknown: interrupted; nothing is broken so far, expected holds/);
      expect(code).toBe(3);
      expect(seconds).toBeLessThan(6); // 2 s, on a machine that has other things to do
    });
  });

  test('but waits for what the system does for it does not keep the program', async () => {
    const busy = `import { execFileSync } from 'node:child_process';\n${model('nowhere')}`;
    const text = busy.replace('return 1;', "execFileSync('sleep', ['90']); return 1;");
    await withFiles({ 'busy.ts': text }, async (cwd) => {
      const { stdout, stderr, seconds } = await runBuilt(['check', 'busy.ts', '--max-seconds', '0.5', '--json'], {
        cwd,
      });
      expect(JSON.parse(stdout)).toMatchObject({ verdict: 'unknown', bound: 'seconds' });
      expect(stderr).toMatch(/is in a call that does not end; the process is killed/);
      expect(seconds).toBeLessThan(60);
    });
  });

  test('gives one JSON object', async () => {
    await withFiles({ 'busy.ts': model('an invariant') }, async (cwd) => {
      const { code, stdout } = await runBuilt(['check', 'busy.ts', '--max-seconds', '0.5', '--json'], { cwd });
      expect(JSON.parse(stdout)).toMatchObject({ scenario: 'mine/busy', verdict: 'unknown', bound: 'seconds' });
      expect(code).toBe(3);
    });
  });
});

const ENDS: readonly (readonly [string, string, RegExp])[] = [
  ['calls process.exit', 'process.exit(0);', /the model gave no answer: its code ended the program/],
  ['waits for ever', 'await new Promise(() => {});', /the model gave no answer: it waits for something/],
  ['leaves a promise to fail', "void Promise.reject(new Error('unheard'));", /outside of any search.*unheard/],
];

describe.runIf(isBuilt)('a model file that', () => {
  test.each(ENDS)('%s ends with 2, and is told so', async (_, code, message) => {
    await withFiles({ 'ends.ts': `${code}\n${model('nowhere')}` }, async (cwd) => {
      const ran = await runBuilt(['check', 'ends.ts'], { cwd });
      expect(ran.stderr).toMatch(message);
      expect(ran.code).toBe(2);
    });
  });

  test('prints leaves stdout to the answer', async () => {
    await withFiles({ 'prints.ts': `console.log('hello');\n${model('nowhere')}` }, async (cwd) => {
      const { stdout, stderr, code } = await runBuilt(['check', 'prints.ts', '--json'], { cwd });
      expect(JSON.parse(stdout)).toMatchObject({ verdict: 'holds' });
      expect(stderr).toContain('hello');
      expect(code).toBe(0);
    });
  });

  test('takes all memory is unknown, for want of memory', async () => {
    const greedy = `const all = []; for (;;) all.push(new Array(1000).fill({}).map(() => ({})));\n${model('nowhere')}`;
    await withFiles({ 'greedy.ts': greedy }, async (cwd) => {
      const { stderr, code } = await runBuilt(['check', 'greedy.ts', '--max-memory', '16'], { cwd });
      expect(stderr).toMatch(/unknown: out of the memory allowed/);
      expect(code).toBe(3);
    });
  });
});
