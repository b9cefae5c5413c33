/** Every scenario that ships with the program: what the packages export as `./scenarios`. A new subsystem adds its row. */
import * as arm64Asid from '@shootdown/arm64-asid/scenarios';
import * as explore from '@shootdown/explore/scenarios';
import * as kernel from '@shootdown/kernel/scenarios';
import type { MutationPlan, Scenario } from '@shootdown/machine';
import * as mm from '@shootdown/mm/scenarios';
import * as mmuNotifier from '@shootdown/mmu-notifier/scenarios';
import * as powernvNpu from '@shootdown/powernv-npu/scenarios';
import { isMeantAsScenario } from './scenario-shape.js';

const packages = {
  'powernv-npu': powernvNpu,
  'arm64-asid': arm64Asid,
  mm,
  'mmu-notifier': mmuNotifier,
  explore,
  kernel,
} as const;

/** A package of scenarios, and what of its code is mutated. */
export interface MutationPackage {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
  readonly plan: MutationPlan;
}

const scenariosOf = (exported: object): readonly Scenario[] =>
  Object.values<unknown>({ ...exported }).filter(isMeantAsScenario);

/** The scenarios that ship with the program, by package. */
export const mutationPackages: readonly MutationPackage[] = Object.entries(packages).map(([name, exported]) => ({
  name,
  scenarios: scenariosOf(exported),
  plan: exported.mutationPlan,
}));

/** All of them. */
export const catalogue: readonly Scenario[] = mutationPackages.flatMap(({ scenarios }) => scenarios);
