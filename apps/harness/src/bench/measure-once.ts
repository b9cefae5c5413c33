/** A process of its own for one measured search, so that what the compiler learns in one run helps no other. */
import process from 'node:process';
import { Check, mayCount } from '@shootdown/explore';
import { buildScenario } from '@shootdown/machine';
import * as v from 'valibot';
import { catalogue } from '../catalogue.js';
import { benchScenarios } from './cases.js';

/** What the measuring process is asked. */
export const RequestSchema = v.object({
  scenario: v.string(),
  variant: v.string(),
  given: v.record(v.string(), v.union([v.number(), v.string(), v.boolean()])),
  only: v.optional(v.array(v.string())),
  reduction: v.boolean(),
});

const {
  scenario: name,
  variant,
  given,
  only,
  reduction,
} = v.parse(v.pipe(v.string(), v.parseJson(), RequestSchema), process.argv[2]);
const scenario = benchScenarios.find((one) => one.name === name) ?? (await catalogue.named(name));
if (scenario === undefined) throw new Error(`no scenario ${name}`);
const defaults = Object.fromEntries(Object.entries(scenario.given).map(([key, spec]) => [key, spec.default]));
const system = buildScenario(scenario, {
  given: { ...defaults, ...given },
  variant,
  checks: (kindOrRule) => mayCount(only, kindOrRule),
});
const check = new Check(system, {
  reduction,
  symmetry: reduction,
  checkPurity: false,
  ...(only !== undefined && { only }),
});
while (!check.advance());
const { verdict, states, transitions, bytes, seconds } = check.result();
if (verdict !== 'holds') throw new Error(`${name}@${variant}: expected it to hold, got ${verdict}`);
process.stdout.write(
  JSON.stringify({ seconds, states, transitions, stateBytes: bytes, peakBytes: process.resourceUsage().maxRSS * 1024 }),
);
