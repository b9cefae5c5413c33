/** A worker thread of a portfolio: builds the model it is told of, then runs jobs as they are posted. */
import { JobRunner, type SearchOptions } from '@shootdown/explore';
import process from 'node:process';
import { workerData, type MessagePort } from 'node:worker_threads';
import { buildInWorker, type WorkerModel } from './worker-model.js';

/** What the thread is started with. */
export interface SamplingOrder {
  readonly model: WorkerModel;
  readonly options: SearchOptions;
  /** Jobs come in by number here, and reports go out. */
  readonly port: MessagePort;
  /** One word that is counted up after each message. */
  readonly bell: SharedArrayBuffer;
}

process.setSourceMapsEnabled(true);
const { model, options, port, bell } = workerData as SamplingOrder;
const runner = new JobRunner(await buildInWorker(model), options);
const count = new Int32Array(bell);

function post(message: unknown): void {
  port.postMessage(message);
  Atomics.add(count, 0, 1);
  Atomics.notify(count, 0);
}

port.on('message', (job: number) => {
  post(runner.run(job));
});
post('ready');
