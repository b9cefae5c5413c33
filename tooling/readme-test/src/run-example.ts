/** Runs examples from source. */
import { format } from 'node:util';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { vi } from 'vitest';
import type { Example } from './example.js';

/** The lines an example prints with `console.log`. */
export async function printedOutput({ file }: Example): Promise<string[]> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
    lines.push(...format(...values).split('\n'));
  });
  try {
    await import(/* @vite-ignore */ pathToFileURL(file).href);
  } finally {
    log.mockRestore();
  }
  return lines;
}

/** What the compiler says against the examples, under the options of a strict user. */
export function typeErrors(examples: readonly Example[]): string[] {
  const program = ts.createProgram(
    examples.map(({ file }) => file),
    {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      customConditions: ['@shootdown/source'],
      types: ['node'],
      strict: true,
      noEmit: true,
    },
  );
  return examples.flatMap(({ name, file }) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  );
}
