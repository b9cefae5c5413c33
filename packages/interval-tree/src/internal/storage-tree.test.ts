import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import ts from 'typescript';
import { expect, test } from 'vitest';

const ours = (name: string) => fileURLToPath(new URL(name, import.meta.url));

interface Edit {
  readonly at: number;
  readonly end: number;
  readonly text: string;
}

/** `w[i]` becomes `w.get(i)` and `w[i] = v` becomes `w.set(i, v)`, wherever they stand in one another. */
function editsOf(source: ts.SourceFile): Edit[] {
  const edits: Edit[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isElementAccessExpression(node) && node.expression.getText() === 'w') {
      const assignment = node.parent;
      const isStore =
        ts.isBinaryExpression(assignment) &&
        assignment.left === node &&
        assignment.operatorToken.kind === ts.SyntaxKind.EqualsToken;
      const open = node.expression.getEnd();
      const bracket = node.argumentExpression.getEnd();
      edits.push({ at: open, end: open + 1, text: isStore ? '.set(' : '.get(' });
      if (isStore) {
        edits.push({ at: bracket, end: assignment.operatorToken.getEnd(), text: ',' });
        edits.push({ at: assignment.getEnd(), end: assignment.getEnd(), text: ')' });
      } else {
        edits.push({ at: bracket, end: bracket + 1, text: ')' });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return edits.sort((a, b) => b.at - a.at);
}

function storageTreeOf(arrayTree: string): string {
  const source = ts.createSourceFile('array-tree.ts', arrayTree, ts.ScriptTarget.ESNext, true);
  let text = arrayTree;
  for (const { at, end, text: inserted } of editsOf(source)) text = text.slice(0, at) + inserted + text.slice(end);
  return text
    .replace('type Words = Int32Array;', 'type Words = WordStorage;')
    .replace('import * as layout', "import type { WordStorage } from '../word-storage.js';\nimport * as layout")
    .replace(
      /^\/\*\*[^]*?\*\/\n/,
      '// Written from array-tree.ts: change that file, then run `pnpm exec vitest run -u storage-tree`.\n',
    );
}

test('storage-tree.ts is array-tree.ts with every w[i] a call', async () => {
  const config = (await prettier.resolveConfig(ours('storage-tree.ts'))) ?? {};
  const expected = storageTreeOf(readFileSync(ours('array-tree.ts'), 'utf8'));
  const formatted = await prettier.format(expected, { ...config, parser: 'typescript' });
  await expect(formatted).toMatchFileSnapshot(ours('storage-tree.ts'));
});
