/** A scenario is data: one question, the code variants it is asked of, and the answer expected for each. */
import type { ViolationKind } from './kernel-bug.js';
import type { System } from './system.js';

/** A named size or switch of a scenario. */
export type Given = number | string | boolean;

/** What may be set, its default, and the smaller value of the suite. */
export interface GivenSpec {
  readonly default: Given;
  /** Value in the suite; the default if absent. */
  readonly suite?: Given;
  /** One phrase for `list`. */
  readonly about: string;
  readonly min?: number;
  readonly max?: number;
  /** The values allowed, for a string. */
  readonly oneOf?: readonly string[];
}

/** Code as it was, is, or would be with one line broken. */
export interface Variant {
  /** The verdict expected at the suite size. */
  readonly expect: 'holds' | ViolationKind;
  /** The invariant or rule that must be the one broken. */
  readonly rule?: string;
  /** One sentence: what is different here. */
  readonly about: string;
  /** Follows from the real code, but was never reported. */
  readonly finding?: boolean;
  readonly source?: string;
  /** Sizes that differ from the scenario's, at any size. */
  readonly given?: Readonly<Record<string, Given>>;
  /** Sizes that differ from the scenario's, in the suite. */
  readonly suite?: Readonly<Record<string, Given>>;
  /** Strategy that `check` and `suite` take unless told otherwise; default `dfs`. */
  readonly strategy?: string;
}

/** What a scenario is built from. */
export interface Setup {
  readonly given: Readonly<Record<string, Given>>;
  readonly variant: string;
  /** Whether a violation of this kind or name counts, so that hardware which only that check can see may be left out. */
  readonly checks: (kindOrRule: string) => boolean;
}

/** One question about a protocol. */
export interface Scenario {
  /** `subsystem/question`. */
  readonly name: string;
  /** The question, one sentence. */
  readonly asks: string;
  /** The seed or commit it is from. */
  readonly source: string;
  readonly given: Readonly<Record<string, GivenSpec>>;
  /** By name; the first is the code as it should be. */
  readonly variants: Readonly<Record<string, Variant>>;
  /** Makes the model; a pure function of the setup. */
  readonly build: (setup: Setup) => System;
}

/** Checks that a scenario is complete and gives it back: what a model file exports. */
export function scenario(definition: Scenario): Scenario {
  if (!/^[a-z0-9-]+\/[a-z0-9-]+$/.test(definition.name))
    throw new TypeError(`expected a scenario name like subsystem/question, got ${JSON.stringify(definition.name)}`);
  if (Object.keys(definition.variants).length === 0)
    throw new TypeError(`${definition.name}: expected at least one variant`);
  return definition;
}
