/**
 * The main thread's part of the program: it runs the program in another thread, writes what that says, passes signals on, and
 * ends it where it does not end by itself soon after a bound or a signal, as when code of a model never returns.
 */
import { Worker } from 'node:worker_threads';
import type { Violation } from '@shootdown/explore';
import { crashText } from './crash.js';
import { EXIT, type ExitCode } from './exit.js';
import type { Output } from './io.js';
import { limitsIn, type Limits } from './limits.js';
import type { ProgramMessage, ProgramTask } from './program-thread.js';
import type { SuiteEntry, SuiteStand } from './suite-stand.js';
import { WatchMemory, type Watched } from './watch.js';
import { whereItRuns } from './where-it-runs.js';
import { workerFile } from './worker-file.js';

/** So long after a bound or a signal the program may take to end by itself: it tells a counterexample meanwhile. */
const GRACE_MS = 1300;
const TICK_MS = 50;
/** The heap may take what the visited states may, and this. */
const HEAP_MIB = 256;
const THREAD = 'program-thread';

/** What ended the thread. */
type Bound = 'seconds' | 'interrupted' | 'memory';

/** Why a thread ended without saying so: it called `process.exit`, or waits for what never comes. */
const NEVER_SETTLED = 13;

/** Runs the program in a thread of its own. */
export class Supervisor {
  readonly #args: readonly string[];
  readonly #cwd: string;
  readonly #outputs: { readonly stdout: Output; readonly stderr: Output };
  readonly #limits: Limits;
  #memory = new WatchMemory();
  #worker!: Worker;
  #interruptedAt = Infinity;
  /** When the search must have ended. */
  #deadline = Infinity;
  #begun = 0;
  #search: Watched | undefined;
  #found: { readonly violation: Violation; readonly exit: ExitCode } | undefined;
  #answer: { readonly text: string; readonly exit: ExitCode } | undefined;
  #entries: SuiteEntry[] = [];
  #isEnding = false;
  #finish!: (code: ExitCode) => void;

  /** @param cwd - folder that relative paths are looked up in */
  constructor(args: readonly string[], cwd: string, outputs: { readonly stdout: Output; readonly stderr: Output }) {
    this.#args = args;
    this.#cwd = cwd;
    this.#outputs = outputs;
    this.#limits = limitsIn(args);
  }

  /** Runs the program; returns its exit code. */
  async run(): Promise<ExitCode> {
    const finished = new Promise<ExitCode>((resolve) => {
      this.#finish = resolve;
    });
    this.#start(undefined);
    const ticking = setInterval(() => {
      this.#tick();
    }, TICK_MS);
    const code = await finished;
    clearInterval(ticking);
    this.#isEnding = true;
    await this.#end();
    return code;
  }

  /** Somebody wants it to stop. */
  interrupt(): void {
    this.#interruptedAt = Math.min(this.#interruptedAt, performance.now());
    this.#memory.wantStop();
    this.#worker.postMessage('stop');
  }

