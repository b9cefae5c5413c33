/** The threads of a scenario as it declares them: generator functions, by name or in a list. */
import { isKfunc, kfunc } from './kfunc.js';
import { Request, type Kthread } from './request.js';
import { kindOf } from './shape.js';
import { ModelError } from './kernel-bug.js';
import type { Thread } from './system.js';

/** What a thread runs: a generator function, a kfunc without arguments, or a function that makes a call of one. */
export type ThreadBody = () => Kthread<unknown> | Request<unknown>;

/** A thread, with what else is to be said of it. */
export interface ThreadSpec {
  /** Column title in traces; by default the name in the record, or `T` and its place in the list. */
  readonly name?: string;
  /** See {@link Thread.kind}. */
  readonly kind?: NonNullable<Thread['kind']>;
  /** See {@link Thread.repeat}. */
  readonly repeat?: boolean;
  readonly run: ThreadBody;
}

/** Threads by name, or in a list; a thread's number is its place. */
export type Threads = readonly (ThreadBody | ThreadSpec)[] | Readonly<Record<string, ThreadBody | ThreadSpec>>;

/**
 * So many threads that run one function.
 *
 * @param body - told which of them runs it, 0 to `count` - 1, where it takes an argument; one that takes none makes threads alike
 * @param more - what else is to be said of each; its name is followed by the number, and by default they are called by their
 * place in the list
 * @throws RangeError when `count` is no whole number, or negative
 */
export function times(
  count: number,
  body: (index: number) => Kthread<unknown> | Request<unknown>,
  more: Omit<ThreadSpec, 'run'> = {},
): readonly ThreadSpec[] {
  if (!Number.isInteger(count) || count < 0) throw new RangeError(`times: expected a count >= 0, got ${count}`);
  const run: (...args: number[]) => ReturnType<ThreadBody> = isGeneratorFunction(body)
    ? kfunc(nameOf(body, 'thread'), body as (...args: number[]) => Kthread<void>)
    : body;
  const { length } = isKfunc(body) ? body.body : body;
  return Array.from({ length: count }, (_, i) => ({
    ...more,
    ...(more.name !== undefined && { name: `${more.name}${i}` }),
    run: () => (length > 0 ? run(i) : run()),
  }));
}

/**
 * The threads of a system. One function in several threads is one function.
 *
 * @throws {@link ModelError} for what can be none
 */
export function threadsOf(threads: unknown): Thread[] {
  if (typeof threads !== 'object' || threads === null)
    throw new ModelError(`threads: expected generator functions, by name or in a list, got ${kindOf(threads)}`);
  const functions = new Map<unknown, ThreadBody>();
  const named: [string, unknown][] = Array.isArray(threads)
    ? threads.map((one: unknown, i) => [`T${i}`, one])
    : Object.entries(threads);
  return named.map(([name, one]) => threadOf(name, one, functions));
}

function threadOf(name: string, one: unknown, functions: Map<unknown, ThreadBody>): Thread {
  const isSpec = typeof one === 'object' && one !== null && !(one instanceof Request);
  // What is no thread is told by who checks systems.
  if (!isSpec && typeof one !== 'function') return one as Thread;
  const { name: ownName = name, run, ...rest } = (isSpec ? one : { run: one }) as ThreadSpec;
  return { ...rest, name: ownName, run: callOnly(ownName, run, functions) as Thread['run'] };
}

/** What makes the call that a thread runs. */
function callOnly(name: string, body: ThreadBody, functions: Map<unknown, ThreadBody>): ThreadBody {
  if (!isGeneratorFunction(body)) return body;
  const known = functions.get(body) ?? kfunc(nameOf(body, name), body as () => Kthread<void>);
  functions.set(body, known);
  return () => known();
}

/** What a function is called where it is written; `run` is only the key it stands under. */
function nameOf({ name }: { readonly name: string }, otherwise: string): string {
  return name === '' || name === 'run' ? otherwise : name;
}

function isGeneratorFunction(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object GeneratorFunction]';
}
