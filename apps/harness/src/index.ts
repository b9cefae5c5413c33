export { run } from './program.js';
export { catalogue } from './catalogue.js';
export { EXIT, type ExitCode } from './exit.js';
export { outputOf, type Io, type Output } from './io.js';
export { AnswerSchema, StepSchema, type AnswerJson } from './report/answer-json.js';
