/** Runs one search of a scenario in a process of its own, so that no run profits from what another made the compiler learn. */
import { argv } from 'node:process';
import * as scenarios from '@shootdown/arm64-asid/scenarios';
import { checkSync } from '@shootdown/explore';
import { givenOf } from '@shootdown/machine';

const { scenario: name, variant, set, options } = JSON.parse(argv[2]);
const scenario = Object.values(scenarios).find((one) => one.name === name);
const given = givenOf(scenario, variant, 'default', set);
const { verdict, states, transitions, seconds, depth, trace } = checkSync(
  scenario.build({ given, variant, checks: () => true }),
  { ...options, shrink: false },
);
console.log(JSON.stringify({ verdict, states, transitions, seconds, depth: trace?.length ?? depth }));
