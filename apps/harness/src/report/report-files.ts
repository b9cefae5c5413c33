/** The files that a counterexample can be written to. */
import { htmlOf } from '@shootdown/viewer';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Io } from '../io.js';
import { openFile } from '../open-file.js';
import { writeWhole } from '../write-whole.js';
import { chromeTrace } from './chrome-trace.js';
import type { ReportJson } from './report-json.js';

/** Which files are wanted. */
export interface ReportFiles {
  readonly html?: string | undefined;
  /** Open the HTML file in a browser; without a name it is a temporary one. */
  readonly open?: boolean | undefined;
  /** For ui.perfetto.dev. */
  readonly trace?: string | undefined;
}

/** Whether any is. */
export function wantsFiles({ html, open, trace }: ReportFiles): boolean {
  return html !== undefined || open === true || trace !== undefined;
}

/** Writes the files that are wanted, each whole or not at all. */
export async function writeFiles(
  report: ReportJson,
  { html, open = false, trace }: ReportFiles,
  io: Io,
): Promise<void> {
  if (trace !== undefined) {
    writeWhole('--trace', trace, io.cwd, `${JSON.stringify(chromeTrace(report))}\n`);
    io.stderr.write(`the trace is in ${trace}; ui.perfetto.dev opens it\n`);
  }
  if (html !== undefined || open) await writePage(report, html, open, io);
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
