export { htmlOf } from './html.js';
export type {
  Access,
  Cell,
  CellChange,
  Evidence,
  Frame,
  Pending,
  Recording,
  Report,
  Step,
  ThreadState,
} from './report.js';
export { waitsOf, type Wait } from './waits.js';
