/**
 * Dining philosophers, E. W. Dijkstra's deadlock: each needs the two locks beside it. bench/spin has the same in Promela,
 * step for step.
 */
import {
  array,
  defineOperation,
  kfunc,
  lockAcquire,
  lockRelease,
  scenario,
  spinLockWord,
  times,
  u8,
  type Cell,
  type Memory,
  type Scenario,
} from '@shootdown/machine';

/** Waits for a seat and takes it. */
const down = defineOperation({
  name: 'down',
  target: (seats: Cell<number>) => seats,
  when: (memory: Memory, seats: Cell<number>) => memory.get(seats) > 0,
  run: (memory: Memory, seats: Cell<number>): void => {
    memory.set(seats, memory.get(seats) - 1);
  },
});

/** Gives a seat back. */
const up = defineOperation({
  name: 'up',
  target: (seats: Cell<number>) => seats,
  run: (memory: Memory, seats: Cell<number>): void => {
    memory.set(seats, memory.get(seats) + 1);
  },
});

/**
 * The philosophers. The table is symmetric under rotation, all but `ordered`; that is no scalarset, for not every order of
 * the philosophers is like every other, so no symmetry is declared.
 */
export const philosophers: Scenario = scenario({
  name: 'locks/philosophers',
  asks: 'Do threads that each take the two locks beside them, of a ring of locks, always go on?',
  source: 'E. W. Dijkstra, Hierarchical ordering of sequential processes, EWD 310, 1971',
  given: {
    threads: { default: 3, about: 'philosophers, and as many forks', min: 2, max: 8 },
    rounds: { default: 1, about: 'times each eats; 0 for ever', min: 0, max: 8 },
  },
  variants: {
    ordered: { expect: 'holds', about: 'the last one takes the right fork first: locks have an order' },
    waiter: {
      expect: 'holds',
      about: 'one seat less than philosophers; the locks still have no order, as lockdep would say',
      only: ['deadlock'],
    },
    'left-first': {
      expect: 'deadlock',
      about: 'everyone takes the left fork first',
      only: ['deadlock'],
      strategy: 'bfs',
    },
  },
  state: ({ given }) => ({ fork: array(spinLockWord, given.threads), seats: u8 }),
  init: (memory, { seats }, { given }) => {
    memory.set(seats, given.threads - 1);
  },
  threads: ({ fork, seats }, { given: { threads, rounds }, variant }) => {
    const dine = kfunc('dine', function* (me: number) {
      const [left, right] = [fork[me], fork[(me + 1) % threads]];
      const isSwapped = variant === 'ordered' && me === threads - 1;
      const [first, second] = isSwapped ? [right, left] : [left, right];
      if (variant === 'waiter') yield* down(seats);
      yield* lockAcquire(first, 'spin_lock');
      yield* lockAcquire(second, 'spin_lock');
      yield* lockRelease(second, 'spin_unlock');
      yield* lockRelease(first, 'spin_unlock');
      if (variant === 'waiter') yield* up(seats);
    });
    const philosopher = kfunc('philosopher', function* (me: number) {
      for (let round = 0; round < rounds; round++) yield* dine(me);
    });
    return times(threads, rounds === 0 ? dine : philosopher, { name: 'P', repeat: rounds === 0 });
  },
});
