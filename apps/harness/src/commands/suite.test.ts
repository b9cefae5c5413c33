import { describe, expect, test } from 'vitest';
import { runCli } from '../../fixtures/run-cli.js';
import { endless, twoRegisters } from '../../fixtures/scenarios.js';
import type { AnswerJson } from '../report/answer-json.js';

interface SuiteJson {
  readonly asExpected: boolean;
  readonly results: readonly (AnswerJson & { asExpected: boolean })[];
}

const { wrong: _wrong, misnamed: _misnamed, ...good } = twoRegisters.variants;
const catalogue = [{ ...twoRegisters, variants: good }];

describe('suite', () => {
  test('is what runs without a command, prints a row a variant, and ends with 0 when all is as expected', async () => {
    const { code, stdout } = await runCli([], { catalogue });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^scenario +expected +got +states +seconds\n-+\n/);
    expect(stdout).toMatch(/^test\/two-registers@ordered +holds +holds +\d+ +\d+\.\d\d s {2}ok$/m);
    expect(stdout).toMatch(/^test\/two-registers@careless +invariant +invariant .* ok finding$/m);
    expect(stdout).toMatch(/3 of 3 verdicts as expected, \d/);
  });

  test('takes suite sizes, over them those of the variant', async () => {
    const variants = {
      ordered: { ...good.ordered, given: { threads: 1, rounds: 3 }, suite: { threads: 3 } },
      opposite: good.opposite,
    };
    const { stdout } = await runCli(['suite', '--json'], { catalogue: [{ ...twoRegisters, variants }] });
    const { results } = JSON.parse(stdout) as SuiteJson;
    expect(results.map(({ given }) => [given['threads'], given['rounds']])).toEqual([
      [3, 3],
      [2, 1],
    ]);
  });

  test('ends with 1 when a verdict is wrong, and says which rule was broken instead', async () => {
    const { code, stdout } = await runCli(['suite', '--filter', 'test/two*']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^test\/two-registers@wrong +deadlock +holds .* WRONG$/m);
    expect(stdout).toMatch(
      /^test\/two-registers@misnamed +invariant +invariant .* WRONG broke one-holder, expected another$/m,
    );
    expect(stdout).toContain('3 of 5 verdicts as expected');
    expect(stdout).toMatch(/test\/two-registers@misnamed: replay: npm start -- replay test\/two-registers@misnamed:/);
  });

  test('ends with 3 when a search is cut', async () => {
    const { code, stdout } = await runCli(['suite', '--max-seconds', '0.5', '--json'], {
      catalogue: [endless, ...catalogue],
    });
    const { asExpected, results } = JSON.parse(stdout) as SuiteJson;
    expect(code).toBe(3);
    expect(asExpected).toBe(false);
    expect(results.map((result) => result.asExpected)).toEqual([false, true, true, true]);
  });

  test('stops when it is interrupted', async () => {
    const interrupt = new AbortController();
    setTimeout(() => {
      interrupt.abort();
    }, 100);
    const { code, stdout } = await runCli(['suite'], {
      catalogue: [endless, ...catalogue],
      interrupted: interrupt.signal,
    });
    expect(code).toBe(3);
    expect(stdout).toContain('0 of 4 verdicts as expected, 3 not run');
  });

  test('--filter takes whole names and globs, and refuses what matches nothing', async () => {
    const { stdout } = await runCli(['suite', '--filter', '*@ord?red', '--json'], { catalogue });
    expect((JSON.parse(stdout) as SuiteJson).results.map(({ variant }) => variant)).toEqual(['ordered']);
    const { code, stderr } = await runCli(['suite', '--filter', 'none*'], { catalogue });
    expect(code).toBe(2);
    expect(stderr).toContain(
      '--filter: nothing matches "none*"; expected a scenario, a pattern such as test/*, or a subsystem: test',
    );
  });
});

describe('list', () => {
  test('prints what is asked, what may be set and what is expected', async () => {
    const { code, stdout } = await runCli(['list'], { catalogue });
    expect(code).toBe(0);
    expect(stdout).toContain('rounds: shootdowns of each thread (a whole number, 1 to 9; default 2, 1 in');
    expect(stdout).toMatch(
      /careless: invariant \(one-holder\)\. looks whether a register is free, then\s+takes it \[finding: never reported\]/,
    );
  });

  test('--json prints an array', async () => {
    const { stdout } = await runCli(['list', '--json']);
    const [first] = JSON.parse(stdout) as {
      name: string;
      asks: string;
      variants: { name: string; expect: string }[];
    }[];
    expect(first).toMatchObject({
      name: 'test/two-registers',
      source: 'test',
      given: { threads: { default: 2, max: 4 } },
    });
    expect(first.variants[1]).toMatchObject({ name: 'opposite', expect: 'deadlock' });
  });
});

describe('the program', () => {
  test('suggests the command that was meant', async () => {
    const { code, stderr } = await runCli(['chekc']);
    expect(stderr).toContain("unknown command 'chekc'");
    expect(stderr).toContain('Did you mean check?');
    expect(code).toBe(2);
  });

  test('prints help with 0', async () => {
    const { code, stdout } = await runCli(['check', '--help']);
    expect(stdout).toContain('Exit status: 0 the verdict is the expected one');
    expect(code).toBe(0);
  });
});
