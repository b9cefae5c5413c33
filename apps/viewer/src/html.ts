/** The report as one HTML file: the built page with the data in it. */
import { readFileSync } from 'node:fs';
import type { Report } from './report.js';

const TITLE = '<!--TITLE-->';
const REPORT = '<!--REPORT-->';

/** The HTML file that shows a report. Nothing in it is read as markup or script, whatever a model calls its fields. */
export function htmlOf(report: Report): string {
  const page = readFileSync(new URL('../dist/viewer.html', import.meta.url), 'utf8');
  const [head, rest] = splitAt(page, TITLE);
  const [middle, tail] = splitAt(rest, REPORT);
  const title = `${report.scenario}@${report.variant}: ${report.violation?.kind ?? report.verdict}`;
  return [head, escapedText(title), middle, escapedJson(report), tail].join('');
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`viewer.html: expected ${mark}; build the viewer again`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

/** JSON in which no character can end the element that it stands in. */
function escapedJson(report: Report): string {
  return JSON.stringify(report).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function escapedText(text: string): string {
  return text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
