/** Which function a thread is in that answers no messages: asked of its debugger. */
import { Session } from 'node:inspector';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';

const Message = v.object({
  method: v.optional(v.string()),
  params: v.optional(
    v.object({
      scriptId: v.optional(v.string()),
      url: v.optional(v.string()),
      callFrames: v.optional(
        v.array(v.object({ functionName: v.string(), location: v.object({ scriptId: v.string() }) })),
      ),
    }),
  ),
});

/** It may be in the middle of something that no debugger interrupts. */
const PATIENCE_MS = 400;

/**
 * The innermost function that a thread runs, with its file; `undefined` if it cannot be learnt. The thread goes on.
 *
 * @param isThread - tells the thread among those of the process, by the address of the file it was started from
 * @param cwd - the folder that the file is told from
 */
export async function whereItRuns(isThread: (url: string) => boolean, cwd: string): Promise<string | undefined> {
  const session = new Session();
  session.connect();
  try {
    return await Promise.race([
      asked(session, isThread, cwd),
      new Promise<undefined>((resolve) => {
        setTimeout(resolve, PATIENCE_MS, undefined).unref();
      }),
    ]);
  } finally {
    // What was sent before has to arrive: a thread that stays halted could not be ended.
    await new Promise((resolve) => setTimeout(resolve, 30));
    session.disconnect();
  }
}

function asked(session: Session, isThread: (url: string) => boolean, cwd: string): Promise<string | undefined> {
  const scripts = new Map<string, string>();
  return new Promise((resolve) => {
    session.on('NodeWorker.attachedToWorker', ({ params: { sessionId, workerInfo } }) => {
      if (!isThread(workerInfo.url)) return;
      const send = (id: number, method: string): void => {
        session.post('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id, method }) });
      };
      session.on('NodeWorker.receivedMessageFromWorker', (received) => {
        if (received.params.sessionId !== sessionId) return;
        const { method, params = {} } = v.parse(v.pipe(v.string(), v.parseJson(), Message), received.params.message);
        if (method === 'Debugger.scriptParsed') scripts.set(params.scriptId ?? '', params.url ?? '');
        if (method !== 'Debugger.paused') return;
        const frame = (params.callFrames ?? []).find(({ functionName }) => functionName !== '');
        send(3, 'Debugger.disable');
        resolve(frame === undefined ? undefined : told(frame.functionName, scripts.get(frame.location.scriptId), cwd));
      });
      send(1, 'Debugger.enable');
      send(2, 'Debugger.pause');
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  });
}

function told(name: string, url: string | undefined, cwd: string): string {
  if (url === undefined || url === '') return name;
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  const relative = path.relative(cwd, file);
  return `${name} (${relative.startsWith('..') ? file : relative})`;
}