  #start(suite: SuiteStand | undefined): void {
    const { stdout, stderr } = this.#outputs;
    const { maxMemoryMiB } = this.#limits;
    const task: ProgramTask = {
      args: this.#args,
      cwd: this.#cwd,
      stdout: { isTTY: stdout.isTTY, columns: stdout.columns },
      stderr: { isTTY: stderr.isTTY, columns: stderr.columns },
      memory: { words: this.#memory.words, figures: this.#memory.figures },
      suite,
    };
    const worker = new Worker(workerFile(THREAD), {
      workerData: task,
      stdout: true,
      stderr: true,
      ...(maxMemoryMiB !== undefined && {
        resourceLimits: { maxOldGenerationSizeMb: Math.ceil(maxMemoryMiB) + HEAP_MIB },
      }),
    });
    this.#worker = worker;
    // What a model prints is no answer of this program.
    for (const stream of [worker.stdout, worker.stderr])
      stream.on('data', (chunk: Buffer) => {
        stderr.write(chunk.toString());
      });
    worker.on('message', (message: ProgramMessage) => {
      if (worker === this.#worker) this.#hear(message);
    });
    worker.on('error', (error: unknown) => {
      if (worker === this.#worker && !this.#isEnding) this.#failed(error);
    });
    worker.on('exit', (code) => {
      if (worker === this.#worker && !this.#isEnding) this.#vanished(code);
    });
  }

  #hear(message: ProgramMessage): void {
    switch (message.what) {
      case 'write':
        this.#outputs[message.to].write(message.text);
        break;
      case 'show':
        if (message.text === undefined) this.#outputs[message.to].live?.clear();
        else this.#outputs[message.to].live?.show(message.text);
        break;
      case 'ready':
        this.#deadline = performance.now() + (this.#limits.maxSeconds ?? Infinity) * 1000;
        break;
      case 'begin':
        this.#begins(message.search);
        break;
      case 'found':
        this.#found = message;
        break;
      case 'answered':
        this.#answer = message;
        break;
      case 'ran':
        this.#entries.push(message.entry);
        this.#deadline = Infinity;
        break;
      case 'finish':
        this.#finish(message.code);
    }
  }

  #begins(search: Watched): void {
    this.#begun = performance.now();
    this.#deadline = this.#begun + (search.maxSeconds ?? Infinity) * 1000;
    this.#search = search;
    this.#found = undefined;
  }

  #tick(): void {
    if (this.#isEnding || this.#memory.isWriting) return;
    const now = performance.now() - GRACE_MS;
    if (now > this.#interruptedAt) void this.#cut('interrupted');
    else if (now > this.#deadline) void this.#cut('seconds');
  }

  /** Ends the thread, and says what is known. */
  async #cut(bound: Bound): Promise<void> {
    this.#isEnding = true;
    const where = await whereItRuns((url) => url.includes(THREAD), this.#cwd);
    await this.#end();
    await this.#tell(bound, where);
  }

  /** Ends the thread, whatever it does; what the system does for it is not waited for. */
  async #end(): Promise<void> {
    const patience = new Promise((resolve) => {
      setTimeout(resolve, 500).unref();
    });
    await Promise.race([this.#worker.terminate(), patience]);
  }

  async #tell(bound: Bound, where: string | undefined): Promise<void> {
    this.#outputs.stderr.live?.clear();
    const search = this.#search;
    if (this.#answer !== undefined) {
      this.#outputs.stdout.write(this.#answer.text);
      this.#finish(this.#answer.exit);
    } else if (search === undefined) {
      await this.#tellOfNothing(bound, where);
    } else if (search.isInSuite && this.#found === undefined) {
      this.#goOnWithSuite(bound);
    } else {
      await this.#tellOf(search, bound, where);
    }
  }

  async #tellOf(search: Watched, bound: Bound, where: string | undefined): Promise<void> {
    const { cutJson, cutText } = await import('./report/cut-text.js');
    const progress = { ...this.#memory.progress, seconds: (performance.now() - this.#begun) / 1000 };
    const cut = { search, progress, bound, where, found: this.#found };
    const { stdout } = this.#outputs;
    stdout.write(this.#isJson ? `${JSON.stringify(cutJson(cut))}\n` : cutText(cut, stdout));
    this.#finish(this.#found?.exit ?? EXIT.UNKNOWN);
  }

  /** It was ended before there was a search. */
  async #tellOfNothing(bound: Bound, where: string | undefined): Promise<void> {
    const { BOUNDS } = await import('./report/answer-text.js');
    const what = where === undefined ? '' : `; this did not return: ${where}`;
    this.#outputs.stderr.write(
      `shootdown: unknown: ${BOUNDS[bound] ?? bound}, before there was anything to tell${what}\n`,
    );
    if (this.#isJson) this.#outputs.stdout.write(`${JSON.stringify({ verdict: 'unknown', bound })}\n`);
    this.#finish(EXIT.UNKNOWN);
  }

  get #isJson(): boolean {
    return this.#args.includes('--json');
  }

  #goOnWithSuite(bound: Bound): void {
    const progress = { ...this.#memory.progress, seconds: (performance.now() - this.#begun) / 1000 };
    this.#memory = new WatchMemory();
    this.#search = undefined;
    this.#deadline = Infinity;
    this.#isEnding = false;
    this.#start({ entries: this.#entries, cut: { bound, progress } });
    if (this.#interruptedAt === Infinity) return;
    this.#interruptedAt = performance.now();
    this.interrupt();
  }

  #failed(error: unknown): void {
    this.#isEnding = true;
    if ((error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
      void this.#tell('memory', undefined);
      return;
    }
    const isOurs = error instanceof Error && !isOfModel(error);
    this.#outputs.stderr.write(
      isOurs
        ? crashText(error, this.#args)
        : `shootdown: code of the model failed outside of any search, as in a promise that nobody waits for: ${textOf(error)}\n`,
    );
    this.#finish(isOurs ? EXIT.CRASH : EXIT.USAGE);
  }

  #vanished(code: number): void {
    this.#isEnding = true;
    const why =
      code === NEVER_SETTLED
        ? 'it waits for something that never comes, as a top-level await of its file may'
        : `its code ended the program, as process.exit(${code}) does`;
    this.#outputs.stderr.write(`shootdown: the model gave no answer: ${why}; take that out of its file\n`);
    this.#finish(EXIT.USAGE);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Whether code came by that is neither this program's nor Node's. */
function isOfModel({ stack = '' }: Error): boolean {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.some((line) => !/node:|[\\/](dist|node_modules)[\\/]|<anonymous>/.test(line));
}
