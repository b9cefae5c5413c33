/** Which names a piece of code declares, and where they may be read. */
import type { AnyNode, ModuleDeclaration, Pattern, Statement, VariableDeclaration } from 'acorn';
import type { Scope } from './scope.js';
import { childrenOf, isFunction } from './syntax-tree.js';

/** Declares what statements declare for the block that they stand in: `let`, `const`, classes, functions and imports. */
export function declareLexical(scope: Scope, statements: readonly (Statement | ModuleDeclaration)[]): void {
  for (const statement of statements) {
    const declared =
      statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration'
        ? statement.declaration
        : statement;
    if (declared?.type === 'FunctionDeclaration' && declared.id !== null) scope.declare(declared.id.name, 0, declared);
    else if (declared?.type === 'ClassDeclaration' && declared.id !== null)
      scope.declare(declared.id.name, declared.end);
    else if (declared?.type === 'VariableDeclaration') declareVariables(scope, declared);
    else if (declared?.type === 'ImportDeclaration')
      for (const { local } of declared.specifiers) scope.declare(local.name);
  }
}

/** Declares what a `let` or `const` declares, readable after each declarator, or from the offset `from` on. */
export function declareVariables(scope: Scope, { kind, declarations }: VariableDeclaration, from?: number): void {
  if (kind === 'var') return;
  for (const { id, init, end } of declarations) {
    const isPlain = id.type === 'Identifier' && from === undefined;
    for (const name of namesIn(id)) scope.declare(name, from ?? end, isPlain ? (init ?? undefined) : undefined);
  }
}

/** Declares what `var` declares anywhere in a function, but in no function inside it. */
export function declareVars(scope: Scope, node: AnyNode): void {
  if (node.type === 'VariableDeclaration' && node.kind === 'var')
    for (const { id } of node.declarations)
      for (const name of namesIn(id)) if (!scope.declares(name)) scope.declare(name);
  for (const child of childrenOf(node))
    if (!isFunction(child) && child.type !== 'StaticBlock') declareVars(scope, child);
}

/** The names that a pattern binds. */
export function namesIn(pattern: Pattern): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((one) => namesIn(one.type === 'Property' ? one.value : one.argument));
    case 'ArrayPattern':
      return pattern.elements.flatMap((one) => (one === null ? [] : namesIn(one)));
    case 'AssignmentPattern':
      return namesIn(pattern.left);
    case 'RestElement':
      return namesIn(pattern.argument);
    case 'MemberExpression':
      return [];
  }
}
