/** Finds `{@link name}` whose name means nothing where it stands. */
import ts from 'typescript';
import type { Sources } from './program.js';

/**
 * Every link to a name that is neither in scope nor exported by any file, one sentence each. Links to web addresses are
 * not looked at.
 */
export function brokenLinks({ checker, files, place }: Sources): string[] {
  const exported = exportedNames(checker, files);
  const isKnown = (name: ts.EntityName | ts.JSDocMemberName): boolean =>
    /^https?$/.test(name.getText()) || exported.has(firstName(name)) || checker.getSymbolAtLocation(name) !== undefined;
  return files.flatMap((file) =>
    linksOf(file)
      .filter(({ name }) => name && !isKnown(name))
      .map((link) => `${place(link)} links to ${link.name?.getText() ?? ''}, which is nothing here`),
  );
}

/** A comment may link across files without an import that only it would need. */
function exportedNames(checker: ts.TypeChecker, files: readonly ts.SourceFile[]): Set<string> {
  const modules = files.flatMap((file) => checker.getSymbolAtLocation(file) ?? []);
  return new Set(modules.flatMap((module) => checker.getExportsOfModule(module)).map(({ name }) => name));
}

function firstName(name: ts.EntityName | ts.JSDocMemberName): string {
  return name.getText().split(/[.#]/)[0] ?? '';
}

function linksOf(file: ts.SourceFile): ts.JSDocLink[] {
  const links = new Set<ts.JSDocLink>();
  const visit = (node: ts.Node): void => {
    if (ts.isJSDocLink(node)) links.add(node);
    if (ts.isJSDoc(node) || isTag(node)) node.getChildren().forEach(visit);
    for (const comment of (node as { jsDoc?: ts.JSDoc[] }).jsDoc ?? []) visit(comment);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...links];
}

function isTag(node: ts.Node): boolean {
  return node.kind >= ts.SyntaxKind.FirstJSDocTagNode && node.kind <= ts.SyntaxKind.LastJSDocTagNode;
}
