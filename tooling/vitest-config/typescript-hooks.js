// Module hooks that give Node our TypeScript: `./thing.js` is found as `./thing.ts`, its types are taken out, and its generators
// tell where they stand.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CompiledFiles } from './compiled-files.js';

const compiled = new CompiledFiles();

/**
 * A relative `.js` named in a `.ts` file is a `.ts` file if there is one.
 *
 * @type {import('node:module').ResolveHook}
 */
export async function resolve(specifier, context, nextResolve) {
  const isOurs = specifier.startsWith('.') && specifier.endsWith('.js') && isTypeScript(context.parentURL ?? '');
  if (!isOurs) return nextResolve(specifier, context);
  try {
    return await nextResolve(specifier.replace(/js$/, 'ts'), context);
  } catch {
    return nextResolve(specifier, context);
  }
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!isTypeScript(url)) return nextLoad(url, context);
  const file = fileURLToPath(url);
  const source = await compiled.of(file, await readFile(file, 'utf8'), compile);
  return { format: 'module', source, shortCircuit: true };
}

/**
 * @param {string} file
 * @param {string} code
 */
async function compile(file, code) {
  const { transform } = await import('rolldown/utils');
  // As it is built, for these hooks are not given TypeScript themselves.
  const { transformInline } = await import('../../packages/program-points/dist/index.js');
  const plain = await transform(file, code, { target: 'es2023', sourcemap: true });
  if (plain.errors.length > 0) {
    throw new SyntaxError(`${file}: ${plain.errors.map(({ message }) => message).join('; ')}`);
  }
  const map = Buffer.from(JSON.stringify(plain.map)).toString('base64');
  const mapped = `${plain.code}\n//# sourceMappingURL=data:application/json;base64,${map}`;
  return transformInline(mapped, { file })?.code ?? mapped;
}

/** @param {string} url - with or without the query by which vitest tells versions of a file apart */
function isTypeScript(url) {
  return url.startsWith('file:') && new URL(url).pathname.endsWith('.ts');
}
