/**
 * Sees where model code is while it runs: `yield*` of anything asks it for its iterator, and whoever is asked finds the
 * `yield*` one frame up the stack. That a `yield*` was evaluated is seen even if what it delegates to asks for nothing.
 */
import { Request } from '@shootdown/machine';

/** Told that the code at `site` is about to delegate to a request or a generator. */
export type Listener = (site: Site, iterated: unknown) => void;

/** A place in code as it is executed. */
export interface Site {
  /** Address of the script. */
  readonly url: string;
  /** Hash of its text, which tells scripts of one address apart. */
  readonly hash: string;
  /** Characters before it in the script. */
  readonly offset: number;
}

/** What all generators inherit their `[Symbol.iterator]` from. */
const iterators = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()) as object) as Iterable<unknown>;

type MakesIterator = (this: unknown) => Iterator<unknown>;

/**
 * Runs `body`, which may have some of its code watched.
 *
 * @param body - gets a function that runs what it is given and tells `listener` of every `yield*` in that
 */
export function watching(listener: Listener, body: (watch: (run: () => void) => void) => void): void {
  let isOn = false;
  const restore = [Request.prototype as Iterable<unknown>, iterators].map((owner) => hook(owner, listener, () => isOn));
  try {
    withCallSites(() => {
      body((run) => {
        isOn = true;
        try {
          run();
        } finally {
          isOn = false;
        }
      });
    });
  } finally {
    for (const undo of restore) undo();
  }
}

function hook(owner: Iterable<unknown>, listener: Listener, isOn: () => boolean): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, Symbol.iterator) as PropertyDescriptor;
  const original = own.value as MakesIterator;
  const hooked = function (this: unknown): Iterator<unknown> {
    const site = isOn() ? callerOf(hooked, Object.hasOwn(this as object, Symbol.iterator)) : undefined;
    if (site !== undefined) listener(site, this);
    return original.call(this);
  };
  Object.defineProperty(owner, Symbol.iterator, { ...own, value: hooked });
  return () => {
    Object.defineProperty(owner, Symbol.iterator, own);
  };
}

/** Runs `body` with the stacks of errors being their two innermost frames, as the engine has them. */
function withCallSites(body: () => void): void {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 2;
  Error.prepareStackTrace = (_, callSites) => callSites;
  try {
    body();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
    else Object.defineProperty(Error, 'prepareStackTrace', before);
  }
}

/**
 * Where the code is that called a function.
 *
 * @param isIndirect - whether what called it is not that code, but a method of the iterated object's own
 */
function callerOf(callee: MakesIterator, isIndirect: boolean): Site | undefined {
  const trace: { stack?: readonly NodeJS.CallSite[] } = {};
  Error.captureStackTrace(trace, callee);
  const frame = trace.stack?.[isIndirect ? 1 : 0];
  const url = frame?.getScriptNameOrSourceURL();
  return frame === undefined || url == null
    ? undefined
    : { url, hash: frame.getScriptHash(), offset: frame.getPosition() };
}
