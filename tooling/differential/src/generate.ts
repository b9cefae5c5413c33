/**
 * Programs by number. About half are careful: they keep to their locks, so that most of them hold; the rest do what they
 * like. Every program has a few of the features below, so that features meet.
 */
import { abilitiesAtHand, type Abilities } from './abilities.js';
import type {
  Access,
  Condition,
  Effect,
  Expr,
  FunctionPart,
  Hold,
  LockPart,
  Look,
  LoopForm,
  OperationPart,
  OwnWay,
  Program,
  Stmt,
  Term,
  Test,
  ThreadPart,
  Variable,
} from './program.js';
import { Random } from './random.js';

const FEATURES = [
  'locks',
  'own locks',
  'operations',
  'heap',
  'kref',
  'rcu',
  'wait queue',
  'completion',
  'contexts',
  'members',
  'device',
  'daemon',
  'repeat',
  'spin',
  'calls',
  'ghosts',
  'labels',
  'conditions',
] as const;
/** What is in functions, besides accesses. */
const CODE = ['loops', 'retries', 'lists', 'terms', 'helpers', 'hands'] as const;
type Feature = (typeof FEATURES)[number] | (typeof CODE)[number];

/** Where a statement stands. */
interface Place {
  /** How many more statements may be nested. */
  readonly depth: number;
  /** Locks held, and how. */
  readonly held: ReadonlyMap<number, Hold>;
  /** Functions that may be called: those before this one. */
  readonly callable: number;
  readonly inReader: boolean;
  /** Whether it is in a loop, of which there is one in another at most. */
  readonly inLoop: boolean;
  /** Whether there is a loop around it in its function. */
  readonly mayLeave?: boolean;
  /** Whether its thread must come to an end, or to rest, so that it is no place for loops that may go on for ever. */
  readonly mustRest?: boolean;
  readonly inAtomic: boolean;
  readonly repeats: boolean;
  /** Which thread it is in, 0 in a function that several may call. */
  readonly thread: number;
}

/** The program of this number, for a machine that can do what is told. */
export function generate(number: number, abilities: Abilities = abilitiesAtHand()): Program {
  return new Generator(new Random(number), abilities).program();
}

class Generator {
  readonly #random: Random;
  readonly #features: ReadonlySet<Feature>;
  readonly #careful: boolean;
  readonly #mayDereferenceNull: boolean;
  readonly #variables: Variable[] = [];
  readonly #locks: LockPart[] = [];
  readonly #operations: OperationPart[] = [];
  readonly #functions: FunctionPart[] = [];
  readonly #ghosts: number;

  constructor(random: Random, abilities: Abilities) {
    this.#random = random;
    this.#careful = random.chance(55);
    this.#mayDereferenceNull = abilities.nullDereference;
    const features = new Set<Feature>([
      ...random.many(1 + random.below(3), () => random.oneOf(FEATURES)),
      ...random.many(1 + random.below(3), () => random.oneOf(CODE)),
    ]);
    if (!abilities.daemons) features.delete('daemon');
    if (features.has('members'))
      for (const none of ['device', 'daemon', 'contexts', 'repeat'] as const) features.delete(none);
    if (features.has('wait queue') && random.chance(50)) features.add(random.oneOf(['operations', 'calls'] as const));
    if (features.has('kref')) features.add('heap');
    if (features.has('rcu') && random.chance(70)) features.add('heap');
    if (features.has('repeat')) features.delete('heap');
    this.#features = features;
    this.#ghosts = features.has('ghosts') ? 2 : 0;
  }

