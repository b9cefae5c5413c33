/** A program as text that reads like the model it stands for. */
import type {
  Access,
  Condition,
  Expr,
  Look,
  OperationPart,
  Program,
  Stmt,
  Test,
  ThreadPart,
  Variable,
} from './program.js';

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
    ...program.functions.flatMap(({ name, body, answers }, i) =>
      uses('"func"')
        ? [
            `kfunc f${i} ${JSON.stringify(name)} (r0, r1) {`,
            ...body.flatMap(inner),
            `  return ${answers === 1 ? 'r0' : '[r0, r1]'};`,
            '}',
          ]
        : [],
    ),
    ...(program.symmetric ? [`// ${program.threads.length} threads, members of one scalarset, run this:`] : []),
    ...(program.symmetric ? program.threads.slice(0, 1) : program.threads).flatMap(threadText),
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

function threadText({ kind, repeat, body, context }: ThreadPart, i: number): string[] {
  const where = context === undefined ? '' : ` // cpu ${context.cpu}, ${context.context}`;
  return [`${kind} T${i}${repeat ? ', repeat' : ''} {${where}`, ...body.flatMap(inner), '}'];
}

function inner(stmt: Stmt): string[] {
  return stmtLines(stmt).map((line) => `  ${line}`);
}

function block(head: string, body: readonly Stmt[], otherwise: readonly Stmt[] = []): string[] {
  const rest = otherwise.length === 0 ? ['}'] : ['} else {', ...otherwise.flatMap(inner), '}'];
  return [`${head} {`, ...body.flatMap(inner), ...rest];
}

function stmtLines(stmt: Stmt): string[] {
  switch (stmt.s) {
    case 'if':
      return block(`if (${testText(stmt.test)})`, stmt.body, stmt.otherwise);
    case 'if me':
      return block('if (m === me)', stmt.body, stmt.otherwise);
    case 'loop':
      return block(`for (${stmt.times} times)`, stmt.body);
    case 'spin':
      return [
        ...block(`r${stmt.to} = spinUntil((${['r0', 'r1'].slice(0, stmt.args.length).join(', ')}) =>`, stmt.body).slice(
          0,
          -1,
        ),
        `  return ${testText(stmt.until)} ? r0 : false;`,
        `})(${stmt.args.map(exprText).join(', ')});`,
      ];
    case 'locked':
      return block(`with lock${stmt.lock} held for ${stmt.hold}`, stmt.body);
    case 'try':
      return block(`if (trylock(lock${stmt.lock} for ${stmt.hold}))`, stmt.body);
    case 'own':
      return block(`with lock${stmt.lock} taken by hand (${stmt.way})`, stmt.body);
    case 'atomic':
      return block(`with ${stmt.what} off`, stmt.body);
    case 'handler':
      return block('irqEnter ... irqExit', stmt.body);
    case 'rcu reader':
      return block('rcuReadLock ... rcuReadUnlock', stmt.body);
    case 'object lock':
      return block(`if (h${stmt.handle}) with h${stmt.handle}.lock held`, stmt.body);
    default:
      return [`${lineOf(stmt)};`];
  }
}

type Plain = Exclude<
  Stmt,
  {
    s:
      'if' | 'if me' | 'loop' | 'spin' | 'locked' | 'try' | 'own' | 'atomic' | 'handler' | 'rcu reader' | 'object lock';
  }
>;

