/** The files that a counterexample, or verdicts, can be written to. */
import { htmlOf } from '@shootdown/viewer';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Io } from '../io.js';
import { openFile } from '../open-file.js';
import { writeWhole } from '../write-whole.js';
import { chromeTrace } from './chrome-trace.js';
import type { Tested } from './junit.js';
import { mermaidText } from './mermaid.js';
import type { ReportJson } from './report-json.js';

/** Which files are wanted. */
export interface ReportFiles {
  readonly html?: string | undefined;
  /** Open the HTML file in a browser; without a name it is a temporary one. */
  readonly open?: boolean | undefined;
  /** For ui.perfetto.dev. */
  readonly trace?: string | undefined;
  /** A sequence diagram of Mermaid. */
  readonly mermaid?: string | undefined;
  /** The wait-for graph of a deadlock, for Graphviz. */
  readonly dot?: string | undefined;
}

/** Whether any is. */
export function wantsFiles({ html, open, trace, mermaid, dot }: ReportFiles): boolean {
  return open === true || [html, trace, mermaid, dot].some((file) => file !== undefined);
}

/** Writes the files that are wanted, each whole or not at all. */
export async function writeFiles(
  report: ReportJson,
  { html, open = false, trace, mermaid, dot }: ReportFiles,
  io: Io,
): Promise<void> {
  if (trace !== undefined) {
    writeWhole('--trace', trace, io.cwd, `${JSON.stringify(chromeTrace(report))}\n`);
    io.stderr.write(`the trace is in ${trace}; ui.perfetto.dev opens it\n`);
  }
  if (mermaid !== undefined) {
    const text = report.trace === undefined ? undefined : mermaidText(report);
    writeIfThere('--mermaid', mermaid, text, 'the sequence diagram', 'there is no counterexample', io);
  }
  if (dot !== undefined) {
    // A large library, for a file that few want.
    const { waitForGraph } = await import('./wait-for-graph.js');
    writeIfThere('--dot', dot, waitForGraph(report), 'the wait-for graph', 'there is no deadlock', io);
  }
  if (html !== undefined || open) await writePage(report, html, open, io);
}

/** Writes verdicts for continuous integration. */
export async function writeTestResults(file: string, tested: readonly Tested[], io: Io): Promise<void> {
  const { junitText } = await import('./junit.js');
  writeWhole('--junit', file, io.cwd, junitText(tested));
  io.stderr.write(`the test results are in ${file}\n`);
}

function writeIfThere(option: string, file: string, text: string | undefined, what: string, why: string, io: Io): void {
  if (text !== undefined) writeWhole(option, file, io.cwd, text);
  io.stderr.write(text === undefined ? `${option}: ${why}; nothing is written\n` : `${what} is in ${file}\n`);
}

async function writePage(report: ReportJson, html: string | undefined, open: boolean, io: Io): Promise<void> {
  const file = html ?? path.join(mkdtempSync(path.join(tmpdir(), 'shootdown-')), 'report.html');
  writeWhole('--html', file, io.cwd, htmlOf(report));
  io.stderr.write(`the report is in ${file}\n`);
  if (!open) return;
  const failure = await openFile(path.resolve(io.cwd, file), io.env);
  if (failure !== undefined)
    io.stderr.write(`--open: no browser could be started (${failure}); open ${file} yourself\n`);
}
