import { describe, expect, test } from 'vitest';
import { runCli } from '../fixtures/run-cli.js';
import { eatenByNpm } from './eaten-options.js';

const OPTIONS = ['--json', '--max-seconds', '--no-symmetry', '--strategy', '--json'];

describe('options that npm takes for itself', () => {
  test('are found in what npm says of its settings', () => {
    const env = {
      npm_lifecycle_event: 'start',
      npm_config_json: 'true',
      npm_config_max_seconds: 'true',
      npm_config_symmetry: '',
      npm_config_noproxy: '',
    };
    expect(eatenByNpm(env, OPTIONS)).toEqual(['--json', '--max-seconds', '--no-symmetry']);
  });

  test('are none without npm, and none for npx, which takes nothing behind the command', () => {
    expect(eatenByNpm({ npm_config_json: 'true' }, OPTIONS)).toEqual([]);
    expect(eatenByNpm({ npm_lifecycle_event: 'npx', npm_config_json: 'true' }, OPTIONS)).toEqual([]);
    expect(eatenByNpm({ npm_lifecycle_event: 'start' }, OPTIONS)).toEqual([]);
  });

  test('end the program before it answers another question', async () => {
    const env = { npm_lifecycle_event: 'start', npm_config_json: 'true' };
    const { code, stdout, stderr } = await runCli(['check', 'test/two-registers'], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'shootdown: npm took --json for itself; put -- in front of what is meant for this program: npm start -- check test/two-registers --json\n',
    );
    expect((await runCli(['check', 'test/two-registers', '--json'], { env })).code).toBe(0);
  });
});
