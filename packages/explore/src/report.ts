export {
  counterexampleText,
  violationName,
  type Counterexample,
  type CounterexampleOptions,
} from './report/counterexample-text.js';
export { placeOf } from './report/evidence-text.js';
export { bytesText, count, rate, seconds } from './report/numbers.js';
export { tokenText, type TokenParts } from './report/token-text.js';
export type { Paint, Part } from './report/trace-table.js';
export { wrap, type Measure } from './report/wrap.js';
