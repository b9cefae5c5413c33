/** Finds what a package shows to others without a word about it. */
import ts from 'typescript';
import type { Sources } from './program.js';

/** Every symbol that an entry exports without a TSDoc comment, one sentence each. */
export function undocumentedExports({ checker, entries, place }: Sources): string[] {
  return entries.flatMap((entry) => {
    const module = checker.getSymbolAtLocation(entry);
    if (!module) return [];
    return checker
      .getExportsOfModule(module)
      .filter((symbol) => !isDocumented(checker, symbol))
      .map((symbol) => `${whereIs(symbol, checker, place) ?? place(entry)} exports ${symbol.name} without a comment`);
  });
}

function isDocumented(checker: ts.TypeChecker, symbol: ts.Symbol): boolean {
  const original = aliased(checker, symbol);
  return original.getDocumentationComment(checker).length > 0 || original.getJsDocTags(checker).length > 0;
}

function whereIs(symbol: ts.Symbol, checker: ts.TypeChecker, place: Sources['place']): string | undefined {
  const declaration = aliased(checker, symbol).declarations?.[0];
  return declaration && place(declaration);
}

function aliased(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
