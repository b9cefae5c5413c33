/**
 * The step by step enumeration against generating every choice and asking the model of each, on random tests.
 */
import { judge } from '@shootdown/lkmm';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { everyChoice } from './every-choice.js';
import { Globals } from './globals.js';
import { parseLitmus, runLitmus, UnsupportedError, type LitmusTest, type Outcome } from './index.js';
import { candidatesOf, type FinalState } from './run.js';
import { shownPlaces } from './places.js';

/** Different states, as text. What nothing determines is told apart by nothing. */
function textsOf(states: readonly FinalState[]): string[] {
  return [...new Set(states.map((state) => state.join(' ').replaceAll(/S\d+/g, 'S')))].sort();
}

/** What {@link runLitmus} counts, counted the slow way. */
function countSlowly(litmus: LitmusTest): { fitting: number; others: number; states: string[]; flags: string[] } {
  const globals = new Globals(litmus);
  const places = shownPlaces(litmus);
  const states: FinalState[] = [];
  const flags = new Set<string>();
  let fitting = 0;
  let others = 0;
  for (const candidate of candidatesOf(litmus, globals, {}).candidates)
    for (const choice of everyChoice(candidate, globals, () => undefined)) {
      const answer = judge(choice.execution);
      if (!answer.allowed) continue;
      if (globals.holds(litmus.condition.proposition, choice)) fitting++;
      else others++;
      states.push(places.map((place) => globals.valueOf(place, choice)));
      for (const flag of answer.flags) flags.add(flag);
    }
  return { fitting, others, states: textsOf(states), flags: [...flags].sort() };
}

/** Addresses go everywhere in random tests, also where they make no sense. */
function runUnlessNonsense(litmus: LitmusTest): Outcome | undefined {
  try {
    return runLitmus(litmus);
  } catch (error) {
    if (error instanceof UnsupportedError) return undefined;
    throw error;
  }
}

const variable = fc.constantFrom('x', 'y');
const register = fc.constantFrom('r0', 'r1', 'r2');
const value = fc.constantFrom('1', '2', 'r0', 'r1', 'r0 + 1', 'r1 & 1', '*y');
const simple = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(register, variable).map(([r, v]) => `${r} = READ_ONCE(*${v});`) },
  { weight: 2, arbitrary: fc.tuple(register, variable).map(([r, v]) => `${r} = smp_load_acquire(${v});`) },
  { weight: 2, arbitrary: fc.tuple(register, variable).map(([r, v]) => `${r} = *${v};`) },
  { weight: 4, arbitrary: fc.tuple(variable, value).map(([v, e]) => `WRITE_ONCE(*${v}, ${e});`) },
  { weight: 2, arbitrary: fc.tuple(variable, value).map(([v, e]) => `smp_store_release(${v}, ${e});`) },
  { weight: 2, arbitrary: fc.tuple(variable, value).map(([v, e]) => `*${v} = ${e};`) },
  { weight: 2, arbitrary: fc.constantFrom('smp_mb();', 'smp_rmb();', 'smp_wmb();', 'synchronize_rcu();') },
  fc.tuple(register, variable).map(([r, v]) => `${r} = xchg(${v}, 2);`),
  fc.tuple(register, variable).map(([r, v]) => `${r} = cmpxchg_acquire(${v}, 0, 1);`),
  fc.tuple(register, variable).map(([r, v]) => `${r} = atomic_add_return_relaxed(1, ${v});`),
  fc.tuple(register, variable).map(([r, v]) => `${r} = atomic_add_unless(${v}, 1, 1);`),
  variable.map((v) => `atomic_inc(${v});`),
  fc.tuple(variable, value).map(([v, e]) => `WRITE_ONCE(*${v}, READ_ONCE(*y) + ${e === '*y' ? '1' : e});`),
  fc.constant('r2 = READ_ONCE(*p); r1 = READ_ONCE(*r2);'),
  fc.constant('r2 = READ_ONCE(*p); WRITE_ONCE(*r2, 3);'),
  fc.constant('WRITE_ONCE(*p, y);'),
  fc.tuple(register).map(([r]) => `${r} = spin_trylock(s); if (${r}) { WRITE_ONCE(*x, 3); spin_unlock(s); }`),
  fc.tuple(register).map(([r]) => `${r} = spin_is_locked(s);`),
);
const statement = fc.oneof(
  { weight: 6, arbitrary: simple },
  fc.tuple(register, simple, simple).map(([r, then, other]) => `if (${r} == 1) { ${then} } else { ${other} }`),
  simple.map((inner) => `spin_lock(s); ${inner.includes('(s)') ? '' : inner} spin_unlock(s);`),
  simple.map((inner) => `rcu_read_lock(); ${inner} rcu_read_unlock();`),
  simple.map((inner) => `r3 = srcu_read_lock(q); ${inner} srcu_read_unlock(q, r3);`),
  fc.constant('synchronize_srcu(q);'),
);
const program = fc
  .array(fc.array(statement, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 3 })
  .map((threads) => {
    const parameters = '(int *x, int *y, int **p, spinlock_t *s, struct srcu_struct *q)';
    const code = threads.map((body, i) => `P${i}${parameters}\n{\n\t${body.join('\n\t')}\n}\n`);
    return `C random\n{ int *p = x; }\n${code.join('\n')}\nlocations [x; y; p; 0:r0; 0:r1; 1:r0; 1:r1; 1:r2]\nexists (0:r0=1 /\\ (1:r1=0 \\/ ~x=2))\n`;
  });

test('random tests have the executions, states and flags of every choice that the model allows', () => {
  let compared = 0;
  fc.assert(
    fc.property(program, (text) => {
      const litmus = parseLitmus(text);
      const globals = new Globals(litmus);
      let choices = 0;
      for (const candidate of candidatesOf(litmus, globals, {}).candidates) {
        const { events } = candidate.skeleton;
        const writes = events.filter(({ kind }) => kind === 'W').length;
        choices += (writes + 1) ** events.filter(({ kind }) => kind === 'R').length * (writes > 5 ? 720 : 24);
      }
      fc.pre(choices < 60_000);
      const outcome = runUnlessNonsense(litmus);
      fc.pre(outcome !== undefined);
      compared++;
      const { fitting, others, states, flags, places } = outcome;
      expect(places).toEqual(shownPlaces(litmus));
      expect({ fitting, others, states: textsOf(states), flags }).toEqual(countSlowly(litmus));
    }),
    { numRuns: 300 },
  );
  expect(compared).toBeGreaterThan(100);
}, 300_000);
