/** {@link Program}s as systems: what the search engine is given. */
import {
  KernelBug,
  Layout,
  choose,
  cmpxchg,
  defineOperation,
  fence,
  kfunc,
  lockAcquire,
  lockRelease,
  lockTry,
  modify,
  read,
  readOnce,
  report,
  rmw,
  spinLockWord,
  spinUntil,
  u64,
  u8,
  waitFor,
  write,
  writeOnce,
  type Cell,
  type Kfunc,
  type Kthread,
  type Memory,
  type MemoryReader,
  type Monitors,
  type System,
} from '@shootdown/machine';
import {
  CELLS,
  GHOST,
  LOCKS,
  LOCK_COUNT,
  Q,
  isTrue,
  valueOf,
  type Condition,
  type Expression,
  type Forbidden,
  type Program,
  type Statement,
  type Step,
} from './program.js';

/** One more than this in both halves of a wide cell is one more to the program. */
const WIDE_ONE = 0x1_0000_0001n;

interface World {
  readonly layout: Layout;
  /** Narrow cells; the wide one's place is taken by its low half. */
  readonly cells: readonly Cell<number>[];
  readonly wide: Cell<bigint>;
  readonly locks: readonly Cell<number>[];
}

function world(): World {
  const layout = new Layout();
  const locks = Array.from({ length: LOCK_COUNT }, (_, i) => layout.one(`l${i}`, spinLockWord));
  const [x, y] = [layout.one('x', u8), layout.one('y', u8)];
  const z = layout.one('z', u8);
  const g = layout.one('g', u8.guardedBy('l0'));
  const h = layout.one('h', u8.writesGuardedBy('l1'));
  const wide = layout.one('q', u64);
  const ghost = layout.one('ghost', u8.ghost());
  return { layout, cells: [x, y, z, g, h, wide as unknown as Cell<number>, ghost], wide, locks };
}

/**
 * Compiles a program.
 *
 * @param finalMemories - filled with the memory of every end
 * @param monitors - what the specification notes besides, in its variable
 */
export function compile(
  program: Program,
  finalMemories = new Set<string>(),
  monitors?: (ghost: Cell<number>) => Monitors,
): System {
  const w = world();
  const get = (memory: MemoryReader, cell: number): number => {
    if (cell >= LOCKS) return memory.get(w.locks[cell - LOCKS]);
    return cell === Q ? Number(memory.get(w.wide) & 255n) : memory.get(w.cells[cell]);
  };
  const allows = (memory: MemoryReader, { a, va, b, vb }: Forbidden): boolean =>
    get(memory, a) !== va || get(memory, b) !== vb;
  const { within } = program;
  const mains = program.threads.map(({ body }, i) => functionOf(w, `main${i}`, body, undefined));
  const places = program.threads.map((_, i) => i);
  return {
    layout: w.layout,
    threads: program.threads.map((thread, i) => {
      const main = mains[program.isSymmetric === true ? 0 : i];
      const kind = thread.isDevice ? 'device' : thread.isDaemon === true ? 'daemon' : 'kernel';
      return { name: `T${i}`, kind, repeat: thread.repeat, run: () => main(0) };
    }),
    invariants: Object.fromEntries(
      program.invariants.map((forbidden, i) => [`inv${i}`, (memory: MemoryReader) => allows(memory, forbidden)]),
    ),
    finals: {
      record: (memory) => {
        // Reads behind the engine's back: a look that makes no word an observed one.
        const { words } = memory as unknown as { readonly words: Int32Array };
        finalMemories.add(
          JSON.stringify([
            ...CELLS.map((_, i) => words[w.cells[i].address]),
            ...w.locks.map(({ address }) => words[address]),
          ]),
        );
        return true;
      },
      fin: (memory) => allows(memory, program.final),
    },
    ...(program.isSymmetric === true
      ? { symmetries: [{ name: 'threads', size: places.length, threads: [places] }] }
      : {}),
    ...(monitors !== undefined && { monitors: monitors(w.cells[GHOST]) }),
    ...(within === undefined ? {} : { within: (memory: MemoryReader) => get(memory, within.cell) <= within.max }),
  };
}

function functionOf(
  w: World,
  name: string,
  body: readonly Statement[],
  result: Condition | undefined,
): Kfunc<[number], number | undefined> {
  const compiled = new Map<Statement, Kfunc<[number], number | undefined>>();
  const prepare = (statements: readonly Statement[]): void => {
    statements.forEach((s, i) => {
      if (s.s === 'call') compiled.set(s, functionOf(w, `${name}.call${i}`, s.body, undefined));
      else if (s.s === 'spin') compiled.set(s, functionOf(w, `${name}.spin${i}`, s.body, s.c));
      else if (s.s === 'locked') prepare(s.body);
      else if (s.s === 'if') {
        prepare(s.then);
        prepare(s.else);
      }
    });
  };
  prepare(body);
  return kfunc(name, function* (arg: number): Kthread<number | undefined> {
    const registers = [arg, 0];
    yield* run(w, compiled, body, registers);
    return result === undefined || isTrue(result, registers) ? registers[0] : undefined;
  });
}

