/** Our own search, measured in a fresh process. */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { UsageError } from '../exit.js';
import type { OurSearch } from './cases.js';
import { MeasurementSchema, type Measurement } from './measurement.js';
import { oneCore, runProcess } from './run-process.js';

const MEASURE_ONCE = fileURLToPath(new URL('./measure-once.js', import.meta.url));

/**
 * One run of ours.
 *
 * @param reduction - whether accesses that cannot matter are left out as schedule points
 */
export async function runOurs(search: OurSearch, reduction: boolean, interrupted: AbortSignal): Promise<Measurement> {
  if (!existsSync(MEASURE_ONCE))
    throw new UsageError('bench: it measures the built program; run it with npm start -- bench');
  const request = JSON.stringify({ ...search, reduction });
  const { stdout, seconds } = await runProcess(
    [...oneCore(), process.execPath, MEASURE_ONCE, request],
    process.cwd(),
    interrupted,
  );
  return v.parse(MeasurementSchema, {
    ...v.parse(v.pipe(v.string(), v.parseJson(), v.looseObject({})), stdout),
    processSeconds: seconds,
  });
}
