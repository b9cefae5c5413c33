/** Every scenario that ships with the program: what the packages export as `./scenarios`. A new subsystem adds its row. */
import * as arm64Asid from '@shootdown/arm64-asid/scenarios';
import * as explore from '@shootdown/explore/scenarios';
import * as kernel from '@shootdown/kernel/scenarios';
import type { Scenario } from '@shootdown/machine';
import * as mm from '@shootdown/mm/scenarios';
import * as mmuNotifier from '@shootdown/mmu-notifier/scenarios';
import * as powernvNpu from '@shootdown/powernv-npu/scenarios';
import { isMeantAsScenario } from './scenario-shape.js';

const packages: readonly object[] = [powernvNpu, arm64Asid, mm, mmuNotifier, explore, kernel];

/** The scenarios, in the order the suite runs them. */
export const catalogue: readonly Scenario[] = packages.flatMap((exported) =>
  Object.values<unknown>({ ...exported }).filter(isMeantAsScenario),
);