  program(): Program {
    const random = this.#random;
    this.#placeLocks();
    this.#placeVariables();
    if (this.#has('operations')) this.#placeOperations();
    if (this.#has('calls')) this.#placeFunctions();
    const symmetric = this.#has('members');
    const threads = symmetric ? this.#symmetricThreads() : this.#threads();
    return {
      variables: this.#variables,
      ghosts: this.#ghosts,
      locks: this.#locks,
      operations: this.#operations,
      functions: this.#functions,
      threads,
      objects: this.#has('heap') ? 1 + random.below(2) : 0,
      published: this.#has('heap') && random.chance(60),
      outlives: this.#has('heap') && (this.#careful || random.chance(50)),
      rcu: this.#has('rcu'),
      symmetric,
      invariants: random.many(random.chance(this.#has('conditions') ? 80 : 35) ? 1 + random.below(2) : 0, () =>
        this.#invariant(),
      ),
      finals: random.many(random.chance(this.#careful ? 12 : 25) ? 1 : 0, () => this.#notAll()),
      within: random.chance(this.#has('conditions') ? 15 : 3) ? this.#stated() : undefined,
      oneFlag: symmetric && random.chance(50),
    };
  }

  #has(feature: Feature): boolean {
    return this.#features.has(feature);
  }

  #placeLocks(): void {
    const random = this.#random;
    const own = this.#has('own locks');
    if (!this.#has('locks') && !own && !random.chance(35)) return;
    const kinds = (own ? OWN_LOCKS : KERNEL_LOCKS) as readonly (readonly [number, LockPart['kind']])[];
    for (const _ of random.many(random.chance(30) ? 2 : 1, () => 0)) this.#locks.push({ kind: random.weighted(kinds) });
  }

  #placeVariables(): void {
    const random = this.#random;
    const inStruct = random.chance(40);
    for (let i = 0; i < 2 + random.below(3); i++) {
      const type = random.weighted([
        [10, 'u8'],
        [2, 'u16'],
        [2, 'u32'],
        [2, 'i32'],
        [3, 'u64'],
        [4, 'bool'],
      ] as const);
      const guarded = i > 0 && this.#locks.length > 0 && random.chance(60);
      const guard = guarded ? { lock: random.below(this.#locks.length), writesOnly: random.chance(25) } : undefined;
      const field = inStruct && random.chance(60) ? (random.chance(12) ? 'readers' : `f${i}`) : undefined;
      const isTaken = this.#variables.some((other) => other.field === 'readers');
      this.#variables.push({
        type,
        init: random.chance(20) ? 1 : 0,
        guard,
        field: isTaken && field === 'readers' ? `f${i}` : field,
      });
    }
  }

  #placeOperations(): void {
    const random = this.#random;
    const name = random.chance(60) ? 'claim' : undefined;
    for (let i = 0; i < 1 + random.below(3); i++) {
      const guard = this.#locks.length > 0 && random.chance(10) ? random.below(this.#locks.length) : undefined;
      this.#operations.push({
        name: name ?? `op${i}`,
        when: random.chance(30) ? this.#condition(random.chance(40)) : undefined,
        if: random.chance(50) ? this.#condition(false) : undefined,
        effects: random.many(1 + random.below(2), () => this.#effect()),
        answers: random.chance(50) ? this.#unguarded() : undefined,
        target: random.chance(40) ? random.below(this.#variables.length) : undefined,
        guard,
      });
    }
  }

  #effect(): Effect {
    const random = this.#random;
    const variable = this.#unguarded();
    if (random.chance(20)) return { variable, to: { is: 'copy', of: this.#unguarded() } };
    return { variable, to: { is: 'value', value: random.chance(25) ? 'arg' : this.#small(variable) } };
  }

  #placeFunctions(): void {
    const random = this.#random;
    const sameName = random.chance(30);
    for (let i = 0; i < 1 + random.below(2); i++) {
      this.#functions.push({
        name: sameName ? 'helper' : `helper${i}`,
        body: this.#body(1 + random.below(2), { ...START, callable: i, mustRest: this.#mayRest }),
        answers: random.chance(40) ? 2 : 1,
      });
    }
  }

  #threads(): ThreadPart[] {
    const random = this.#random;
    const count = random.weighted([
      [65, 2],
      [30, 3],
      [5, 1],
    ]);
    const special = random.below(count);
    const threads = random.many(count, (i): ThreadPart => {
      const kind =
        i !== special || i === 0
          ? 'kernel'
          : this.#has('daemon')
            ? 'daemon'
            : this.#has('device')
              ? 'device'
              : 'kernel';
      const repeat =
        (kind === 'daemon' && random.chance(80)) ||
        (this.#has('repeat') && (i === special || random.chance(20))) ||
        (kind === 'device' && random.chance(50));
      const mustRest = repeat || kind === 'daemon';
      return { kind, repeat, ...this.#context(count), body: this.#threadBody(i, count, repeat, mustRest) };
    });
    return threads;
  }

  #context(count: number): Pick<ThreadPart, 'context'> {
    if (!this.#has('contexts')) return {};
    const random = this.#random;
    const context = random.weighted([
      [6, 'task'],
      [1, 'softirq'],
      [1, 'hardirq'],
      [1, 'atomic'],
    ] as const);
    return { context: { cpu: random.below(count), context } };
  }

  /** Whether there are threads that may rest. */
  get #mayRest(): boolean {
    return this.#has('repeat') || this.#has('daemon') || this.#has('device');
  }

  #threadBody(thread: number, threads: number, repeats: boolean, mustRest: boolean): Stmt[] {
    const random = this.#random;
    const size = threads > 2 ? 1 + random.below(3) : 2 + random.below(4);
    const body = this.#body(size, { ...START, thread, repeats, mustRest, callable: this.#functions.length });
    // A thread that takes no step at all is no thread.
    return [...body, this.#simple({ ...START, thread, repeats, callable: 0 })];
  }

  #symmetricThreads(): ThreadPart[] {
    const random = this.#random;
    const count = random.chance(65) ? 2 : 3;
    const body = this.#threadBody(0, count, false, false);
    return random.many(count, () => ({ kind: 'kernel', repeat: false, body }));
  }

  #body(size: number, place: Place): Stmt[] {
    return this.#random.many(size, () => this.#stmt(place)).flat();
  }

  #inner(place: Place, changes: Partial<Place> = {}): Stmt[] {
    const inner = { ...place, depth: place.depth - 1, ...changes };
    return this.#body(1 + this.#random.below(2), inner);
  }