function lineOf(stmt: Plain): string {
  switch (stmt.s) {
    case 'read':
      return `r${stmt.to} = ${accessText(stmt.how)}(v${stmt.variable})`;
    case 'write':
      return `${accessText(stmt.how)}(v${stmt.variable}, ${exprText(stmt.value)})`;
    case 'rmw':
      return `${stmt.to === undefined ? 'modify ' : `r${stmt.to} = rmw `}${stmt.kind} "${stmt.how.label}"(v${stmt.variable}, ${stmt.value})`;
    case 'cas':
      return `r${stmt.to} = cmpxchg(v${stmt.variable}, ${stmt.expected}, ${stmt.value})`;
    case 'wait':
      return `r${stmt.to} = waitFor(v${stmt.variable} ${stmt.differs ? '!==' : '==='} ${stmt.value})`;
    case 'choose':
      return `r${stmt.to} = choose(${stmt.ways})`;
    case 'call':
      return `r${stmt.to}.. = f${stmt.func}(${stmt.args.map(exprText).join(', ')})`;
    case 'op':
      return `r${stmt.to} = ${stmt.ops.length === 1 ? `op${stmt.ops[0]}` : `[${stmt.ops.map((op) => `op${op}`).join(', ')}][r${stmt.by} % ${stmt.ops.length}]`}(${exprText(stmt.arg)})`;
    case 'assert':
      return stmt.how === 'bug' ? `bugOn(!(${testText(stmt.test)}))` : `warnOn(!(${testText(stmt.test)}))`;
    case 'ghost':
      return `ghost[${stmt.ghost}] = ${exprText(stmt.value)}`;
    case 'take':
    case 'release':
      return `${stmt.s}(lock${stmt.lock} for ${stmt.hold})`;
    case 'steal':
      return `writeOnce(lock${stmt.lock}, 0)`;
    case 'peek':
      return `r${stmt.to} = readOnce(lock${stmt.lock}) !== 0`;
    case 'alloc':
      return `h${stmt.to} = kzalloc(${stmt.maySleep ? 'GFP_KERNEL' : 'GFP_ATOMIC'}${stmt.mayFail ? ', mayFail' : ''})`;
    case 'free':
      return `if (h${stmt.handle}) kfree(h${stmt.handle})`;
    case 'publish':
      return `slot[${stmt.slot}] = ${stmt.handle === 'null' ? 'NULL' : `h${stmt.handle}`}`;
    case 'follow':
      return `h${stmt.to} = ${stmt.how}(slot[${stmt.slot}])`;
    case 'get':
      return `if (h${stmt.handle}) r${stmt.to} = ${accessText(stmt.how)}(h${stmt.handle}.${stmt.field})`;
    case 'set':
      return `if (h${stmt.handle}) ${accessText(stmt.how)}(h${stmt.handle}.${stmt.field}, ${exprText(stmt.value)})`;
    case 'unchecked':
      return `r${stmt.to} = readOnce(h${stmt.handle}.a)`;
    case 'kref':
      return `if (h${stmt.handle}) kref ${stmt.what} h${stmt.handle}.kref`;
    case 'rcu':
      return stmt.what === 'synchronize' ? 'synchronizeRcu()' : 'rcuBarrier()';
    case 'call rcu':
      return `if (h${stmt.handle}) kfreeRcu(h${stmt.handle}.rcu)`;
    case 'wait event':
      return `waitEvent${stmt.exclusive ? 'Exclusive' : ''}(queue, ${stmt.on.is === 'var' ? `readOnce(v${stmt.on.variable})` : stmt.on.is === 'op' ? `op${stmt.on.op}(${exprText(stmt.on.arg)})` : `f${stmt.on.func}(${stmt.on.args.map(exprText).join(', ')})`})`;
    case 'wake':
      return stmt.all ? 'wakeUpAll(queue)' : 'wakeUp(queue)';
    case 'completion':
      return `${stmt.what}(done)`;
    case 'member':
      return stmt.what === 'choose'
        ? 'm = chooseMember()'
        : stmt.what === 'load'
          ? 'm = readOnce(token)'
          : 'm = cmpxchg(token, NONE, me)';
    case 'member store':
      return `writeOnce(token, ${stmt.value})`;
    case 'flag get':
      return `r${stmt.to} = readOnce(${stmt.per === 'member' ? 'flag' : 'mine'}[${stmt.whose}])`;
    case 'flag set':
      return `writeOnce(${stmt.per === 'member' ? 'flag' : 'mine'}[${stmt.whose}], ${stmt.value})`;
    default:
      return stmt.s;
  }
}

function accessText({ label, order }: Access): string {
  return label === 'READ_ONCE' || label === 'WRITE_ONCE' || label === order ? label : `${label}:${order}`;
}

function exprText(expr: Expr): string {
  return expr.is === 'const'
    ? String(expr.value)
    : expr.plus === 0
      ? `r${expr.reg}`
      : `(r${expr.reg} + ${expr.plus}) % 4`;
}

function testText({ reg, cmp, value }: Test): string {
  return `r${reg} ${cmp === 'eq' ? '===' : '!=='} ${value}`;
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
