/** Makes a model of a program. */
import {
  Layout,
  bool,
  choose,
  chooseMember,
  cmpxchg,
  defineOperation,
  fence,
  i32,
  kfunc,
  load,
  lockAcquire,
  lockRelease,
  modify,
  numberingKfuncs,
  ownerWord,
  ptr,
  readOnce,
  rmw,
  spinLockWord,
  spinUntil,
  store,
  struct,
  threadBits,
  u16,
  u32,
  u64,
  u8,
  waitFor,
  write,
  writeOnce,
  type AnyCell,
  type Cell,
  type FieldType,
  type Invariant,
  type Kfunc,
  type Kthread,
  type Memory,
  type MemoryReader,
  type Request,
  type ScalarType,
  type Slab,
  type System,
  type Thread,
  type Value,
  type ViewOf,
} from '@shootdown/machine';
import {
  Completion,
  GFP_ATOMIC,
  GFP_KERNEL,
  Kref,
  RcuHead,
  RwSemaphore,
  WaitQueueHead,
  bugOn,
  complete,
  completeAll,
  declareThreads,
  defineRcu,
  downRead,
  downReadTrylock,
  downWrite,
  downWriteTrylock,
  irqEnter,
  irqExit,
  kfree,
  kfreeRcu,
  kfreeAround,
  krefGet,
  krefGetUnlessZero,
  krefInit,
  krefPut,
  kzalloc,
  localIrqRestore,
  localIrqSave,
  mightSleep,
  mutexLock,
  mutexT,
  mutexTrylock,
  mutexUnlock,
  preemptDisable,
  preemptEnable,
  rcuAssignPointer,
  rcuBarrier,
  rcuCallbacks,
  rcuDereference,
  rcuReadLock,
  rcuReadUnlock,
  setKzalloc,
  spinLock,
  spinTrylock,
  spinUnlock,
  spinlockT,
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
  type KrefRelease,
} from '@shootdown/kernel/model';
import type { Access, Condition, Expr, LockPart, Look, Program, Stmt, Test, ThreadPart, Variable } from './program.js';

const TYPES = { u8, u16, u32, i32, u64, bool } as const;
/** What the token holds where it names no member. */
const NO_MEMBER = 255;

const Item = struct('item', {
  lock: spinlockT,
  a: u8,
  b: u8.guardedBy('lock'),
  kref: Kref,
  rcu: RcuHead,
});
type Item = ViewOf<typeof Item>;
const itemPointer = ptr(() => Item);
const OwnRw = struct('own_rw', { holder: spinLockWord, readers: threadBits });
const Counted = struct('counted', { lock: spinLockWord, readers: u8 });

/** The registers of one call. */
interface Env {
  readonly me: number;
  readonly r: number[];
  readonly h: (Item | null)[];
  m: number;
}

type LockView = Cell<number> | RwSemaphore | ViewOf<typeof OwnRw> | ViewOf<typeof Counted>;

/** Makes the model; the same program makes the same one in every process. */
export function buildSystem(program: Program): System {
  return numberingKfuncs(() => new Builder(program).system());
}

class Builder {
  readonly #program: Program;
  readonly #layout = new Layout();
  readonly #variables: AnyCell[] = [];
  readonly #ghosts: readonly Cell<number>[];
  readonly #locks: LockView[] = [];
  readonly #slab: Slab | undefined;
  readonly #slots: readonly Cell<Item | null>[];
  readonly #queue: ViewOf<typeof WaitQueueHead>;
  readonly #done: ViewOf<typeof Completion>;
  readonly #members: ScalarType<number>;
  readonly #token: Cell<number>;
  readonly #flags: readonly Cell<number>[];
  readonly #perThread: readonly Cell<number>[];
  readonly #operations: ((arg: number) => Request<number>)[];
  readonly #functions: Kfunc<[me: number, a: number, b: number], Value>[];
  readonly #attempts = new Map<Stmt, Kfunc<[me: number, a: number, b: number], Value>>();
  readonly #releaseItem: KrefRelease;

