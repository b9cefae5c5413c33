/** Finds out which variable each identifier of a file means, and what each function captures. */
import type { AnyNode, Identifier, Program } from 'acorn';
import { declareLexical, declareVariables, declareVars, namesIn } from './declarations.js';
import { functionOf, Scope, type Owner, type Variable } from './scope.js';
import { childrenOf, isFunction, type FunctionNode } from './syntax-tree.js';

/** The variables of a file, by the nodes that mean them. */
export class Resolution {
  readonly #variables = new Map<Identifier, Variable>();
  readonly #scopes = new Map<AnyNode, Scope>();
  readonly #free = new Map<Owner, Set<Variable>>();
  readonly #parents = new Map<Owner, Owner>();
  readonly #inner = new Map<Owner, Owner[]>();

  constructor(program: Program) {
    const scope = new Scope(undefined, program, program);
    declareLexical(scope, program.body);
    declareVars(scope, program);
    for (const statement of program.body) this.#visit(statement, scope);
  }

  /** The variable that an identifier means; absent for a global one. */
  variableOf(identifier: Identifier): Variable | undefined {
    return this.#variables.get(identifier);
  }

  /** The innermost scope of a yield. */
  scopeOf(node: AnyNode): Scope {
    return this.#scopes.get(node)!;
  }

  /**
   * Variables that functions inside `node` may read when they run, whenever that is, themselves or through what they know by
   * name: a function, or a value that was made with functions. The names that `node` itself uses count too.
   */
  capturedIn(node: FunctionNode): ReadonlySet<Variable> {
    const captured = new Set<Variable>();
    for (const inner of this.#inner.get(node) ?? [])
      for (const variable of this.#free.get(inner) ?? []) captured.add(variable);
    const named = new Set([...captured, ...(this.#free.get(node) ?? [])]);
    // A set that grows while it is gone through.
    for (const variable of named) {
      const meant = functionOf(variable);
      for (const inner of meant ? [meant] : functionsIn(variable.initial))
        for (const used of this.#free.get(inner) ?? []) {
          // A value tells what its functions have captured, unless that changes.
          if (meant !== undefined || used.isReassigned) captured.add(used);
          named.add(used);
        }
    }
    return captured;
  }

  #visit(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case 'Identifier':
        this.#refer(node, scope);
        return;
      case 'AssignmentExpression':
        this.#reassign(node.left, scope);
        this.#mutate(node.left, scope);
        break;
      case 'UpdateExpression':
        this.#reassign(node.argument, scope);
        this.#mutate(node.argument, scope);
        break;
      case 'UnaryExpression':
        if (node.operator === 'delete') this.#mutate(node.argument, scope);
        break;
      case 'CallExpression':
        if (isCallOf(MUTATORS, node.callee) || this.#isOfCollection(node.callee, scope))
          this.#mutate(node.callee, scope);
        break;
      case 'ForInStatement':
      case 'ForOfStatement':
        if (node.left.type !== 'VariableDeclaration') this.#reassign(node.left, scope);
        break;
      case 'VariableDeclaration':
        if (node.kind === 'var') for (const { id } of node.declarations) this.#reassign(id, scope);
        break;
      case 'YieldExpression':
        this.#scopes.set(node, scope);
        break;
      default:
    }
    if (isFunction(node)) this.#visitFunction(node, scope);
    else if (node.type === 'SwitchStatement') {
      this.#visit(node.discriminant, scope);
      const inside = this.#scopeInside(node, scope);
      for (const one of node.cases) this.#visit(one, inside);
    } else {
      const inside = this.#scopeInside(node, scope);
      for (const child of childrenOf(node)) this.#visit(child, inside);
    }
  }

  #visitFunction(node: FunctionNode, around: Scope): void {
    let outside = around;
    if (node.type === 'FunctionExpression' && node.id) {
      outside = new Scope(around, around.owner, node);
      outside.declare(node.id.name, 0, node);
    }
    this.#enter(node, around.owner);
    const scope = new Scope(outside, node, node);
    for (const parameter of node.params) for (const name of namesIn(parameter)) scope.declare(name);
    if (node.body.type === 'BlockStatement') {
      declareVars(scope, node.body);
      declareLexical(scope, node.body.body);
    }
    for (const parameter of node.params) this.#visit(parameter, scope);
    for (const child of node.body.type === 'BlockStatement' ? node.body.body : [node.body]) this.#visit(child, scope);
  }

  #enter(owner: Owner, parent: Owner): void {
    this.#parents.set(owner, parent);
    this.#inner.set(parent, [...(this.#inner.get(parent) ?? []), owner]);
  }

  /** The scope of the parts of a node that is no function. */
  #scopeInside(node: AnyNode, scope: Scope): Scope {
    if (node.type === 'ClassBody') this.#enter(node, scope.owner);
    const owner = node.type === 'ClassBody' ? node : scope.owner;
    const inside = new Scope(scope, owner, node);
    switch (node.type) {
      case 'BlockStatement':
        declareLexical(inside, node.body);
        return inside;
      case 'StaticBlock':
        for (const statement of node.body) declareVars(inside, statement);
        declareLexical(inside, node.body);
        return inside;
      case 'SwitchStatement':
        declareLexical(
          inside,
          node.cases.flatMap(({ consequent }) => consequent),
        );
        return inside;
      case 'ForStatement':
        if (node.init?.type === 'VariableDeclaration') declareVariables(inside, node.init);
        return inside;
      case 'ForInStatement':
      case 'ForOfStatement':
        if (node.left.type === 'VariableDeclaration') declareVariables(inside, node.left, node.body.start);
        return inside;
      case 'CatchClause':
        if (node.param) for (const name of namesIn(node.param)) inside.declare(name);
        return inside;
      case 'ClassDeclaration':
      case 'ClassExpression':
        if (node.id) inside.declare(node.id.name, node.end);
        return inside;
      case 'ClassBody':
        return inside;
      default:
        return scope;
    }
  }

  #refer(identifier: Identifier, scope: Scope): void {
    const variable = scope.resolve(identifier.name);
    if (variable === undefined) return;
    this.#variables.set(identifier, variable);
    if (variable.scope.isOfFile) return;
    for (let owner: Owner | undefined = scope.owner; owner !== variable.scope.owner; owner = this.#parents.get(owner)) {
      if (owner === undefined) return;
      const free = this.#free.get(owner) ?? new Set();
      this.#free.set(owner, free.add(variable));
    }
  }

