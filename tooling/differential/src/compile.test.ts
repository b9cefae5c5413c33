import { KIND, isHandle, resume, type KfuncInfo, type Request } from '@shootdown/machine';
import { describe, expect, it } from 'vitest';
import { buildSystem, type Making } from './build.js';
import { compile } from './compile.js';
import { generate } from './generate.js';
import type { Program, Stmt, ThreadPart } from './program.js';
import { Random } from './random.js';

const STEPS = 40;

/** What threads ask for where memory answers at random, and how they end. */
function courses(program: Program, making: Making, seed: number): string[][] {
  const { threads } = buildSystem(program, making);
  return threads.slice(0, program.threads.length).map(({ run }, i) => {
    const told: string[] = [];
    try {
      follow(run(), new Random(seed + i), told);
      told.push('ends');
    } catch (error) {
      told.push(String(error));
    }
    return told;
  });
}

/** Runs a call, and the calls in it; answers its result. */
function follow(call: Request<unknown>, random: Random, told: string[]): unknown {
  const body = (call.fn as KfuncInfo).body as (...args: readonly unknown[]) => Generator<unknown, unknown>;
  const generator = body(...call.args);
  let answer: unknown;
  for (;;) {
    const step = resume(generator, answer);
    if (step.done === true) return step.value;
    if (told.length > STEPS) throw new RangeError('enough');
    const request = step.value as Request<unknown>;
    const { kind, label, address, lo, hi, args } = request;
    told.push(`${kind} ${label} ${address} ${lo} ${hi} ${args.map(textOf).join()}`);
    answer = kind === KIND.CALL ? follow(request, random, told) : answerTo(request, random);
  }
}

function answerTo({ kind, type }: Request<unknown>, random: Random): unknown {
  const number = random.below(3);
  if (kind === KIND.CHOOSE || type === undefined) return number;
  const decoded: unknown = type.decode(number, 0);
  return isHandle(decoded) || decoded === null ? null : decoded;
}

function textOf(arg: unknown): string {
  if (isHandle(arg)) return `item@${arg.$address}`;
  return typeof arg === 'number' || typeof arg === 'bigint' ? String(arg) : typeof arg;
}

/** The code of a thread, its lines without what they are indented by. */
function linesOf(body: readonly Stmt[]): string {
  return compile(programOf(body)).replaceAll(/^ +/gm, '');
}

function programOf(body: readonly Stmt[]): Program {
  const thread: ThreadPart = { kind: 'kernel', repeat: false, body };
  return { ...generate(1), threads: [thread], functions: [], symmetric: false };
}

describe('written code', () => {
  it('asks for what the program asks for when it is interpreted, with program points and without', () => {
    for (let number = 0; number < 150; number++) {
      const program = generate(number);
      const expected = courses(program, 'interpreted', number);
      expect(courses(program, 'written', number), `program ${number}`).toEqual(expected);
      expect(courses(program, 'transformed', number), `program ${number}`).toEqual(expected);
    }
  });

  it('lets go what it took before it leaves a loop, a function', () => {
    const leaves: Stmt = { s: 'if me', body: [{ s: 'break' }], otherwise: [{ s: 'return' }] };
    const body: Stmt[] = [{ s: 'rcu reader', body: [{ s: 'atomic', what: 'preempt', body: [leaves] }] }];
    const text = linesOf([{ s: 'rcu reader', body: [{ s: 'loop', times: 2, form: 'for', body }] }]);
    expect(text).toContain('yield* preemptEnable();\nyield* rcuReadUnlock();\nbreak;');
    expect(text).toContain('yield* preemptEnable();\nyield* rcuReadUnlock();\nyield* rcuReadUnlock();\nreturn;');
  });

  it('leaves the loop around a switch, not the switch', () => {
    const test = { reg: 0, cmp: 'eq', value: 0 } as const;
    const branch: Stmt = { s: 'if', form: 'switch', test, body: [{ s: 'continue' }], otherwise: [] };
    const text = linesOf([{ s: 'loop', times: 2, form: 'while', body: [branch] }]);
    expect(text).toContain('loop0: while (i0 < 2) {');
    expect(text).toContain('i0++;\ncontinue loop0;');
  });
});
