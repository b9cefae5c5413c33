/** The benchmark: ours and Spin in turn, so that a machine that gets slower meanwhile slows both. */
import type { BenchCase } from './cases.js';
import { median, type Measurement } from './measurement.js';
import type { Verifier } from './spin.js';

/** What measures; tests give their own. */
export interface Bench {
  readonly runOurs: (one: BenchCase, reduction: boolean) => Promise<Measurement>;
  /** Absent where Spin is not installed. */
  readonly spin?: {
    readonly compile: (one: BenchCase, partialOrder: boolean) => Promise<Verifier>;
    readonly run: (verifier: Verifier) => Promise<Measurement>;
    readonly remove: (verifier: Verifier) => Promise<void>;
  };
  readonly progress: (text: string) => void;
}

/** Medians of one case. */
export interface CaseResult {
  readonly name: string;
  /** As shipped. */
  readonly ours: Measurement;
  /** With every access a schedule point. */
  readonly oursUnreduced: Measurement;
  /** Without partial order reduction: the plain count. */
  readonly spin?: Measurement;
  /** With it. */
  readonly spinReduced?: Measurement;
  /** Our search time by Spin's, both with what they do by default for this question: at most 1 is good. */
  readonly ratio_to_spin?: number;
  /** The same against Spin with partial order reduction. */
  readonly ratio_to_spin_por?: number;
  /** The same with neither reducing. */
  readonly ratio_unreduced?: number;
}

/** Runs one case. */
export async function runCase(one: BenchCase, bench: Bench, runs: number): Promise<CaseResult> {
  const verifiers =
    bench.spin === undefined ? undefined : [await bench.spin.compile(one, false), await bench.spin.compile(one, true)];
  const results: Measurement[][] = [[], [], [], []];
  try {
    for (let run = 0; run < runs; run++) {
      bench.progress(`${one.name}: run ${run + 1} of ${runs}`);
      results[0].push(await bench.runOurs(one, true));
      if (verifiers !== undefined && bench.spin !== undefined) results[2].push(await bench.spin.run(verifiers[0]));
      results[1].push(await bench.runOurs(one, false));
      if (verifiers !== undefined && bench.spin !== undefined) results[3].push(await bench.spin.run(verifiers[1]));
    }
  } finally {
    for (const verifier of verifiers ?? []) await bench.spin?.remove(verifier);
  }
  const [ours, oursUnreduced] = [median(results[0]), median(results[1])];
  if (verifiers === undefined) return { name: one.name, ours, oursUnreduced };
  const [spin, spinReduced] = [median(results[2]), median(results[3])];
  return {
    name: one.name,
    ours,
    oursUnreduced,
    spin,
    spinReduced,
    ratio_to_spin: ours.seconds / spin.seconds,
    ratio_to_spin_por: ours.seconds / spinReduced.seconds,
    ratio_unreduced: oursUnreduced.seconds / spin.seconds,
  };
}
