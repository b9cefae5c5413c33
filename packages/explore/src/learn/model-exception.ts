/**
 * JavaScript exceptions of model code. One that a run can really reach is a finding, as an oops of the kernel is; where code
 * was only tried ahead of a run, it says no more than that the code does something else there.
 */
import {
  ImpureModel,
  KIND,
  KernelBug,
  LoopsForEver,
  ModelError,
  WouldBlock,
  type KfuncInfo,
  type Request,
} from '@shootdown/machine';
import { SearchRestart } from '../base/restart.js';
import { siteIn } from '../base/site.js';

/** A request of a function, and its answer. */
export interface Answered {
  readonly request: Request<unknown>;
  readonly answer: unknown;
}

/** A call that threw: the function, its arguments, and what it was answered, the latest first. */
export interface Thrower {
  readonly fn: KfuncInfo;
  readonly args: readonly unknown[];
  readonly answers: () => Iterable<Answered>;
  /** The path of the word at an address. */
  readonly nameOf: (address: number) => string;
}

/**
 * The model is none where this is raised. A search that takes a step to it throws the error; a step that is only tried
 * leads somewhere else than others, no more.
 */
export class ModelFault extends KernelBug {
  /** What is wrong with the model. */
  readonly error: Error;

  /** @param error - tells the model's author what is wrong */
  constructor(error: Error) {
    super('exception', 'model-error', error.message);
    this.name = 'ModelFault';
    this.error = error;
  }
}

/** Where a NULL pointer came from. */
interface Source {
  readonly text: string;
  /** Address of the cell it was read from; 0 for none. */
  readonly address: number;
}

/** What a call that threw raises. */
export function raisedBy(error: unknown, thrower: Thrower): KernelBug {
  if (error instanceof KernelBug) return error;
  if (error instanceof LoopsForEver)
    return new ModelFault(new ModelError(`kfunc ${thrower.fn.kname}, ${error.message}`));
  if (isMisuse(error)) return new ModelFault(error);
  const where = placed(thrower.fn.kname, error);
  const source = followed(error, thrower);
  if (source !== undefined) {
    const text = `${where} follows the NULL pointer ${source.text}: ${textOf(error)}`;
    return stacked(new KernelBug('null-dereference', 'null-dereference', text, source.address), error);
  }
  return exception(where, error);
}

/**
 * What an operation that threw breaks: a step of its thread like any other.
 *
 * @returns the error itself if it is none of these
 */
export function brokenByOperation(label: string, error: unknown): KernelBug | undefined {
  if (error instanceof SearchRestart || isMisuse(error)) return undefined;
  if (error instanceof KernelBug) return error;
  const where = placed(label, error);
  if (isNullFollowed(error))
    return stacked(new KernelBug('null-dereference', 'null-dereference', `${where}: ${textOf(error)}`), error);
  return exception(where, error);
}

/** Whether the tool is used wrongly, which is no finding about the model. */
function isMisuse(error: unknown): error is Error {
  return [ImpureModel, ModelError, WouldBlock, LoopsForEver].some((type) => error instanceof type);
}

function exception(where: string, error: unknown): KernelBug {
  const name = error instanceof Error ? error.name : 'Error';
  const text = textOf(error);
  const isIndex = isUndefinedFollowed(error) && !text.includes('index');
  const hint = isIndex ? '; undefined is what an array index out of range gives' : '';
  return stacked(new KernelBug('exception', name, `${where}: ${name}: ${text}${hint}`), error);
}

/** The function, with the line at which it threw. */
function placed(name: string, error: unknown): string {
  const [, file, line] = /([^\\/]*):(\d+):\d+$/.exec(siteIn(stackOf(error))) ?? [];
  return file === undefined ? name : `${name} (${file}:${line})`;
}

function stacked(bug: KernelBug, error: unknown): KernelBug {
  const stack = stackOf(error);
  if (stack !== '') bug.stack = stack;
  return bug;
}

/** The stack as text; empty where there is none, or where somebody has it in another form. */
function stackOf(error: unknown): string {
  const stack: unknown = error instanceof Error ? error.stack : undefined;
  return typeof stack === 'string' ? stack : '';
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The NULL pointer that was followed, if that is why the call threw. */
function followed(error: unknown, thrower: Thrower): Source | undefined {
  if (isNullFollowed(error)) return lastNull(thrower) ?? { text: '', address: 0 };
  if (!isUndefinedFollowed(error)) return undefined;
  // NULL becomes undefined by `?.` alone; and a function returns undefined by ending without a result.
  const [last] = thrower.answers();
  const isOptional = (last as Answered | undefined)?.answer === null || thrower.fn.body.toString().includes('?.');
  return lastNull(thrower, isOptional ? [null, undefined] : [undefined]);
}

function isNullFollowed(error: unknown): boolean {
  return error instanceof TypeError && /\bnull\b/.test(met(error));
}

function isUndefinedFollowed(error: unknown): boolean {
  return error instanceof TypeError && /\bundefined\b/.test(met(error));
}

/** What a message says that came, without what was expected. */
function met({ message }: Error): string {
  return message.replace(/\bexpected .*?, got /, 'got ');
}

/** The last answer that was one of these, or else the argument. */
function lastNull(
  { args, answers, nameOf }: Thrower,
  nulls: readonly unknown[] = [null, undefined],
): Source | undefined {
  for (const { request, answer } of answers()) {
    if (!nulls.includes(answer) || (answer === undefined && !answersSomething(request))) continue;
    const { address, label, kind } = request;
    if (kind === KIND.CALL || kind === KIND.SPIN || address === 0) return { text: `that ${label} returned`, address };
    return { text: `read from ${nameOf(address)}`, address };
  }
  return args.some((arg) => nulls.includes(arg)) ? { text: 'it was called with', address: 0 } : undefined;
}

/** Whether a call is of a function that returns something, at least sometimes. */
function answersSomething({ kind, fn }: Request<unknown>): boolean {
  return (kind === KIND.CALL || kind === KIND.SPIN) && /\breturn\s+[^\s;}]/.test(fn?.body.toString() ?? '');
}
