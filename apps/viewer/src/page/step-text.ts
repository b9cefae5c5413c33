/** A step in one line. */
import type { Access, Step } from '../report.js';

/** What a step did, without its thread: `WRITE_ONCE next 0 → 1`. */
export function stepText({ op, target, before, after, result }: Omit<Access, 'thread' | 'func'>): string {
  const value = before !== after ? `${before} → ${after}` : result !== '' ? `= ${result}` : '';
  return [op, target, value].filter((part) => part !== '').join(' ');
}

/** The same without the operation. */
export function effectText(step: Omit<Access, 'thread' | 'func'>): string {
  return stepText({ ...step, op: '' });
}

/** All of it, as a screen reader says it. */
export function spokenStep(step: Step, position: number): string {
  if (step.thread === '') return step.op;
  const decided = step.decisive ? ', decided it' : '';
  return `step ${position}, ${step.thread}, in ${step.func || 'its main function'}: ${stepText(step).replace('→', 'becomes')}${decided}`;
}
