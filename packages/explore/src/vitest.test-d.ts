/** What must not compile: compiled, never run. */
import type { Scenario, System } from '@shootdown/machine';
import { expect } from 'vitest';
import { check, type SearchResult } from './index.js';
import './vitest.js';

declare const scenario: Scenario;
declare const system: System;

export const results: Promise<SearchResult>[] = [
  check(scenario),
  check(scenario, { variant: 'v', given: { threads: 2, deep: true }, size: 'suite', strategy: 'bfs', maxStates: 1 }),
  check(system, { maxSeconds: 1 }),
  // @ts-expect-error -- a system has no variants
  check(system, { variant: 'v' }),
  // @ts-expect-error -- no such size
  check(scenario, { size: 'small' }),
  // @ts-expect-error -- sizes are primitives
  check(scenario, { given: { threads: [2] } }),
];

export const outcomes: Promise<void>[] = [
  expect(scenario).toHold(),
  expect(scenario).not.toHold({ variant: 'v', maxSeconds: 3 }),
  expect(system).toHold({ strategy: 'dfs' }),
  expect(scenario).toBeViolated({ kind: 'deadlock' }, { variant: 'v' }),
  expect(system).toBeViolated({ kind: 'invariant', rule: 'sum' }),
  // @ts-expect-error -- a system has no variants
  expect(system).toHold({ variant: 'v' }),
  // @ts-expect-error -- no such kind
  expect(scenario).toBeViolated({ kind: 'deadlok' }),
  // @ts-expect-error -- what must be broken is said
  expect(scenario).toBeViolated(),
  // @ts-expect-error -- no such option
  expect(scenario).toHold({ maxState: 3 }),
];

// @ts-expect-error -- a number is no model
void expect(5).toHold({});
