/**
 * The code of a program as a person would write it: generator functions with plain variables, loops and branches. What it names
 * and does not define is what {@link namesOf} gives.
 */
import { LONGEST_LIST, type Access, type Expr, type Program, type Stmt, type Term, type Test } from './program.js';

/** Helper generators of every program. */
const HELPERS: Readonly<Record<string, string>> = {
  readTwice: `function* readTwice(make) {
  const one = Number(yield* make());
  return (one + 2 * Number(yield* make())) & 3;
}`,
  writeTwice: `function* writeTwice(make) {
  for (let i = 0; i < 2; i++) {
    yield* fence('smp_wmb');
    yield* make(i);
  }
}`,
  writeEach: `function* writeEach(all, make) {
  for (const x of all) {
    yield* fence('smp_wmb');
    yield* make(x);
  }
}`,
  readUntil: `function* readUntil(make, accepts) {
  for (;;) {
    const got = Number(yield* make());
    if (accepts(got)) return got;
  }
}`,
  readAndAdd: `function* readAndAdd(cell, x, y = 0, z = 0) {
  const first = yield* readOnce(cell);
  yield* fence('smp_rmb');
  return (x + 2 * y + 3 * z + Number(first)) & 3;
}`,
  tryWord: `const tryWord = kfunc('try_word', function* (word, me) {
  return (yield* cmpxchg(word, 0, me)) === 0;
});`,
  takeByHand: `function* takeByHand(word, way, me) {
  switch (way) {
    case 'cmpxchg':
      return (yield* cmpxchg(word, 0, me)) === 0;
    case 'spin':
      yield* spinUntil(() => tryWord(word, me));
      return true;
    case 'look':
      if ((yield* readOnce(word)) !== 0) return false;
      yield* writeOnce(word, me);
      return true;
    case 'xchg':
      return (yield* rmw('xchg', 'xchg', 'full', word, me)) === 0;
    default:
      yield* waitFor(word, { equals: 0 });
      yield* writeOnce(word, me);
      return true;
  }
}`,
  releaseItem: `const releaseItem = kfunc('release_item', function* (kref) {
  yield* kfreeAround(kref);
});`,
};

/** The functions of a program, each with what it uses, and `return` of the threads at the end. */
export function compile(program: Program): string {
  return new Compiler(program).text();
}

/** Where a statement stands. */
interface Place {
  /** What leaves the function. */
  readonly answer: string;
  /** Statements to be put before a return, the innermost last: they let go what was taken. */
  readonly cleanups: readonly string[];
  /** The loop to leave, and how many of the cleanups are outside of it. */
  readonly loop?: { readonly label: string; readonly cleanups: number; readonly before: string } | undefined;
  /** Whether a `break` would leave a switch. */
  readonly inSwitch: boolean;
  /** Of the innermost counted loop. */
  readonly counter: string;
}

type Lines = readonly string[];

class Compiler {
  readonly #program: Program;
  /** Attempts of spin loops and helpers of one place. */
  readonly #functions: string[] = [];
  #count = 0;

  constructor(program: Program) {
    this.#program = program;
  }

  text(): string {
    const { functions, threads, symmetric } = this.#program;
    const own = [
      ...functions.map(({ name, body, answers }, i) =>
        this.#kfunc(`f${i}`, name, body, answers === 1 ? 'return r0;' : 'return [r0, r1];', ['r0', 'r1']),
      ),
      ...(symmetric ? threads.slice(0, 1) : threads).map(({ body }, i) =>
        this.#kfunc(`thread${i}`, `thread${i}`, body, 'return;', []),
      ),
    ];
    const all = [...this.#functions, ...own].join('\n');
    const helpers = Object.keys(HELPERS).filter(
      (name) => isNamed(name, all) || (name === 'tryWord' && isNamed('takeByHand', all)),
    );
    const names = (symmetric ? threads.slice(0, 1) : threads).map((_, i) => `thread${i}`);
    return [...helpers.map((name) => HELPERS[name]), all, `return { threads: [${names.join(', ')}] };`].join('\n');
  }

  #kfunc(name: string, kname: string, body: readonly Stmt[], answer: string, parameters: Lines): string {
    return `const ${name} = kfunc(${JSON.stringify(kname)}, ${this.#function('', body, answer, parameters)});`;
  }

