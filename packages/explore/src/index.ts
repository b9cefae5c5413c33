export {
  Check,
  STRATEGIES,
  checkSync,
  replay,
  type Agency,
  type Help,
  type Progress,
  type Reductions,
  type SearchOptions,
  type SearchResult,
  type Strategy,
  type Violation,
} from './check.js';
export { check, systemOf, type CheckOptions, type ModelOptions, type SystemOptions } from './check-model.js';
export { mayCount } from './only.js';
export { Deadline, Stopped, type OutOfTime } from './deadline.js';
export type { Exhausted } from './resources.js';
export type { Evidence } from './evidence.js';
export type { Frame, Moment } from './evidence-run.js';
export type { CellChange } from './notation.js';
export type { Pending, Standing } from './pending.js';
export { StaleSchedule } from './schedule-text.js';
export { JobRunner, type JobReport, type Sampler, type Samplers } from './portfolio.js';
export type { NeverAsked } from './never-asked.js';
export type { SamplingFigures } from './sampling.js';
export type { TraceStep } from './trace.js';
export { Assistant } from './assistant.js';
export type { Helper, Order, Report, Team } from './team.js';
export { ForeignSnapshot, type Snapshot } from './snapshot.js';
