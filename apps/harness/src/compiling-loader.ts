/**
 * The loader jiti, which compiles every file that is not of an npm package. By itself it gives `.mjs` files, and `.js` files of
 * packages of type module, to Node first: these would get other copies of our modules, and be run as they are.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Jiti, JitiOptions } from 'jiti';

/** What `createJiti` of jiti calls: its last argument is how Node does things. */
type CreateJiti = (
  id: string,
  options: JitiOptions,
  native: {
    readonly onError: (error: unknown) => never;
    readonly nativeImport: (id: string) => Promise<unknown>;
    readonly createRequire: typeof createRequire;
  },
) => Jiti;

const create = createRequire(import.meta.resolve('jiti'))('../dist/jiti.cjs') as CreateJiti;

/** As `createJiti` of jiti; `options` must have `transform`. */
export function compilingLoader(id: string, options: JitiOptions & Required<Pick<JitiOptions, 'transform'>>): Jiti {
  return create(id, options, {
    onError(error) {
      throw error;
    },
    async nativeImport(target) {
      // What Node does not take is compiled.
      if (path.isAbsolute(target) && !target.split(path.sep).includes('node_modules'))
        throw new Error('to be compiled');
      return (await import(target)) as unknown;
    },
    createRequire,
  });
}
