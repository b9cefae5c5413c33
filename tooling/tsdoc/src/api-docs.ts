/** The pages of every package's interface, made by typedoc. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Application, LogLevel, Logger } from 'typedoc';

interface Manifest {
  readonly exports?: Readonly<Record<string, unknown>>;
}

/** Source files of what packages export: one a module. */
export function entriesIn(packages: string): string[] {
  return readdirSync(packages).flatMap((name) => {
    const folder = path.join(packages, name);
    const manifest = path.join(folder, 'package.json');
    if (!existsSync(manifest)) return [];
    const { exports = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as Manifest;
    return Object.values(exports)
      .map((entry) => (entry as Readonly<Record<string, string>> | null)?.['@shootdown/source'] ?? '')
      .filter((source) => /\.ts$/.test(source))
      .map((source) => path.join(folder, source));
  });
}

/** What the pages are made of. */
export interface ApiDocs {
  readonly entries: readonly string[];
  /** The folder that names of modules are relative to. */
  readonly root: string;
  /** A tsconfig file that all entries belong to. */
  readonly tsconfig: string;
  /** A folder for the pages, which is made. */
  readonly out: string;
}

/** Writes the pages, or none where there is no module, and returns what typedoc complained about. */
export async function writeApiDocs({ entries, root, tsconfig, out }: ApiDocs): Promise<string[]> {
  const app = await Application.bootstrap({
    name: 'Shootdown',
    entryPoints: [...entries],
    basePath: root,
    tsconfig,
    readme: 'none',
    disableSources: true,
    blockTags: ['@param', '@returns', '@throws', '@source', '@example', '@typeParam'],
    // Links across modules need no import here; tests of our own know them.
    validation: { notExported: false, invalidLink: false },
    // That is the work of the compiler.
    skipErrorChecking: true,
  });
  const complaints = new Complaints();
  app.logger = complaints;
  const project = await app.convert();
  if (project !== undefined) await app.generateDocs(project, out);
  return complaints.texts;
}

class Complaints extends Logger {
  readonly texts: string[] = [];

  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.texts.push(message);
  }
}
