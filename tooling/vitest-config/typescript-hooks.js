// Module hooks that give Node our TypeScript: `./thing.js` is found as `./thing.ts`, its types are taken out, and its generators
// tell where they stand.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from 'rolldown/utils';
// As it is built, for these hooks are not given TypeScript themselves.
import { transformInline } from '../../packages/program-points/dist/index.js';

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
  const { code, map, errors } = await transform(file, await readFile(file, 'utf8'), {
    target: 'es2023',
    sourcemap: true,
  });
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors.map(({ message }) => message).join('; ')}`);
  const mapped = `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
  return { format: 'module', source: transformInline(mapped, { file })?.code ?? mapped, shortCircuit: true };
}

/** @param {string} url - with or without the query by which vitest tells versions of a file apart */
function isTypeScript(url) {
  return url.startsWith('file:') && new URL(url).pathname.endsWith('.ts');
}
