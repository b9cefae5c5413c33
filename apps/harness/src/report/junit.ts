/**
 * Verdicts as test results in the XML of JUnit, which continuous integration shows: a suite for each scenario, a case for each variant.
 * A verdict that was not expected is a failure, one that is not known an error.
 */
import junit, { type Builder } from 'junit-report-builder';
import { commandLine } from '../command-line.js';
import { EXIT, type ExitCode } from '../exit.js';
import type { AnswerJson } from './answer-json.js';
import { stepLine } from './step-line.js';

/** A variant that was checked. */
export interface Tested {
  readonly exit: ExitCode;
  readonly json: AnswerJson;
}

/** The report. */
export function junitText(tested: readonly Tested[]): string {
  const report = (junit as unknown as Builder).newBuilder(); // its types are those of its CommonJS form

  const scenarios = [...new Set(tested.map(({ json }) => json.scenario))];
  for (const name of scenarios) {
    const suite = report.testSuite().name(name);
    const own = tested.filter(({ json }) => json.scenario === name);
    suite.time(own.reduce((sum, { json }) => sum + json.seconds, 0));
    for (const { exit, json } of own) {
      const test = suite.testCase().className(name.replace('/', '.')).name(json.variant).time(json.seconds);
      const given = Object.entries(json.given).map(([key, value]) => `${key}=${String(value)}`);
      test.standardOutput(`${json.asks}\ngiven: ${given.join(' ')}\n${json.states} states`);
      if (exit === EXIT.UNEXPECTED)
        test.failure(surprise(json), json.violation?.kind ?? json.verdict).stacktrace(story(json));
      else if (exit === EXIT.UNKNOWN) test.error(`unknown: ${json.bound ?? 'not searched to the end'}`, 'unknown');
    }
  }
  return report.build();
}

function surprise({ expected, expectedName, verdict, violation }: AnswerJson): string {
  const wanted = expectedName === undefined ? expected : `${expected} (${expectedName})`;
  if (violation === undefined) return `expected ${wanted}, got ${verdict}`;
  return `expected ${wanted}, got ${violation.kind}: ${violation.message}`;
}

/** The steps that matter, and how to see the others. */
function story({ trace = [], replay }: AnswerJson): string {
  const lines = trace.filter(({ shown }) => shown).map((step) => `${step.thread}: ${stepLine(step)}`);
  return [...lines, ...(replay === undefined ? [] : [`replay: ${commandLine('replay', replay)}`])].join('\n');
}
