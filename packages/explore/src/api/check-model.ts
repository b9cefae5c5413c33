/** Checking as tests do it: one call from a scenario to its verdict. */
import {
  assertScenario,
  buildScenario,
  givenOf,
  numberingKfuncs,
  type Given,
  type Scenario,
  type Size,
  type System,
} from '@shootdown/machine';
import { assertOptions } from './assert-options.js';
import { Check } from './check.js';
import { mayCount } from '../base/only.js';
import type { SearchOptions } from '../base/options.js';
import type { SearchResult } from './result.js';
import type { Strategy } from '../base/strategies.js';

/** How to check a system. */
export interface SystemOptions extends SearchOptions {
  /** Ends the search when it aborts; the verdict is `unknown` then, the bound `interrupted`. */
  readonly signal?: AbortSignal;
}

/** How to check a scenario. What is left out here and said by its variant, such as the strategy, is as the variant says. */
export interface CheckOptions extends SystemOptions {
  /** One of the scenario's variants, its first by default: the code as it should be. */
  readonly variant?: string;
  /** Which sizes to begin with; default `default`. */
  readonly size?: Size;
  /** Sizes that differ from these. */
  readonly given?: Readonly<Record<string, Given>>;
}

/** Which system of a scenario. */
export type ModelOptions = Pick<CheckOptions, 'variant' | 'size' | 'given' | 'only'>;

/** A scenario's variant at its sizes. */
export interface CheckedVariant {
  readonly scenario: Scenario;
  readonly variant: string;
  readonly given: Readonly<Record<string, Given>>;
}

/** A model ready to be searched. */
export interface Prepared {
  readonly system: System;
  readonly search: SearchOptions;
  /** Builds the system anew; absent where only a system was given. */
  readonly rebuild: (() => System) | undefined;
  /** Absent for a system that belongs to no scenario. */
  readonly asked: CheckedVariant | undefined;
}

/** Milliseconds after which the event loop gets its turn. */
const TURN = 50;

/**
 * Searches one variant of a scenario to its end. The event loop goes on meanwhile.
 *
 * @throws TypeError for a variant or a size that the scenario does not have
 */
export async function check(scenario: Scenario, options?: CheckOptions): Promise<SearchResult>;
/** Searches a system to its end. */
export async function check(system: System, options?: SystemOptions): Promise<SearchResult>;
export async function check(model: Scenario | System, options: CheckOptions = {}): Promise<SearchResult> {
  return drive(prepare(model, options), options.signal);
}

/**
 * The system that {@link check} searches for a scenario: what a schedule of its counterexample is replayed on. Built again, it
 * has the same functions.
 *
 * @throws TypeError for a variant or a size that the scenario does not have
 */
export function systemOf(
  scenario: Scenario,
  { variant = Object.keys(scenario.variants)[0], size, given, only }: ModelOptions = {},
): System {
  const counts = only ?? scenario.variants[variant]?.only;
  const sizes = givenOf(scenario, variant, size, given);
  return numberingKfuncs(() =>
    buildScenario(scenario, { given: sizes, variant, checks: (kindOrRule) => mayCount(counts, kindOrRule) }),
  );
}

/** Builds what is to be searched. */
export function prepare(model: Scenario | System, options: CheckOptions): Prepared {
  const { variant, size, given, signal: _signal, ...search } = options;
  assertOptions(search);
  assertModel(model);
  if ('build' in model) return prepareScenario(model, { variant, size, given, search });
  if (variant !== undefined || size !== undefined || given !== undefined)
    throw new TypeError('variant, size and given: expected a scenario, got a system, which has none');
  return { system: model, search, rebuild: undefined, asked: undefined };
}

function assertModel(model: unknown): asserts model is Scenario | System {
  const isObject = typeof model === 'object' && model !== null;
  if (isObject && ('build' in model || 'variants' in model)) assertScenario(model);
  else if (!isObject || !('layout' in model || 'threads' in model))
    throw new TypeError(`expected a scenario or a system, got ${isObject ? 'another object' : typeof model}`);
}

interface RequestedCheck {
  readonly variant: string | undefined;
  readonly size: Size | undefined;
  readonly given: Readonly<Record<string, Given>> | undefined;
  readonly search: SearchOptions;
}

function prepareScenario(scenario: Scenario, wanted: RequestedCheck): Prepared {
  const variant = wanted.variant ?? Object.keys(scenario.variants)[0];
  const given = givenOf(scenario, variant, wanted.size, wanted.given);
  const { only: ownOnly, strategy: ownStrategy } = scenario.variants[variant];
  const only = wanted.search.only ?? ownOnly;
  const strategy = wanted.search.strategy ?? (ownStrategy as Strategy | undefined);
  const rebuild = (): System => systemOf(scenario, { variant, given, ...(only !== undefined && { only }) });
  const search = {
    ...wanted.search,
    ...(only !== undefined && { only }),
    ...(strategy !== undefined && { strategy }),
  };
  return { system: rebuild(), search, rebuild, asked: { scenario, variant, given } };
}

/** Runs the search, a moment at a time. */
export async function drive(
  { system, search, rebuild }: Prepared,
  signal: AbortSignal | undefined,
): Promise<SearchResult> {
  const running = new Check(system, search, rebuild && { rebuild });
  let turn = performance.now();
  while (!running.advance()) {
    if (performance.now() - turn < TURN) continue;
    await new Promise((resolve) => setTimeout(resolve, 0));
    turn = performance.now();
    if (signal?.aborted === true) running.stop('interrupted');
  }
  return running.result();
}
