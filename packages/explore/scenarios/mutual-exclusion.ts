/**
 * Textbook mutual exclusion and a broken twin of each: small models whose state counts Spin confirms, step for step
 * (bench/spin at the root of the project).
 */
import {
  array,
  bool,
  kfunc,
  modify,
  readOnce,
  rmw,
  scenario,
  spinUntil,
  times,
  u8,
  waitFor,
  writeOnce,
  type Kthread,
  type Scenario,
  type Variant,
} from '@shootdown/machine';

const RULE = 'mutual-exclusion';

type Correct = Pick<Variant, 'about'> & { readonly expect: 'holds' };
type Broken = Pick<Variant, 'about' | 'rule' | 'strategy'> & { readonly expect: 'invariant' };

const variants = (broken: string): { readonly correct: Correct; readonly broken: Broken } => ({
  correct: { expect: 'holds', about: 'the textbook algorithm' },
  // Shortest first: a broken ticket lock can also hang, in longer runs.
  broken: { expect: 'invariant', rule: RULE, about: broken, strategy: 'bfs' },
});

const flags = { flag: array(bool, 2), turn: u8, inside: array(bool, 2) };
const isOneOutside = ({ inside }: { readonly inside: readonly boolean[] }): boolean => !inside.every(Boolean);

/** Peterson's lock. */
export const peterson: Scenario = scenario({
  name: 'locks/peterson',
  asks: "Does Peterson's algorithm keep two threads out of the critical section at once?",
  source: 'G. L. Peterson, Myths about the mutual exclusion problem, 1981',
  variants: variants('the turn is given away before the flag is raised'),
  state: flags,
  threads: ({ flag, turn, inside }, { variant }) => {
    const mayEnter = kfunc('may_enter', function* (me: number): Kthread<boolean> {
      if (!(yield* readOnce(flag[1 - me]))) return true;
      return (yield* readOnce(turn)) === me;
    });
    const worker = function* (me: number) {
      if (variant === 'broken') yield* writeOnce(turn, 1 - me);
      yield* writeOnce(flag[me], true);
      if (variant !== 'broken') yield* writeOnce(turn, 1 - me);
      yield* spinUntil(() => mayEnter(me));
      yield* writeOnce(inside[me], true);
      yield* writeOnce(inside[me], false);
      yield* writeOnce(flag[me], false);
    };
    return times(2, worker, { repeat: true });
  },
  invariants: { [RULE]: isOneOutside },
});

/** Dekker's lock. */
export const dekker: Scenario = scenario({
  name: 'locks/dekker',
  asks: "Does Dekker's algorithm keep two threads out of the critical section at once?",
  source: 'E. W. Dijkstra, Over de sequentialiteit van procesbeschrijvingen, EWD 35, about 1962',
  variants: variants("the other thread's flag is looked at before the own one is raised"),
  state: flags,
  threads: ({ flag, turn, inside }, { variant }) => {
    const yieldTurn = kfunc('yield_turn', function* (me: number): Kthread<boolean> {
      if (!(yield* readOnce(flag[1 - me]))) return true;
      if ((yield* readOnce(turn)) === me) return false;
      yield* writeOnce(flag[me], false);
      yield* waitFor(turn, { equals: me });
      yield* writeOnce(flag[me], true);
      return false;
    });
    const worker = function* (me: number) {
      if (variant === 'broken') yield* waitFor(flag[1 - me], { equals: 0 });
      yield* writeOnce(flag[me], true);
      if (variant !== 'broken') yield* spinUntil(() => yieldTurn(me));
      yield* writeOnce(inside[me], true);
      yield* writeOnce(inside[me], false);
      yield* writeOnce(turn, 1 - me);
      yield* writeOnce(flag[me], false);
    };
    return times(2, worker, { repeat: true });
  },
  invariants: { [RULE]: isOneOutside },
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
  state: { next: u8, owner: u8, inside: u8 },
  threads: ({ next, owner, inside }, { given, variant }) => {
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
    return times(given.threads, function* worker() {
      for (let round = 0; round < given.rounds; round++) yield* lockAndUnlock();
    });
  },
  symmetries: (_, { given }) => [{ name: 'threads', size: given.threads, threads: [[...Array(given.threads).keys()]] }],
  invariants: { [RULE]: ({ inside }) => inside <= 1 },
});
