/** Variables, and the regions of the code that can name them. */
import type { AnyNode, ClassBody, Node, Program } from 'acorn';
import { isFunction, type FunctionNode } from './syntax-tree.js';

/** What has variables of its own, or may run later than the code around it. */
export type Owner = FunctionNode | ClassBody | Program;

/** A name that the code declares. */
export interface Variable {
  readonly name: string;
  readonly scope: Scope;
  /** Offset from which on its scope may read it; 0 where it always may. */
  readonly readableFrom: number;
  /** The value it is declared with; absent for a parameter and for what `var` declares. */
  readonly initial: AnyNode | undefined;
  /** Whether anything but the declaration writes it. */
  isReassigned: boolean;
  /** Whether the code changes what it holds: a property, an element, what a collection has. */
  isMutated: boolean;
  /** Whether a function inside the one that declares it writes it, which may happen while that one waits. */
  isWrittenInside: boolean;
}

/** A region of the code with declarations. */
export class Scope {
  readonly #variables = new Map<string, Variable>();

  constructor(
    readonly parent: Scope | undefined,
    readonly owner: Owner,
    readonly node: Node,
  ) {}

  /** The variable that `name` means here; absent for a global one. */
  resolve(name: string): Variable | undefined {
    return this.#variables.get(name) ?? this.parent?.resolve(name);
  }

  /** Whether the name is declared in this very scope. */
  declares(name: string): boolean {
    return this.#variables.has(name);
  }

  /** Declares a name. One that is declared already stays one variable, and may hold more than one value. */
  declare(name: string, readableFrom = 0, initial?: AnyNode): void {
    const known = this.#variables.get(name);
    if (known === undefined) {
      this.#variables.set(name, {
        name,
        scope: this,
        readableFrom,
        initial,
        isReassigned: false,
        isMutated: false,
        isWrittenInside: false,
      });
    } else known.isReassigned = true;
  }

  /** Whether this scope is `outer` or lies in it. */
  isWithin(outer: Scope): boolean {
    return this === outer || this.parent?.isWithin(outer) === true;
  }

  /** Whether its variables belong to the file, so that their values count as constant. */
  get isOfFile(): boolean {
    return this.parent === undefined;
  }
}

/** The function that a variable never stops to mean, if it does. */
export function functionOf({ initial, isReassigned }: Variable): FunctionNode | undefined {
  return !isReassigned && initial !== undefined && isFunction(initial) ? initial : undefined;
}

/** Whether a variable has one value in all calls and all runs, or means a function of which the captured variables count. */
export function isFixed(variable: Variable): boolean {
  const { scope, initial, isReassigned, isMutated, isWrittenInside } = variable;
  if (isMutated) return false;
  // What the file itself writes, it writes as it is loaded.
  if (scope.isOfFile) return !isWrittenInside;
  if (isReassigned) return false;
  if (functionOf(variable) !== undefined) return true;
  return initial?.type === 'Literal' && !('regex' in initial);
}
