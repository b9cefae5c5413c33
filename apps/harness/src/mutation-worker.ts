/** The entry of a thread that runs mutants, one search after the other. */
import process from 'node:process';
import { parentPort } from 'node:worker_threads';
import type { Job, JobResult } from './mutate/job.js';

// Before the code of any model is loaded, so that its places are those of its sources.
process.setSourceMapsEnabled(true);
Error.stackTraceLimit = 50;
const { runJob } = await import('./mutate/job.js');
const { catalogue } = await import('./catalogue.js');
const { loadScenario } = await import('./find-scenario.js');
const { divertConsole } = await import('./model-console.js');
divertConsole(() => undefined);

parentPort?.on('message', ({ cwd, job }: { readonly cwd: string; readonly job: Job }) => {
  void answer(cwd, job).then((result) => {
    parentPort?.postMessage(result);
  });
});

async function answer(cwd: string, job: Job): Promise<JobResult> {
  try {
    return runJob(await loadScenario(job.called, { catalogue, cwd }), job);
  } catch (error) {
    return { verdict: 'error', error: String(error), states: 0, seconds: 0, sites: [] };
  }
}