  constructor(program: Program) {
    this.#program = program;
    const layout = this.#layout;
    const { threads } = program;
    if (threads.some(({ context }) => context !== undefined)) declareThreads(layout, this.#contexts());
    if (program.rcu) defineRcu(layout, threads.length + 1);
    this.#placeLocksAndVariables();
    this.#ghosts = layout.array('ghost', u8.ghost(), program.ghosts);
    this.#slab = program.objects === 0 ? undefined : layout.slab('item', Item, program.objects);
    if (this.#slab !== undefined) this.#slab.outlives = program.outlives;
    this.#slots = layout.array('slot', itemPointer, 2);
    this.#queue = layout.one('queue', WaitQueueHead);
    this.#done = layout.one('done', Completion);
    const names = threads.map((_, i) => i);
    this.#members = program.symmetric ? u8.memberOf('members', names) : u8;
    this.#token = layout.one('token', this.#members);
    this.#flags = layout.array('flag', u8, threads.length);
    this.#perThread = layout.perThread('mine', u8, threads.length);
    this.#operations = program.operations.map((part) => this.#operation(part));
    this.#functions = program.functions.map(({ name, body, answers }) =>
      kfunc(
        name,
        this.#functionOf(body, (env) => (answers === 1 ? env.r[0] : [env.r[0], env.r[1]])),
      ),
    );
    this.#releaseItem = kfunc('release_item', function* (kref: Kref) {
      yield* kfreeAround(kref);
    });
    for (const { body } of [...program.threads, ...program.functions]) this.#defineAttempts(body);
  }

  system(): System {
    const { threads, symmetric, rcu } = this.#program;
    const bodies = threads.map((thread) => thread.body);
    const shared = symmetric ? this.#threadFunction(0, bodies[0]) : undefined;
    const running: Thread[] = threads.map((thread, i) => {
      const run = shared ?? this.#threadFunction(i, bodies[i]);
      return { name: `T${i}`, ...kindOf(thread), run: () => run(i) };
    });
    if (rcu) running.push(rcuCallbacks());
    const members = threads.map((_, i) => i);
    return {
      layout: this.#layout,
      threads: running,
      init: (memory) => this.#init(memory),
      invariants: this.#invariants(),
      finals: named('final', this.#program.finals, this.#conditionOf),
      ...this.#within(),
      ...(symmetric
        ? { symmetries: [{ name: 'members', size: threads.length, threads: [members], objects: [this.#flags] }] }
        : {}),
    };
  }

  #contexts(): { cpu: number; context: 'task' | 'softirq' | 'hardirq' | 'atomic' }[] {
    const declared = this.#program.threads.map(({ context }, i) => context ?? { cpu: i, context: 'task' as const });
    return this.#program.rcu ? [...declared, { cpu: declared.length, context: 'softirq' }] : declared;
  }

  #placeLocksAndVariables(): void {
    const { locks, variables } = this.#program;
    const inStruct = variables.filter(({ field }) => field !== undefined);
    const fields: Record<string, FieldType> = {};
    locks.forEach((lock, i) => {
      if (i === 0 && inStruct.length > 0) fields.lock = lockType(lock);
      else this.#locks[i] = this.#layout.one(`lock${i}`, lockType(lock)) as LockView;
    });
    const isInStruct = locks.length > 0 && inStruct.length > 0;
    const lockName = (i: number): string => (i === 0 && isInStruct ? 's' : `lock${i}`);
    const typed = variables.map((variable) => typeOf(variable, lockName));
    variables.forEach(({ field }, i) => {
      if (field !== undefined) fields[field] = typed[i];
    });
    const s = inStruct.length > 0 ? (this.#layout.one('s', struct('s', fields)) as Record<string, unknown>) : {};
    if (isInStruct) this.#locks[0] = s.lock as LockView;
    variables.forEach(({ field }, i) => {
      this.#variables[i] = field === undefined ? this.#layout.one(`v${i}`, typed[i]) : (s[field] as AnyCell);
    });
  }

  #init(memory: Memory): void {
    const { variables, published } = this.#program;
    variables.forEach((variable, i) => memory.set(this.#variables[i], valueOf(variable, variable.init)));
    memory.set(this.#token, NO_MEMBER);
    if (!published || this.#slab === undefined) return;
    const item = setKzalloc(memory, this.#slab) as unknown as Item;
    memory.set(item.kref.refcount, 1);
    memory.set(this.#slots[0], item);
  }

  #invariants(): Record<string, Invariant> {
    const invariants = named('invariant', this.#program.invariants, this.#conditionOf);
    if (this.#program.oneFlag)
      invariants['one-flag'] = (memory) => this.#flags.filter((flag) => memory.get(flag) !== 0).length <= 1;
    return invariants;
  }

  #within(): Pick<System, 'within'> {
    const { within } = this.#program;
    return within === undefined ? {} : { within: this.#conditionOf(within) };
  }

  readonly #conditionOf = (condition: Condition): ((memory: MemoryReader) => boolean) => {
    return (memory) => this.#meets(memory, condition, 0);
  };

  #meets(memory: MemoryReader, { of, looks }: Condition, arg: number): boolean {
    if (of === 'any') return looks.some((look) => this.#sees(memory, look, arg));
    return looks.every((look) => this.#sees(memory, look, arg)) === (of === 'all');
  }

  #sees(memory: MemoryReader, look: Look, arg: number): boolean {
    const get = (variable: number): number => Number(memory.get(this.#variables[variable] as Cell<unknown>));
    if (look.is === 'same') return get(look.variable) === get(look.other);
    if (look.is === 'free') return memory.get(this.#holder(look.lock)) === 0;
    return (get(look.variable) === (look.value === 'arg' ? arg : look.value)) === (look.cmp === 'eq');
  }

  #operation(part: Program['operations'][number]): (arg: number) => Request<number> {
    const { name, when, if: condition, effects, answers, target, guard } = part;
    const set = (memory: Memory, variable: number, value: number): void => {
      memory.set(this.#variables[variable], valueOf(this.#program.variables[variable], value));
    };
    return defineOperation({
      name,
      ...(when === undefined ? {} : { when: (memory: Memory, arg: number) => this.#meets(memory, when, arg) }),
      ...(target === undefined ? {} : { target: () => this.#variables[target] }),
      ...(guard === undefined ? {} : { guard: () => this.#holder(guard) }),
      run: (memory: Memory, arg: number): number => {
        const old = answers === undefined ? 0 : Number(memory.get(this.#variables[answers] as Cell<unknown>));
        const happens = condition === undefined || this.#meets(memory, condition, arg);
        for (const { variable, to } of happens ? effects : []) {
          if (to.is === 'copy') set(memory, variable, Number(memory.get(this.#variables[to.of] as Cell<unknown>)));
          else set(memory, variable, to.value === 'arg' ? arg : to.value);
        }
        return answers === undefined ? Number(happens) : old;
      },
    });
  }

  /** The word of a lock that says who holds it. */
  #holder(lock: number): Cell<number> {
    const view = this.#locks[lock];
    if ('holder' in view) return view.holder;
    return 'lock' in view ? view.lock : view;
  }

  #threadFunction(i: number, body: readonly Stmt[]): Kfunc<[me: number], void> {
    const exec = this.#exec.bind(this);
    return kfunc(`thread${i}`, function* (me: number) {
      yield* exec(body, { me, r: [0, 0, 0, 0], h: [null, null], m: NO_MEMBER });
    });
  }

  #functionOf(
    body: readonly Stmt[],
    answer: (env: Env) => Value,
  ): (me: number, a: number, b: number) => Kthread<Value> {
    const exec = this.#exec.bind(this);
    return function* (me, a, b) {
      const env: Env = { me, r: [a, b, 0, 0], h: [null, null], m: NO_MEMBER };
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

  /** Runs statements; answers whether the function returns. */
  *#exec(body: readonly Stmt[], env: Env): Kthread<boolean> {
    for (const stmt of body) if (yield* this.#execOne(stmt, env)) return true;
    return false;
  }

  *#execOne(stmt: Stmt, env: Env): Kthread<boolean> {
    const { r, h } = env;
    switch (stmt.s) {
      case 'read':
        r[stmt.to] = Number(yield* reading(stmt.how, this.#variables[stmt.variable]));
        return false;
      case 'write':
        yield* writing(
          stmt.how,
          this.#variables[stmt.variable],
          this.#valueFor(stmt.variable, numberOf(stmt.value, env)),
        );
        return false;
      case 'rmw':
        yield* this.#rmw(stmt, r);
        return false;
      case 'cas': {
        const [expected, desired] = [stmt.expected, stmt.value].map((value) => this.#valueFor(stmt.variable, value));
        r[stmt.to] = Number(yield* cmpxchg(this.#variables[stmt.variable] as Cell<unknown>, expected, desired));
        return false;
      }
      case 'wait': {
        const wide = this.#program.variables[stmt.variable].type === 'u64';
        const operand = wide ? BigInt(stmt.value) : stmt.value;
        const condition = stmt.differs ? { differs: operand } : { equals: operand };
        r[stmt.to] = Number(yield* waitFor(this.#variables[stmt.variable] as Cell<unknown>, condition));
        return false;
      }
      case 'choose':
        r[stmt.to] = yield* choose(stmt.ways);
        return false;
      case 'if':
        return yield* this.#exec(holds(stmt.test, env) ? stmt.body : stmt.otherwise, env);
      case 'loop':
        for (let i = 0; i < stmt.times; i++) if (yield* this.#exec(stmt.body, env)) return true;
        return false;
      case 'spin': {
        const attempt = this.#attempts.get(stmt) as Kfunc<[me: number, a: number, b: number], Value>;
        const [a, b] = [0, 1].map((i) => (stmt.args[i] === undefined ? 0 : numberOf(stmt.args[i], env)));
        r[stmt.to] = Number(yield* spinUntil(() => attempt(env.me, a, b)));
        return false;
      }
      case 'call':
        yield* this.#call(stmt, env);
        return false;
      case 'op': {
        const op = this.#operations[stmt.ops[r[stmt.by] % stmt.ops.length]];
        r[stmt.to] = yield* op(numberOf(stmt.arg, env));
        return false;
      }
      case 'assert':
        if (stmt.how === 'bug') bugOn(!holds(stmt.test, env), 'asserted');
        else yield* warnOn(!holds(stmt.test, env), 'asserted');
        return false;
      case 'fence':
        yield* fence('smp_mb');
        return false;
      case 'return':
        return true;
      case 'ghost':
        yield* write(this.#ghosts[stmt.ghost], numberOf(stmt.value, env));
        return false;
      case 'might sleep':
        yield* mightSleep();
        return false;
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
        const returns = yield* this.#exec(stmt.body, env);
        yield* rcuReadUnlock();
        return returns;
      }
      case 'rcu':
        yield* stmt.what === 'synchronize' ? synchronizeRcu() : rcuBarrier();
        return false;
      case 'call rcu': {
        const item = h[stmt.handle];
        if (item !== null) yield* kfreeRcu(item.rcu);
        return false;
      }
      case 'wait event': {
        const condition = this.#conditionToWaitFor(stmt.on, env);
        yield* stmt.exclusive ? waitEventExclusive(this.#queue, condition) : waitEvent(this.#queue, condition);
        return false;
      }
      case 'wake':
        yield* stmt.all ? wakeUpAll(this.#queue) : wakeUp(this.#queue);
        return false;
      case 'completion':
        yield* this.#completion(stmt.what);
        return false;
    }
  }

  #valueFor(variable: number, value: number): unknown {
    return valueOf(this.#program.variables[variable], value);
  }

  *#rmw({ variable, kind, how, value, to }: Stmt & { s: 'rmw' }, r: number[]): Kthread<void> {
    const cell = this.#variables[variable] as Cell<unknown>;
    const operand = this.#valueFor(variable, value);
    if (to === undefined) yield* modify(kind, how.label, how.order, cell, operand);
    else r[to] = Number(yield* rmw(kind, how.label, how.order, cell, operand)) & 3;
  }

  *#call({ func, args, to }: Stmt & { s: 'call' }, env: Env): Kthread<void> {
    const [a, b] = [0, 1].map((i) => (args[i] === undefined ? 0 : numberOf(args[i], env)));
    const result = yield* this.#functions[func](env.me, a, b);
    if (Array.isArray(result)) [env.r[to], env.r[(to + 1) & 3]] = result as number[];
    else env.r[to] = Number(result);
  }

  #conditionToWaitFor(on: (Stmt & { s: 'wait event' })['on'], env: Env): () => Request<unknown> {
    if (on.is === 'var') return () => readOnce(this.#variables[on.variable] as Cell<unknown>);
    if (on.is === 'op') return () => this.#operations[on.op](numberOf(on.arg, env));
    const [a, b] = [0, 1].map((i) => (on.args[i] === undefined ? 0 : numberOf(on.args[i], env)));
    return () => this.#functions[on.func](env.me, a, b);
  }

  *#completion(what: (Stmt & { s: 'completion' })['what']): Kthread<void> {
    const done = this.#done;
    if (what === 'wait') yield* waitForCompletion(done);
    else if (what === 'timeout') yield* waitForCompletionTimeout(done);
    else if (what === 'try') yield* tryWaitForCompletion(done);
    else yield* what === 'complete' ? complete(done) : completeAll(done);
  }

  *#execLock(
    stmt: Stmt & { s: 'take' | 'release' | 'locked' | 'try' | 'own' | 'steal' | 'peek' | 'atomic' | 'handler' },
    env: Env,
  ): Kthread<boolean> {
    switch (stmt.s) {
      case 'take':
        yield* this.#take(stmt.lock, stmt.hold);
        return false;
      case 'release':
        yield* this.#release(stmt.lock, stmt.hold);
        return false;
      case 'locked': {
        yield* this.#take(stmt.lock, stmt.hold);
        const returns = yield* this.#exec(stmt.body, env);
        yield* this.#release(stmt.lock, stmt.hold);
        return returns;
      }
      case 'try': {
        if (!(yield* this.#tryTake(stmt.lock, stmt.hold))) return false;
        const returns = yield* this.#exec(stmt.body, env);
        yield* this.#release(stmt.lock, stmt.hold);
        return returns;
      }
      case 'own': {
        const word = this.#holder(stmt.lock);
        if (!(yield* takeByHand(word, stmt.way, env.me + 1))) return false;
        const returns = yield* this.#exec(stmt.body, env);
        yield* writeOnce(word, 0);
        return returns;
      }
      case 'steal':
        yield* writeOnce(this.#holder(stmt.lock), 0);
        return false;
      case 'peek':
        env.r[stmt.to] = Number((yield* readOnce(this.#holder(stmt.lock))) !== 0);
        return false;
      case 'handler': {
        yield* irqEnter();
        const returns = yield* this.#exec(stmt.body, env);
        yield* irqExit();
        return returns;
      }
      case 'atomic': {
        const flags = stmt.what === 'irq' ? yield* localIrqSave() : undefined;
        if (flags === undefined) yield* preemptDisable();
        const returns = yield* this.#exec(stmt.body, env);
        yield* flags === undefined ? preemptEnable() : localIrqRestore(flags);
        return returns;
      }
    }
  }

  *#take(lock: number, hold: 'read' | 'write'): Kthread<void> {
    const { kind } = this.#program.locks[lock];
    const view = this.#locks[lock];
    if (kind === 'rwsem') yield* hold === 'read' ? downRead(view as RwSemaphore) : downWrite(view as RwSemaphore);
    else if (kind === 'own-rw' || kind === 'own-rw-hasty') yield* takeOwnRw(view as ViewOf<typeof OwnRw>, kind, hold);
    else if (kind === 'mutex') yield* mutexLock(view as Cell<number>);
    else if (kind === 'spin') yield* spinLock(view as Cell<number>);
    else yield* lockAcquire(this.#holder(lock), kind === 'count' ? 'count_lock' : 'own_lock');
  }

  *#release(lock: number, hold: 'read' | 'write'): Kthread<void> {
    const { kind } = this.#program.locks[lock];
    const view = this.#locks[lock];
    if (kind === 'rwsem') yield* hold === 'read' ? upRead(view as RwSemaphore) : upWrite(view as RwSemaphore);
    else if (kind.startsWith('own-rw') && hold === 'read') yield* readUnlock(view as ViewOf<typeof OwnRw>);
    else if (kind === 'mutex') yield* mutexUnlock(view as Cell<number>);
    else if (kind === 'spin') yield* spinUnlock(view as Cell<number>);
    else yield* lockRelease(this.#holder(lock), kind === 'count' ? 'count_unlock' : 'own_unlock');
  }

  *#tryTake(lock: number, hold: 'read' | 'write'): Kthread<boolean> {
    const { kind } = this.#program.locks[lock];
    const view = this.#locks[lock];
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
  ): Kthread<boolean> {
    const { r, h } = env;
    switch (stmt.s) {
      case 'alloc': {
        const gfp = stmt.maySleep ? GFP_KERNEL : GFP_ATOMIC;
        const slab = this.#slab as Slab;
        h[stmt.to] = (yield* kzalloc(slab, gfp, { mayFail: stmt.mayFail })) as Item | null;
        return false;
      }
      case 'follow':
        h[stmt.to] = yield* following(stmt.how, this.#slots[stmt.slot]);
        return false;
      case 'publish':
        yield* rcuAssignPointer(this.#slots[stmt.slot], stmt.handle === 'null' ? null : h[stmt.handle]);
        return false;
      case 'unchecked':
        r[stmt.to] = yield* readOnce((h[stmt.handle] as Item).a);
        return false;
      default: {
        const item = h[stmt.handle];
        return item !== null && (yield* this.#execItem(stmt, env, item));
      }
    }
  }

  *#execItem(
    stmt: Stmt & { s: 'free' | 'get' | 'set' | 'object lock' | 'kref' },
    env: Env,
    item: Item,
  ): Kthread<boolean> {
    if (stmt.s === 'free') yield* kfree(item);
    else if (stmt.s === 'get') env.r[stmt.to] = Number(yield* reading(stmt.how, item[stmt.field]));
    else if (stmt.s === 'set') yield* writing(stmt.how, item[stmt.field], numberOf(stmt.value, env));
    else if (stmt.s === 'object lock') {
      yield* spinLock(item.lock);
      const returns = yield* this.#exec(stmt.body, env);
      yield* spinUnlock(item.lock);
      return returns;
    } else if (stmt.what === 'init') yield* krefInit(item.kref);
    else if (stmt.what === 'get') yield* krefGet(item.kref);
    else if (stmt.what === 'put') yield* krefPut(item.kref, this.#releaseItem);
    else if (!(yield* krefGetUnlessZero(item.kref))) env.h[stmt.handle] = null;
    return false;
  }

  *#execMember(
    stmt: Stmt & { s: 'member' | 'member store' | 'if me' | 'flag get' | 'flag set' },
    env: Env,
  ): Kthread<boolean> {
    if (stmt.s === 'member') {
      if (stmt.what === 'choose') env.m = yield* chooseMember(this.#members);
      else if (stmt.what === 'load') env.m = yield* readOnce(this.#token);
      else env.m = yield* cmpxchg(this.#token, NO_MEMBER, env.me);
      return false;
    }
    if (stmt.s === 'member store') {
      const value = stmt.value === 'none' ? NO_MEMBER : stmt.value === 'me' ? env.me : env.m;
      yield* writeOnce(this.#token, value);
      return false;
    }
    if (stmt.s === 'if me') return yield* this.#exec(env.m === env.me ? stmt.body : stmt.otherwise, env);
    const whose = stmt.whose === 'me' ? env.me : env.m;
    if (whose === NO_MEMBER) return false;
    const flag = (stmt.per === 'member' ? this.#flags : this.#perThread)[whose];
    if (stmt.s === 'flag get') env.r[stmt.to] = yield* readOnce(flag);
    else yield* writeOnce(flag, stmt.value);
    return false;
  }
}

function kindOf({ kind, repeat }: ThreadPart): Pick<Thread, 'kind' | 'repeat'> {
  return { kind: kind, repeat };
}

function named(
  word: string,
  conditions: readonly Condition[],
  of: (condition: Condition) => Invariant,
): Record<string, Invariant> {
  return Object.fromEntries(conditions.map((condition, i) => [`${word}-${i}`, of(condition)]));
}

function lockType({ kind }: LockPart): FieldType {
  if (kind === 'spin') return spinlockT;
  if (kind === 'mutex') return mutexT;
  if (kind === 'rwsem') return RwSemaphore;
  if (kind === 'owner') return ownerWord;
  return kind === 'count' ? Counted : OwnRw;
}

function typeOf({ type, guard }: Variable, lockName: (lock: number) => string): ScalarType<unknown> {
  const scalar = TYPES[type] as ScalarType<unknown>;
  if (guard === undefined) return scalar;
  // In the struct, `s` is resolved as the object of the layout, whose first lock word is meant.
  return guard.writesOnly ? scalar.writesGuardedBy(lockName(guard.lock)) : scalar.guardedBy(lockName(guard.lock));
}

function valueOf({ type }: Pick<Variable, 'type'>, value: number): unknown {
  if (type === 'bool') return (value & 1) === 1;
  return type === 'u64' ? BigInt(value) : value;
}

function numberOf(expr: Expr, { r }: Env): number {
  return expr.is === 'const' ? expr.value : (r[expr.reg] + expr.plus) & 3;
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

const readLock = defineOperation({
  name: 'own_read_lock',
  target: (rw: ViewOf<typeof OwnRw>) => rw.holder,
  takesLock: true,
  when: (memory: Memory, rw: ViewOf<typeof OwnRw>) => memory.get(rw.holder) === 0,
  run: (memory: Memory, rw: ViewOf<typeof OwnRw>): void => {
    memory.set(rw.readers, (memory.get(rw.readers) | (1 << memory.thread)) >>> 0);
  },
});

const readUnlock = defineOperation({
  name: 'own_read_unlock',
  target: (rw: ViewOf<typeof OwnRw>) => rw.holder,
  run: (memory: Memory, rw: ViewOf<typeof OwnRw>): void => {
    memory.set(rw.readers, (memory.get(rw.readers) & ~(1 << memory.thread)) >>> 0);
  },
});

function* takeOwnRw(rw: ViewOf<typeof OwnRw>, kind: string, hold: 'read' | 'write'): Kthread<void> {
  if (hold === 'read') {
    yield* readLock(rw);
    return;
  }
  yield* lockAcquire(rw.holder, 'own_write_lock');
  if (kind === 'own-rw') yield* waitFor(rw.readers, { equals: 0 });
}