  #stmt(place: Place): readonly Stmt[] {
    const random = this.#random;
    const kinds: [number, () => readonly Stmt[]][] = [[8, () => [this.#simple(place)]]];
    if (place.depth > 0) {
      kinds.push([2, () => this.#if(place)]);
      if (!place.inLoop) kinds.push([this.#has('loops') ? 5 : 1, () => [this.#loop(place)]]);
    }
    this.#codeKinds(place, kinds);
    kinds.push([1, () => [{ s: 'choose', ways: 2, to: this.#reg() }]]);
    kinds.push([this.#careful ? 1 : 2, () => this.#assert(place)]);
    if (random.chance(10)) kinds.push([2, () => [random.oneOf<Stmt>([{ s: 'fence' }, { s: 'return' }])]]);
    this.#lockKinds(place, kinds);
    this.#featureKinds(place, kinds);
    return random.weighted(kinds)();
  }

  #lockKinds(place: Place, kinds: [number, () => readonly Stmt[]][]): void {
    const random = this.#random;
    if (this.#locks.length === 0 || place.depth <= 0) return;
    const lock = random.below(this.#locks.length);
    const { kind } = this.#locks[lock];
    const mayHoldTwo = !this.#careful || [...place.held.keys()].every((other) => other < lock);
    if (!mayHoldTwo || (place.held.has(lock) && random.chance(95))) return;
    const hold: Hold = (kind === 'rwsem' || kind.startsWith('own-rw')) && random.chance(45) ? 'read' : 'write';
    const body = (): Stmt[] => this.#inner(place, { held: new Map([...place.held, [lock, hold]]) });
    if (kind !== 'owner') {
      kinds.push([10, () => [{ s: 'locked', lock, hold, body: body() }]]);
      kinds.push([2, () => [{ s: 'try', lock, hold, body: body() }]]);
    }
    if (kind === 'owner' || (this.#has('own locks') && (kind === 'spin' || kind === 'count')))
      kinds.push([10, () => [{ s: 'own', lock, way: this.#ownWay(), body: body() }]]);
    if (this.#careful) return;
    kinds.push([1, () => [{ s: 'peek', lock, to: this.#reg() }]]);
    if (random.chance(15))
      kinds.push([
        2,
        () => [
          random.oneOf<Stmt>([
            { s: 'take', lock, hold },
            { s: 'release', lock, hold },
            { s: 'steal', lock },
          ]),
        ],
      ]);
  }

  #ownWay(): OwnWay {
    const right: readonly OwnWay[] = ['cmpxchg', 'spin'];
    return this.#careful && this.#random.chance(80)
      ? this.#random.oneOf(right)
      : this.#random.oneOf<OwnWay>(['cmpxchg', 'spin', 'look', 'xchg', 'wait']);
  }

  #featureKinds(place: Place, kinds: [number, () => readonly Stmt[]][]): void {
    const random = this.#random;
    if (this.#operations.length > 0) kinds.push([8, () => this.#op(place)]);
    if (place.callable > 0) kinds.push([6, () => [this.#call(place)]]);
    if (this.#has('spin') && place.depth > 0 && !place.repeats) kinds.push([5, () => [this.#spin(place)]]);
    if (this.#ghosts > 0)
      kinds.push([4, () => [{ s: 'ghost', ghost: random.below(this.#ghosts), value: this.#expr() }]]);
    if (this.#has('contexts')) this.#contextKinds(place, kinds);
    if (this.#has('heap')) kinds.push([8, () => this.#heap(place)]);
    if (this.#has('rcu')) this.#rcuKinds(place, kinds);
    if (this.#has('wait queue')) kinds.push([5, () => this.#waiting()]);
    if (this.#has('completion')) kinds.push([5, () => [this.#completion()]]);
    if (this.#has('members')) kinds.push([25, () => this.#member(place)]);
  }

  #contextKinds(place: Place, kinds: [number, () => readonly Stmt[]][]): void {
    const random = this.#random;
    if (!this.#careful || !place.inAtomic) kinds.push([2, () => [{ s: 'might sleep' }]]);
    if (place.depth <= 0 || place.inAtomic) return;
    const what = random.oneOf(['preempt', 'irq'] as const);
    kinds.push([5, () => [{ s: 'atomic', what, body: this.#inner(place, { inAtomic: true }) }]]);
    kinds.push([2, () => [{ s: 'handler', body: this.#inner(place, { inAtomic: true }) }]]);
  }

  #rcuKinds(place: Place, kinds: [number, () => readonly Stmt[]][]): void {
    const random = this.#random;
    if (place.depth > 0 && !place.inReader)
      kinds.push([6, () => [{ s: 'rcu reader', body: this.#inner(place, { inReader: true, inAtomic: true }) }]]);
    if (!place.inReader || random.chance(5))
      kinds.push([3, () => [{ s: 'rcu', what: random.chance(75) ? 'synchronize' : 'barrier' }]]);
    if (this.#has('heap') && place.inReader) kinds.push([6, () => this.#follow(place, 'rcu')]);
  }

  #if(place: Place): Stmt[] {
    const random = this.#random;
    const body = this.#inner(place);
    return [
      {
        s: 'if',
        test: this.#test(),
        body,
        otherwise: random.chance(30) ? this.#inner(place) : [],
        form: random.chance(20) ? 'switch' : 'if',
      },
    ];
  }

  #form(): LoopForm {
    return this.#random.oneOf(['for', 'while', 'do'] as const);
  }

  #loop(place: Place): Stmt {
    const times = this.#random.chance(80) ? 2 : 3;
    const body = [...this.#carried(place), ...this.#inner(place, { inLoop: true, mayLeave: true })];
    return { s: 'loop', times, form: this.#form(), body };
  }

  /** Statements about what a function keeps in variables, and how it goes on. */
  #codeKinds(place: Place, kinds: [number, () => readonly Stmt[]][]): void {
    const random = this.#random;
    kinds.push([1, () => [{ s: 'set reg', to: this.#reg(), value: this.#expr() }]]);
    if (place.mayLeave === true)
      kinds.push([3, () => [random.chance(50) ? this.#leaving() : { ...this.#branch(), body: [this.#leaving()] }]]);
    if (this.#has('terms')) kinds.push([6, () => [this.#terms(place)]]);
    if (this.#has('lists')) kinds.push([7, () => this.#lists(place)]);
    if (this.#has('hands')) kinds.push([5, () => [this.#hand(place)]]);
    if (place.depth <= 0) return;
    if (this.#has('helpers')) kinds.push([5, () => [this.#helper(place)]]);
    if (this.#has('retries') && place.mustRest !== true) kinds.push([6, () => [this.#retry(place)]]);
  }

  /** Uses a number that the statement sets after that, so that it counts only where that is come to again. */
  #carried(place: Place): Stmt[] {
    const random = this.#random;
    const variable = this.#writable(place);
    if (variable === undefined || random.chance(50)) return [];
    const reg = this.#reg();
    const value: Expr = { is: 'reg', reg, plus: random.below(2) };
    const set: Stmt = random.chance(50) ? { s: 'choose', ways: 2, to: reg } : { ...this.#look(), to: reg };
    return [{ s: 'write', variable, how: this.#access(place, variable, 'write'), value }, set];
  }

  #leaving(): Stmt {
    return this.#random.chance(60) ? { s: 'break' } : { s: 'continue' };
  }

  #branch(): Stmt & { s: 'if' } {
    return { s: 'if', test: this.#test(), form: this.#random.chance(30) ? 'switch' : 'if', body: [], otherwise: [] };
  }

  /** A loop that goes on until it reads what it wants, or until a compare-exchange finds what it expects. */
  #retry(place: Place): Stmt {
    const random = this.#random;
    const read = this.#simple({ ...place, depth: 0 });
    const first: Stmt = 'to' in read && read.to !== undefined && read.s !== 'wait' ? read : this.#look();
    const reg = (first as Stmt & { s: 'read' }).to;
    const rest = random.chance(40) ? this.#body(1, { ...place, depth: 1, inLoop: true, mayLeave: true }) : [];
    const isExchange = first.s === 'cas' && random.chance(70);
    const until: Test = isExchange
      ? { reg, cmp: 'eq', value: first.expected }
      : { reg, cmp: random.chance(80) ? 'ne' : 'eq', value: this.#careful ? 1 : random.below(2) };
    return { s: 'retry', form: this.#form(), until, body: [first, ...rest] };
  }

  #terms(place: Place): Stmt {
    const random = this.#random;
    const terms = random.many(1 + random.below(3), () => this.#term(place, 2));
    const use = random.weighted([
      [4, 'sum'],
      [this.#has('lists') ? 2 : 0, 'list'],
      [2, 'array pattern'],
      [1, 'object pattern'],
      [2, 'arguments'],
    ] as const);
    return { s: 'terms', use, terms, to: this.#reg(), variable: this.#readable(place) ?? this.#unguarded() };
  }

  #term(place: Place, depth: number): Term {
    const random = this.#random;
    const inner = (): Term => this.#term(place, depth - 1);
    const [readable, writable] = [this.#readable(place), this.#writable(place)];
    return random.weighted<() => Term>([
      [3, () => ({ is: 'number', value: this.#expr() })],
      [readable === undefined ? 0 : 4, () => this.#termOf(place, readable ?? 0)],
      [
        writable === undefined ? 0 : 1,
        () => ({ is: 'xchg', variable: writable ?? 0, value: this.#small(writable ?? 0) }),
      ],
      [1, () => ({ is: 'choose', ways: 2 })],
      [depth > 0 ? 1 : 0, () => ({ is: 'assign', to: this.#reg(), term: inner() })],
      [depth > 0 ? 1 : 0, () => ({ is: 'either', test: this.#test(), one: inner(), other: inner() })],
      [depth > 0 ? 1 : 0, () => ({ is: random.oneOf(['and', 'or'] as const), one: inner(), other: inner() })],
    ])();
  }

  #termOf(place: Place, variable: number): Term {
    return { is: 'read', variable, how: this.#access(place, variable, 'read') };
  }

  #lists(place: Place): Stmt[] {
    const random = this.#random;
    const list = random.below(2);
    const [at, value] = [this.#expr(), this.#expr()];
    const what = random.oneOf(['push', 'push', 'set', 'alias'] as const);
    const make: Stmt = { s: 'list', list, what: 'make', at, value };
    const first: Stmt[] = random.chance(40) ? [make] : [];
    const get = random.oneOf(['at', 'at', 'length', 'sum', 'pop'] as const);
    return random.weighted<() => Stmt[]>([
      [3, () => [...first, { s: 'list', list, what, at, value }]],
      [3, () => [...first, { s: 'list get', list, what: get, at, to: this.#reg() }]],
      [
        place.depth > 0 && !place.inLoop ? 3 : 0,
        () => [
          ...first,
          { s: 'each', list, to: this.#reg(), body: this.#inner(place, { inLoop: true, mayLeave: true }) },
        ],
      ],
    ])();
  }

  /** A function handed to a helper. */
  #hand(place: Place): Stmt {
    const random = this.#random;
    const [readable, writable] = [this.#readable(place), this.#writable(place)];
    const isWrite = writable !== undefined && random.chance(50);
    const variable = isWrite ? writable : (readable ?? this.#unguarded());
    const mayGoOn = place.mustRest !== true && random.chance(this.#has('retries') ? 100 : 40);
    const what = isWrite
      ? random.oneOf(this.#has('lists') ? (['write twice', 'write each'] as const) : (['write twice'] as const))
      : random.oneOf(mayGoOn ? (['read twice', 'read until'] as const) : (['read twice'] as const));
    const how = this.#access(place, variable, isWrite ? 'write' : 'read');
    return { s: 'hand', what, variable, how, list: random.below(2), value: this.#expr(), to: this.#reg() };
  }

  /** Statements in a generator function of their own, or in one that is written in their place. */
  #helper(place: Place): Stmt {
    const random = this.#random;
    const body = this.#inner(place, { mayLeave: false });
    if (random.chance(40)) return { s: 'closure', body };
    return { s: 'helper', args: random.many(random.below(3), () => this.#expr()), body, to: this.#reg() };
  }

  #assert(place: Place): Stmt[] {
    const random = this.#random;
    const how = random.chance(50) ? 'bug' : 'warn';
    // Careful programs ask what is true most of the time: that nothing has an odd value.
    const reg = this.#reg();
    const value = this.#careful ? 2 + random.below(2) : random.below(3);
    const test: Test = { reg, cmp: 'ne', value };
    const variable = this.#readable(place);
    if (variable === undefined) return [{ s: 'assert', test, how }];
    return [
      { s: 'read', variable, how: this.#access(place, variable, 'read'), to: reg },
      { s: 'assert', test, how },
    ];
  }

  /** One access to one variable. */
  #simple(place: Place): Stmt {
    const random = this.#random;
    const variable = this.#random.chance(50) ? this.#readable(place) : this.#writable(place);
    if (variable === undefined) return { s: 'choose', ways: 2, to: this.#reg() };
    const isWritable = this.#writables(place).includes(variable);
    const to = this.#reg();
    const isPlain = this.#careful;
    return random.weighted<() => Stmt>([
      [8, () => ({ s: 'read', variable, how: this.#access(place, variable, 'read'), to })],
      ...(isWritable ? this.#writeKinds(place, variable, to) : []),
      [isPlain || this.#variables[variable].guard !== undefined ? 0 : 1, () => this.#wait(variable, to)],
    ])();
  }

  #writeKinds(place: Place, variable: number, to: number): (readonly [number, () => Stmt])[] {
    const random = this.#random;
    const small = (): number => this.#small(variable);
    return [
      [8, () => ({ s: 'write', variable, how: this.#access(place, variable, 'write'), value: this.#expr(variable) })],
      [4, () => this.#rmw(place, variable, to)],
      [2, () => ({ s: 'cas', variable, expected: random.chance(70) ? 0 : small(), value: small(), to })],
    ];
  }

  #wait(variable: number, to: number): Stmt {
    return { s: 'wait', variable, differs: this.#random.chance(60), value: this.#random.chance(70) ? 0 : 1, to };
  }

  #rmw(place: Place, variable: number, to: number): Stmt {
    const random = this.#random;
    const { type } = this.#variables[variable];
    const kind = random.oneOf(
      place.repeats && type !== 'bool'
        ? (['xchg', 'xor', 'or', 'and'] as const)
        : (['xchg', 'add', 'add', 'or', 'xor', 'and'] as const),
    );
    const label = this.#has('labels') ? 'rmw' : kind;
    const wraps = kind === 'add' && type === 'u8' && random.chance(15);
    const value = wraps ? 255 : this.#small(variable);
    return { s: 'rmw', variable, kind, how: { label, order: 'full' }, value, to: random.chance(60) ? to : undefined };
  }

  #access(place: Place, variable: number, what: 'read' | 'write'): Access {
    const random = this.#random;
    const { guard } = this.#variables[variable];
    const isSafe = guard !== undefined && place.held.has(guard.lock) && !guard.writesOnly;
    const isPlain = isSafe ? random.chance(60) : !this.#careful && random.chance(12);
    if (this.#has('labels') && random.chance(70))
      return {
        label: what === 'read' ? 'load' : 'store',
        order: isPlain ? 'plain' : random.oneOf(['once', 'full'] as const),
      };
    if (isPlain) return { label: what, order: 'plain' };
    return { label: what === 'read' ? 'READ_ONCE' : 'WRITE_ONCE', order: 'once' };
  }

  /** Variables that a careful thread may write here. */
  #writables(place: Place): number[] {
    const all = this.#variables.map((_, i) => i);
    if (!this.#careful && this.#random.chance(15)) return all;
    return all.filter((i) => {
      const { guard } = this.#variables[i];
      return guard === undefined || place.held.get(guard.lock) === 'write';
    });
  }

  #writable(place: Place): number | undefined {
    return this.#preferred(place, this.#writables(place));
  }

  #readable(place: Place): number | undefined {
    const may = this.#variables.flatMap(({ guard }, i) =>
      guard === undefined ||
      guard.writesOnly ||
      place.held.has(guard.lock) ||
      (!this.#careful && this.#random.chance(15))
        ? [i]
        : [],
    );
    return this.#preferred(place, may);
  }

  /** Under a lock mostly what it guards; else often what is the thread's own, by its number. */
  #preferred(place: Place, variables: readonly number[]): number | undefined {
    const random = this.#random;
    const guarded = variables.filter((i) => this.#variables[i].guard !== undefined);
    const own = variables.filter((i) => i % 3 === place.thread && this.#variables[i].guard === undefined);
    if (place.held.size > 0 && guarded.length > 0 && random.chance(75)) return random.oneOf(guarded);
    if (own.length > 0 && random.chance(45)) return random.oneOf(own);
    return variables.length === 0 ? undefined : random.oneOf(variables);
  }

  /** A variable without a guard if there is one. */
  #unguarded(): number {
    const free = this.#variables.flatMap(({ guard }, i) => (guard === undefined ? [i] : []));
    return free.length > 0 && (this.#careful || this.#random.chance(90))
      ? this.#random.oneOf(free)
      : this.#random.below(this.#variables.length);
  }

  #small(variable: number): number {
    return this.#variables[variable].type === 'bool' ? this.#random.below(2) : 1 + this.#random.below(2);
  }

  #reg(): number {
    return this.#random.below(3);
  }

  #expr(variable?: number): Expr {
    const random = this.#random;
    if (random.chance(50))
      return { is: 'const', value: variable === undefined ? random.below(3) : this.#small(variable) };
    if (this.#has('loops') && random.chance(25)) return { is: 'count', plus: random.below(2) };
    return { is: 'reg', reg: this.#reg(), plus: random.below(2) };
  }

  #test(): Test {
    const random = this.#random;
    return { reg: this.#reg(), cmp: random.oneOf(['eq', 'ne'] as const), value: random.below(2) };
  }

  /** An operation, mostly picked by what was read or chosen just before. */
  #op(place: Place): Stmt[] {
    const random = this.#random;
    const several = this.#operations.length > 1 && random.chance(70);
    const ops = random.many(several ? 2 : 1, () => random.below(this.#operations.length));
    const by = this.#reg();
    const op: Stmt = { s: 'op', ops, by, arg: this.#expr(), to: this.#reg() };
    const variable = this.#readable(place);
    if (!several || random.chance(20)) return [op];
    if (variable === undefined || random.chance(50)) return [{ s: 'choose', ways: 2, to: by }, op];
    return [{ s: 'read', variable, how: this.#access(place, variable, 'read'), to: by }, op];
  }

  #call(place: Place): Stmt {
    const random = this.#random;
    const args = random.many(random.below(3), () => this.#expr());
    return { s: 'call', func: random.below(place.callable), args, to: this.#reg() };
  }

  #spin(place: Place): Stmt {
    const random = this.#random;
    const read = this.#simple({ ...place, depth: 0 });
    const first: Stmt = read.s === 'choose' || read.s === 'wait' ? this.#look() : read;
    const body = [
      first,
      ...(random.chance(45) ? this.#body(1, { ...place, depth: 1, inLoop: true, mayLeave: false }) : []),
    ];
    const reg = 'to' in first && first.to !== undefined ? first.to : 0;
    const until: Test = { reg, cmp: 'ne', value: this.#careful ? 1 : random.below(2) };
    return { s: 'spin', args: random.many(random.below(2), () => this.#expr()), body, until, to: this.#reg() };
  }

  #look(): Stmt & { s: 'read' } {
    const variable = this.#unguarded();
    return { s: 'read', variable, how: { label: 'READ_ONCE', order: 'once' }, to: 0 };
  }

  #heap(place: Place): Stmt[] {
    const random = this.#random;
    const handle = random.below(2);
    const slot = random.below(2);
    const field = random.oneOf(['a', 'a', 'b'] as const);
    const how: Access = { label: 'READ_ONCE', order: 'once' };
    const set: Stmt = {
      s: 'set',
      handle,
      field: 'a',
      how: { label: 'WRITE_ONCE', order: 'once' },
      value: this.#expr(),
    };
    const get: Stmt = { s: 'get', handle, field: 'a', how, to: this.#reg() };
    if (this.#careful) {
      return random.weighted<() => Stmt[]>([
        [4, () => [this.#alloc(place, handle), set, ...this.#init(handle), { s: 'publish', slot, handle }]],
        [4, () => this.#takeBack(handle, slot, get)],
        [2, () => [this.#alloc(place, handle), set, get, { s: 'free', handle }]],
      ])();
    }
    return random.weighted<() => Stmt[]>([
      [4, () => [this.#alloc(place, handle), set, ...this.#init(handle), { s: 'publish', slot, handle }]],
      [4, () => this.#takeBack(handle, slot, get)],
      [6, () => this.#follow(place, 'READ_ONCE')],
      [2, () => [{ s: 'free', handle }]],
      [
        3,
        () => [
          { s: 'follow', slot, to: handle, how: 'READ_ONCE' },
          { s: 'free', handle },
        ],
      ],
      [2, () => [{ s: 'get', handle, field, how, to: this.#reg() }]],
      [1, () => [{ s: 'object lock', handle, body: [{ ...set, field: 'b' }, ...this.#inner({ ...place, depth: 1 })] }]],
      [
        this.#has('kref') ? 6 : 0,
        () => [{ s: 'kref', handle, what: random.oneOf(['init', 'get', 'get unless zero', 'put', 'put'] as const) }],
      ],
      [this.#mayDereferenceNull && random.chance(20) ? 1 : 0, () => [{ s: 'unchecked', handle, to: this.#reg() }]],
      [1, () => [{ s: 'publish', slot, handle: random.chance(50) ? 'null' : handle }]],
    ])();
  }

  #alloc(place: Place, to: number): Stmt {
    const random = this.#random;
    const spins = [...place.held.keys()].some(
      (lock) => this.#locks[lock].kind !== 'mutex' && this.#locks[lock].kind !== 'rwsem',
    );
    const isAtomic = spins || place.inAtomic || place.inReader || this.#has('contexts');
    return {
      s: 'alloc',
      to,
      mayFail: random.chance(25),
      maySleep: isAtomic ? !this.#careful && random.chance(8) : random.chance(50),
    };
  }

  #init(handle: number): Stmt[] {
    return this.#has('kref') ? [{ s: 'kref', handle, what: 'init' }] : [];
  }

  /** Takes an object out of a slot and gets rid of it. */
  #takeBack(handle: number, slot: number, get: Stmt): Stmt[] {
    const random = this.#random;
    const take: Stmt = { s: 'follow', slot, to: handle, how: 'xchg NULL' };
    if (this.#has('kref') && random.chance(60)) return [take, get, { s: 'kref', handle, what: 'put' }];
    if (this.#has('rcu')) {
      if (random.chance(50)) return [take, { s: 'call rcu', handle }];
      return [
        take,
        ...(this.#careful || random.chance(70) ? [{ s: 'rcu', what: 'synchronize' } as const] : []),
        { s: 'free', handle },
      ];
    }
    return [take, get, { s: 'free', handle }];
  }

  #follow(place: Place, how: 'READ_ONCE' | 'rcu'): Stmt[] {
    const random = this.#random;
    const handle = random.below(2);
    const get: Stmt = { s: 'get', handle, field: 'a', how: { label: 'READ_ONCE', order: 'once' }, to: this.#reg() };
    const follow: Stmt = { s: 'follow', slot: random.below(2), to: handle, how: place.inReader ? 'rcu' : how };
    if (!this.#has('kref') || random.chance(50)) return [follow, get];
    return [
      follow,
      { s: 'kref', handle, what: random.oneOf(['get', 'get unless zero'] as const) },
      get,
      { s: 'kref', handle, what: 'put' },
    ];
  }

  #waiting(): Stmt[] {
    const random = this.#random;
    const variable = this.#unguarded();
    if (random.chance(55)) {
      const set: Stmt = {
        s: 'write',
        variable,
        how: { label: 'WRITE_ONCE', order: 'once' },
        value: { is: 'const', value: 1 },
      };
      return [set, { s: 'wake', all: random.chance(50) }];
    }
    const exclusive = random.chance(25);
    if (this.#operations.length > 0 && random.chance(50))
      return [
        { s: 'wait event', on: { is: 'op', op: random.below(this.#operations.length), arg: this.#expr() }, exclusive },
      ];
    if (this.#functions.length > 0 && random.chance(40))
      return [
        {
          s: 'wait event',
          on: { is: 'func', func: random.below(this.#functions.length), args: [this.#expr()] },
          exclusive,
        },
      ];
    return [{ s: 'wait event', on: { is: 'var', variable }, exclusive }];
  }

  #completion(): Stmt {
    return {
      s: 'completion',
      what: this.#random.weighted([
        [3, 'wait'],
        [1, 'timeout'],
        [2, 'try'],
        [5, 'complete'],
        [2, 'complete all'],
      ] as const),
    };
  }

  #member(place: Place): Stmt[] {
    const random = this.#random;
    const whose = random.oneOf(['me', 'm'] as const);
    const per = random.oneOf(['member', 'thread'] as const);
    return random.weighted<() => Stmt[]>([
      [4, () => [{ s: 'member', what: random.oneOf(['choose', 'load', 'claim'] as const) }]],
      [4, () => [{ s: 'member store', value: random.oneOf(['me', 'm', 'none'] as const) }]],
      [
        place.depth > 0 ? 4 : 0,
        () => [{ s: 'if me', body: this.#inner(place), otherwise: random.chance(30) ? this.#inner(place) : [] }],
      ],
      [4, () => [{ s: 'flag get', whose, per, to: this.#reg() }]],
      [5, () => [{ s: 'flag set', whose, per, value: random.below(2) }]],
    ])();
  }

  #invariant(): Condition {
    const random = this.#random;
    const lock = this.#locks.length > 0 && random.chance(40) ? random.below(this.#locks.length) : undefined;
    if (lock === undefined) return this.#notAll();
    const guarded = this.#variables.flatMap(({ guard }, i) => (guard?.lock === lock ? [i] : []));
    if (guarded.length === 0) return this.#notAll();
    const looks: Look[] = [...(random.chance(60) ? [{ is: 'free', lock } as const] : [])];
    for (const variable of guarded.slice(0, 2))
      looks.push({ is: 'var', variable, cmp: 'eq', value: this.#small(variable) });
    return { of: 'not all', looks };
  }

  #notAll(): Condition {
    const looks = this.#random.many(this.#careful ? 2 + this.#random.below(2) : 1 + this.#random.below(3), () =>
      this.#lookAtAny(),
    );
    return { of: 'not all', looks };
  }

  /** A stated size, which the initial state is within. */
  #stated(): Condition | undefined {
    const condition = this.#notAll();
    const isMet = (look: Look): boolean => {
      if (look.is !== 'var') return true;
      return (this.#variables[look.variable].init === look.value) === (look.cmp === 'eq');
    };
    return condition.looks.every(isMet) ? undefined : condition;
  }

  #lookAtAny(): Look {
    const random = this.#random;
    const variable = random.below(this.#variables.length);
    if (random.chance(12)) return { is: 'same', variable, other: random.below(this.#variables.length) };
    return {
      is: 'var',
      variable,
      cmp: random.chance(85) ? 'eq' : 'ne',
      value: this.#careful && random.chance(60) ? 2 : 1,
    };
  }

  /** @param ofAny - of variables that are guarded, too: nothing checks what is looked at before a step */
  #condition(ofAny: boolean): Condition {
    const random = this.#random;
    const looks = random.many(1 + random.below(2), (): Look => {
      const variable = ofAny ? random.below(this.#variables.length) : this.#unguarded();
      return {
        is: 'var',
        variable,
        cmp: random.oneOf(['eq', 'ne'] as const),
        value: random.chance(20) ? 'arg' : random.below(2),
      };
    });
    return { of: random.oneOf(['all', 'any'] as const), looks };
  }
}

const START: Place = {
  thread: 0,
  depth: 2,
  held: new Map(),
  callable: 0,
  inReader: false,
  inLoop: false,
  inAtomic: false,
  repeats: false,
};

const KERNEL_LOCKS = [
  [5, 'spin'],
  [4, 'mutex'],
  [3, 'rwsem'],
  [1, 'count'],
] as const;

const OWN_LOCKS = [
  [4, 'owner'],
  [2, 'spin'],
  [3, 'own-rw'],
  [2, 'own-rw-hasty'],
  [2, 'count'],
] as const;
