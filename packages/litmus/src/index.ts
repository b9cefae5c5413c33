/** The kernel's litmus tests. */
export type { LitmusTest } from './ast.js';
export { explainLitmus, type Allowed, type Explanation, type Forbidden } from './explain.js';
export { explainText, storyText } from './explain-text.js';
export { herdText, isBorneOut, witnessesOf } from './herd-text.js';
export { LitmusSyntaxError, UnsupportedError } from './litmus-error.js';
export type { Model } from './model.js';
export { parseLitmus } from './parse.js';
export { runLitmus, verdictOf, type Outcome, type RunOptions, type Verdict } from './run.js';
export type { Story, StoryEvent } from './story.js';
