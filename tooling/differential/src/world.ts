/** What a program's code works on: its memory, its locks, its operations; and the model with code put in. */
import {
  Layout,
  bool,
  defineOperation,
  i32,
  numberingKfuncs,
  ownerWord,
  ptr,
  spinLockWord,
  struct,
  threadBits,
  u16,
  u32,
  u64,
  u8,
  type AnyCell,
  type Cell,
  type FieldType,
  type Invariant,
  type Kfunc,
  type Memory,
  type MemoryReader,
  type Request,
  type ScalarType,
  type Slab,
  type System,
  type Thread,
  type ViewOf,
} from '@shootdown/machine';
import {
  Completion,
  Kref,
  RcuHead,
  RwSemaphore,
  WaitQueueHead,
  declareThreads,
  defineRcu,
  mutexT,
  rcuCallbacks,
  setKzalloc,
  spinlockT,
} from '@shootdown/kernel/model';
import type { Condition, LockPart, Look, Program, ThreadPart, Variable } from './program.js';

const TYPES = { u8, u16, u32, i32, u64, bool } as const;
/** What the token holds where it names no member. */
export const NO_MEMBER = 255;

const Item = struct('item', {
  lock: spinlockT,
  a: u8,
  b: u8.guardedBy('lock'),
  kref: Kref,
  rcu: RcuHead,
});
/** An object of the slab. */
export type Item = ViewOf<typeof Item>;
const itemPointer = ptr(() => Item);
const OwnRw = struct('own_rw', { holder: spinLockWord, readers: threadBits });
/** A reader-writer lock of the program's own. */
export type OwnRw = ViewOf<typeof OwnRw>;
const Counted = struct('counted', { lock: spinLockWord, readers: u8 });

type LockView = Cell<number> | RwSemaphore | OwnRw | ViewOf<typeof Counted>;

/** The functions that the threads of a program run. */
export interface Code {
  /** By thread; where threads are members of a scalarset, the first is run by all of them. */
  readonly threads: readonly Kfunc<[me: number], void>[];
}

/** The model of a program, with code for its functions; the same program makes the same one in every process. */
export function systemOf(program: Program, codeFor: (world: World) => Code): System {
  return numberingKfuncs(() => {
    const world = new World(program);
    return world.system(codeFor(world));
  });
}

/** The memory of a program. */
export class World {
  readonly program: Program;
  readonly variables: AnyCell[] = [];
  readonly ghosts: readonly Cell<number>[];
  readonly locks: LockView[] = [];
  readonly slab: Slab | undefined;
  readonly slots: readonly Cell<Item | null>[];
  readonly queue: ViewOf<typeof WaitQueueHead>;
  readonly done: ViewOf<typeof Completion>;
  readonly members: ScalarType<number>;
  readonly token: Cell<number>;
  readonly flags: readonly Cell<number>[];
  readonly perThread: readonly Cell<number>[];
  readonly operations: ((arg: number) => Request<number>)[];
  readonly #layout = new Layout();

