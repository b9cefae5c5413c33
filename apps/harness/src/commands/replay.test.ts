import { describe, expect, test } from 'vitest';
import { runCli } from '../../fixtures/run-cli.js';
import { twoRegisters } from '../../fixtures/scenarios.js';
import type { AnswerJson } from '../report/answer-json.js';

async function tokenOf(...args: string[]): Promise<{ token: string; answer: AnswerJson }> {
  const { stdout } = await runCli(['check', ...args, '--json']);
  const answer = JSON.parse(stdout) as AnswerJson;
  return { token: answer.replay ?? '', answer };
}

describe('replay', () => {
  test.each([
    ['test/two-registers@opposite'],
    ['test/two-registers@opposite --set threads=3,noisy=true'],
    ['test/two-registers@careless --only one-holder,deadlock --strategy bfs'],
  ])('breaks the same rule by the same steps: %s', async (line) => {
    const { token, answer } = await tokenOf(...line.split(' '));
    const { code, stdout } = await runCli(['replay', token, '--json']);
    const again = JSON.parse(stdout) as AnswerJson;
    expect(code).toBe(0);
    expect(again.violation).toEqual(answer.violation);
    expect(again.trace).toEqual(answer.trace);
    expect(again.given).toEqual(answer.given);
    expect(again.replay).toBe(token);
    expect(token).toMatch(/^[\w./@:=,%+-]+$/);
  });

  test('prints the table that check prints', async () => {
    const { stdout: checked } = await runCli(['check', 'test/two-registers@opposite']);
    const { token } = await tokenOf('test/two-registers@opposite');
    const { code, stdout } = await runCli(['replay', token]);
    expect(code).toBe(0);
    expect(stdout).toContain(checked.slice(checked.indexOf('CPU 0 ')));
    expect(stdout).toContain('violated: deadlock, again');
  });

  test('takes the sizes of the token, not those of the variant as it is now', async () => {
    const { token } = await tokenOf('test/two-registers@opposite', '--set', 'rounds=1');
    const { opposite } = twoRegisters.variants;
    const changed = { ...twoRegisters, variants: { opposite: { ...opposite, given: { rounds: 5 } } } };
    const { code, stdout } = await runCli(['replay', token, '--json'], { catalogue: [changed] });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as AnswerJson).given['rounds']).toBe(1);
  });

  test('refuses a token of a model that has changed since', async () => {
    const { token } = await tokenOf('test/two-registers@opposite');
    const changed = {
      ...twoRegisters,
      build: (setup: Parameters<typeof twoRegisters.build>[0]) => twoRegisters.build({ ...setup, variant: 'ordered' }),
    };
    const { code, stdout, stderr } = await runCli(['replay', token], { catalogue: [changed] });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^shootdown: replay: test\/two-registers@opposite: the model has changed since this token was made \(.*\); run check again/,
    );
  });

  test.each([
    ['test/two-registers@opposite:1.1aeb8afe.AAcCAw', 'expected a token like npu/atsd-shootdown@original:threads=2:'],
    ['test/two-registers@opposite::1.1aeb8afe', 'expected a schedule like'],
    ['test/two-registers@opposite::9.1aeb8afe.AAcCAw', 'format version 9'],
    ['test/two-registers@gone::1.1aeb8afe.AAcCAw', 'test/two-registers has no variant "gone"'],
    ['test/three@opposite::1.1aeb8afe.AAcCAw', 'no scenario "test/three"'],
    ['test/two-registers@opposite:size=3:1.1aeb8afe.AAcCAw', 'test/two-registers has no "size"'],
    [
      'test/two-registers@opposite:threads=99:1.1aeb8afe.AAcCAw',
      'replay: threads: expected a whole number, 1 to 4, got "99"',
    ],
    ['test/two-registers@opposite:threads:1.1aeb8afe.AAcCAw', 'expected name=value in the token, got "threads"'],
    ['%E0%A4%A@opposite::1.1aeb8afe.AAcCAw', 'the token is damaged at "%E0%A4%A"'],
    ['hello', 'expected a token like'],
  ])('refuses %s', async (token, message) => {
    const { code, stderr } = await runCli(['replay', token]);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(2);
  });
});
