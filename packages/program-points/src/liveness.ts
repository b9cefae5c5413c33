/**
 * Which variables a function may still read after each of its yields. The tree is walked backwards, from what is live after a
 * node to what is live before it; loops until nothing is added. Functions inside are left out: what they read is captured.
 */
import type {
  AnyNode,
  AssignmentExpression,
  Identifier,
  Pattern,
  SwitchStatement,
  TryStatement,
  YieldExpression,
} from 'acorn';
import { Exits } from './exits.js';
import { having, NOTHING, union, without, type LiveSet } from './live-set.js';
import type { Variable } from './scope.js';
import { childrenOf, isFunction, type FunctionNode } from './syntax-tree.js';

/** The variables that may be read, before they are written, after each yield of a function. */
export function liveAtYields(
  node: FunctionNode,
  variableOf: (identifier: Identifier) => Variable | undefined,
): ReadonlyMap<YieldExpression, LiveSet> {
  const liveness = new Liveness(variableOf);
  liveness.before(node.body, NOTHING, Exits.ofFunction());
  return liveness.atYields;
}

class Liveness {
  readonly atYields = new Map<YieldExpression, LiveSet>();
  readonly #variableOf: (identifier: Identifier) => Variable | undefined;

  constructor(variableOf: (identifier: Identifier) => Variable | undefined) {
    this.#variableOf = variableOf;
  }

