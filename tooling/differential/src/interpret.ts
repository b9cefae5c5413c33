/**
 * What the code of a program does, by going through the program: for the reference, which the code that {@link compile} writes
 * is compared with. It tells where it stands, see position.ts.
 */
import {
  choose,
  chooseMember,
  cmpxchg,
  fence,
  kfunc,
  load,
  lockAcquire,
  lockRelease,
  modify,
  readOnce,
  rmw,
  spinUntil,
  store,
  waitFor,
  write,
  writeOnce,
  type AnyCell,
  type Cell,
  type Kfunc,
  type Kthread,
  type Request,
  type Slab,
  type Value,
} from '@shootdown/machine';
import {
  GFP_ATOMIC,
  GFP_KERNEL,
  bugOn,
  complete,
  completeAll,
  downRead,
  downReadTrylock,
  downWrite,
  downWriteTrylock,
  irqEnter,
  irqExit,
  kfree,
  kfreeAround,
  kfreeRcu,
  krefGet,
  krefGetUnlessZero,
  krefInit,
  krefPut,
  kzalloc,
  localIrqRestore,
  localIrqSave,
  mightSleep,
  mutexLock,
  mutexTrylock,
  mutexUnlock,
  preemptDisable,
  preemptEnable,
  rcuAssignPointer,
  rcuBarrier,
  rcuDereference,
  rcuReadLock,
  rcuReadUnlock,
  spinLock,
  spinTrylock,
  spinUnlock,
  synchronizeRcu,
  tryWaitForCompletion,
  upRead,
  upWrite,
  waitEvent,
  waitEventExclusive,
  waitForCompletion,
  waitForCompletionTimeout,
  wakeUp,
  wakeUpAll,
  warnOn,
  type Kref,
  type KrefRelease,
  type RwSemaphore,
} from '@shootdown/kernel/model';
import { tellPosition } from './position.js';
import { LONGEST_LIST, type Access, type Expr, type Stmt, type Term, type Test } from './program.js';
import { NO_MEMBER, readLock, readUnlock, type Code, type Item, type OwnRw, type World } from './world.js';

/** What happens after a statement: what follows it, or what it says. */
type Outcome = 'on' | 'return' | 'break' | 'continue';

/** What a call of a function of the machine has in common, helpers and closures included. */
class Call {
  /** Where in the program it stands, with the rounds of counted loops. */
  readonly path: string[] = [];
  /** Further values that decide how it goes on. */
  readonly values: (() => string)[] = [];
  readonly loops: string[] = [];
}

/** The variables of a function. */
class Env {
  readonly me: number;
  readonly call: Call;
  readonly r: number[];
  readonly h: (Item | null)[] = [null, null];
  readonly a: [number[], number[]] = [[], []];
  m = NO_MEMBER;
  /** Of the innermost counted loop. */
  count = 0;
  /** Whether there is a loop to leave. */
  inLoop = false;

  constructor(me: number, call: Call, a = 0, b = 0) {
    this.me = me;
    this.call = call;
    this.r = [a, b, 0, 0];
  }

  /** The same in every state in which the variables hold the same. */
  get text(): string {
    const { r, h, a, m, count } = this;
    return `${r.join()};${h.map((item) => item?.$address).join()};${a.join('/')}${a[0] === a[1] ? '=' : ''};${m};${count}`;
  }

  /** Tells that the function stands here. */
  tell(where = ''): void {
    const { path, values, loops } = this.call;
    tellPosition({
      text: `${path.join('.')}${where} ${values.map((value) => value()).join(' ')} ${this.text}`,
      loops: [...loops],
    });
  }
}

/** The code of a program, interpreted. */
export function interpretedCode(world: World): Code {
  const { threads } = world.program;
  const interpreter = new Interpreter(world);
  return { threads: threads.map(({ body }, i) => interpreter.threadFunction(i, body)) };
}

class Interpreter {
  readonly #world: World;
  readonly #functions: Kfunc<[me: number, a: number, b: number], Value>[];
  readonly #attempts = new Map<Stmt, Kfunc<[me: number, a: number, b: number], Value>>();
  readonly #releaseItem: KrefRelease;

