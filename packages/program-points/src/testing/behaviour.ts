/** All that a random program may do, for all answers up to some depth. */
import { describe, recording, registry, type RecordedFrame } from './recorder.js';

/** An answer to a request, or an error that is thrown where it is made. */
export type Answer = 0 | 1 | 'throw';

type Thread = Generator<unknown, unknown, unknown>;

/** Where a program is after some answers. */
export interface Node {
  /** What the thread that was answered last asks now, or how it ended; of all threads before the first answer. */
  readonly shown: string;
  /** Its state, as the transformed code tells it; absent where it cannot be told. */
  readonly state: string | undefined;
  readonly next: readonly Node[];
}

/** Thrown when a program runs without end: nothing is told of it. */
export class OutOfFuel extends Error {}

const FILE = `
let used = 0;
function reset() { used = 0; }
function isEmpty() { return used > 300; }
function fuelled() { used++; if (isEmpty()) throw new OutOfFuel(); }
function fuel() { fuelled(); return true; }
function sum(...values) { return values.reduce((all, value) => all + Number(value ?? 0), 0) & 7; }
function first(_texts, ...values) { return values[0]; }
class Pair { constructor(a, b) { this.a = a; this.b = b; } plus(c) { return (this.a + this.b + c) & 7; } }
function ask(value) { asking(); let asked = false; return { [Symbol.iterator]() { return this; }, next(answer) { if (asked) return { done: true, value: answer }; asked = true; return { done: false, value }; }, throw(error) { throw error; } }; }
`;

/** A program that is ready to run. */
export interface Program {
  readonly make: (o0: number) => (a: number, b: number) => Thread;
  readonly reset: () => void;
  /** Whether the fuel was used up, which the program may have caught. */
  readonly isEmpty: () => boolean;
}

/** Lines in front of the code, in what {@link load} runs: two of `new Function`, and the file's. */
export const LINES_BEFORE = 2 + FILE.split('\n').length;

/**
 * @param code - of `function make`
 * @param asking - called where the code makes a request
 */
export function load(code: string, asking: () => void = () => undefined): Program {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  return new Function('OutOfFuel', 'asking', `'use strict'; ${FILE}\n${code}\nreturn { make, reset, isEmpty };`)(
    OutOfFuel,
    asking,
  ) as Program;
}

/** How a program is looked through. */
export interface Look {
  readonly depth: number;
  readonly answers: readonly Answer[];
  readonly threads: 1 | 2;
  readonly records: boolean;
  /** The number that all begins with. */
  readonly first: number;
}

/** What the program does. Throws {@link OutOfFuel}. */
export function behaviour(program: Program, look: Look, taken: readonly [number, Answer][] = []): Node {
  const { shown, state, waiting } = run(program, look, taken);
  const next: Node[] = [];
  if (taken.length < look.depth)
    for (const thread of waiting)
      for (const answer of look.answers) next.push(behaviour(program, look, [...taken, [thread, answer]]));
  return { shown, state, next };
}

function run(
  program: Program,
  { threads, records, first }: Look,
  taken: readonly [number, Answer][],
): { shown: string; state: string | undefined; waiting: number[] } {
  program.reset();
  registry.on = false;
  const main = program.make(first);
  const all = Array.from({ length: threads }, (_, index) => ({
    generator: main(index, first),
    stack: [] as RecordedFrame[],
    shown: '',
    waits: true,
  }));
  const resume = (index: number, answer?: Answer): void => {
    const thread = all[index];
    const step = (): IteratorResult<unknown, unknown> =>
      answer === 'throw' ? thread.generator.throw(1) : thread.generator.next(answer);
    try {
      const { done = false, value } = records ? recording(thread.stack, step) : step();
      thread.waits = !done;
      thread.shown = `${done ? 'returns' : 'asks'} ${JSON.stringify(value) ?? 'undefined'}`;
    } catch (error) {
      thread.waits = false;
      thread.shown = `throws ${error instanceof Error ? error.name : String(error)}`;
    }
  };
  all.forEach((_, index) => resume(index));
  for (const [index, answer] of taken) resume(index, answer);
  const state = records ? describe(all.map(({ stack, waits }) => (waits ? stack : []))) : undefined;
  if (program.isEmpty()) throw new OutOfFuel();
  const last = taken.at(-1);
  const ended = all.map(({ waits }) => (waits ? 'waits' : 'ended')).join();
  return {
    shown: last === undefined ? all.map(({ shown }) => shown).join(' | ') : all[last[0]].shown,
    state: state === undefined ? undefined : `${ended} ${state}`,
    waiting: all.flatMap(({ waits }, index) => (waits ? index : [])),
  };
}

/** What is to come from a node on, up to some depth, as one text. */
export function future(node: Node, depth: number): string {
  return depth === 0 ? '' : node.next.map((next) => `(${next.shown} ${future(next, depth - 1)})`).join();
}

/** Two nodes with one state and different futures; absent where there are none. */
export function contradiction(roots: readonly Node[], depth: number): string | undefined {
  const found = new Map<string, { node: Node; level: number }[]>();
  const visit = (node: Node, level: number): string | undefined => {
    if (node.state !== undefined && level < depth) {
      const same = found.get(node.state) ?? [];
      for (const other of same) {
        const common = depth - Math.max(level, other.level);
        const futures = [future(node, common), future(other.node, common)];
        if (futures[0] !== futures[1]) return `${node.state}\n${futures.join('\n')}`;
      }
      found.set(node.state, [...same.slice(0, 3), { node, level }]);
    }
    for (const next of node.next) {
      const failed = visit(next, level + 1);
      if (failed !== undefined) return failed;
    }
    return undefined;
  };
  for (const root of roots) {
    const failed = visit(root, 0);
    if (failed !== undefined) return failed;
  }
  return undefined;
}
