/** Threads that run mutants. */
import { Worker } from 'node:worker_threads';
import { workerFile } from '../worker-file.js';
import type { Job, JobResult } from './job.js';

/** A search that does not stop by itself is ended so much later than it should have, in milliseconds. */
const GRACE_MS = 10_000;

/** Runs jobs, as many at a time as it has threads. */
export class MutationPool {
  readonly #cwd: string;
  readonly #idle: Worker[] = [];
  readonly #waiting: ((worker: Worker) => void)[] = [];
  readonly #all = new Set<Worker>();

  /** @param workers - threads, at least 1 */
  constructor(workers: number, cwd: string) {
    this.#cwd = cwd;
    for (let i = 0; i < workers; i++) this.#idle.push(this.#start());
  }

  /** Runs a job once a thread is free. */
  async run(job: Job): Promise<JobResult> {
    const worker = this.#idle.pop() ?? (await new Promise<Worker>((resolve) => this.#waiting.push(resolve)));
    const { result, next } = await this.#runOn(worker, job);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#idle.push(next);
    else waiting(next);
    return result;
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #start(): Worker {
    const worker = new Worker(workerFile('mutation-worker'));
    this.#all.add(worker);
    return worker;
  }

  /** @returns what came of it, and the thread that takes the next job: another one if that one died or had to be ended */
  #runOn(worker: Worker, job: Job): Promise<{ readonly result: JobResult; readonly next: Worker }> {
    return new Promise((resolve) => {
      const fail = (told: Pick<JobResult, 'verdict' | 'bound' | 'error'>): void => {
        end();
        this.#all.delete(worker);
        void worker.terminate();
        const result = { ...told, states: 0, seconds: job.maxSeconds, sites: [] };
        resolve({ result, next: this.#start() });
      };
      const overdue = (): void => {
        fail({ verdict: 'unknown', bound: 'seconds' });
      };
      const timer = setTimeout(overdue, job.maxSeconds * 1000 + GRACE_MS);
      const answered = (result: JobResult): void => {
        end();
        resolve({ result, next: worker });
      };
      const broken = (error: Error): void => {
        const isMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        fail(isMemory ? { verdict: 'unknown', bound: 'memory' } : { verdict: 'error', error: String(error.stack) });
      };
      const end = (): void => {
        clearTimeout(timer);
        worker.off('message', answered);
        worker.off('error', broken);
      };
      worker.on('message', answered);
      worker.on('error', broken);
      worker.postMessage({ cwd: this.#cwd, job });
    });
  }
}
