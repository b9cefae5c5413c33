/** Monitors of {@link Program}s: as data for the engine, and the program in which what they note is written into the code. */
import { afterStep, atEntry, atExit, beforeStep, type Cell, type Monitors, type NoteMemory } from '@shootdown/machine';
import { applied, forEachFunction, labelOf, type Rewrite } from './mutate.js';
import { CELLS, GHOST, Q, type Program, type Statement } from './program.js';

/** A monitor of one program, and the program that must behave as the monitored one. */
export interface Watched {
  /** When it notes something. */
  readonly moment: 'entry' | 'exit' | 'before' | 'after' | 'answer';
  /** What it notes of. */
  readonly text: string;
  readonly monitors: (ghost: Cell<number>) => Monitors;
  readonly program: Program;
}

/** All monitors of a program that one note written into it can stand for. */
export function watchedOf(program: Program): Watched[] {
  const found = new Map<string, Watched>();
  const names = program.isSymmetric === true ? ['main0'] : program.threads.map((_, i) => `main${i}`);
  for (const [i, name] of names.entries())
    forEachFunction(name, program.threads[i].body, (kname, body) => {
      for (const { text, moment, monitors, rewrite } of notesOf(kname, body)) {
        const key = `${moment} of ${text} in ${kname}`;
        const written = { ...program, threads: threadsOf(program, kname, rewrite, moment) };
        found.set(key, { moment, text: key, monitors, program: written });
      }
    });
  return [...found.values()];
}

/** A list is rewritten as a whole where a step is noted; a function is where a call is. */
function threadsOf(program: Program, kname: string, rewrite: Rewrite, moment: Watched['moment']): Program['threads'] {
  if (moment !== 'entry' && moment !== 'exit') return applied(program, kname, rewrite).threads;
  return program.threads.map((thread, i) => {
    const name = program.isSymmetric === true ? 'main0' : `main${i}`;
    return { ...thread, body: outermost(name, thread.body, kname, rewrite) };
  });
}

/** The body of the function `name`, with the bodies of the functions `kname` rewritten, and no list inside of them. */
function outermost(name: string, body: readonly Statement[], kname: string, rewrite: Rewrite): readonly Statement[] {
  const inside = (statements: readonly Statement[]): readonly Statement[] =>
    statements.map((s, i): Statement => {
      if (s.s === 'call' || s.s === 'spin')
        return { ...s, body: outermost(`${name}.${s.s}${i}`, s.body, kname, rewrite) };
      if (s.s === 'locked') return { ...s, body: inside(s.body) };
      return s.s === 'if' ? { ...s, then: inside(s.then), else: inside(s.else) } : s;
    });
  const own = inside(body);
  return name === kname ? rewrite(own) : own;
}

interface Written extends Omit<Watched, 'program'> {
  readonly rewrite: Rewrite;
}

const NOTED = 1;
const note: Statement = { s: 'write', cell: GHOST, plain: false, e: { k: 'const', v: NOTED } };
const noting =
  (ghost: Cell<number>) =>
  (memory: NoteMemory): void => {
    memory.set(ghost, NOTED);
  };

function notesOf(kname: string, body: readonly Statement[]): Written[] {
  return [
    {
      moment: 'entry',
      text: 'the call',
      monitors: (ghost) => ({ note: atEntry(kname, noting(ghost)) }),
      rewrite: (list) => [note, ...list],
    },
    {
      moment: 'exit',
      text: 'the call',
      monitors: (ghost) => ({ note: atExit(kname, noting(ghost)) }),
      rewrite: (list) => [...list, note],
    },
    ...stepsIn(body).flatMap((s) => notesOfStep(kname, s, body)),
  ];
}

/** The statements of a function that are one step each, or a lock around a body. */
function stepsIn(body: readonly Statement[]): Statement[] {
  return body.flatMap((s): Statement[] => {
    if (s.s === 'if') return [...stepsIn(s.then), ...stepsIn(s.else)];
    if (s.s === 'locked') return [s, ...stepsIn(s.body)];
    return ['assert', 'warn', 'op', 'guarded', 'call', 'spin'].includes(s.s) ? [] : [s];
  });
}

function notesOfStep(kname: string, s: Statement, body: readonly Statement[]): Written[] {
  const of = targetOf(s);
  const text = `${s.s === 'locked' ? 'spin_lock' : labelOf(s)} ${of ?? ''}`;
  const step = { in: kname, step: s.s === 'locked' ? 'spin_lock' : labelOf(s), ...(of !== undefined && { of }) };
  const isIt = (one: Statement): boolean => labelOf(one) === step.step && targetOf(one) === of;
  const isLocked = (one: Statement): one is Extract<Statement, { s: 'locked' }> =>
    one.s === 'locked' && step.step === 'spin_lock' && targetOf(one) === of;
  const noted: Written[] = [
    {
      moment: 'before',
      text,
      monitors: (ghost) => ({ note: beforeStep(step, noting(ghost)) }),
      rewrite: (list) => list.flatMap((one) => (isIt(one) || isLocked(one) ? [note, one] : [one])),
    },
    {
      moment: 'after',
      text,
      monitors: (ghost) => ({ note: afterStep(step, noting(ghost)) }),
      rewrite: (list) =>
        list.flatMap((one) =>
          isLocked(one) ? [{ ...one, body: [note, ...one.body] }] : isIt(one) ? [one, note] : [one],
        ),
    },
  ];
  const alike = stepsIn(body).filter(isIt);
  const answers = alike.length > 0 && alike.every((one) => 'dst' in one && one.dst >= 0) && s.s !== 'trylock';
  if (!answers || of === CELLS[Q]) return noted;
  return [
    ...noted,
    {
      moment: 'answer',
      text,
      monitors: (ghost) => ({
        note: afterStep(step, (memory, { answer }) => {
          memory.set(ghost, (answer as number) & 3);
        }),
      }),
      rewrite: (list) => list.flatMap((one) => (isIt(one) ? [one, answerOf(one as { readonly dst: number })] : [one])),
    },
  ];
}

const answerOf = ({ dst }: { readonly dst: number }): Statement => ({
  s: 'write',
  cell: GHOST,
  plain: false,
  e: { k: 'reg', r: dst },
});

function targetOf(s: Statement): string | undefined {
  if ('cell' in s) return CELLS[s.cell];
  return 'lock' in s ? `l${s.lock}` : undefined;
}
