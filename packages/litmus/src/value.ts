/**
 * Values: whole numbers and addresses.
 */
import type { Operator } from './ast.js';

/** The address of a global variable, or of a cell of an array. There is one object for each. */
export class Address {
  readonly name: string;
  readonly index: number;

  /** Only {@link Addresses} makes them. */
  constructor(name: string, index: number) {
    this.name = name;
    this.index = index;
  }

  /** As herd7 prints it. */
  toString(): string {
    return this.index === 0 ? this.name : `${this.name}[${this.index}]`;
  }
}

/** A value that comes from nowhere: reads that read what only they stored. One object for each circle of them. */
export class ThinAir {
  readonly #number: number;

  /** @param number - tells it from others of the same execution */
  constructor(number: number) {
    this.#number = number;
  }

  /** As herd7 prints a value that nothing determines. */
  toString(): string {
    return `S${this.#number}`;
  }
}

/** What no arithmetic gives, such as the product of two addresses. It matters only in an execution that is allowed. */
export class Nonsense {
  /** What was tried. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }

  /** For messages. */
  toString(): string {
    return `(${this.reason})`;
  }
}

/** A number, or an address. */
export type Value = number | Address | ThinAir | Nonsense;

/** The addresses of one test. */
export class Addresses {
  readonly #known = new Map<string, Address>();

  /** The one object for cell `index` of `name`. */
  of(name: string, index: number): Address {
    const key = `${name}[${index}]`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = new Address(name, index);
    this.#known.set(key, made);
    return made;
  }
}

/** What `left operator right` is worth. */
export function operate(operator: Operator, left: Value, right: Value, addresses: Addresses): Value {
  if (left instanceof Nonsense) return left;
  if (right instanceof Nonsense) return right;
  if (operator === '==') return left === right ? 1 : 0;
  if (operator === '!=') return left === right ? 0 : 1;
  if (typeof left === 'number' && typeof right === 'number') return calculate(operator, left, right);
  if (operator === '+' && left instanceof Address && typeof right === 'number')
    return right === 0 ? left : addresses.of(left.name, left.index + right);
  if (operator === '+' && right instanceof Address && typeof left === 'number')
    return left === 0 ? right : addresses.of(right.name, right.index + left);
  if (operator === '-' && left instanceof Address && typeof right === 'number')
    return right === 0 ? left : addresses.of(left.name, left.index - right);
  return new Nonsense(`'${operator}' on an address`);
}

function calculate(operator: Operator, left: number, right: number): number | Nonsense {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0) return new Nonsense('a division by 0');
      return Math.trunc(left / right);
    case '&':
      return bitwise(left, right, (a, b) => a & b);
    case '|':
      return bitwise(left, right, (a, b) => a | b);
    case '^':
      return bitwise(left, right, (a, b) => a ^ b);
    case '&~':
      return bitwise(left, right, (a, b) => a & ~b);
    case '<':
      return left < right ? 1 : 0;
    case '>':
      return left > right ? 1 : 0;
    case '<=':
      return left <= right ? 1 : 0;
    case '>=':
      return left >= right ? 1 : 0;
    default:
      return left === right ? 1 : 0;
  }
}

/** On 64 bits, as herd7 calculates. */
function bitwise(left: number, right: number, operate64: (a: bigint, b: bigint) => bigint): number {
  return Number(BigInt.asIntN(64, operate64(BigInt(left), BigInt(right))));
}