  before(node: AnyNode | null | undefined, after: LiveSet, exits: Exits, labels: readonly string[] = []): LiveSet {
    if (!node || isFunction(node) || node.type === 'ClassBody') return after;
    const before = (child: AnyNode | null | undefined, live: LiveSet): LiveSet => this.before(child, live, exits);
    switch (node.type) {
      case 'Identifier':
        return having(after, this.#variableOf(node));
      case 'YieldExpression': {
        const live = union(after, exits.onThrow, exits.onReturn);
        this.atYields.set(node, union(live, this.atYields.get(node) ?? NOTHING));
        return before(node.argument, live);
      }
      case 'AssignmentExpression':
        return this.#beforeAssignment(node, after, exits);
      case 'LogicalExpression':
        return before(node.left, union(after, before(node.right, after)));
      case 'ConditionalExpression':
      case 'IfStatement':
        return before(node.test, union(before(node.consequent, after), before(node.alternate, after)));
      case 'ChainExpression':
        return this.#beforeChain(node.expression, after, after, exits);
      case 'VariableDeclaration':
        return node.declarations.reduceRight((live, { id, init }) => {
          // A `var` without a value writes nothing.
          const isWritten = init || node.kind !== 'var';
          return before(init, isWritten ? this.#beforeWrite(id, live, exits) : live);
        }, after);
      case 'ReturnStatement':
        return before(node.argument, union(exits.onReturn, exits.onThrow));
      case 'ThrowStatement':
        return before(node.argument, exits.onThrow);
      case 'BreakStatement':
      case 'ContinueStatement':
        return exits.target(node.type === 'BreakStatement' ? 'break' : 'continue', node.label?.name ?? '');
      case 'LabeledStatement': {
        const { name } = node.label;
        return this.before(node.body, after, exits.withTarget('break', [name], after), [...labels, name]);
      }
      case 'WhileStatement':
        return this.#untilStable((head) => {
          const body = this.before(node.body, head, inLoop(exits, labels, { after, next: head }));
          return before(node.test, union(after, body));
        });
      case 'DoWhileStatement':
        return this.#untilStable((head) => {
          const test = before(node.test, union(after, head));
          return this.before(node.body, test, inLoop(exits, labels, { after, next: test }));
        });
      case 'ForStatement':
        return before(
          node.init,
          this.#untilStable((head) => {
            const next = before(node.update, head);
            const body = this.before(node.body, next, inLoop(exits, labels, { after, next }));
            return before(node.test, node.test ? union(after, body) : body);
          }),
        );
      case 'ForInStatement':
      case 'ForOfStatement': {
        const target = node.left.type === 'VariableDeclaration' ? node.left.declarations[0].id : node.left;
        return before(
          node.right,
          this.#untilStable((head) => {
            const body = this.before(node.body, head, inLoop(exits, labels, { after, next: head }));
            return union(after, this.#beforeWrite(target, body, exits));
          }),
        );
      }
      case 'SwitchStatement':
        return this.#beforeSwitch(node, after, exits);
      case 'TryStatement':
        return this.#beforeTry(node, after, exits);
      case 'ClassDeclaration':
        return before(node.superClass, after);
      default:
        return this.#beforeAll(childrenOf(node), after, exits);
    }
  }

  #beforeAll(nodes: readonly (AnyNode | null)[], after: LiveSet, exits: Exits): LiveSet {
    return nodes.reduceRight((live, node) => this.before(node, live, exits), after);
  }

  #untilStable(pass: (head: LiveSet) => LiveSet): LiveSet {
    let head: LiveSet = NOTHING;
    for (;;) {
      const next = union(head, pass(head));
      if (next.size === head.size) return head;
      head = next;
    }
  }

  /** Before values go into a pattern, after they are computed. */
  #beforeWrite(pattern: Pattern | null, after: LiveSet, exits: Exits): LiveSet {
    switch (pattern?.type) {
      case 'Identifier': {
        const variable = this.#variableOf(pattern);
        return variable !== undefined && exits.onThrow.has(variable) ? after : without(after, variable);
      }
      case 'ObjectPattern':
        return pattern.properties.reduceRight((live, property) => {
          if (property.type === 'RestElement') return this.#beforeWrite(property.argument, live, exits);
          const value = this.#beforeWrite(property.value, live, exits);
          return property.computed ? this.before(property.key, value, exits) : value;
        }, after);
      case 'ArrayPattern':
        return pattern.elements.reduceRight((live, element) => this.#beforeWrite(element, live, exits), after);
      case 'AssignmentPattern': {
        const live = this.#beforeWrite(pattern.left, after, exits);
        return union(live, this.before(pattern.right, live, exits));
      }
      case 'RestElement':
        return this.#beforeWrite(pattern.argument, after, exits);
      case 'MemberExpression':
        return this.before(pattern, after, exits);
      case undefined:
        return after;
    }
  }

  #beforeAssignment({ operator, left, right }: AssignmentExpression, after: LiveSet, exits: Exits): LiveSet {
    const written = left.type === 'MemberExpression' ? after : this.#beforeWrite(left, after, exits);
    const computed = this.before(right, written, exits);
    if (operator === '=') return left.type === 'MemberExpression' ? this.before(left, computed, exits) : computed;
    const isLogical = operator === '&&=' || operator === '||=' || operator === '??=';
    return this.before(left, isLogical ? union(after, computed) : computed, exits);
  }

  /** @param end - live after the whole chain, where a `?.` may go at once */
  #beforeChain(node: AnyNode, after: LiveSet, end: LiveSet, exits: Exits): LiveSet {
    if (node.type !== 'CallExpression' && node.type !== 'MemberExpression') return this.before(node, after, exits);
    const [base, ...others] = node.type === 'CallExpression' ? [node.callee, ...node.arguments] : childrenOf(node);
    const rest = this.#beforeAll(others, after, exits);
    return this.#beforeChain(base, node.optional ? union(rest, end) : rest, end, exits);
  }

  #beforeSwitch({ discriminant, cases }: SwitchStatement, after: LiveSet, exits: Exits): LiveSet {
    const inside = exits.withTarget('break', [''], after);
    let body = after;
    const bodies = cases
      .toReversed()
      .map(({ consequent }) => (body = this.#beforeAll(consequent, body, inside)))
      .reverse();
    const otherwise = bodies[cases.findIndex(({ test }) => !test)] ?? after;
    const tests = cases.reduceRight(
      (live, { test }, index) => (test ? this.before(test, union(live, bodies[index]), exits) : live),
      otherwise,
    );
    return this.before(discriminant, tests, exits);
  }

  #beforeTry({ block, handler, finalizer }: TryStatement, after: LiveSet, exits: Exits): LiveSet {
    let [end, guarded] = [after, exits];
    if (finalizer) {
      end = this.before(finalizer, union(after, exits.anywhere), exits);
      guarded = exits.withFinally(end);
    }
    if (!handler) return union(this.before(block, union(end, guarded.onThrow), guarded), guarded.onThrow);
    const body = this.before(handler.body, union(end, guarded.onThrow), guarded);
    const caught = guarded.withHandler(handler.param ? this.#beforeWrite(handler.param, body, guarded) : body);
    return union(this.before(block, union(end, caught.onThrow), caught), caught.onThrow);
  }
}

function inLoop(exits: Exits, labels: readonly string[], live: { after: LiveSet; next: LiveSet }): Exits {
  return exits.withTarget('break', [''], live.after).withTarget('continue', ['', ...labels], live.next);
}
