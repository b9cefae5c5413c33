/**
 * Textbook mutual exclusion and a broken twin of each: small models whose state counts Spin confirms, step for step
 * (bench/spin at the root of the project).
 */
import {
  Layout,
  bool,
  kfunc,
  modify,
  readOnce,
  rmw,
  scenario,
  spinUntil,
  u8,
  waitFor,
  writeOnce,
  type Cell,
  type Kthread,
  type Request,
  type Scenario,
  type Setup,
  type System,
} from '@shootdown/machine';

const RULE = 'mutual-exclusion';

const variants = (broken: string): Scenario['variants'] => ({
  correct: { expect: 'holds', about: 'the textbook algorithm' },
  // Shortest first: a broken ticket lock can also hang, in longer runs.
  broken: { expect: 'invariant', rule: RULE, about: broken, strategy: 'bfs' },
});

interface Flags {
  readonly layout: Layout;
  readonly flag: readonly Cell<boolean>[];
  readonly turn: Cell<number>;
  readonly inside: readonly Cell<boolean>[];
}

function flags(): Flags {
  const layout = new Layout();
  return {
    layout,
    flag: layout.array('flag', bool, 2),
    turn: layout.one('turn', u8),
    inside: layout.array('inside', bool, 2),
  };
}

function forEver({ layout, inside }: Flags, worker: (me: number) => Request<void>): System {
  return {
    layout,
    threads: [0, 1].map((me) => ({ name: `T${me}`, run: () => worker(me), repeat: true })),
    invariants: { [RULE]: (memory) => !inside.every((cell) => memory.get(cell)) },
  };
}

/** Peterson's lock. */
export const peterson: Scenario = scenario({
  name: 'locks/peterson',
  asks: "Does Peterson's algorithm keep two threads out of the critical section at once?",
  source: 'G. L. Peterson, Myths about the mutual exclusion problem, 1981',
  given: {},
  variants: variants('the turn is given away before the flag is raised'),
  build({ variant }: Setup): System {
    const world = flags();
    const { flag, turn, inside } = world;
    const mayEnter = kfunc('may_enter', function* (me: number): Kthread<boolean> {
      if (!(yield* readOnce(flag[1 - me]))) return true;
      return (yield* readOnce(turn)) === me;
    });
    const worker = kfunc('worker', function* (me: number) {
      if (variant === 'broken') yield* writeOnce(turn, 1 - me);
      yield* writeOnce(flag[me], true);
      if (variant !== 'broken') yield* writeOnce(turn, 1 - me);
      yield* spinUntil(() => mayEnter(me));
      yield* writeOnce(inside[me], true);
      yield* writeOnce(inside[me], false);
      yield* writeOnce(flag[me], false);
    });
    return forEver(world, worker);
  },
});

/** Dekker's lock. */
export const dekker: Scenario = scenario({
  name: 'locks/dekker',
  asks: "Does Dekker's algorithm keep two threads out of the critical section at once?",
  source: 'E. W. Dijkstra, Over de sequentialiteit van procesbeschrijvingen, EWD 35, about 1962',
  given: {},
  variants: variants("the other thread's flag is looked at before the own one is raised"),
  build({ variant }: Setup): System {
    const world = flags();
    const { flag, turn, inside } = world;
    const yieldTurn = kfunc('yield_turn', function* (me: number): Kthread<boolean> {
      if (!(yield* readOnce(flag[1 - me]))) return true;
      if ((yield* readOnce(turn)) === me) return false;
      yield* writeOnce(flag[me], false);
      yield* waitFor(turn, { equals: me });
      yield* writeOnce(flag[me], true);
      return false;
    });
    const worker = kfunc('worker', function* (me: number) {
      if (variant === 'broken') yield* waitFor(flag[1 - me], { equals: 0 });
      yield* writeOnce(flag[me], true);
      if (variant !== 'broken') yield* spinUntil(() => yieldTurn(me));
      yield* writeOnce(inside[me], true);
      yield* writeOnce(inside[me], false);
      yield* writeOnce(turn, 1 - me);
      yield* writeOnce(flag[me], false);
    });
    return forEver(world, worker);
  },
});

/** The ticket lock. */
export const ticketLock: Scenario = scenario({
  name: 'locks/ticket-lock',
  asks: 'Does a ticket lock let one thread in at a time?',
  source: 'linux include/asm-generic/ticket_spinlock.h',
  given: {
    threads: { default: 3, about: 'threads', min: 1, max: 8 },
    rounds: { default: 2, about: 'times each takes the lock', min: 1, max: 8 },
  },
  variants: variants('the ticket is drawn in two steps instead of one'),
  build({ given, variant }: Setup): System {
    const layout = new Layout();
    const threads = Number(given['threads']);
    const next = layout.one('next', u8);
    const owner = layout.one('owner', u8);
    const inside = layout.one('inside', u8);
    const lockAndUnlock = kfunc('lock_and_unlock', function* () {
      let ticket: number;
      if (variant === 'broken') {
        ticket = yield* readOnce(next);
        yield* writeOnce(next, ticket + 1);
      } else {
        ticket = yield* rmw('add', 'atomic_fetch_add', 'relaxed', next, 1);
      }
      yield* waitFor(owner, { equals: ticket });
      yield* modify('add', 'atomic_inc', 'relaxed', inside, 1);
      yield* modify('add', 'atomic_dec', 'relaxed', inside, 255);
      yield* writeOnce(owner, ticket + 1);
    });
    const worker = kfunc('worker', function* () {
      for (let round = 0; round < Number(given['rounds']); round++) yield* lockAndUnlock();
    });
    return {
      layout,
      threads: Array.from({ length: threads }, (_, i) => ({ name: `T${i}`, run: () => worker() })),
      symmetries: [{ name: 'threads', size: threads, threads: [Array.from({ length: threads }, (_, i) => i)] }],
      invariants: { [RULE]: (memory) => memory.get(inside) <= 1 },
    };
  },
});