function* run(
  w: World,
  compiled: ReadonlyMap<Statement, Kfunc<[number], number | undefined>>,
  body: readonly Statement[],
  registers: number[],
): Kthread<void> {
  for (const s of body) {
    switch (s.s) {
      case 'if':
        yield* run(w, compiled, isTrue(s.c, registers) ? s.then : s.else, registers);
        break;
      case 'locked':
        yield* lockAcquire(w.locks[s.lock], 'spin_lock');
        yield* run(w, compiled, s.body, registers);
        yield* lockRelease(w.locks[s.lock], 'spin_unlock');
        break;
      case 'assert':
        if (!isTrue(s.c, registers)) throw new KernelBug('assertion', s.rule, 'an assertion failed');
        break;
      case 'warn':
        if (!isTrue(s.c, registers)) yield* report('refcount', s.rule, 'a warning');
        break;
      case 'call':
        registers[s.dst] = (yield* compiled.get(s)!(valueOf(s.e, registers))) ?? 0;
        break;
      case 'spin':
        registers[s.dst] = yield* spinUntil(() => compiled.get(s)!(valueOf(s.e, registers)));
        break;
      default:
        yield* one(w, s, registers);
    }
  }
}

function* one(w: World, s: Step, registers: number[]): Kthread<void> {
  const answer = yield* requestOf(w, s, (e) => valueOf(e, registers));
  if ('dst' in s && s.dst >= 0) registers[s.dst] = answer;
}

function* requestOf(w: World, s: Step, value: (e: Expression) => number): Kthread<number> {
  if ('cell' in s && s.cell === Q) return yield* wideRequestOf(w, s, value);
  switch (s.s) {
    case 'read':
      return yield* (s.plain ? read : readOnce)(w.cells[s.cell]);
    case 'write':
      yield* (s.plain ? write : writeOnce)(w.cells[s.cell], value(s.e));
      return 0;
    case 'rmw':
      if (s.dst >= 0) return yield* rmw(s.rmw, s.rmw, 'full', w.cells[s.cell], value(s.e));
      yield* modify(s.rmw, s.rmw, 'relaxed', w.cells[s.cell], value(s.e));
      return 0;
    case 'cmpxchg':
      return yield* cmpxchg(w.cells[s.cell], s.expected, value(s.e));
    case 'wait':
      return yield* waitFor(w.cells[s.cell], { mask: s.mask, ...(s.negated ? { differs: s.v } : { equals: s.v }) });
    case 'lock':
      yield* lockAcquire(w.locks[s.lock], 'spin_lock');
      return 0;
    case 'unlock':
      yield* lockRelease(w.locks[s.lock], 'spin_unlock');
      return 0;
    case 'trylock':
      return (yield* lockTry(w.locks[s.lock], 'spin_trylock')) ? 1 : 0;
    case 'choose':
      return yield* choose(s.ways);
    case 'fence':
      yield* fence('smp_mb');
      return 0;
    case 'op':
      return yield* operation(s)(
        ...([s.when, s.from, s.to].map((cell) => (cell < 0 ? null : w.cells[cell])) as [
          Cell<number> | null,
          Cell<number>,
          Cell<number>,
        ]),
      );
    case 'guarded':
      return yield* guardedOperation(s.add)(w.cells[3], w.locks[0]);
  }
}

function* wideRequestOf(
  w: World,
  s: Extract<Step, { cell: number }>,
  value: (e: Expression) => number,
): Kthread<number> {
  const wide = (e: Expression): bigint => BigInt(value(e)) * WIDE_ONE;
  const narrow = (answer: bigint): number => Number(answer & 255n);
  switch (s.s) {
    case 'read':
      return narrow(yield* (s.plain ? read : readOnce)(w.wide));
    case 'write':
      yield* (s.plain ? write : writeOnce)(w.wide, wide(s.e));
      return 0;
    case 'rmw':
      if (s.dst >= 0) return narrow(yield* rmw(s.rmw, s.rmw, 'full', w.wide, wide(s.e)));
      yield* modify(s.rmw, s.rmw, 'relaxed', w.wide, wide(s.e));
      return 0;
    case 'cmpxchg':
      return narrow(yield* cmpxchg(w.wide, BigInt(s.expected) * WIDE_ONE, wide(s.e)));
    case 'wait':
      return narrow(yield* waitFor(w.wide, { mask: s.mask, ...(s.negated ? { differs: s.v } : { equals: s.v }) }));
  }
}

const operation = (s: Extract<Step, { s: 'op' }>) =>
  defineOperation({
    name: `op${s.v}+${s.add}`,
    when: (memory: Memory, when: Cell<number> | null, _from: Cell<number>, _to: Cell<number>) =>
      when === null || memory.get(when) === s.v,
    run: (memory: Memory, _when: Cell<number> | null, from: Cell<number>, to: Cell<number>) => {
      const old = memory.get(from);
      memory.set(to, (old + s.add) & 3);
      return old;
    },
  });

const guardedOperation = (add: number) =>
  defineOperation({
    name: `guarded+${add}`,
    guard: (_cell: Cell<number>, lock: Cell<number>) => lock,
    run: (memory: Memory, cell: Cell<number>, _lock: Cell<number>) => {
      const old = memory.get(cell);
      memory.set(cell, (old + add) & 3);
      return old;
    },
  });
