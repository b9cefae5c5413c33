/**
 * Sees where model code is while it runs: `yield*` of anything asks it for its iterator, and whoever is asked finds the
 * `yield*` one frame up the stack. That a `yield*` was evaluated is seen even if what it delegates to asks for nothing.
 */
import { Request } from '@shootdown/machine';

/** Told of each `yield*` that is evaluated. */
export interface Listener {
  /** A request or a generator is about to be run by the code at `site`. */
  readonly evaluated: (site: Site, iterated: unknown) => void;
}

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

/** Runs `body` with every `yield*` in it told to `listener`. */
export function watching(listener: Listener, body: () => void): void {
  const restore = [Request.prototype as Iterable<unknown>, iterators].map((owner) => hook(owner, listener));
  try {
    body();
  } finally {
    for (const undo of restore) undo();
  }
}

function hook(owner: Iterable<unknown>, { evaluated }: Listener): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, Symbol.iterator) as PropertyDescriptor;
  const original = own.value as MakesIterator;
  const hooked = function (this: unknown): Iterator<unknown> {
    const site = callerOf(hooked);
    if (site !== undefined) evaluated(site, this);
    return original.call(this);
  };
  Object.defineProperty(owner, Symbol.iterator, { ...own, value: hooked });
  return () => {
    Object.defineProperty(owner, Symbol.iterator, own);
  };
}

/** Where the code is that called a function. */
function callerOf(callee: MakesIterator): Site | undefined {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const { stackTraceLimit } = Error;
  const trace: { stack?: readonly NodeJS.CallSite[] } = {};
  Error.stackTraceLimit = 1;
  Error.prepareStackTrace = (_, callSites) => callSites;
  Error.captureStackTrace(trace, callee);
  const [frame] = trace.stack ?? []; // made when it is first looked at
  Error.stackTraceLimit = stackTraceLimit;
  if (before === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace');
  else Object.defineProperty(Error, 'prepareStackTrace', before);
  const url = frame?.getScriptNameOrSourceURL();
  return url == null ? undefined : { url, hash: frame.getScriptHash(), offset: frame.getPosition() };
}
