/** Makes models of a program: one for the reference, whose code is interpreted, and those for the searches, whose code is written. */
import * as machine from '@shootdown/machine';
import type { System } from '@shootdown/machine';
import * as kernel from '@shootdown/kernel/model';
import { transform } from '@shootdown/program-points';
import { compile } from './compile.js';
import { interpretedCode } from './interpret.js';
import type { Program } from './program.js';
import { NO_MEMBER, readLock, readUnlock, systemOf, type Code, type World } from './world.js';

/** What becomes of the code of a program. */
export type Making = 'interpreted' | 'written' | 'transformed';

/** Makes a model; the same program makes the same one in every process. */
export function buildSystem(program: Program, making: Making): System {
  if (making === 'interpreted') return systemOf(program, interpretedCode);
  const text = codeOf(program, making);
  return systemOf(program, (world) => run(text, world));
}

const known = new WeakMap<Program, Map<Making, string>>();

/** The code as it is run. */
function codeOf(program: Program, making: 'written' | 'transformed'): string {
  const texts = known.get(program) ?? new Map<Making, string>();
  known.set(program, texts);
  const text = texts.get(making) ?? newCodeOf(program, making);
  texts.set(making, text);
  return text;
}

function newCodeOf(program: Program, making: 'written' | 'transformed'): string {
  const code = compile(program);
  if (making === 'written') return code;
  const transformed = transform(code, { file: 'program.js' });
  if (transformed === undefined || transformed.refused.length > 0)
    throw new Error(`expected the transform to take all functions, got ${JSON.stringify(transformed?.refused)}`);
  return transformed.code;
}

function run(code: string, world: World): Code {
  const names = namesOf(world);
  // What the code names is what it is given: it is ours.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call
  return new Function(...Object.keys(names), `'use strict';${code}`)(...Object.values(names)) as Code;
}

/** What code may name. */
function namesOf(world: World): Readonly<Record<string, unknown>> {
  const numbered = (name: string, all: readonly unknown[]): [string, unknown][] =>
    all.map((one, i) => [`${name}${i}`, one]);
  return {
    ...kernel,
    ...machine,
    NO_MEMBER,
    readLock,
    readUnlock,
    ...Object.fromEntries([
      ...numbered('v', world.variables),
      ...numbered('ghost', world.ghosts),
      ...numbered('lock', world.locks),
      ...numbered(
        'holder',
        world.locks.map((_, i) => world.holder(i)),
      ),
      ...numbered('slot', world.slots),
      ...numbered('op', world.operations),
    ]),
    slab: world.slab,
    queue: world.queue,
    done: world.done,
    members: world.members,
    token: world.token,
    flag: world.flags,
    mine: world.perThread,
  };
}
