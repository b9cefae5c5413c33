/** A worker thread: builds the model it is told of, then runs jobs of a portfolio, or carries out orders of a search. */
import { SearchWorker, JobRunner, type Command, type SearchOptions } from '@shootdown/explore';
import process from 'node:process';
import { workerData, type MessagePort } from 'node:worker_threads';
import { divertConsole } from './model-console.js';
import { buildInWorker, type WorkerModel } from './worker-model.js';

/** What the thread is started with. */
export interface WorkerTask {
  readonly model: WorkerModel;
  readonly options: SearchOptions;
  /** Orders and the numbers of jobs come in here, and reports go out. */
  readonly port: MessagePort;
  /** One word that is counted up after each message. */
  readonly bell: SharedArrayBuffer;
}

process.setSourceMapsEnabled(true);
// What the model prints was printed by the thread that started this one.
divertConsole(() => undefined);
const { model, options, port, bell } = workerData as WorkerTask;
const system = await buildInWorker(model);
const isSampling = options.strategy === 'portfolio';
const runner = isSampling ? new JobRunner(system, options) : undefined;
const searchWorker = isSampling ? undefined : new SearchWorker(system, options);
const count = new Int32Array(bell);

function post(message: unknown): void {
  port.postMessage(message);
  Atomics.add(count, 0, 1);
  Atomics.notify(count, 0);
}

port.on('message', (message: number | Command) => {
  post(typeof message === 'number' ? runner?.run(message) : searchWorker?.handle(message));
});
post('ready');
