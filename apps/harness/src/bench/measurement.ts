/** One measured run, ours or a peer's. */
import * as v from 'valibot';

/** What a run took. */
export const MeasurementSchema = v.strictObject({
  /** Seconds of the search, as the searcher itself says. */
  seconds: v.number(),
  /** Seconds of the whole process. */
  processSeconds: v.number(),
  states: v.number(),
  transitions: v.number(),
  /** Bytes held for the states visited. */
  stateBytes: v.number(),
  /** Most memory the process had. */
  peakBytes: v.number(),
});
/** What a run took. */
export type Measurement = v.InferOutput<typeof MeasurementSchema>;

/** The run in the middle, by search time. */
export function median(runs: readonly Measurement[]): Measurement {
  const sorted = [...runs].sort((a, b) => a.seconds - b.seconds);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
