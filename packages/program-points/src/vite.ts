/** The transformation as a plugin of vite and rolldown. */
import path from 'node:path';
import type { SourceMap } from 'magic-string';
import { transform } from './transform.js';

/** What vite and rolldown need of a plugin. */
export interface ProgramPointsPlugin {
  readonly name: string;
  readonly enforce: 'post';
  transform(code: string, id: string): { code: string; map: SourceMap } | undefined;
}

/**
 * A plugin that transforms all modules it is shown. A module that cannot be parsed makes the build fail.
 *
 * @param options - `root`: what the names of files are relative to; the working directory if absent
 */
export function programPoints({ root = process.cwd() }: { readonly root?: string } = {}): ProgramPointsPlugin {
  return {
    name: 'shootdown-program-points',
    enforce: 'post',
    transform(code, id) {
      const found = transform(code, { file: path.relative(root, id).replaceAll(path.sep, '/') });
      return found && { code: found.code, map: found.map };
    },
  };
}