  /** A generator function with the variables that it uses. */
  #function(name: string, body: readonly Stmt[], answer: string, parameters: Lines): string {
    const place = { answer, cleanups: [], loop: undefined, inSwitch: false, counter: '0' };
    const lines = this.#body(body, place);
    const text = [...lines, answer].join('\n');
    const declared = Object.entries(VARIABLES).filter(
      ([variable]) => isNamed(variable, text) && !parameters.includes(variable),
    );
    const variables = declared.map(([variable, initial]) => `${variable} = ${initial}`).join(', ');
    return [
      `function* ${name}(${['me', ...parameters].join(', ')}) {`,
      ...(declared.length === 0 ? [] : [`  let ${variables};`]),
      ...indented(lines),
      ...(answer === 'return;' ? [] : [`  ${answer}`]),
      '}',
    ].join('\n');
  }

  #body(body: readonly Stmt[], place: Place): Lines {
    return body.flatMap((stmt) => this.#stmt(stmt, place));
  }

  #stmt(stmt: Stmt, place: Place): Lines {
    const number = (expr: Expr): string => numberText(expr, place);
    switch (stmt.s) {
      case 'read':
        return [`r${stmt.to} = Number(yield* ${this.#read(stmt.variable, stmt.how)});`];
      case 'write':
        return [`yield* ${this.#write(stmt.variable, stmt.how, number(stmt.value))};`];
      case 'rmw':
        return [this.#rmw(stmt)];
      case 'cas': {
        const [expected, desired] = [stmt.expected, stmt.value].map((value) =>
          this.#value(stmt.variable, String(value)),
        );
        return [`r${stmt.to} = Number(yield* cmpxchg(v${stmt.variable}, ${expected}, ${desired}));`];
      }
      case 'wait': {
        const operand = this.#program.variables[stmt.variable].type === 'u64' ? `${stmt.value}n` : String(stmt.value);
        return [
          `r${stmt.to} = Number(yield* waitFor(v${stmt.variable}, { ${stmt.differs ? 'differs' : 'equals'}: ${operand} }));`,
        ];
      }
      case 'choose':
        return [`r${stmt.to} = yield* choose(${stmt.ways});`];
      case 'set reg':
        return [`r${stmt.to} = ${number(stmt.value)};`];
      case 'if':
        return this.#branch(stmt, testText(stmt.test), place, stmt.form === 'switch');
      case 'if me':
        return this.#branch(stmt, 'm === me', place, false);
      case 'loop':
      case 'retry':
      case 'each':
        return this.#loop(stmt, place);
      case 'break':
      case 'continue':
        return leaving(stmt.s, place);
      case 'return':
        return [...place.cleanups.toReversed(), place.answer];
      case 'terms':
        return [this.#terms(stmt, place)];
      case 'list':
      case 'list get':
        return [listText(stmt, number)];
      case 'helper': {
        const name = `helper${this.#count++}`;
        this.#functions.push(this.#function(name, stmt.body, 'return r0;', ['r0', 'r1']));
        return [`r${stmt.to} = yield* ${name}(me, ${argsText(stmt.args, place)});`];
      }
      case 'closure': {
        const inner = { ...place, answer: 'return;', cleanups: [], loop: undefined, inSwitch: false };
        return ['yield* (function* () {', ...indented(this.#body(stmt.body, inner)), '})();'];
      }
      case 'hand':
        return [this.#hand(stmt, number)];
      case 'spin': {
        const name = `attempt${this.#count++}`;
        const answer = `return ${testText(stmt.until)} ? r0 : false;`;
        this.#functions.push(this.#kfunc(name, 'attempt', stmt.body, answer, ['r0', 'r1']));
        return [`r${stmt.to} = Number(yield* spinUntil(() => ${name}(me, ${argsText(stmt.args, place)})));`];
      }
      case 'call': {
        const call = `yield* f${stmt.func}(me, ${argsText(stmt.args, place)})`;
        const isOne = this.#program.functions[stmt.func].answers === 1;
        return [isOne ? `r${stmt.to} = Number(${call});` : `[r${stmt.to}, r${(stmt.to + 1) & 3}] = ${call};`];
      }
      case 'op': {
        const { ops, by } = stmt;
        const op =
          ops.length === 1 ? `op${ops[0]}` : `[${ops.map((i) => `op${i}`).join(', ')}][r${by} % ${ops.length}]`;
        return [`r${stmt.to} = yield* ${op}(${number(stmt.arg)});`];
      }
      case 'assert':
        return [`${stmt.how === 'bug' ? 'bugOn' : 'yield* warnOn'}(!(${testText(stmt.test)}), 'asserted');`];
      case 'fence':
        return ["yield* fence('smp_mb');"];
      case 'ghost':
        return [`yield* write(ghost${stmt.ghost}, ${number(stmt.value)});`];
      case 'might sleep':
        return ['yield* mightSleep();'];
      case 'take':
      case 'release':
      case 'locked':
      case 'try':
      case 'own':
      case 'steal':
      case 'peek':
      case 'atomic':
      case 'handler':
      case 'rcu reader':
      case 'object lock':
        return this.#lock(stmt, place);
      case 'alloc':
      case 'free':
      case 'publish':
      case 'follow':
      case 'get':
      case 'set':
      case 'unchecked':
      case 'kref':
      case 'call rcu':
        return [heapText(stmt, number)];
      case 'rcu':
        return [`yield* ${stmt.what === 'synchronize' ? 'synchronizeRcu' : 'rcuBarrier'}();`];
      case 'wait event':
        return [`yield* waitEvent${stmt.exclusive ? 'Exclusive' : ''}(queue, () => ${this.#waitOn(stmt.on, place)});`];
      case 'wake':
        return [`yield* ${stmt.all ? 'wakeUpAll' : 'wakeUp'}(queue);`];
      case 'completion':
        return [`yield* ${COMPLETION[stmt.what]}(done);`];
      case 'member':
      case 'member store':
      case 'flag get':
      case 'flag set':
        return [memberText(stmt)];
    }
  }

  #read(variable: number, { label, order }: Access): string {
    return `load(${JSON.stringify(label)}, ${JSON.stringify(order)}, v${variable})`;
  }

  #write(variable: number, { label, order }: Access, value: string): string {
    return `store(${JSON.stringify(label)}, ${JSON.stringify(order)}, v${variable}, ${this.#value(variable, value)})`;
  }

  /** A number as the variable holds it. */
  #value(variable: number, number: string): string {
    const { type } = this.#program.variables[variable];
    if (type === 'bool') return `(${number} & 1) === 1`;
    return type === 'u64' ? `BigInt(${number})` : number;
  }

  #rmw({ variable, kind, how, value, to }: Stmt & { s: 'rmw' }): string {
    const args = `'${kind}', ${JSON.stringify(how.label)}, '${how.order}', v${variable}, ${this.#value(variable, String(value))}`;
    return to === undefined ? `yield* modify(${args});` : `r${to} = Number(yield* rmw(${args})) & 3;`;
  }

  #waitOn(on: (Stmt & { s: 'wait event' })['on'], place: Place): string {
    if (on.is === 'var') return `readOnce(v${on.variable})`;
    if (on.is === 'op') return `op${on.op}(${numberText(on.arg, place)})`;
    return `f${on.func}(me, ${argsText(on.args, place)})`;
  }

  #branch(
    { body, otherwise }: { readonly body: readonly Stmt[]; readonly otherwise: readonly Stmt[] },
    test: string,
    place: Place,
    isSwitch: boolean,
  ): Lines {
    if (!isSwitch) {
      const rest = otherwise.length === 0 ? ['}'] : ['} else {', ...indented(this.#body(otherwise, place)), '}'];
      return [`if (${test}) {`, ...indented(this.#body(body, place)), ...rest];
    }
    const inside = { ...place, inSwitch: true };
    const [yes, no] = [body, otherwise].map((one) => indented(indented(this.#body(one, inside))));
    const rest = otherwise.length === 0 ? [] : ['  default:', ...no];
    return [`switch (${test}) {`, '  case true:', ...yes, '    break;', ...rest, '}'];
  }

  #loop(stmt: Stmt & { s: 'loop' | 'retry' | 'each' }, place: Place): Lines {
    const id = this.#count++;
    const isStepped = stmt.s === 'loop' && stmt.form === 'while';
    const inside: Place = {
      ...place,
      loop: { label: `loop${id}`, cleanups: place.cleanups.length, before: isStepped ? `i${id}++;` : '' },
      inSwitch: false,
      counter: stmt.s === 'loop' ? `i${id}` : place.counter,
    };
    const body = indented(this.#body(stmt.body, inside));
    const [first, ...rest] = loopText(stmt, body, id);
    if (!isNamed(`loop${id}`, body.join('\n'))) return [first, ...rest];
    // The label goes before the loop itself, which may have a declaration before it.
    const at = [first, ...rest].findIndex((line) => /^(?:for|while|do)\b/.test(line));
    return [first, ...rest].map((line, i) => (i === at ? `loop${id}: ${line}` : line));
  }

  #terms({ use, terms, to, variable }: Stmt & { s: 'terms' }, place: Place): string {
    const texts = terms.map((term) => this.#term(term, place));
    // A third one is computed, and goes nowhere.
    const [x, y = '0', ...more] = texts.map((text) => `${text} & 3`);
    const next = (to + 1) & 3;
    switch (use) {
      case 'sum':
        return `r${to} = (${texts.map((text, i) => (i === 0 ? text : `${i + 1} * ${text}`)).join(' + ')}) & 3;`;
      case 'list':
        return `a${to & 1} = [${texts.map((text) => `${text} & 3`).join(', ')}];`;
      case 'array pattern':
        return `[r${to}, r${next}] = [${[x, y, ...more].join(', ')}];`;
      case 'object pattern':
        return `({ x: r${to}, y: r${next} } = { x: ${x}, y: ${y}${more.map((z) => `, z: ${z}`).join('')} });`;
      case 'arguments':
        return `r${to} = yield* readAndAdd(v${variable}, ${texts.join(', ')});`;
    }
  }

  /** A term, in brackets where it needs them. */
  #term(term: Term, place: Place): string {
    switch (term.is) {
      case 'number':
        return numberText(term.value, place);
      case 'read':
        return `Number(yield* ${this.#read(term.variable, term.how)})`;
      case 'xchg':
        return `Number(yield* rmw('xchg', 'xchg', 'full', v${term.variable}, ${this.#value(term.variable, String(term.value))}))`;
      case 'choose':
        return `(yield* choose(${term.ways}))`;
      case 'assign':
        return `(r${term.to} = ${this.#term(term.term, place)} & 3)`;
      case 'either':
        return `(${testText(term.test)} ? ${this.#term(term.one, place)} : ${this.#term(term.other, place)})`;
      default:
        return `(${this.#term(term.one, place)} ${term.is === 'and' ? '&&' : '||'} ${this.#term(term.other, place)})`;
    }
  }

  #hand({ what, variable, how, list, value, to }: Stmt & { s: 'hand' }, number: (expr: Expr) => string): string {
    const wanted = number(value);
    const read = `() => ${this.#read(variable, how)}`;
    const write = (plus: string): string => `(${plus}) => ${this.#write(variable, how, `((${wanted} + ${plus}) & 3)`)}`;
    switch (what) {
      case 'read twice':
        return `r${to} = yield* readTwice(${read});`;
      case 'write twice':
        return `yield* writeTwice(${write('i')});`;
      case 'write each':
        return `yield* writeEach(a${list}, ${write('x')});`;
      case 'read until':
        return `r${to} = yield* readUntil(${read}, (got) => got !== ${wanted});`;
    }
  }

  #lock(
    stmt: Stmt & {
      s:
        | 'take'
        | 'release'
        | 'locked'
        | 'try'
        | 'own'
        | 'steal'
        | 'peek'
        | 'atomic'
        | 'handler'
        | 'rcu reader'
        | 'object lock';
    },
    place: Place,
  ): Lines {
    const within = (before: string, body: readonly Stmt[], after: string): Lines => [
      ...(before === '' ? [] : [before]),
      ...this.#body(body, { ...place, cleanups: [...place.cleanups, after] }),
      after,
    ];
    switch (stmt.s) {
      case 'take':
        return [this.#take(stmt.lock, stmt.hold)];
      case 'release':
        return [this.#release(stmt.lock, stmt.hold)];
      case 'locked':
        return within(this.#take(stmt.lock, stmt.hold), stmt.body, this.#release(stmt.lock, stmt.hold));
      case 'try':
        return this.#trying(stmt, within('', stmt.body, this.#release(stmt.lock, stmt.hold)));
      case 'own': {
        const lines = within('', stmt.body, `yield* writeOnce(holder${stmt.lock}, 0);`);
        return [`if (yield* takeByHand(holder${stmt.lock}, '${stmt.way}', me + 1)) {`, ...indented(lines), '}'];
      }
      case 'steal':
        return [`yield* writeOnce(holder${stmt.lock}, 0);`];
      case 'peek':
        return [`r${stmt.to} = Number((yield* readOnce(holder${stmt.lock})) !== 0);`];
      case 'handler':
        return within('yield* irqEnter();', stmt.body, 'yield* irqExit();');
      case 'rcu reader':
        return within('yield* rcuReadLock();', stmt.body, 'yield* rcuReadUnlock();');
      case 'atomic': {
        if (stmt.what === 'preempt') return within('yield* preemptDisable();', stmt.body, 'yield* preemptEnable();');
        const flags = `flags${this.#count++}`;
        return within(`const ${flags} = yield* localIrqSave();`, stmt.body, `yield* localIrqRestore(${flags});`);
      }
      case 'object lock': {
        const item = `item${this.#count++}`;
        const lines = within(`yield* spinLock(${item}.lock);`, stmt.body, `yield* spinUnlock(${item}.lock);`);
        return [`if (h${stmt.handle} !== null) {`, `  const ${item} = h${stmt.handle};`, ...indented(lines), '}'];
      }
    }
  }

  #take(lock: number, hold: string): string {
    const { kind } = this.#program.locks[lock];
    if (kind === 'rwsem') return `yield* ${hold === 'read' ? 'downRead' : 'downWrite'}(lock${lock});`;
    if (kind.startsWith('own-rw')) {
      if (hold === 'read') return `yield* readLock(lock${lock});`;
      const waits = kind === 'own-rw' ? ` yield* waitFor(lock${lock}.readers, { equals: 0 });` : '';
      return `yield* lockAcquire(lock${lock}.holder, 'own_write_lock');${waits}`;
    }
    if (kind === 'mutex' || kind === 'spin') return `yield* ${kind}Lock(lock${lock});`;
    return `yield* lockAcquire(holder${lock}, '${kind === 'count' ? 'count_lock' : 'own_lock'}');`;
  }

  #release(lock: number, hold: string): string {
    const { kind } = this.#program.locks[lock];
    if (kind === 'rwsem') return `yield* ${hold === 'read' ? 'upRead' : 'upWrite'}(lock${lock});`;
    if (kind.startsWith('own-rw') && hold === 'read') return `yield* readUnlock(lock${lock});`;
    if (kind === 'mutex' || kind === 'spin') return `yield* ${kind}Unlock(lock${lock});`;
    return `yield* lockRelease(holder${lock}, '${kind === 'count' ? 'count_unlock' : 'own_unlock'}');`;
  }

  #trying({ lock, hold }: Stmt & { s: 'try' }, body: Lines): Lines {
    const { kind } = this.#program.locks[lock];
    const names = {
      rwsem: hold === 'read' ? 'downReadTrylock' : 'downWriteTrylock',
      mutex: 'mutexTrylock',
      spin: 'spinTrylock',
    };
    const name = kind === 'rwsem' || kind === 'mutex' || kind === 'spin' ? names[kind] : undefined;
    // A lock that has no such function is just taken.
    if (name === undefined) return [this.#take(lock, hold), ...body];
    return [`if (yield* ${name}(lock${lock})) {`, ...indented(body), '}'];
  }
}

const VARIABLES: Readonly<Record<string, string>> = {
  r0: '0',
  r1: '0',
  r2: '0',
  r3: '0',
  h0: 'null',
  h1: 'null',
  a0: '[]',
  a1: '[]',
  m: 'NO_MEMBER',
};

const COMPLETION = {
  wait: 'waitForCompletion',
  timeout: 'waitForCompletionTimeout',
  try: 'tryWaitForCompletion',
  complete: 'complete',
  'complete all': 'completeAll',
} as const;

function isNamed(name: string, text: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text);
}

function indented(lines: Lines): Lines {
  return lines.flatMap((line) => line.split('\n')).map((line) => `  ${line}`);
}

function numberText(expr: Expr, { counter }: Place): string {
  if (expr.is === 'const') return String(expr.value);
  return `((${expr.is === 'reg' ? `r${expr.reg}` : counter} + ${expr.plus}) & 3)`;
}

function argsText(args: readonly Expr[], place: Place): string {
  return [0, 1].map((i) => (args.length > i ? numberText(args[i], place) : '0')).join(', ');
}

function testText({ reg, cmp, value }: Test): string {
  return `r${reg} ${cmp === 'eq' ? '===' : '!=='} ${value}`;
}

function leaving(word: 'break' | 'continue', { loop, cleanups, inSwitch }: Place): Lines {
  if (loop === undefined) return [];
  const before = word === 'continue' && loop.before !== '' ? [loop.before] : [];
  return [...cleanups.slice(loop.cleanups).toReversed(), ...before, inSwitch ? `${word} ${loop.label};` : `${word};`];
}

function loopText(stmt: Stmt & { s: 'loop' | 'retry' | 'each' }, body: Lines, id: number): string[] {
  const i = `i${id}`;
  if (stmt.s === 'each') return [`for (const x${id} of a${stmt.list}) {`, `  r${stmt.to} = x${id};`, ...body, '}'];
  if (stmt.s === 'retry') {
    const until = testText(stmt.until);
    if (stmt.form === 'while') return [`while (!(${until})) {`, ...body, '}'];
    if (stmt.form === 'do') return ['do {', ...body, `} while (!(${until}));`];
    return ['for (;;) {', ...body, `  if (${until}) break;`, '}'];
  }
  if (stmt.form === 'while') return [`let ${i} = 0;`, `while (${i} < ${stmt.times}) {`, ...body, `  ${i}++;`, '}'];
  if (stmt.form === 'do') return [`let ${i} = 0;`, 'do {', ...body, `} while (++${i} < ${stmt.times});`];
  return [`for (let ${i} = 0; ${i} < ${stmt.times}; ${i}++) {`, ...body, '}'];
}

function listText(stmt: Stmt & { s: 'list' | 'list get' }, number: (expr: Expr) => string): string {
  const a = `a${stmt.list}`;
  const at = `${number(stmt.at)} % ${a}.length`;
  if (stmt.s === 'list get') {
    const answer = {
      at: `${a}[${at}] ?? 0`,
      length: `${a}.length`,
      sum: `${a}.reduce((sum, x) => sum + x, 0) & 3`,
      pop: `${a}.pop() ?? 0`,
    };
    return `r${stmt.to} = ${answer[stmt.what]};`;
  }
  const value = number(stmt.value);
  return {
    make: `${a} = [${value}, ${number(stmt.at)}];`,
    push: `if (${a}.length < ${LONGEST_LIST}) ${a}.push(${value});`,
    set: `if (${a}.length > 0) ${a}[${at}] = ${value};`,
    alias: `${a} = a${1 - stmt.list};`,
  }[stmt.what];
}

function heapText(
  stmt: Stmt & { s: 'alloc' | 'free' | 'publish' | 'follow' | 'get' | 'set' | 'unchecked' | 'kref' | 'call rcu' },
  number: (expr: Expr) => string,
): string {
  const access = ({ label, order }: Access): string => `${JSON.stringify(label)}, ${JSON.stringify(order)}`;
  switch (stmt.s) {
    case 'alloc':
      return `h${stmt.to} = yield* kzalloc(slab, ${stmt.maySleep ? 'GFP_KERNEL' : 'GFP_ATOMIC'}, { mayFail: ${stmt.mayFail} });`;
    case 'publish':
      return `yield* rcuAssignPointer(slot${stmt.slot}, ${stmt.handle === 'null' ? 'null' : `h${stmt.handle}`});`;
    case 'follow': {
      const slot = `slot${stmt.slot}`;
      if (stmt.how === 'xchg NULL') return `h${stmt.to} = yield* rmw('xchg', 'xchg', 'full', ${slot}, null);`;
      return `h${stmt.to} = yield* ${stmt.how === 'rcu' ? 'rcuDereference' : 'readOnce'}(${slot});`;
    }
    case 'unchecked':
      return `r${stmt.to} = yield* readOnce(h${stmt.handle}.a);`;
    default: {
      const h = `h${stmt.handle}`;
      const isThere = `if (${h} !== null)`;
      if (stmt.s === 'free') return `${isThere} yield* kfree(${h});`;
      if (stmt.s === 'call rcu') return `${isThere} yield* kfreeRcu(${h}.rcu);`;
      if (stmt.s === 'get')
        return `${isThere} r${stmt.to} = Number(yield* load(${access(stmt.how)}, ${h}.${stmt.field}));`;
      if (stmt.s === 'set')
        return `${isThere} yield* store(${access(stmt.how)}, ${h}.${stmt.field}, ${number(stmt.value)});`;
      if (stmt.what === 'init') return `${isThere} yield* krefInit(${h}.kref);`;
      if (stmt.what === 'get') return `${isThere} yield* krefGet(${h}.kref);`;
      if (stmt.what === 'put') return `${isThere} yield* krefPut(${h}.kref, releaseItem);`;
      return `if (${h} !== null && !(yield* krefGetUnlessZero(${h}.kref))) ${h} = null;`;
    }
  }
}

function memberText(stmt: Stmt & { s: 'member' | 'member store' | 'flag get' | 'flag set' }): string {
  switch (stmt.s) {
    case 'member':
      if (stmt.what === 'choose') return 'm = yield* chooseMember(members);';
      return stmt.what === 'load' ? 'm = yield* readOnce(token);' : 'm = yield* cmpxchg(token, NO_MEMBER, me);';
    case 'member store':
      return `yield* writeOnce(token, ${stmt.value === 'none' ? 'NO_MEMBER' : stmt.value});`;
    default: {
      const flags = stmt.per === 'member' ? 'flag' : 'mine';
      const flag = `${flags}[${stmt.whose}]`;
      const isOne = stmt.whose === 'me' ? '' : 'if (m !== NO_MEMBER) ';
      if (stmt.s === 'flag get') return `${isOne}r${stmt.to} = yield* readOnce(${flag});`;
      return `${isOne}yield* writeOnce(${flag}, ${stmt.value});`;
    }
  }
}
