/** The modules of ours that a model file may import: handed to it as they are loaded here, for there must be one copy of them. */
import { fileURLToPath } from 'node:url';
import { ModelError, closeMatches } from '@shootdown/machine';

/** What a module exports. */
export type Exports = Readonly<Record<string, unknown>>;

/** How every module of ours that a model may import is loaded, by specifier. */
export const MODULES: Readonly<Record<string, () => Promise<Exports>>> = {
  '@shootdown/machine': () => import('@shootdown/machine'),
  '@shootdown/explore': () => import('@shootdown/explore'),
  '@shootdown/bits': () => import('@shootdown/bits'),
  '@shootdown/interval-tree': () => import('@shootdown/interval-tree'),
  '@shootdown/kernel': () => import('@shootdown/kernel'),
  '@shootdown/kernel/model': () => import('@shootdown/kernel/model'),
  '@shootdown/mmio': () => import('@shootdown/mmio'),
  '@shootdown/mmio/model': () => import('@shootdown/mmio/model'),
  '@shootdown/mm': () => import('@shootdown/mm'),
  '@shootdown/mm/model': () => import('@shootdown/mm/model'),
  '@shootdown/mmu-notifier': () => import('@shootdown/mmu-notifier'),
  '@shootdown/mmu-notifier/model': () => import('@shootdown/mmu-notifier/model'),
  '@shootdown/arm64-asid': () => import('@shootdown/arm64-asid'),
  '@shootdown/arm64-asid/model': () => import('@shootdown/arm64-asid/model'),
  '@shootdown/powernv-npu': () => import('@shootdown/powernv-npu'),
  '@shootdown/powernv-npu/model': () => import('@shootdown/powernv-npu/model'),
};

/** Packages of ours that have no copy to be shared, or are too slow to load for every model: Node loads them where a model does. */
const LEFT_TO_NODE = ['@shootdown/litmus', '@shootdown/lkmm', '@shootdown/program-points', '@shootdown/unreached'];

/** Whether a file belongs to a package of ours that is not handed to models, and is to be loaded as it is. */
export function isLeftToNode(file: string): boolean {
  return LEFT_TO_NODE.some((name) => file.startsWith(fileURLToPath(new URL('..', import.meta.resolve(name)))));
}

/** Every module of ours that a model may import, by specifier. */
export async function ownModules(): Promise<Readonly<Record<string, Exports>>> {
  const modules: Record<string, Exports> = {};
  for (const [name, load] of Object.entries(MODULES)) modules[name] = await load();
  return modules;
}

/** What whoever loads a module asks of it, be it there or not. */
const ASKED_OF_ALL: ReadonlySet<string> = new Set(['__esModule', 'default', 'then']);

/** A module as a model file sees it: a name that it does not export throws, where it would be `undefined`. */
export function strictModule(specifier: string, modules: Readonly<Record<string, Exports>>): Exports {
  const exports = { ...modules[specifier], __esModule: true };
  return new Proxy(exports, {
    get(target, key) {
      if (typeof key === 'string' && !(key in target) && !ASKED_OF_ALL.has(key))
        throw new ModelError(noExport(specifier, key, modules));
      return Reflect.get(target, key) as unknown;
    },
  });
}

/** That a module exports no such name, and where there is one. */
export function noExport(specifier: string, name: string, modules: Readonly<Record<string, Exports>>): string {
  const others = Object.keys(modules).filter((one) => Object.hasOwn(modules[one], name));
  if (others.length > 0) return `${specifier} exports no ${name}; import it from ${others.join(' or ')}`;
  return `${specifier} exports no ${name}; ${nearest(name, specifier, modules)}`;
}

function nearest(name: string, specifier: string, modules: Readonly<Record<string, Exports>>): string {
  const here = closeMatches(name, Object.keys(modules[specifier]));
  if (here.length > 0) return `did you mean ${here.join(' or ')}?`;
  const elsewhere = Object.entries(modules).flatMap(([from, exports]) =>
    closeMatches(name, Object.keys(exports)).map((one) => `${one} of ${from}`),
  );
  return elsewhere.length > 0 ? `did you mean ${elsewhere.slice(0, 3).join(' or ')}?` : 'see what its index.d.ts lists';
}
