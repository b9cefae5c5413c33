/** The transformation as a plugin of vite, and so of vitest. */
import path from 'node:path';
import type { SourceMap } from 'magic-string';
import { transform } from './transform.js';

/** What vite needs of a plugin. */
export interface ProgramPointsPlugin {
  readonly name: string;
  /** Behind the plugins that make JavaScript of other languages. */
  readonly enforce: 'post';
  configResolved(config: { readonly root: string }): void;
  transform(code: string, id: string): { code: string; map: SourceMap } | undefined;
}

/**
 * A plugin that transforms all modules that it is shown. A module that cannot be parsed makes the build fail.
 *
 * @param options - `root`: what the names of files are relative to; the root of the project if absent
 */
export function programPoints({ root }: { readonly root?: string } = {}): ProgramPointsPlugin {
  let from = root;
  return {
    name: 'shootdown-program-points',
    enforce: 'post',
    configResolved(config) {
      from ??= config.root;
    },
    transform(code, id) {
      const [file] = id.split('?');
      const found = transform(code, { file: path.relative(from ?? '', file).replaceAll(path.sep, '/') });
      return found && { code: found.code, map: found.map };
    },
  };
}