  constructor(world: World) {
    this.#world = world;
    const { functions, threads } = world.program;
    this.#functions = functions.map(({ name, body, answers }) =>
      kfunc(
        name,
        this.#functionOf(body, ({ r }) => (answers === 1 ? r[0] : [r[0], r[1]])),
      ),
    );
    this.#releaseItem = kfunc('release_item', function* (kref: Kref) {
      yield* kfreeAround(kref);
    });
    for (const { body } of [...threads, ...functions]) this.#defineAttempts(body);
  }

  threadFunction(i: number, body: readonly Stmt[]): Kfunc<[me: number], void> {
    const exec = this.#exec.bind(this);
    return kfunc(`thread${i}`, function* (me: number) {
      yield* exec(body, new Env(me, new Call()));
    });
  }

  #functionOf(
    body: readonly Stmt[],
    answer: (env: Env) => Value,
  ): (me: number, a: number, b: number) => Kthread<Value> {
    const exec = this.#exec.bind(this);
    return function* (me, a, b) {
      const env = new Env(me, new Call(), a, b);
      yield* exec(body, env);
      return answer(env);
    };
  }

  /** A spin loop's attempt is a function of its own, defined once. */
  #defineAttempts(body: readonly Stmt[]): void {
    for (const stmt of body) {
      if (stmt.s === 'spin') {
        const answer = (env: Env): Value => (holds(stmt.until, env) ? env.r[0] : false);
        this.#attempts.set(stmt, kfunc('attempt', this.#functionOf(stmt.body, answer)));
      }
      if ('body' in stmt) this.#defineAttempts(stmt.body);
      if ('otherwise' in stmt) this.#defineAttempts(stmt.otherwise);
    }
  }

  /**
   * Runs statements.
   *
   * @param where - what tells this list of statements from others of the statement that it is a part of
   * @param value - decides, with the variables, what comes after them
   */
  *#exec(body: readonly Stmt[], env: Env, where = '', value?: () => string): Kthread<Outcome> {
    const { path, values } = env.call;
    if (value !== undefined) values.push(value);
    let outcome: Outcome = 'on';
    for (const [i, stmt] of body.entries()) {
      path.push(`${where}${i}`);
      env.tell();
      outcome = yield* this.#execOne(stmt, env);
      path.pop();
      if (outcome !== 'on') break;
    }
    if (value !== undefined) values.pop();
    return outcome;
  }

  *#execOne(stmt: Stmt, env: Env): Kthread<Outcome> {
    const { r, h } = env;
    switch (stmt.s) {
      case 'read':
        r[stmt.to] = Number(yield* reading(stmt.how, this.#world.variables[stmt.variable]));
        return 'on';
      case 'write':
        yield* writing(
          stmt.how,
          this.#world.variables[stmt.variable],
          this.#world.valueFor(stmt.variable, numberOf(stmt.value, env)),
        );
        return 'on';
      case 'rmw':
        yield* this.#rmw(stmt, r);
        return 'on';
      case 'cas': {
        const [expected, desired] = [stmt.expected, stmt.value].map((value) =>
          this.#world.valueFor(stmt.variable, value),
        );
        r[stmt.to] = Number(yield* cmpxchg(this.#world.variables[stmt.variable] as Cell<unknown>, expected, desired));
        return 'on';
      }
      case 'wait': {
        const wide = this.#world.program.variables[stmt.variable].type === 'u64';
        const operand = wide ? BigInt(stmt.value) : stmt.value;
        const condition = stmt.differs ? { differs: operand } : { equals: operand };
        r[stmt.to] = Number(yield* waitFor(this.#world.variables[stmt.variable] as Cell<unknown>, condition));
        return 'on';
      }
      case 'choose':
        r[stmt.to] = yield* choose(stmt.ways);
        return 'on';
      case 'if':
        return yield* this.#branch(stmt, holds(stmt.test, env), env);
      case 'set reg':
        r[stmt.to] = numberOf(stmt.value, env);
        return 'on';
      case 'loop':
      case 'retry':
      case 'break':
      case 'continue':
      case 'each':
        return yield* this.#execLoop(stmt, env);
      case 'terms':
        yield* this.#terms(stmt, env);
        return 'on';
      case 'list':
      case 'list get':
        execList(stmt, env);
        return 'on';
      case 'helper':
      case 'closure':
        yield* this.#execNested(stmt, env);
        return 'on';
      case 'hand':
        yield* this.#hand(stmt, env);
        return 'on';
      case 'spin': {
        const attempt = this.#attempts.get(stmt) as Kfunc<[me: number, a: number, b: number], Value>;
        const [a, b] = argsOf(stmt.args, env);
        r[stmt.to] = Number(yield* spinUntil(() => attempt(env.me, a, b)));
        return 'on';
      }
      case 'call':
        yield* this.#call(stmt, env);
        return 'on';
      case 'op': {
        const op = this.#world.operations[stmt.ops[r[stmt.by] % stmt.ops.length]];
        r[stmt.to] = yield* op(numberOf(stmt.arg, env));
        return 'on';
      }
      case 'assert':
        if (stmt.how === 'bug') bugOn(!holds(stmt.test, env), 'asserted');
        else yield* warnOn(!holds(stmt.test, env), 'asserted');
        return 'on';
      case 'fence':
        yield* fence('smp_mb');
        return 'on';
      case 'return':
        return 'return';
      case 'ghost':
        yield* write(this.#world.ghosts[stmt.ghost], numberOf(stmt.value, env));
        return 'on';
      case 'might sleep':
        yield* mightSleep();
        return 'on';
      case 'take':
      case 'release':
      case 'locked':
      case 'try':
      case 'own':
      case 'steal':
      case 'peek':
      case 'atomic':
      case 'handler':
        return yield* this.#execLock(stmt, env);
      case 'alloc':
      case 'free':
      case 'publish':
      case 'follow':
      case 'get':
      case 'set':
      case 'object lock':
      case 'unchecked':
      case 'kref':
        return yield* this.#execHeap(stmt, env);
      case 'member':
      case 'member store':
      case 'if me':
      case 'flag get':
      case 'flag set':
        return yield* this.#execMember(stmt, env);
      case 'rcu reader': {
        yield* rcuReadLock();
        const outcome = yield* this.#exec(stmt.body, env);
        yield* rcuReadUnlock();
        return outcome;
      }
      case 'rcu':
        yield* stmt.what === 'synchronize' ? synchronizeRcu() : rcuBarrier();
        return 'on';
      case 'call rcu': {
        const item = h[stmt.handle];
        if (item !== null) yield* kfreeRcu(item.rcu);
        return 'on';
      }
      case 'wait event': {
        const condition = this.#conditionToWaitFor(stmt.on, env);
        yield* stmt.exclusive
          ? waitEventExclusive(this.#world.queue, condition)
          : waitEvent(this.#world.queue, condition);
        return 'on';
      }
      case 'wake':
        yield* stmt.all ? wakeUpAll(this.#world.queue) : wakeUp(this.#world.queue);
        return 'on';
      case 'completion':
        yield* this.#completion(stmt.what);
        return 'on';
    }
  }

  *#branch(
    { body, otherwise }: { readonly body: readonly Stmt[]; readonly otherwise: readonly Stmt[] },
    isMet: boolean,
    env: Env,
  ): Kthread<Outcome> {
    return yield* this.#exec(isMet ? body : otherwise, env, isMet ? 'then' : 'else');
  }

  *#execLoop(stmt: Stmt & { s: 'loop' | 'retry' | 'each' | 'break' | 'continue' }, env: Env): Kthread<Outcome> {
    if (stmt.s === 'break' || stmt.s === 'continue') return env.inLoop ? stmt.s : 'on';
    const { inLoop } = env;
    env.inLoop = true;
    let outcome: Outcome;
    if (stmt.s === 'retry') outcome = yield* this.#retry(stmt, env);
    else outcome = yield* stmt.s === 'loop' ? this.#counted(stmt, env) : this.#each(stmt, env);
    env.inLoop = inLoop;
    return outcome === 'return' ? 'return' : 'on';
  }

  *#counted({ times, body }: Stmt & { s: 'loop' }, env: Env): Kthread<Outcome> {
    const outer = env.count;
    let outcome: Outcome = 'on';
    for (let i = 0; i < times && !leaves(outcome); i++) {
      env.count = i;
      outcome = yield* this.#exec(body, env, `round${i}:`, () => String(outer));
    }
    env.count = outer;
    return outcome;
  }

  *#each({ list, to, body }: Stmt & { s: 'each' }, env: Env): Kthread<Outcome> {
    const { a } = env;
    const items = a[list];
    const text = (): string => `${items.join()}${a.map((one) => (one === items ? '=' : '!')).join('')}`;
    let outcome: Outcome = 'on';
    for (let i = 0; i < items.length && !leaves(outcome); i++) {
      env.r[to] = items[i];
      outcome = yield* this.#exec(body, env, `item${i}:`, text);
    }
    return outcome;
  }

  *#retry({ form, until, body }: Stmt & { s: 'retry' }, env: Env): Kthread<Outcome> {
    const { loops, path } = env.call;
    loops.push(path.join('.'));
    let outcome: Outcome = 'on';
    while (form !== 'while' || !holds(until, env)) {
      outcome = yield* this.#exec(body, env, 'again');
      if (leaves(outcome)) break;
      const isAsked = form === 'do' || (form === 'for' && outcome === 'on');
      if (isAsked && holds(until, env)) break;
    }
    loops.pop();
    env.tell(`after ${outcome}`);
    return outcome;
  }

  *#terms({ use, terms, to, variable }: Stmt & { s: 'terms' }, env: Env): Kthread<void> {
    const { r, a } = env;
    const values: number[] = [];
    for (const term of terms) values.push(yield* this.#term(term, env));
    const [x, y = 0, z = 0] = values;
    if (use === 'sum') r[to] = (x + 2 * y + 3 * z) & 3;
    else if (use === 'list') a[to & 1] = values.map((value) => value & 3);
    else if (use === 'arguments') {
      const read = Number(yield* readOnce(this.#world.variables[variable] as Cell<unknown>));
      yield* fence('smp_rmb');
      r[to] = (x + 2 * y + 3 * z + read) & 3;
    } else [r[to], r[(to + 1) & 3]] = [x & 3, y & 3];
  }

  *#term(term: Term, env: Env): Kthread<number> {
    const cell = 'variable' in term ? (this.#world.variables[term.variable] as Cell<unknown>) : undefined;
    switch (term.is) {
      case 'number':
        return numberOf(term.value, env);
      case 'read':
        return Number(yield* reading(term.how, cell as Cell<unknown>));
      case 'xchg': {
        const value = this.#world.valueFor(term.variable, term.value);
        return Number(yield* rmw('xchg', 'xchg', 'full', cell as Cell<unknown>, value));
      }
      case 'choose':
        return yield* choose(term.ways);
      case 'assign':
        return (env.r[term.to] = (yield* this.#term(term.term, env)) & 3);
      case 'either':
        return yield* this.#term(holds(term.test, env) ? term.one : term.other, env);
      default: {
        const one = yield* this.#term(term.one, env);
        return (one === 0) === (term.is === 'or') ? yield* this.#term(term.other, env) : one;
      }
    }
  }

  *#execNested(stmt: Stmt & { s: 'helper' | 'closure' }, env: Env): Kthread<void> {
    if (stmt.s === 'closure') {
      const { inLoop } = env;
      env.inLoop = false;
      yield* this.#exec(stmt.body, env, 'closure');
      env.inLoop = inLoop;
      return;
    }
    const [a, b] = argsOf(stmt.args, env);
    const inner = new Env(env.me, env.call, a, b);
    yield* this.#exec(stmt.body, inner, 'helper', () => env.text);
    env.r[stmt.to] = inner.r[0];
  }

  /** What a helper does with a function that it is given. */
  *#hand({ what, variable, how, list, value, to }: Stmt & { s: 'hand' }, env: Env): Kthread<void> {
    const cell = this.#world.variables[variable];
    const wanted = numberOf(value, env);
    const store = (plus: number): Request<void> =>
      writing(how, cell, this.#world.valueFor(variable, (wanted + plus) & 3));
    if (what === 'read twice') {
      const one = Number(yield* reading(how, cell));
      env.r[to] = (one + 2 * Number(yield* reading(how, cell))) & 3;
    } else if (what !== 'read until')
      for (const x of what === 'write each' ? env.a[list] : [0, 1]) {
        yield* fence('smp_wmb');
        yield* store(x);
      }
    else {
      const { loops, path } = env.call;
      loops.push(path.join('.'));
      let got: number;
      do {
        env.tell('until');
        got = Number(yield* reading(how, cell));
      } while (got === wanted);
      loops.pop();
      env.r[to] = got;
      env.tell('after');
    }
  }

  *#rmw({ variable, kind, how, value, to }: Stmt & { s: 'rmw' }, r: number[]): Kthread<void> {
    const cell = this.#world.variables[variable] as Cell<unknown>;
    const operand = this.#world.valueFor(variable, value);
    if (to === undefined) yield* modify(kind, how.label, how.order, cell, operand);
    else r[to] = Number(yield* rmw(kind, how.label, how.order, cell, operand)) & 3;
  }

  *#call({ func, args, to }: Stmt & { s: 'call' }, env: Env): Kthread<void> {
    const [a, b] = argsOf(args, env);
    const result = yield* this.#functions[func](env.me, a, b);
    if (Array.isArray(result)) [env.r[to], env.r[(to + 1) & 3]] = result as number[];
    else env.r[to] = Number(result);
  }

  #conditionToWaitFor(on: (Stmt & { s: 'wait event' })['on'], env: Env): () => Request<unknown> {
    if (on.is === 'var') return () => readOnce(this.#world.variables[on.variable] as Cell<unknown>);
    if (on.is === 'op') return () => this.#world.operations[on.op](numberOf(on.arg, env));
    const [a, b] = argsOf(on.args, env);
    return () => this.#functions[on.func](env.me, a, b);
  }

  *#completion(what: (Stmt & { s: 'completion' })['what']): Kthread<void> {
    const done = this.#world.done;
    if (what === 'wait') yield* waitForCompletion(done);
    else if (what === 'timeout') yield* waitForCompletionTimeout(done);
    else if (what === 'try') yield* tryWaitForCompletion(done);
    else yield* what === 'complete' ? complete(done) : completeAll(done);
  }

  *#execLock(
    stmt: Stmt & { s: 'take' | 'release' | 'locked' | 'try' | 'own' | 'steal' | 'peek' | 'atomic' | 'handler' },
    env: Env,
  ): Kthread<Outcome> {
    switch (stmt.s) {
      case 'take':
        yield* this.#take(stmt.lock, stmt.hold);
        return 'on';
      case 'release':
        yield* this.#release(stmt.lock, stmt.hold);
        return 'on';
      case 'locked': {
        yield* this.#take(stmt.lock, stmt.hold);
        const outcome = yield* this.#exec(stmt.body, env);
        yield* this.#release(stmt.lock, stmt.hold);
        return outcome;
      }
      case 'try': {
        if (!(yield* this.#tryTake(stmt.lock, stmt.hold))) return 'on';
        const outcome = yield* this.#exec(stmt.body, env);
        yield* this.#release(stmt.lock, stmt.hold);
        return outcome;
      }
      case 'own': {
        const word = this.#world.holder(stmt.lock);
        if (!(yield* takeByHand(word, stmt.way, env.me + 1))) return 'on';
        const outcome = yield* this.#exec(stmt.body, env);
        yield* writeOnce(word, 0);
        return outcome;
      }
      case 'steal':
        yield* writeOnce(this.#world.holder(stmt.lock), 0);
        return 'on';
      case 'peek':
        env.r[stmt.to] = Number((yield* readOnce(this.#world.holder(stmt.lock))) !== 0);
        return 'on';
      case 'handler': {
        yield* irqEnter();
        const outcome = yield* this.#exec(stmt.body, env);
        yield* irqExit();
        return outcome;
      }
      case 'atomic': {
        const flags = stmt.what === 'irq' ? yield* localIrqSave() : undefined;
        if (flags === undefined) yield* preemptDisable();
        const outcome = yield* this.#exec(stmt.body, env, '', () => String(flags));
        yield* flags === undefined ? preemptEnable() : localIrqRestore(flags);
        return outcome;
      }
    }
  }

  *#take(lock: number, hold: 'read' | 'write'): Kthread<void> {
    const { kind } = this.#world.program.locks[lock];
    const view = this.#world.locks[lock];
    if (kind === 'rwsem') yield* hold === 'read' ? downRead(view as RwSemaphore) : downWrite(view as RwSemaphore);
    else if (kind === 'own-rw' || kind === 'own-rw-hasty') yield* takeOwnRw(view as OwnRw, kind, hold);
    else if (kind === 'mutex') yield* mutexLock(view as Cell<number>);
    else if (kind === 'spin') yield* spinLock(view as Cell<number>);
    else yield* lockAcquire(this.#world.holder(lock), kind === 'count' ? 'count_lock' : 'own_lock');
  }

  *#release(lock: number, hold: 'read' | 'write'): Kthread<void> {
    const { kind } = this.#world.program.locks[lock];
    const view = this.#world.locks[lock];
    if (kind === 'rwsem') yield* hold === 'read' ? upRead(view as RwSemaphore) : upWrite(view as RwSemaphore);
    else if (kind.startsWith('own-rw') && hold === 'read') yield* readUnlock(view as OwnRw);
    else if (kind === 'mutex') yield* mutexUnlock(view as Cell<number>);
    else if (kind === 'spin') yield* spinUnlock(view as Cell<number>);
    else yield* lockRelease(this.#world.holder(lock), kind === 'count' ? 'count_unlock' : 'own_unlock');
  }

  *#tryTake(lock: number, hold: 'read' | 'write'): Kthread<boolean> {
    const { kind } = this.#world.program.locks[lock];
    const view = this.#world.locks[lock];
    if (kind === 'rwsem')
      return yield* hold === 'read' ? downReadTrylock(view as RwSemaphore) : downWriteTrylock(view as RwSemaphore);
    if (kind === 'mutex') return yield* mutexTrylock(view as Cell<number>);
    if (kind === 'spin') return yield* spinTrylock(view as Cell<number>);
    yield* this.#take(lock, hold);
    return true;
  }

  *#execHeap(
    stmt: Stmt & { s: 'alloc' | 'free' | 'publish' | 'follow' | 'get' | 'set' | 'object lock' | 'unchecked' | 'kref' },
    env: Env,
  ): Kthread<Outcome> {
    const { r, h } = env;
    switch (stmt.s) {
      case 'alloc': {
        const gfp = stmt.maySleep ? GFP_KERNEL : GFP_ATOMIC;
        const slab = this.#world.slab as Slab;
        h[stmt.to] = (yield* kzalloc(slab, gfp, { mayFail: stmt.mayFail })) as Item | null;
        return 'on';
      }
      case 'follow':
        h[stmt.to] = yield* following(stmt.how, this.#world.slots[stmt.slot]);
        return 'on';
      case 'publish':
        yield* rcuAssignPointer(this.#world.slots[stmt.slot], stmt.handle === 'null' ? null : h[stmt.handle]);
        return 'on';
      case 'unchecked':
        r[stmt.to] = yield* readOnce((h[stmt.handle] as Item).a);
        return 'on';
      default: {
        const item = h[stmt.handle];
        return item === null ? 'on' : yield* this.#execItem(stmt, env, item);
      }
    }
  }

  *#execItem(
    stmt: Stmt & { s: 'free' | 'get' | 'set' | 'object lock' | 'kref' },
    env: Env,
    item: Item,
  ): Kthread<Outcome> {
    if (stmt.s === 'free') yield* kfree(item);
    else if (stmt.s === 'get') env.r[stmt.to] = Number(yield* reading(stmt.how, item[stmt.field]));
    else if (stmt.s === 'set') yield* writing(stmt.how, item[stmt.field], numberOf(stmt.value, env));
    else if (stmt.s === 'object lock') {
      yield* spinLock(item.lock);
      const outcome = yield* this.#exec(stmt.body, env, '', () => String(item.$address));
      yield* spinUnlock(item.lock);
      return outcome;
    } else if (stmt.what === 'init') yield* krefInit(item.kref);
    else if (stmt.what === 'get') yield* krefGet(item.kref);
    else if (stmt.what === 'put') yield* krefPut(item.kref, this.#releaseItem);
    else if (!(yield* krefGetUnlessZero(item.kref))) env.h[stmt.handle] = null;
    return 'on';
  }

  *#execMember(
    stmt: Stmt & { s: 'member' | 'member store' | 'if me' | 'flag get' | 'flag set' },
    env: Env,
  ): Kthread<Outcome> {
    if (stmt.s === 'member') {
      if (stmt.what === 'choose') env.m = yield* chooseMember(this.#world.members);
      else if (stmt.what === 'load') env.m = yield* readOnce(this.#world.token);
      else env.m = yield* cmpxchg(this.#world.token, NO_MEMBER, env.me);
      return 'on';
    }
    if (stmt.s === 'member store') {
      const value = stmt.value === 'none' ? NO_MEMBER : stmt.value === 'me' ? env.me : env.m;
      yield* writeOnce(this.#world.token, value);
      return 'on';
    }
    if (stmt.s === 'if me') return yield* this.#branch(stmt, env.m === env.me, env);
    const whose = stmt.whose === 'me' ? env.me : env.m;
    if (whose === NO_MEMBER) return 'on';
    const flag = (stmt.per === 'member' ? this.#world.flags : this.#world.perThread)[whose];
    if (stmt.s === 'flag get') env.r[stmt.to] = yield* readOnce(flag);
    else yield* writeOnce(flag, stmt.value);
    return 'on';
  }
}

function numberOf(expr: Expr, { r, count }: Env): number {
  if (expr.is === 'const') return expr.value;
  return ((expr.is === 'reg' ? r[expr.reg] : count) + expr.plus) & 3;
}

function argsOf(args: readonly Expr[], env: Env): readonly [number, number] {
  const of = (i: number): number => (args.length > i ? numberOf(args[i], env) : 0);
  return [of(0), of(1)];
}

function leaves(outcome: Outcome): boolean {
  return outcome === 'break' || outcome === 'return';
}

function execList(stmt: Stmt & { s: 'list' | 'list get' }, env: Env): void {
  const { r, a } = env;
  const list = a[stmt.list];
  const at = list.length === 0 ? 0 : numberOf(stmt.at, env) % list.length;
  if (stmt.s === 'list get') {
    if (stmt.what === 'at') r[stmt.to] = list[at] ?? 0;
    else if (stmt.what === 'length') r[stmt.to] = list.length;
    else if (stmt.what === 'sum') r[stmt.to] = list.reduce((sum, x) => sum + x, 0) & 3;
    else r[stmt.to] = list.pop() ?? 0;
    return;
  }
  const value = numberOf(stmt.value, env);
  if (stmt.what === 'make') a[stmt.list] = [value, numberOf(stmt.at, env)];
  else if (stmt.what === 'alias') a[stmt.list] = a[1 - stmt.list];
  else if (stmt.what === 'push' && list.length < LONGEST_LIST) list.push(value);
  else if (stmt.what === 'set' && list.length > 0) list[at] = value;
}

function holds({ reg, cmp, value }: Test, { r }: Env): boolean {
  return (r[reg] === value) === (cmp === 'eq');
}

function reading({ label, order }: Access, cell: AnyCell): Request<unknown> {
  return load(label, order, cell as Cell<unknown>);
}

function writing({ label, order }: Access, cell: AnyCell, value: unknown): Request<void> {
  return store(label, order, cell as Cell<unknown>, value);
}

function following(how: 'READ_ONCE' | 'xchg NULL' | 'rcu', slot: Cell<Item | null>): Request<Item | null> {
  if (how === 'rcu') return rcuDereference(slot);
  return how === 'READ_ONCE' ? readOnce(slot) : rmw('xchg', 'xchg', 'full', slot, null);
}

const tryWord = kfunc('try_word', function* (word: Cell<number>, me: number) {
  return (yield* cmpxchg(word, 0, me)) === 0;
});

/** Takes a lock by hand, in a way that is right or not; answers whether the caller thinks that it has it. */
function* takeByHand(word: Cell<number>, way: string, me: number): Kthread<boolean> {
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
}

function* takeOwnRw(rw: OwnRw, kind: string, hold: 'read' | 'write'): Kthread<void> {
  if (hold === 'read') {
    yield* readLock(rw);
    return;
  }
  yield* lockAcquire(rw.holder, 'own_write_lock');
  if (kind === 'own-rw') yield* waitFor(rw.readers, { equals: 0 });
}
