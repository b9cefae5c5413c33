/** Every scenario that ships with the program. A new subsystem adds its row here. */
import { dekker, peterson, ticketLock } from '@shootdown/explore/scenarios';
import type { Scenario } from '@shootdown/machine';

/** The scenarios, in the order the suite runs them. */
export const catalogue: readonly Scenario[] = [peterson, dekker, ticketLock];
