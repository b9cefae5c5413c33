/** Mutations of {@link Program}s: as data for the engine, and the program that the mutated one must behave as. */
import { delay, omit, swap, unlocked, weaken, type Mutation } from '@shootdown/machine';
import { CELLS, type Program, type Statement } from './program.js';

/** A mutation, and what it makes of the program. */
export interface Mutant {
  readonly mutation: Mutation;
  readonly program: Program;
}

/** What becomes of a list of statements. */
export type Rewrite = (body: readonly Statement[]) => readonly Statement[];

/** All mutants of a program that a program without mutations can stand for. */
export function mutantsOf(program: Program): Mutant[] {
  const found = new Map<string, Mutant>();
  const names = program.isSymmetric === true ? ['main0'] : program.threads.map((_, i) => `main${i}`);
  for (const [i, name] of names.entries())
    forEachFunction(name, program.threads[i].body, (kname, body) => {
      for (const [mutation, rewrite] of mutationsOf(kname, body)) {
        const key = JSON.stringify(mutation);
        if (!found.has(key)) found.set(key, { mutation, program: applied(program, kname, rewrite) });
      }
    });
  return [...found.values()];
}

/** Visits functions as the compiler names them. */
export function forEachFunction(
  name: string,
  body: readonly Statement[],
  visit: (kname: string, body: readonly Statement[]) => void,
): void {
  visit(name, body);
  const inside = (statements: readonly Statement[]): void => {
    statements.forEach((s, i) => {
      if (s.s === 'call' || s.s === 'spin') forEachFunction(`${name}.${s.s}${i}`, s.body, visit);
      else if (s.s === 'locked') inside(s.body);
      else if (s.s === 'if') {
        inside(s.then);
        inside(s.else);
      }
    });
  };
  inside(body);
}

/** A program with all functions of a name rewritten, each list of statements by itself. */
export function applied(program: Program, kname: string, rewrite: Rewrite): Program {
  const threads = program.threads.map((thread, i) => {
    const name = program.isSymmetric === true ? 'main0' : `main${i}`;
    return { ...thread, body: within(name, thread.body, kname, rewrite) };
  });
  return { ...program, threads };
}

/** The body of the function `name`, with the bodies of the functions `kname` rewritten. */
function within(name: string, body: readonly Statement[], kname: string, rewrite: Rewrite): readonly Statement[] {
  const inside = (statements: readonly Statement[]): readonly Statement[] => {
    const own = statements.map((s, i): Statement => {
      if (s.s === 'call' || s.s === 'spin') return { ...s, body: within(`${name}.${s.s}${i}`, s.body, kname, rewrite) };
      if (s.s === 'locked') return { ...s, body: inside(s.body) };
      return s.s === 'if' ? { ...s, then: inside(s.then), else: inside(s.else) } : s;
    });
    return name === kname ? rewrite(own) : own;
  };
  return inside(body);
}

/** What reads and writes are called, marked and plain. */
export const LABELS = { read: ['READ_ONCE', 'read'], write: ['WRITE_ONCE', 'write'] } as const;

function mutationsOf(kname: string, body: readonly Statement[]): (readonly [Mutation, Rewrite])[] {
  const found: (readonly [Mutation, Rewrite])[] = [];
  const all: Statement[] = [];
  const inside = (statements: readonly Statement[]): void => {
    for (const s of statements) {
      all.push(s);
      if (s.s === 'locked') inside(s.body);
      else if (s.s === 'if') [s.then, s.else].forEach(inside);
    }
  };
  inside(body);
  for (const s of all) {
    if (s.s === 'write' || s.s === 'read') {
      const label = LABELS[s.s][s.plain ? 1 : 0];
      const step = { in: kname, step: label, of: CELLS[s.cell] };
      const isIt = (one: Statement): boolean => one.s === s.s && one.cell === s.cell && one.plain === s.plain;
      if (s.s === 'write') found.push([omit(step), (list) => list.filter((one) => !isIt(one))]);
      if (!s.plain)
        found.push([
          weaken({ ...step, order: 'plain' }),
          (list) => list.map((one) => (isIt(one) ? ({ ...one, plain: true } as Statement) : one)),
        ]);
    } else if (s.s === 'rmw' || s.s === 'cmpxchg') {
      const label = s.s === 'rmw' ? s.rmw : 'cmpxchg';
      const isIt = (one: Statement): boolean =>
        one.s === s.s && one.cell === s.cell && (one.s !== 'rmw' || one.rmw === label);
      found.push([
        omit({ in: kname, step: label, of: CELLS[s.cell] }),
        (list) => list.flatMap((one) => readOf(one, isIt)),
      ]);
    } else if (s.s === 'wait') {
      const isIt = (one: Statement): boolean => one.s === 'wait' && one.cell === s.cell;
      found.push([
        omit({ in: kname, step: 'smp_cond_load_acquire', of: CELLS[s.cell] }),
        (list) => list.flatMap((one) => readOf(one, isIt)),
      ]);
    } else if (s.s === 'locked' || s.s === 'lock' || s.s === 'unlock') {
      const { lock } = s;
      if (!all.some((one) => (one.s === 'locked' || one.s === 'lock') && one.lock === lock)) continue;
      found.push([
        unlocked({ in: kname, step: 'spin_lock', until: ['spin_unlock'], of: `l${lock}` }),
        (list) =>
          list.flatMap((one): readonly Statement[] => {
            if (one.s === 'locked' && one.lock === lock) return one.body;
            return (one.s === 'lock' || one.s === 'unlock') && one.lock === lock ? [] : [one];
          }),
      ]);
    } else if (s.s === 'fence')
      found.push([omit({ in: kname, step: 'smp_mb' }), (list) => list.filter((one) => one.s !== 'fence')]);
  }
  return [...found, ...swapsOf(kname, body), ...delaysOf(kname, body)];
}

