/** A counterexample as data, which other files are made from. */
import * as v from 'valibot';
import { AnswerSchema } from './answer-json.js';

/** What of an answer these files show: what `check --json` and `replay --json` have in common. */
export const ReportSchema = v.object(
  v.pick(AnswerSchema, [
    'scenario',
    'variant',
    'asks',
    'given',
    'verdict',
    'expected',
    'violation',
    'trace',
    'evidence',
    'pending',
    'recording',
    'replay',
  ]).entries,
);

/** A counterexample as data. */
export type ReportJson = v.InferOutput<typeof ReportSchema>;