  /** What a property, an element or a method of a variable changes. */
  #mutate(target: AnyNode, scope: Scope): void {
    if (target.type !== 'MemberExpression') return;
    let root: AnyNode = target;
    while (root.type === 'MemberExpression') root = root.object;
    const variable = root.type === 'Identifier' ? scope.resolve(root.name) : undefined;
    if (variable === undefined) return;
    // What a function changes that it declares is shown, but for a function, which never is.
    variable.isMutated ||= scope.owner !== variable.scope.owner || functionOf(variable) !== undefined;
  }

  /** Whether a method changes a Map or a Set that the variable was declared with. */
  #isOfCollection(callee: AnyNode, scope: Scope): boolean {
    if (callee.type !== 'MemberExpression' || !isCallOf(COLLECTION_MUTATORS, callee)) return false;
    const initial = callee.object.type === 'Identifier' ? scope.resolve(callee.object.name)?.initial : undefined;
    return (
      initial?.type === 'NewExpression' &&
      initial.callee.type === 'Identifier' &&
      COLLECTIONS.includes(initial.callee.name)
    );
  }

  #reassign(target: AnyNode, scope: Scope): void {
    for (const name of namesIn(target as Parameters<typeof namesIn>[0])) {
      const variable = scope.resolve(name);
      if (variable === undefined) continue;
      variable.isReassigned = true;
      variable.isWrittenInside ||= scope.owner !== variable.scope.owner;
    }
  }
}

/** Methods that change an array. */
const MUTATORS = ['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin'];

/** Methods that change a collection, and mean something else elsewhere, as `memory.set` does. */
const COLLECTION_MUTATORS = ['set', 'add', 'delete', 'clear'];
const COLLECTIONS = ['Map', 'Set', 'WeakMap', 'WeakSet'];

function isCallOf(methods: readonly string[], callee: AnyNode): boolean {
  return (
    callee.type === 'MemberExpression' &&
    callee.property.type === 'Identifier' &&
    !callee.computed &&
    methods.includes(callee.property.name)
  );
}

/** The outermost functions in a piece of code. */
function functionsIn(node: AnyNode | undefined): FunctionNode[] {
  if (node === undefined) return [];
  return isFunction(node) ? [node] : childrenOf(node).flatMap(functionsIn);
}
