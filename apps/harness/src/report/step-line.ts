/** One step of a counterexample in one line. */
import type { ReportJson } from './report-json.js';

/** As `12 get_mmio_atsd_reg: test_and_set_bit usage 0 → 1`. */
export function stepLine({
  step,
  func,
  op,
  target,
  before,
  after,
  result,
}: NonNullable<ReportJson['trace']>[number]): string {
  const value = before === after ? result : `${before} → ${after}`;
  return `${step} ${func}: ${[op, target, value].filter((part) => part !== '').join(' ')}`;
}
