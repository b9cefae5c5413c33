/** Worker threads that build the same model, as the search that they help sees them. */
import type {
  WorkerSource,
  JobReport,
  Command,
  Report,
  Sampler,
  Samplers,
  SearchOptions,
  WorkerPool,
} from '@shootdown/explore';
import { MessageChannel, Worker, receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { WorkerTask } from './worker.js';
import { workerFile } from './worker-file.js';
import type { WorkerModel } from './worker-model.js';

/** Milliseconds that are waited for a report before the event loop gets its turn. */
const MOMENT = 20;

/** One thread: takes orders, or the numbers of jobs, and reports on each. */
class Member {
  isReady = false;
  readonly worker: Worker;
  readonly #port: MessagePort;

  constructor(task: Omit<WorkerTask, 'port'>) {
    const { port1, port2 } = new MessageChannel();
    const data: WorkerTask = { ...task, port: port2 };
    this.worker = new Worker(workerFile('worker'), { workerData: data, transferList: [port2] });
    this.#port = port1;
  }

  post(order: Command | number): void {
    this.#port.postMessage(order);
  }

  /** What came: the report on an order or on a job, whichever was posted. */
  receive(): (Report & JobReport) | undefined {
    return this.#message() as (Report & JobReport) | undefined;
  }

  /** Whether the thread has said that it is ready. */
  check(): boolean {
    return (this.isReady ||= this.#message() === 'ready');
  }

  #message(): unknown {
    return receiveMessageOnPort(this.#port)?.message;
  }
}

/** Threads for one search. They are started when the search first asks for them. */
export class WorkerThreads implements WorkerSource, Samplers {
  failure: Error | undefined;
  readonly #model: WorkerModel;
  readonly #options: SearchOptions;
  readonly #workers: number;
  readonly #bell = new SharedArrayBuffer(4);
  #heard = 0;
  #members: readonly Member[] | undefined;

  /** @param workers - threads besides the one that searches, at least 1 */
  constructor(model: WorkerModel, options: SearchOptions, workers: number) {
    this.#model = model;
    this.#options = options;
    this.#workers = workers;
  }

  /** Threads that run jobs of a portfolio, as far as they are ready. */
  get ready(): readonly Sampler[] {
    return this.#started().filter((member) => member.check());
  }

  /** Starts threads that help with an exhaustive search. */
  spawn(): WorkerPool {
    const members = this.#started();
    const failureOf = (): Error | undefined => this.failure;
    return {
      workers: members,
      get isComplete() {
        return members.every((member) => member.check());
      },
      get failure() {
        return failureOf();
      },
      wait: () => {
        this.wait();
      },
    };
  }

  /** Waits until a thread has said something since the last time, at most for a moment. */
  wait(): void {
    const count = new Int32Array(this.#bell);
    if (Atomics.load(count, 0) === this.#heard) Atomics.wait(count, 0, this.#heard, MOMENT);
    this.#heard = Atomics.load(count, 0);
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await Promise.all((this.#members ?? []).map(({ worker }) => worker.terminate()));
  }

  #started(): readonly Member[] {
    if (this.#members !== undefined) return this.#members;
    const task = { model: this.#model, options: this.#options, bell: this.#bell };
    this.#members = Array.from({ length: this.#workers }, () => new Member(task));
    for (const { worker } of this.#members)
      worker.on('error', (error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error(String(error));
      });
    return this.#members;
  }
}
