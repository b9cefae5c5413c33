/** The toy as a scenario: it asks nothing of a protocol, but the number of its states is known. */
import { toy } from '@shootdown/explore/scenarios';
import { scenario, type Scenario } from '@shootdown/machine';

/** Three threads with some small operations each. */
export const toyScenario: Scenario = scenario({
  name: 'bench/toy',
  asks: 'How fast is a search of three threads with some small operations each?',
  source: 'bench/spin/toy.pml',
  given: { operations: { default: 5, suite: 3, about: 'operations of each thread', min: 0, max: 8 } },
  variants: {
    unguarded: { expect: 'holds', about: 'nothing is declared about the lock' },
    guarded: { expect: 'holds', about: 'the locked pair is declared to be guarded' },
  },
  build: ({ given, variant }) => toy(given.operations, variant === 'guarded'),
});