  constructor(program: Program) {
    this.program = program;
    const layout = this.#layout;
    const { threads } = program;
    if (threads.some(({ context }) => context !== undefined)) declareThreads(layout, this.#contexts());
    if (program.rcu) defineRcu(layout, threads.length + 1);
    this.#placeLocksAndVariables();
    this.ghosts = layout.array('ghost', u8.ghost(), program.ghosts);
    this.slab = program.objects === 0 ? undefined : layout.slab('item', Item, program.objects);
    if (this.slab !== undefined) this.slab.outlives = program.outlives;
    this.slots = layout.array('slot', itemPointer, 2);
    this.queue = layout.one('queue', WaitQueueHead);
    this.done = layout.one('done', Completion);
    const names = threads.map((_, i) => i);
    this.members = program.symmetric ? u8.memberOf('members', names) : u8;
    this.token = layout.one('token', this.members);
    this.flags = layout.array('flag', u8, threads.length);
    this.perThread = layout.perThread('mine', u8, threads.length);
    this.operations = program.operations.map((part) => this.#operation(part));
  }

  /** The model, whose threads run `code`. */
  system(code: Code): System {
    const { threads, symmetric, rcu } = this.program;
    const running: Thread[] = threads.map((thread, i) => {
      const run = code.threads[symmetric ? 0 : i];
      return { name: `T${i}`, ...kindOf(thread), run: () => run(i) };
    });
    if (rcu) running.push(rcuCallbacks());
    const members = threads.map((_, i) => i);
    return {
      layout: this.#layout,
      threads: running,
      init: (memory) => this.#init(memory),
      invariants: this.#invariants(),
      finals: named('final', this.program.finals, this.#conditionOf),
      ...this.#within(),
      ...(symmetric
        ? { symmetries: [{ name: 'members', size: threads.length, threads: [members], objects: [this.flags] }] }
        : {}),
    };
  }

  #contexts(): { cpu: number; context: 'task' | 'softirq' | 'hardirq' | 'atomic' }[] {
    const declared = this.program.threads.map(({ context }, i) => context ?? { cpu: i, context: 'task' as const });
    return this.program.rcu ? [...declared, { cpu: declared.length, context: 'softirq' }] : declared;
  }

  #placeLocksAndVariables(): void {
    const { locks, variables } = this.program;
    const inStruct = variables.filter(({ field }) => field !== undefined);
    const fields: Record<string, FieldType> = {};
    locks.forEach((lock, i) => {
      if (i === 0 && inStruct.length > 0) fields.lock = lockType(lock);
      else this.locks[i] = this.#layout.one(`lock${i}`, lockType(lock)) as LockView;
    });
    const isInStruct = locks.length > 0 && inStruct.length > 0;
    const lockName = (i: number): string => (i === 0 && isInStruct ? 's' : `lock${i}`);
    const typed = variables.map((variable) => typeOf(variable, lockName));
    variables.forEach(({ field }, i) => {
      if (field !== undefined) fields[field] = typed[i];
    });
    const s = inStruct.length > 0 ? (this.#layout.one('s', struct('s', fields)) as Record<string, unknown>) : {};
    if (isInStruct) this.locks[0] = s.lock as LockView;
    variables.forEach(({ field }, i) => {
      this.variables[i] = field === undefined ? this.#layout.one(`v${i}`, typed[i]) : (s[field] as AnyCell);
    });
  }

  #init(memory: Memory): void {
    const { variables, published } = this.program;
    variables.forEach((variable, i) => memory.set(this.variables[i], valueOf(variable, variable.init)));
    memory.set(this.token, NO_MEMBER);
    if (!published || this.slab === undefined) return;
    const item = setKzalloc(memory, this.slab) as unknown as Item;
    memory.set(item.kref.refcount, 1);
    memory.set(this.slots[0], item);
  }

  #invariants(): Record<string, Invariant> {
    const invariants = named('invariant', this.program.invariants, this.#conditionOf);
    if (this.program.oneFlag)
      invariants['one-flag'] = (memory) => this.flags.filter((flag) => memory.get(flag) !== 0).length <= 1;
    return invariants;
  }

  #within(): Pick<System, 'within'> {
    const { within } = this.program;
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
    const get = (variable: number): number => Number(memory.get(this.variables[variable] as Cell<unknown>));
    if (look.is === 'same') return get(look.variable) === get(look.other);
    if (look.is === 'free') return memory.get(this.holder(look.lock)) === 0;
    return (get(look.variable) === (look.value === 'arg' ? arg : look.value)) === (look.cmp === 'eq');
  }

  #operation(part: Program['operations'][number]): (arg: number) => Request<number> {
    const { name, when, if: condition, effects, answers, target, guard } = part;
    const set = (memory: Memory, variable: number, value: number): void => {
      memory.set(this.variables[variable], valueOf(this.program.variables[variable], value));
    };
    return defineOperation({
      name,
      ...(when === undefined ? {} : { when: (memory: Memory, arg: number) => this.#meets(memory, when, arg) }),
      ...(target === undefined ? {} : { target: () => this.variables[target] }),
      ...(guard === undefined ? {} : { guard: () => this.holder(guard) }),
      run: (memory: Memory, arg: number): number => {
        const old = answers === undefined ? 0 : Number(memory.get(this.variables[answers] as Cell<unknown>));
        const happens = condition === undefined || this.#meets(memory, condition, arg);
        for (const { variable, to } of happens ? effects : []) {
          if (to.is === 'copy') set(memory, variable, Number(memory.get(this.variables[to.of] as Cell<unknown>)));
          else set(memory, variable, to.value === 'arg' ? arg : to.value);
        }
        return answers === undefined ? Number(happens) : old;
      },
    });
  }

  /** The word of a lock that says who holds it. */
  holder(lock: number): Cell<number> {
    const view = this.locks[lock];
    if ('holder' in view) return view.holder;
    return 'lock' in view ? view.lock : view;
  }

  /** A number as a variable holds it. */
  valueFor(variable: number, value: number): unknown {
    return valueOf(this.program.variables[variable], value);
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

/** Takes a lock of the program's own to read. */
export const readLock = defineOperation({
  name: 'own_read_lock',
  target: (rw: OwnRw) => rw.holder,
  takesLock: true,
  when: (memory: Memory, rw: OwnRw) => memory.get(rw.holder) === 0,
  run: (memory: Memory, rw: OwnRw): void => {
    memory.set(rw.readers, (memory.get(rw.readers) | (1 << memory.thread)) >>> 0);
  },
});

/** Lets it go. */
export const readUnlock = defineOperation({
  name: 'own_read_unlock',
  target: (rw: OwnRw) => rw.holder,
  run: (memory: Memory, rw: OwnRw): void => {
    memory.set(rw.readers, (memory.get(rw.readers) & ~(1 << memory.thread)) >>> 0);
  },
});
