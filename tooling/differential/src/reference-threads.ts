/**
 * What a thread does next, by the naive way: its generators are run again from the start on the answers they got.
 *
 * Where a thread stands is a stack of calls, each with the answers it got since it was entered. A call that has returned
 * leaves its result with its caller, a failed attempt of a spin loop leaves nothing, and neither does a round of a thread
 * that repeats. Code may tell where it stands (position.ts): then answers before that count no more. Two stacks are one place
 * exactly if all that is told on them and every answer that counts is the same.
 */
import {
  Cell,
  KIND,
  ModelError,
  Request,
  isHandle,
  resume,
  type KfuncInfo,
  type System,
  type Value,
} from '@shootdown/machine';
import { listening, type Position } from './position.js';

/** Requests without a step in between, after which a thread is taken to be one that never takes a step. */
const MOST_STEPLESS = 1000;

interface Frame {
  readonly call: Request<unknown>;
  readonly answers: readonly unknown[];
  /** What was told last, and how many answers were given before. */
  readonly told?: Position | undefined;
  readonly before?: number;
}

/** A place that a thread's code can be at: the same object whenever it is the same place. */
export interface Place {
  /** Tells the places of a thread apart in the key of a state. */
  readonly number: number;
  /** The step to be taken next; none once the thread has ended, and where its code threw. */
  readonly request: Request<unknown> | undefined;
  /** What its code threw on the way here. */
  readonly thrown: unknown;
  /** Whether it is inside the attempt of a spin loop, or of a loop that may go on for ever. */
  readonly spins: boolean;
  /** The calls it is in, outermost first. */
  readonly frames: readonly Frame[];
  /** Where answers lead, by their text, as far as it was asked. */
  readonly after: Map<string, Arrival>;
}

/** Where an answer leads. */
export interface Arrival {
  readonly place: Place;
  /** Whether the outermost such loop was left on the way. */
  readonly leftLoop: boolean;
}

/** All places of one thread, found as they are asked for. */
export class ThreadCode {
  readonly #places = new Map<string, Place>();
  readonly #run: () => Request<unknown>;
  readonly #repeats: boolean;

  constructor({ run, repeat }: System['threads'][number]) {
    this.#run = run;
    this.#repeats = repeat === true;
  }

  /** Where the thread is before its first step. */
  start(): Place {
    return this.#goOn([]).place;
  }

  /** Where it is after `answer` to the request of `place`. */
  after(place: Place, answer: unknown): Arrival {
    const text = textOf(answer);
    let next = place.after.get(text);
    if (next === undefined) {
      const { frames } = place;
      next = this.#goOn(withAnswer(frames, answer));
      place.after.set(text, next);
    }
    return next;
  }

  /** Runs calls, returns and rounds until there is a step to take. An empty stack is a thread at its start. */
  #goOn(from: readonly Frame[]): Arrival {
    let frames = from;
    const loop = outermostLoop(frames);
    let leftLoop = false;
    try {
      for (let i = 0; i < MOST_STEPLESS; i++) {
        leftLoop ||= loop !== undefined && outermostLoop(frames) !== loop;
        if (frames.length === 0) {
          const call = this.#run();
          if (!isCall(call)) throw new TypeError('expected a thread that runs a kfunc');
          frames = [{ call, answers: [] }];
          continue;
        }
        const { step, top } = lastOf(frames[frames.length - 1]);
        frames = [...frames.slice(0, -1), top];
        leftLoop ||= loop !== undefined && outermostLoop(frames) !== loop;
        if (step.done !== true) {
          if (!(step.value instanceof Request)) throw new TypeError(`${top.call.label} yielded no request`);
          if (!isCall(step.value)) return { place: this.#placeAt(frames, step.value, undefined), leftLoop };
          frames = [...frames, { call: step.value, answers: [] }];
        } else if (top.call.kind === KIND.SPIN && isFailure(step.value)) {
          frames = [...frames.slice(0, -1), { call: top.call, answers: [] }];
        } else if (frames.length > 1) {
          frames = withAnswer(frames.slice(0, -1), step.value);
        } else if (this.#repeats) {
          frames = [];
        } else return { place: this.#placeAt([], undefined, undefined), leftLoop };
      }
      throw new ModelError(`no step in ${MOST_STEPLESS} requests`);
    } catch (error) {
      return { place: this.#placeAt(frames, undefined, error), leftLoop };
    }
  }

  #placeAt(frames: readonly Frame[], request: Request<unknown> | undefined, thrown: unknown): Place {
    const key = `${thrown === undefined ? '' : 'threw '}${textOfFrames(frames)}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      const number = this.#places.size;
      place = {
        number,
        request,
        thrown,
        spins: outermostLoop(frames) !== undefined,
        frames,
        after: new Map<string, Arrival>(),
      };
      this.#places.set(key, place);
    }
    return place;
  }
}

function withAnswer(frames: readonly Frame[], answer: unknown): readonly Frame[] {
  const top = frames[frames.length - 1];
  const held = Array.isArray(answer) ? (Object.freeze([...(answer as unknown[])]) as unknown) : answer;
  return [...frames.slice(0, -1), { ...top, answers: [...top.answers, held] }];
}

/** What the generator of a frame does after its answers, and the frame with what it told on the way. */
function lastOf({ call, answers }: Frame): { step: IteratorResult<unknown, unknown>; top: Frame } {
  const body = (call.fn as KfuncInfo).body as unknown as (...args: readonly unknown[]) => Generator<unknown, unknown>;
  const generator = body(...call.args);
  let { came: step, told } = listening(() => resume(generator, undefined));
  let before = 0;
  for (const [i, answer] of answers.entries()) {
    const after = listening(() => resume(generator, answer));
    step = after.came;
    if (after.told === undefined) continue;
    told = after.told;
    before = i + 1;
  }
  return { step, top: { call, answers, told, before } };
}

function isCall({ kind }: Request<unknown>): boolean {
  return kind === KIND.CALL || kind === KIND.SPIN;
}

/** The outermost loop of a stack that may go on for ever, a spin loop or one of code; one that is entered again is another. */
function outermostLoop(frames: readonly Frame[]): string | undefined {
  for (const [depth, { call, told }] of frames.entries()) {
    const loop = call.kind === KIND.SPIN ? 'spin' : told?.loops[0];
    if (loop !== undefined) return `${textOfFrames(frames.slice(0, depth))} ${loop}`;
  }
  return undefined;
}

function isFailure(answer: unknown): boolean {
  return answer === undefined || answer === null || answer === false;
}

/** Where a stack of calls stands, as text. */
export function textOfFrames(frames: readonly Frame[]): string {
  return frames.length === 0 ? 'ended' : frames.map(textOfFrame).join('(');
}

function textOfFrame({ answers, told, before = 0 }: Frame): string {
  const counting = answers.slice(before).map(textOf).join(',');
  return told === undefined ? counting : `${told.text}:${counting}`;
}

/** A value as text, different for values that differ. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${(value as Value[]).map(textOf).join(' ')}]`;
  if (value instanceof Cell) return `cell ${value.address} ${value.type.name}`;
  if (isHandle(value)) return `${value.$struct.name}@${value.$address}`;
  if (typeof value === 'string') return JSON.stringify(value);
  return `${typeof value === 'bigint' ? 'n' : ''}${String(value)}`;
}
