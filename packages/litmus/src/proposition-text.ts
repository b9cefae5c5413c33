/**
 * Conditions as herd7 prints them.
 */
import type { Condition, Literal, Place, Proposition } from './ast.js';
import { placeText } from './places.js';

/** The condition, with its quantifier. */
export function conditionText({ quantifier, proposition }: Condition): string {
  return `${quantifier} (${propositionText(proposition)})`;
}

/** A proposition without outer parentheses. */
export function propositionText(proposition: Proposition): string {
  switch (proposition.kind) {
    case 'true':
    case 'false':
      return proposition.kind;
    case 'equal':
      return `${placeText(proposition.left)}=${rightText(proposition.right)}`;
    case 'not':
      return `not (${propositionText(proposition.of)})`;
    case 'implies':
      return `${inside(proposition.left)} => ${inside(proposition.right)}`;
    case 'and':
      return `${inside(proposition.left, 'and')} /\\ ${inside(proposition.right, 'and')}`;
    case 'or':
      return `${inside(proposition.left, 'or', 'and')} \\/ ${inside(proposition.right, 'or', 'and')}`;
  }
}

function inside(proposition: Proposition, ...bare: Proposition['kind'][]): string {
  const text = propositionText(proposition);
  const isBare = ['true', 'false', 'equal', 'not', ...bare].includes(proposition.kind);
  return isBare ? text : `(${text})`;
}

function rightText(right: Literal | Place): string {
  if (typeof right === 'number') return String(right);
  if ('kind' in right) return placeText(right);
  return right.index === 0 ? right.address : `${right.address}[${right.index}]`;
}
