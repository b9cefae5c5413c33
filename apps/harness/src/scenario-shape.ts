/** The shape of a scenario that comes from outside the type checker: a user's model file. */
import { VIOLATION_KINDS, type Scenario } from '@shootdown/machine';
import { STRATEGIES } from '@shootdown/explore';
import * as v from 'valibot';

const Value = v.union([v.number(), v.string(), v.boolean()], 'expected a number, a text or a boolean');

const Spec = v.looseObject({
  default: Value,
  suite: v.optional(Value),
  about: v.string(),
  min: v.optional(v.number()),
  max: v.optional(v.number()),
  oneOf: v.optional(v.array(v.string())),
});

const ScenarioVariant = v.looseObject({
  expect: v.picklist(['holds', ...VIOLATION_KINDS]),
  rule: v.optional(v.string()),
  about: v.string(),
  finding: v.optional(v.boolean()),
  given: v.optional(v.record(v.string(), Value)),
  suite: v.optional(v.record(v.string(), Value)),
  strategy: v.optional(v.picklist(STRATEGIES)),
});

const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
const name = v.pipe(v.string(), v.regex(NAME, 'expected a name of letters, digits, - and _'));
const givenName = v.pipe(name, v.notValue('only', 'the name "only" is taken'));

const ScenarioShape = v.looseObject({
  name: v.pipe(v.string(), v.regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, 'expected a name like subsystem/question')),
  asks: v.string(),
  source: v.string(),
  given: v.record(givenName, Spec),
  variants: v.pipe(
    v.record(name, ScenarioVariant),
    v.check((variants) => Object.keys(variants).length > 0, 'expected at least one variant'),
  ),
  build: v.function(),
});

/** Whether a value is meant to be a scenario, well formed or not. */
export function isMeantAsScenario(value: unknown): value is Scenario {
  return typeof value === 'object' && value !== null && 'build' in value && 'variants' in value;
}

/** What is wrong with a scenario, one sentence; `undefined` when nothing is. */
export function flawOf(value: unknown): string | undefined {
  const { success, issues } = v.safeParse(ScenarioShape, value);
  if (!success) {
    const [issue] = issues;
    return `${v.getDotPath(issue) ?? 'it'}: ${issue.message}`;
  }
  return unknownSizes(value as Scenario);
}

function unknownSizes({ given, variants }: Scenario): string | undefined {
  for (const [variant, { given: own = {}, suite = {} }] of Object.entries(variants))
    for (const size of [...Object.keys(own), ...Object.keys(suite)])
      if (!Object.hasOwn(given, size)) return `variants.${variant} sets ${size}, which given does not declare`;
  return undefined;
}
