/** What the scenarios of address spaces have in common. */
import { warnOn } from '@shootdown/kernel/model';
import type { GivenSpec, Kthread } from '@shootdown/machine';

/** Sizes that all of them have. */
export const sizes: Readonly<Record<'cpus' | 'pages', GivenSpec<number>>> = {
  cpus: { default: 2, about: 'CPUs, each with a TLB that fills at any moment', min: 1, max: 4 },
  pages: { default: 2, about: 'pages of each address space', min: 1, max: 8 },
};

/**
 * Warns where a program was refused what it has a right to.
 *
 * @param error - what its access returned
 */
export function* mustSucceed(error: number): Kthread<void> {
  yield* warnOn(error !== 0, `a program is refused an access to its own page: ${error}`);
}
