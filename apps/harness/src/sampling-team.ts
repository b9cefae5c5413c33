/** The worker threads of a portfolio, as the search sees them. */
import type { JobReport, Sampler, Samplers, SearchOptions } from '@shootdown/explore';
import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { SamplingOrder } from './sampling-worker.js';
import { workerFile, type WorkerModel } from './worker-model.js';

/** Milliseconds that are waited for a report before the event loop gets its turn. */
const MOMENT = 20;

class WorkerSampler implements Sampler {
  isReady = false;
  readonly worker: Worker;
  readonly #port: MessagePort;

  constructor(model: WorkerModel, options: SearchOptions, bell: SharedArrayBuffer) {
    const { port1, port2 } = new MessageChannel();
    const order: SamplingOrder = { model, options, port: port2, bell };
    this.worker = new Worker(workerFile('sampling-worker'), { workerData: order, transferList: [port2] });
    this.#port = port1;
  }

  post(job: number): void {
    this.#port.postMessage(job);
  }

  receive(): JobReport | undefined {
    return this.#message() as JobReport | undefined;
  }

  /** Whether the thread has said that it is ready. */
  check(): boolean {
    return (this.isReady ||= this.#message() === 'ready');
  }

  #message(): unknown {
    return receiveMessageOnPort(this.#port)?.message;
  }
}

/** Threads that run jobs. The one that asks for them runs jobs as well. */
export class SamplingTeam implements Samplers {
  failure: Error | undefined;
  readonly #members: readonly WorkerSampler[];
  readonly #count: Int32Array;

  /** @param workers - threads besides the one that asks */
  constructor(model: WorkerModel, options: SearchOptions, workers: number) {
    const bell = new SharedArrayBuffer(4);
    this.#count = new Int32Array(bell);
    this.#members = Array.from({ length: workers }, () => new WorkerSampler(model, options, bell));
    for (const { worker } of this.#members)
      worker.on('error', (error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error(String(error));
      });
  }

  get ready(): readonly Sampler[] {
    return this.#members.filter((member) => member.check());
  }

  wait(): void {
    Atomics.wait(this.#count, 0, Atomics.load(this.#count, 0), MOMENT);
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()));
  }
}
