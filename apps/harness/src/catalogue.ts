/**
 * Every scenario that ships with the program: what the packages export as `./scenarios`. A new subsystem adds its row. A package
 * is loaded when one of its scenarios is asked for: all of them take longer than most searches.
 */
import type { MutationPlan, Scenario } from '@shootdown/machine';
import { isMeantAsScenario } from './scenario-shape.js';

/** What a package of scenarios exports. */
interface Exports {
  readonly mutationPlan: MutationPlan;
}

interface Row {
  /** The subsystems of its scenarios: what stands before the slash in their names. */
  readonly subsystems: readonly string[];
  readonly load: () => Promise<Exports>;
}

const packages: Readonly<Record<string, Row>> = {
  'powernv-npu': { subsystems: ['npu'], load: () => import('@shootdown/powernv-npu/scenarios') },
  'arm64-asid': { subsystems: ['asid'], load: () => import('@shootdown/arm64-asid/scenarios') },
  mm: { subsystems: ['mm'], load: () => import('@shootdown/mm/scenarios') },
  'mmu-notifier': { subsystems: ['notifier', 'mm'], load: () => import('@shootdown/mmu-notifier/scenarios') },
  explore: { subsystems: ['locks'], load: () => import('@shootdown/explore/scenarios') },
  kernel: { subsystems: ['kinds'], load: () => import('@shootdown/kernel/scenarios') },
};

/** Scenarios that are found by name. */
export interface Catalogue {
  /** All of them. */
  readonly all: () => Promise<readonly Scenario[]>;
  /** The one of that name, if there is one. */
  readonly named: (name: string) => Promise<Scenario | undefined>;
}

/** A package of scenarios, and what of its code is mutated. */
export interface MutationPackage {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
  readonly plan: MutationPlan;
}

/** The scenarios that ship with the program, by package. */
export async function mutationPackages(): Promise<readonly MutationPackage[]> {
  return Promise.all(
    Object.entries(packages).map(async ([name, { load }]) => {
      const exported = await load();
      return { name, scenarios: scenariosOf(exported), plan: exported.mutationPlan };
    }),
  );
}

/** All of them. */
export const catalogue: Catalogue = {
  all: async () => (await mutationPackages()).flatMap(({ scenarios }) => scenarios),
  named: async (name) => {
    const rows = Object.values(packages).filter(({ subsystems }) => subsystems.includes(name.split('/')[0]));
    const loaded = await Promise.all(rows.map(async ({ load }) => scenariosOf(await load())));
    return loaded.flat().find((scenario) => scenario.name === name);
  },
};

/** A catalogue of other scenarios. */
export function catalogueOf(scenarios: readonly Scenario[]): Catalogue {
  return {
    all: () => Promise.resolve(scenarios),
    named: (name) => Promise.resolve(scenarios.find((scenario) => scenario.name === name)),
  };
}

function scenariosOf(exported: object): readonly Scenario[] {
  return Object.values<unknown>({ ...exported }).filter(isMeantAsScenario);
}