/** The read that is left of a step that is left out. */
function readOf(one: Statement, isIt: (one: Statement) => boolean): readonly Statement[] {
  if (!isIt(one)) return [one];
  const { cell, dst } = one as Extract<Statement, { s: 'rmw' | 'cmpxchg' | 'wait' }>;
  return dst < 0 ? [] : [{ s: 'read', cell, plain: false, dst }];
}

/** Swaps in functions that are one step after the other. */
function swapsOf(kname: string, body: readonly Statement[]): (readonly [Mutation, Rewrite])[] {
  if (body.some(({ s }) => STRUCTURE.includes(s))) return [];
  return body.slice(0, -1).flatMap((one, i): (readonly [Mutation, Rewrite])[] => {
    const two = body[i + 1];
    if (one.s !== 'write' || two.s === one.s) return [];
    const label = LABELS.write[one.plain ? 1 : 0];
    const [held, other] = [
      (s: Statement) => s.s === 'write' && s.cell === one.cell && s.plain === one.plain,
      labelOf(two),
    ];
    const usesAnswer = body.some(
      (s, j) => j > 0 && held(body[j - 1]) && 'dst' in s && s.dst >= 0 && usesRegister(body[j - 1], s.dst),
    );
    if (usesAnswer) return [];
    return [
      [
        swap({ in: kname, step: label, of: CELLS[one.cell], with: other }),
        (list) => {
          const swapped: Statement[] = [];
          for (let j = 0; j < list.length; j++) {
            if (held(list[j]) && j + 1 < list.length && labelOf(list[j + 1]) === other)
              swapped.push(list[j + 1], list[j++]);
            else swapped.push(list[j]);
          }
          return swapped;
        },
      ],
    ];
  });
}

/** Delays in functions that are one step after the other. */
function delaysOf(kname: string, body: readonly Statement[]): (readonly [Mutation, Rewrite])[] {
  if (body.some(({ s }) => STRUCTURE.includes(s))) return [];
  return body.flatMap((one, i): (readonly [Mutation, Rewrite])[] => {
    if (one.s !== 'write') return [];
    const isHeld = (s: Statement): boolean => s.s === 'write' && s.cell === one.cell && s.plain === one.plain;
    if (body.some((s) => isHeld(s) && s.s === 'write' && s.e.k !== 'const')) return [];
    const step = { in: kname, step: LABELS.write[one.plain ? 1 : 0], of: CELLS[one.cell] };
    const past = body.slice(i + 1).filter((s) => !isHeld(s));
    const labels = [undefined, ...new Set(past.map(labelOf))];
    return labels.map((label): readonly [Mutation, Rewrite] => [
      delay({ ...step, ...(label !== undefined && { past: label }) }),
      (list) => {
        const all: Statement[] = [];
        let held: Statement[] = [];
        for (const s of list) {
          if (isHeld(s)) held.push(s);
          else if (labelOf(s) === label) {
            all.push(s, ...held);
            held = [];
          } else all.push(s);
        }
        return [...all, ...held];
      },
    ]);
  });
}

const STRUCTURE = ['if', 'locked', 'assert', 'warn', 'call', 'spin', 'op', 'guarded'];

function usesRegister(s: Statement, register: number): boolean {
  return s.s === 'write' && s.e.k !== 'const' && s.e.r === register;
}

/** What a statement's step is called. */
export function labelOf(s: Statement): string {
  switch (s.s) {
    case 'read':
    case 'write':
      return LABELS[s.s][s.plain ? 1 : 0];
    case 'rmw':
      return s.rmw;
    case 'wait':
      return 'smp_cond_load_acquire';
    case 'lock':
      return 'spin_lock';
    case 'unlock':
      return 'spin_unlock';
    case 'trylock':
      return 'spin_trylock';
    case 'fence':
      return 'smp_mb';
    default:
      return s.s;
  }
}
