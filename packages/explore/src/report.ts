export {
  counterexampleText,
  violationName,
  type Counterexample,
  type CounterexampleOptions,
} from './report/counterexample-text.js';
export { placeOf } from './report/evidence-text.js';
export { bytesText, count, rate, seconds } from './report/numbers.js';
export { tokenText, type TokenParts } from './report/token-text.js';
export { wrap } from './report/wrap.js';
