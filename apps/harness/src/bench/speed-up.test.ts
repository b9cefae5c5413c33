import { expect, test } from 'vitest';
import type { Measurement } from './measurement.js';
import { speedUp, speedUpText } from './speed-up.js';

const took = (seconds: number, states = 10_000): Measurement => ({
  seconds,
  processSeconds: seconds,
  states,
  transitions: 2 * states,
  stateBytes: 16 * states,
  peakBytes: 100 * 2 ** 20,
});

test('says how much sooner two threads finish, by medians', async () => {
  const seconds = { 1: [9, 3, 4], 2: [2, 8, 1] };
  const result = await speedUp({ name: 'case', args: ['x'] }, 3, ([, , workers]) =>
    Promise.resolve(took(seconds[workers as '1' | '2'].shift() ?? 0)),
  );
  expect(result.speedUp).toBe(2);
  expect(speedUpText(result)).toBe(
    'case 1 worker: 10,000 states in 4.00 s, 16.0 bytes a state, peak 100 MiB\n' +
      'case 2 workers: 10,000 states in 2.00 s, 16.0 bytes a state, peak 100 MiB\n' +
      '  case speed_up 2.00\n\n',
  );
});

test('compares nothing where two threads do not visit what one does', async () => {
  const run = ([, , workers]: readonly string[]): Promise<Measurement> =>
    Promise.resolve(took(1, workers === '1' ? 10 : 11));
  await expect(speedUp({ name: 'case', args: ['x'] }, 1, run)).rejects.toThrow(
    'one thread visits 10 states, two visit 11',
  );
});
