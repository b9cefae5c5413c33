/** The kernel's litmus tests. */
export type { LitmusTest } from './ast.js';
export { LitmusSyntaxError, UnsupportedError } from './litmus-error.js';
export { parseLitmus } from './parse.js';
export { runLitmus, verdictOf, type Outcome, type RunOptions, type Verdict } from './run.js';
