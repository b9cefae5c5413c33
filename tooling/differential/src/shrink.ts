/** Makes a program smaller as long as it shows the same disagreement. */
import {
  bodiesOf,
  type Condition,
  type OperationPart,
  type Program,
  type Stmt,
  type Term,
  type ThreadPart,
} from './program.js';

/**
 * The smallest program found that still `shows` what this one shows.
 *
 * @param seconds - how long to try
 */
export function shrink(program: Program, shows: (smaller: Program) => boolean, seconds: number): Program {
  const end = performance.now() + seconds * 1000;
  let smallest = program;
  for (let hasShrunk = true; hasShrunk;) {
    hasShrunk = false;
    for (const candidate of smallerPrograms(smallest)) {
      if (performance.now() > end) return smallest;
      if (!mayRun(candidate) || !shows(candidate)) continue;
      smallest = candidate;
      hasShrunk = true;
      break;
    }
  }
  return smallest;
}

/** Whether no loop may turn for ever without a request. */
function mayRun({ threads, functions }: Program): boolean {
  const isRight = (stmt: Stmt): boolean =>
    (stmt.s !== 'retry' || (stmt.body.length > 0 && ASKING.has(stmt.body[0].s))) &&
    bodiesOf(stmt).every((key) =>
      (stmt as Stmt & { body: readonly Stmt[]; otherwise: readonly Stmt[] })[key].every(isRight),
    );
  return [...threads, ...functions].every(({ body }) => body.every(isRight));
}

/** Statements that make a request wherever they are. */
const ASKING: ReadonlySet<string> = new Set(['read', 'write', 'rmw', 'cas', 'wait', 'choose'] satisfies Stmt['s'][]);

function* smallerPrograms(program: Program): Iterable<Program> {
  const { threads, functions, operations, variables, locks } = program;
  if (threads.length > 1) for (const left of without(threads)) yield { ...program, threads: left };
  if (program.symmetric) {
    yield { ...program, symmetric: false };
    for (const body of smallerBodies(threads[0].body))
      yield { ...program, threads: threads.map((thread) => ({ ...thread, body })) };
  } else for (const changed of changedAt(threads, smallerThreads)) yield { ...program, threads: changed };
  for (const changed of changedAt(functions, (part) => mapped(smallerBodies(part.body), (body) => ({ ...part, body }))))
    yield { ...program, functions: changed };
  yield* smallerParts(program);
  for (const changed of changedAt(operations, smallerOperations)) yield { ...program, operations: changed };
  for (const changed of changedAt(variables, ({ type, init, guard, field }) => [
    ...(guard === undefined ? [] : [{ type, init, field }]),
    ...(field === undefined ? [] : [{ type, init, guard }]),
    ...(type === 'u8' ? [] : [{ type: 'u8' as const, init, guard, field }]),
    ...(init === 0 ? [] : [{ type, init: 0, guard, field }]),
  ]))
    yield { ...program, variables: changed };
  for (const changed of changedAt(locks, ({ kind }) => (kind === 'spin' ? [] : [{ kind: 'spin' as const }])))
    yield { ...program, locks: changed };
}

/** Without a condition, without objects and the like. */
function* smallerParts(program: Program): Iterable<Program> {
  for (const invariants of without(program.invariants)) yield { ...program, invariants };
  for (const finals of without(program.finals)) yield { ...program, finals };
  if (program.within !== undefined) yield { ...program, within: undefined };
  if (program.oneFlag) yield { ...program, oneFlag: false };
  if (program.rcu) yield { ...program, rcu: false };
  if (program.published) yield { ...program, published: false };
  if (program.objects > 1) yield { ...program, objects: program.objects - 1 };
  for (const invariants of changedAt(program.invariants, smallerConditions)) yield { ...program, invariants };
  for (const finals of changedAt(program.finals, smallerConditions)) yield { ...program, finals };
}

function* smallerThreads(thread: ThreadPart): Iterable<ThreadPart> {
  for (const body of smallerBodies(thread.body)) yield { ...thread, body };
  if (thread.repeat) yield { ...thread, repeat: false };
  if (thread.kind !== 'kernel') yield { ...thread, kind: 'kernel' };
  if (thread.context !== undefined) yield { ...thread, context: undefined };
}

function* smallerBodies(body: readonly Stmt[]): Iterable<readonly Stmt[]> {
  yield* without(body);
  for (const [i, stmt] of body.entries())
    for (const key of bodiesOf(stmt)) {
      const inner = (stmt as Stmt & { body: readonly Stmt[]; otherwise: readonly Stmt[] })[key];
      yield [...body.slice(0, i), ...inner, ...body.slice(i + 1)];
      for (const smaller of smallerBodies(inner)) yield body.with(i, { ...stmt, [key]: smaller });
    }
  yield* changedAt(body, simpler);
}

function* simpler(stmt: Stmt): Iterable<Stmt> {
  if (stmt.s === 'op' && stmt.ops.length > 1) for (const ops of without(stmt.ops)) yield { ...stmt, ops };
  if (stmt.s === 'if' && stmt.form === 'switch') yield { ...stmt, form: 'if' };
  if ((stmt.s === 'loop' || stmt.s === 'retry') && stmt.form !== 'for') yield { ...stmt, form: 'for' };
  if (stmt.s === 'terms') {
    if (stmt.terms.length > 1) for (const terms of without(stmt.terms)) yield { ...stmt, terms };
    for (const terms of changedAt(stmt.terms, simplerTerms)) yield { ...stmt, terms };
    if (stmt.use !== 'sum') yield { ...stmt, use: 'sum' };
  }
  if ('value' in stmt && typeof stmt.value === 'object' && stmt.value.is !== 'const')
    yield { ...stmt, value: { is: 'const', value: 1 } };
  if ('hold' in stmt && stmt.hold === 'read') yield { ...stmt, hold: 'write' };
}

function* simplerTerms(term: Term): Iterable<Term> {
  if (term.is === 'assign') {
    yield term.term;
    for (const inner of simplerTerms(term.term)) yield { ...term, term: inner };
  } else if ('one' in term) {
    yield term.one;
    yield term.other;
    for (const one of simplerTerms(term.one)) yield { ...term, one };
    for (const other of simplerTerms(term.other)) yield { ...term, other };
  } else if (term.is !== 'number') yield { is: 'number', value: { is: 'const', value: 1 } };
}

function* smallerOperations(part: OperationPart): Iterable<OperationPart> {
  const { name, effects } = part;
  if (part.when !== undefined) yield { ...part, when: undefined };
  if (part.if !== undefined) yield { ...part, if: undefined };
  if (part.guard !== undefined) yield { ...part, guard: undefined };
  if (part.target !== undefined) yield { ...part, target: undefined };
  if (part.answers !== undefined) yield { ...part, answers: undefined };
  for (const left of without(effects)) yield { ...part, name, effects: left };
}

function* smallerConditions(condition: Condition): Iterable<Condition> {
  if (condition.looks.length > 1) for (const looks of without(condition.looks)) yield { ...condition, looks };
}

function* without<T>(all: readonly T[]): Iterable<readonly T[]> {
  for (const i of all.keys()) yield [...all.slice(0, i), ...all.slice(i + 1)];
}

function* changedAt<T>(all: readonly T[], changes: (one: T) => Iterable<T>): Iterable<readonly T[]> {
  for (const [i, one] of all.entries()) for (const changed of changes(one)) yield all.with(i, changed);
}

function* mapped<T, U>(all: Iterable<T>, map: (one: T) => U): Iterable<U> {
  for (const one of all) yield map(one);
}
