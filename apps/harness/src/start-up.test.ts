import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** The modules that a file names in imports that stay when it is compiled and are done before its first line. */
function importsOf(file: URL): string[] {
  const source = ts.createSourceFile(fileURLToPath(file), readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements.flatMap((node) => {
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return [];
    if (node.moduleSpecifier === undefined || !ts.isStringLiteral(node.moduleSpecifier)) return [];
    const isOfTypes = ts.isImportDeclaration(node)
      ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      : node.isTypeOnly;
    return isOfTypes ? [] : [node.moduleSpecifier.text];
  });
}

/** All modules of other packages that a file of this one needs before its first line. */
function neededBy(entry: URL): Set<string> {
  const foreign = new Set<string>();
  const seen = new Set<string>();
  const work = [entry];
  for (let file = work.pop(); file !== undefined; file = work.pop()) {
    if (seen.has(file.href)) continue;
    seen.add(file.href);
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) foreign.add(specifier);
      else work.push(new URL(specifier.replace(/\.js$/, '.ts'), file));
    }
  }
  return foreign;
}

describe('what is loaded before a command runs', () => {
  const needed = neededBy(new URL('program.ts', import.meta.url));

  it('is what every command needs', () => {
    expect([...needed]).toEqual(expect.arrayContaining(['@shootdown/explore', '@shootdown/machine']));
  });

  it('is no package of models: that of the scenario is loaded when it is known', () => {
    expect([...needed].filter((name) => /^@shootdown.(kernel|mm|arm64|powernv)/.test(name))).toEqual([]);
  });

  it.each(['@shootdown/litmus', '@shootdown/lkmm', '@shootdown/program-points', 'vega', 'chevrotain'])(
    'is not %s, which takes long to load and is seldom needed',
    (name) => {
      expect([...needed]).not.toContain(name);
    },
  );
});
