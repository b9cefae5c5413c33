/** Which function a thread is in that answers no messages: asked of its debugger. */
import { Session } from 'node:inspector';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';

const Message = v.object({
  id: v.optional(v.number()),
  method: v.optional(v.string()),
  params: v.optional(
    v.object({
      scriptId: v.optional(v.string()),
      url: v.optional(v.string()),
      callFrames: v.optional(
        v.array(
          v.object({ functionName: v.string(), location: v.object({ scriptId: v.string(), lineNumber: v.number() }) }),
        ),
      ),
    }),
  ),
});

interface Frame {
  readonly name: string;
  readonly line: number;
  readonly url: string;
}

/** Code of Node, and of packages as they are built. */
const NOT_OF_MODEL = /^node:|[\\/](dist|node_modules)[\\/]/;

/** It may be in the middle of something that no debugger interrupts. */
const PATIENCE_MS = 400;

/**
 * The innermost function of model code that a thread runs, with its file; `undefined` if it cannot be learnt. The thread goes on.
 *
 * @param isThread - tells the thread among those of the process, by the address of the file it was started from
 * @param cwd - the folder that the file is told from
 */
export async function whereItRuns(isThread: (url: string) => boolean, cwd: string): Promise<string | undefined> {
  const debug = new Debugging(isThread);
  const frame = await within(PATIENCE_MS, debug.frame);
  // A thread that stays halted could not be ended.
  debug.letGo();
  await within(PATIENCE_MS, debug.hasLetGo);
  debug.end();
  return frame === undefined ? undefined : told(frame, cwd);
}

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  const first = await Promise.race([promise, late]);
  clearTimeout(timer);
  return first;
}

/** Numbers of the messages to the debugger. */
const ENABLE = 1;
const PAUSE = 2;
const DISABLE = 3;

/** Halts a thread for a moment. */
class Debugging {
  readonly frame: Promise<Frame | undefined>;
  readonly hasLetGo: Promise<void>;
  readonly #session = new Session();
  readonly #scripts = new Map<string, string>();
  #id: string | undefined;
  #isOver = false;
  #halted!: (frame: Frame | undefined) => void;
  #released!: () => void;

  constructor(isThread: (url: string) => boolean) {
    this.frame = new Promise((resolve) => (this.#halted = resolve));
    this.hasLetGo = new Promise((resolve) => (this.#released = resolve));
    this.#session.connect();
    this.#session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      // A thread that is found when nobody waits any more would be halted for ever.
      if (this.#isOver || !isThread(workerInfo.url)) return;
      this.#id = sessionId;
      this.#send(ENABLE, 'Debugger.enable');
      this.#send(PAUSE, 'Debugger.pause');
    });
    this.#session.on('NodeWorker.receivedMessageFromWorker', ({ params: { sessionId, message } }) => {
      if (sessionId === this.#id) this.#hear(message);
    });
    this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  letGo(): void {
    this.#isOver = true;
    this.#send(DISABLE, 'Debugger.disable');
  }

  end(): void {
    this.#session.disconnect();
  }

  #send(id: number, method: string): void {
    if (this.#id === undefined) return;
    const message = JSON.stringify({ id, method });
    this.#session.post('NodeWorker.sendMessageToWorker', { sessionId: this.#id, message });
  }

  #hear(text: string): void {
    const { id, method, params = {} } = v.parse(v.pipe(v.string(), v.parseJson(), Message), text);
    if (id === DISABLE) this.#released();
    if (method === 'Debugger.scriptParsed') this.#scripts.set(params.scriptId ?? '', params.url ?? '');
    if (method !== 'Debugger.paused') return;
    const frames = (params.callFrames ?? []).map(({ functionName: name, location: { scriptId, lineNumber } }) => ({
      name,
      line: lineNumber + 1,
      url: this.#scripts.get(scriptId) ?? '',
    }));
    this.#halted(frames.find(({ url }) => url !== '' && !NOT_OF_MODEL.test(url)) ?? frames[0]);
  }
}

function told({ name, line, url }: Frame, cwd: string): string {
  const func = name === '' ? 'a function without a name' : name;
  if (url === '') return func;
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  const relative = path.relative(cwd, file);
  return `${func}, ${relative.startsWith('..') ? file : relative}:${line}`;
}
