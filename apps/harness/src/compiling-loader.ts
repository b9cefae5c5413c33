/**
 * The loader jiti, which compiles every file that is not of an npm package. By itself it gives `.mjs` files, and `.js` files of
 * packages of type module, to Node first: these would get other copies of our modules, and be run as they are.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Jiti, JitiOptions } from 'jiti';
import { isLeftToNode } from './own-modules.js';

/** What `createJiti` of jiti calls: its last argument is how Node does things. */
type CreateJiti = (
  id: string,
  options: JitiOptions,
  native: {
    readonly onError: (error: unknown) => never;
    readonly nativeImport: (id: string) => Promise<unknown>;
    readonly createRequire: (id: string | URL) => NodeJS.Require;
  },
) => Jiti;

const create = createRequire(import.meta.resolve('jiti'))('../dist/jiti.cjs') as CreateJiti;

/** Packages of ours that Node has imported, by file, as `require.cache` has it. */
type Imported = Record<string, { readonly loaded: true; readonly exports: unknown }>;

/**
 * Loads model files. Packages of ours that Node has imported for them are not evaluated again when they are. All others are: a variable
 * of theirs may be what makes a model impure.
 */
export class CompilingLoader {
  readonly #imported: Imported = {};

  /** As `createJiti` of jiti; `options` must have `transform`. */
  loading(id: string, options: JitiOptions & Required<Pick<JitiOptions, 'transform'>>): Jiti {
    return create(id, options, {
      onError(error) {
        throw error;
      },
      nativeImport: async (target) => {
        // What Node does not take is compiled.
        if (path.isAbsolute(target) && !target.split(path.sep).includes('node_modules') && !isLeftToNode(target))
          throw new Error('to be compiled');
        const exports: unknown = await import(target);
        if (isLeftToNode(target)) this.#imported[target] = { loaded: true, exports };
        return exports;
      },
      createRequire,
    });
  }

  /** The same, evaluating the files of the model anew each time: nothing is waited for. */
  loadingAnew(id: string, options: JitiOptions & Required<Pick<JitiOptions, 'transform'>>): Jiti {
    // What jiti compiles it would keep too.
    const cache = new Proxy(this.#imported, { set: () => true });
    return create(
      id,
      // What is not waited for is required, and a required module of Node has no default export of its own.
      { ...options, interopDefault: true, moduleCache: true },
      {
        onError(error) {
          throw error;
        },
        nativeImport: () => Promise.reject(new Error('expected nothing to wait for')),
        createRequire: (from) => Object.assign(createRequire(from), { cache }),
      },
    );
  }
}
