import { catalogue } from './catalogue.js';
import { checkSync } from '@shootdown/explore';
import { expect, test } from 'vitest';
import { findScenario } from './find-scenario.js';
import { buildInWorker, workerModelOf } from './worker-model.js';

test('what a worker builds from a message is the model the message was made of', async () => {
  const chosen = await findScenario('locks/ticket-lock@broken', { catalogue, cwd: '/' });
  const question = { chosen, given: { threads: 2, rounds: 1 }, options: { only: ['deadlock'] } };
  const told = structuredClone(workerModelOf(question, '/'));
  expect(checkSync(await buildInWorker(told), question.options).violation?.kind).toBe('deadlock');
});

test('a worker refuses a name that does not ship with the program', async () => {
  const told = { called: 'test/endless', variant: 'counting', given: {}, only: undefined, cwd: '/' };
  await expect(buildInWorker(told)).rejects.toThrow('no scenario "test/endless"');
});
