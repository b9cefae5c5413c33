import { readFileSync } from 'node:fs';
import { multiGpu } from '@shootdown/mmu-notifier/scenarios';
import { describe, expect, test } from 'vitest';
import { runCli } from '../fixtures/run-cli.js';

describe('what people type', () => {
  test('options without a command go to the suite', async () => {
    const { code, stdout } = await runCli(['--filter', 'test/two-registers@ordered', '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { results: unknown[] }).results.length).toBe(1);
    expect((await runCli(['--json', 'list'])).stderr).toContain("unknown option '--json'");
  });

  test('the version', async () => {
    const manifest = new URL('../package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    for (const args of [['--version'], ['-V'], ['version']])
      expect(await runCli(args)).toEqual({
        code: 0,
        stdout: `shootdown ${version}, node ${process.version}\n`,
        stderr: '',
      });
  });

  test('the suite and the list take a subsystem, a scenario, a variant or a pattern', async () => {
    const rows = async (...args: string[]): Promise<number> => {
      const { stdout } = await runCli(['suite', '--json', ...args]);
      return (JSON.parse(stdout) as { results: unknown[] }).results.length;
    };
    const all = await rows('test/two-registers');
    expect(all).toBeGreaterThan(2);
    expect(await rows('test/two-registers@ordered')).toBe(1);
    expect(await rows('test/two-registers@ordered', 'test/two-registers@opposite')).toBe(2);
    expect(await rows('--filter', 'test/two*')).toBe(all);

    const catalogue = [multiGpu];
    expect((await runCli(['list', 'notifier'], { catalogue })).stdout).toMatch(/^notifier\/multi-gpu\n/);
    expect((await runCli(['list', '--filter', 'notifier/*'], { catalogue })).stdout).toMatch(/^notifier\/multi-gpu\n/);
    const { code, stderr } = await runCli(['list', 'notifyer'], { catalogue });
    expect([code, stderr]).toEqual([2, 'shootdown: list: nothing matches "notifyer"; did you mean notifier?\n']);
    expect((await runCli(['suite', 'notifier/multi-gpu@none'], { catalogue })).stderr).toMatch(
      /^shootdown: suite: nothing matches "notifier\/multi-gpu@none"; notifier\/multi-gpu has the variants /,
    );
  });

  test('simulate without a scenario lists those there are', async () => {
    const catalogue = [multiGpu];
    const { code, stdout } = await runCli(['simulate'], { catalogue });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^notifier\/multi-gpu\n[^]*\n {2}npm start -- simulate notifier\/multi-gpu\n$/);
    expect(JSON.parse((await runCli(['simulate', '--json'], { catalogue })).stdout)).toEqual(['notifier/multi-gpu']);
    const missing = await runCli(['simulate', '--set', 'gpus=2'], { catalogue });
    expect([missing.code, missing.stderr]).toEqual([
      2,
      'shootdown: simulate: expected a scenario in front of the options; those that do: notifier/multi-gpu\n',
    ]);
  });

  test('a check takes the sizes of the suite, and says whose sizes it has', async () => {
    const heading = async (...args: string[]): Promise<string> => {
      const { stdout } = await runCli(['check', 'test/two-registers@ordered', ...args]);
      return /^ {2}given: (.*)$/m.exec(stdout)?.[1] ?? '';
    };
    const suite = await runCli(['suite', 'test/two-registers@ordered', '--json']);
    const [{ given }] = (JSON.parse(suite.stdout) as { results: { given: Record<string, number> }[] }).results;
    const sizes = Object.entries(given).map(([name, value]) => `${name}=${value}`);
    expect(await heading('--size', 'suite')).toBe(`${sizes.join(' ')}, the suite's size`);
    expect(await heading()).toMatch(/, default size$/);
    expect((await runCli(['check', 'test/two-registers', '--size', 'small'])).code).toBe(2);
  });
});
