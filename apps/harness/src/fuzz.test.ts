/** Command lines and tokens that somebody mistyped: each gets a message, and none a crash. */
import { expect, test } from 'vitest';
import { runCli } from '../fixtures/run-cli.js';
import { seeded, type Seeded } from '../fixtures/seeded.js';
import { EXIT } from './exit.js';

const LINES: readonly (readonly string[])[] = [
  ['check', 'test/two-registers@opposite', '--max-states', '50', '--seed', '3'],
  ['check', 'test/two-registers', '--set', 'threads=2,rounds=1', '--max-seconds', '0.05', '--json'],
  ['check', 'test/two-registers@ordered', '--strategy', 'pct', '--max-runs', '3', '--only', 'deadlock'],
  ['replay', 'test/two-registers@opposite:threads=2:1.0123abcd.AAEC', '--steps'],
  ['simulate', 'test/two-registers', '--set', 'threads=1..3'],
  ['list', '--json'],
];
const CHARACTERS = 'a0-=@:,./#*+%\\\u0000\u001b\u{1f512}"\'';

function mutated(line: readonly string[], { below, oneOf, wordOf }: Seeded): string[] {
  const words = [...line];
  for (let left = 1 + below(3); left > 0; left--) {
    const at = below(words.length);
    const word = words[at] ?? '';
    const from = below(word.length + 1);
    switch (below(6)) {
      case 0:
        words.splice(at, 1);
        break;
      case 1:
        words.splice(at, 0, oneOf(oneOf(LINES)));
        break;
      case 2:
        words[at] = word.slice(0, from) + wordOf(CHARACTERS, 1 + below(4)) + word.slice(from);
        break;
      case 3:
        words[at] = word.slice(0, from) + word.slice(from + 1 + below(4));
        break;
      case 4:
        words[at] = oneOf(['-1', '0', '1e309', 'NaN', '', '999999999999999999999', 'constructor', '__proto__']);
        break;
      default:
        words[at] = word + word;
    }
  }
  return words;
}

/** What may run long, or whatever the catalogue's size is. */
const isCheap = ([command = '', ...rest]: readonly string[]): boolean =>
  command === 'list' ||
  command === 'replay' ||
  command === 'simulate' ||
  (command === 'check' && rest.some((word) => word === '--max-states' || word === '--max-runs'));

test('2000 command lines that were mistyped end as the program says it ends', async () => {
  const random = seeded(11);
  const codes = new Map<number, number>();
  for (let tried = 0; tried < 2000;) {
    const line = mutated(random.oneOf(LINES), random);
    if (!isCheap(line)) continue;
    tried++;
    const { code, stderr } = await runCli(line);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    expect([line, code === EXIT.CRASH ? stderr : '']).toEqual([line, '']);
    if (code === EXIT.USAGE) expect([line, stderr.trim()]).not.toEqual([line, '']);
    expect([line, /^\s+at /m.test(stderr)]).toEqual([line, false]);
  }
  expect(codes.get(EXIT.USAGE)).toBeGreaterThan(1000);
}, 120_000);

test('2000 tokens that were mistyped are refused, whatever lengths they speak of', async () => {
  const { stdout } = await runCli(['check', 'test/two-registers@opposite', '--json']);
  const { replay: token } = JSON.parse(stdout) as { replay: string };
  const { below, wordOf } = seeded(12);
  for (let tried = 0; tried < 2000; tried++) {
    const from = below(token.length + 1);
    const letters = 'AB_-z9/';
    const changed = token.slice(0, from) + wordOf(letters, below(5)) + token.slice(from + below(3));
    const { code, stderr } = await runCli(['replay', changed]);
    expect([changed, code]).toEqual([changed, changed === token ? EXIT.EXPECTED : EXIT.USAGE]);
    if (changed !== token) expect([changed, stderr]).toEqual([changed, expect.stringMatching(/^(shootdown|error): /)]);
  }
  // A run of 2^31 steps, a hundred times over.
  const huge = `${token.slice(0, token.lastIndexOf('.'))}.${Buffer.from(
    Array.from({ length: 100 }, () => [0, 0xff, 0xff, 0x3f]).flat(),
  ).toString('base64url')}`;
  const { code, stderr } = await runCli(['replay', huge]);
  expect([code, stderr]).toEqual([EXIT.USAGE, expect.stringMatching(/at most 4000000 steps/)]);
}, 120_000);
