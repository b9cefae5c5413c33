/** A program as text that reads like the model it stands for. */
import { compile } from './compile.js';
import type { Condition, Look, OperationPart, Program, ThreadPart, Variable } from './program.js';

/** The text of a program, without what it does not use. */
export function print(program: Program): string {
  const bodies = [...program.threads, ...program.functions];
  const code = JSON.stringify([bodies, program.operations, program.invariants, program.finals, program.within]);
  const uses = (what: string): boolean => code.includes(what);
  const usedIf = (pattern: RegExp): boolean => pattern.test(code);
  const lines = [
    ...program.locks.map(
      (lock, i) => `const lock${i} = ${lock.kind};${usedIf(used('lock|guard', i)) ? '' : ' // not taken'}`,
    ),
    ...program.variables.flatMap((variable, i) =>
      usedIf(used('variable|other|of|answers|target', i)) ? [variableText(variable, i)] : [],
    ),
    ...(uses('"handle"')
      ? [
          `slab item { lock, a: u8, b: u8.guardedBy('lock'), kref, rcu }, ${program.objects} objects${program.outlives ? ', outlives' : ''}`,
        ]
      : []),
    ...(program.published ? ['init: slot[0] = kzalloc(), with one reference'] : []),
    ...program.operations.flatMap((part, i) => (uses('"op"') ? [operationText(part, i)] : [])),
    compile(program),
    ...(program.symmetric ? [`// ${program.threads.length} threads run thread0, members of one scalarset`] : []),
    ...(program.symmetric ? [] : program.threads).flatMap(threadText),
    ...(program.rcu ? ['device rcuCallbacks()'] : []),
    ...program.invariants.map((condition, i) => `invariant-${i}: ${conditionText(condition)}`),
    ...(program.oneFlag ? ['one-flag: at most one flag is not 0'] : []),
    ...program.finals.map((condition, i) => `final-${i}: ${conditionText(condition)}`),
    ...(program.within === undefined ? [] : [`within: ${conditionText(program.within)}`]),
  ];
  return lines.join('\n');
}

function used(names: string, i: number): RegExp {
  return new RegExp(`"(?:${names})":${i}\\b`);
}

function variableText({ type, init, guard, field }: Variable, i: number): string {
  const guarded =
    guard === undefined ? '' : `.${guard.writesOnly ? 'writesGuardedBy' : 'guardedBy'}(lock${guard.lock})`;
  const where = field === undefined ? '' : ` // s.${field}, beside lock0`;
  return `let v${i}: ${type}${guarded} = ${init};${where}`;
}

function operationText(
  { name, when, if: condition, effects, answers, target, guard }: OperationPart,
  i: number,
): string {
  const parts = [
    ...(when === undefined ? [] : [`when: ${conditionText(when)}`]),
    ...(guard === undefined ? [] : [`guard: lock${guard}`]),
    ...(target === undefined ? [] : [`target: v${target}`]),
    `run: ${condition === undefined ? '' : `if (${conditionText(condition)}) `}{ ${effects
      .map(({ variable, to }) => `v${variable} = ${to.is === 'copy' ? `v${to.of}` : to.value}`)
      .join('; ')} }`,
    `answers ${answers === undefined ? 'whether it ran' : `the old v${answers}`}`,
  ];
  return `operation op${i} ${JSON.stringify(name)} (arg) { ${parts.join(', ')} }`;
}

function threadText({ kind, repeat, context }: ThreadPart, i: number): string[] {
  const where = context === undefined ? [] : [`cpu ${context.cpu}, ${context.context}`];
  const what = [...(kind === 'kernel' ? [] : [kind]), ...(repeat ? ['repeats'] : []), ...where];
  return what.length === 0 ? [] : [`// T${i}: ${what.join(', ')}`];
}

function conditionText({ of, looks }: Condition): string {
  const text = looks.map(lookText).join(of === 'any' ? ' || ' : ' && ');
  return of === 'not all' ? `!(${text})` : text;
}

function lookText(look: Look): string {
  if (look.is === 'same') return `v${look.variable} === v${look.other}`;
  if (look.is === 'free') return `lock${look.lock} is free`;
  return `v${look.variable} ${look.cmp === 'eq' ? '===' : '!=='} ${look.value}`;
}
