/** What is measured: the same protocol in our words and in Promela. */
import type { Scenario } from '@shootdown/machine';
import type { GivenValues } from '../given.js';
import { toyScenario } from './toy-scenario.js';

/** One protocol at one size. */
export interface BenchCase {
  readonly name: string;
  readonly ours: OurSearch;
  readonly spin: SpinModel;
}

/** A search of ours. */
export interface OurSearch {
  readonly scenario: string;
  readonly variant: string;
  readonly given: GivenValues;
  readonly only?: readonly string[];
}

/** The same in Promela. */
export interface SpinModel {
  /** File in `bench/spin`. */
  readonly file: string;
  readonly defines: readonly string[];
  /** Options of the verifier. */
  readonly flags: readonly string[];
}

const toyCase = (operations: number): BenchCase => ({
  name: `toy-${operations}`,
  ours: { scenario: toyScenario.name, variant: 'guarded', given: { operations } },
  // Its threads may end anywhere, so that is not looked at.
  spin: { file: 'toy.pml', defines: [`NOPS=${operations}`], flags: ['-E'] },
});

/** Every case, small ones first. */
export const benchCases: readonly BenchCase[] = [
  toyCase(5),
  {
    name: 'atsd-3-2-2',
    ours: {
      scenario: 'npu/atsd-shootdown',
      variant: 'merged',
      given: { threads: 3, npus: 2, regs: 2, rounds: 0, gpus: 0 },
      only: ['deadlock', 'single-holder'],
    },
    spin: { file: 'npu-atsd.pml', defines: ['T=3', 'N=2', 'R=2', 'FIXED=1', 'ROUNDS=0'], flags: [] },
  },
  toyCase(6),
];

/** Scenarios that are measured and not part of the suite. */
export const benchScenarios: readonly Scenario[] = [toyScenario];
