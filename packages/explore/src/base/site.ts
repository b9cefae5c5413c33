/** Where in the model's source a request was made. */

/** The folder that this package lies in, beside those of the machine and of the primitives, with a slash at its end. */
const PACKAGES = pathOf(import.meta.url).replace(/(?:[^/]+\/){3}[^/]*$/, '');
const OURS = ['machine', 'kernel', 'mmio', 'explore'] as const;

/** The first frame of a JavaScript stack that is model code, as `file:line:column`; empty if there is none. */
export function siteIn(stack: string): string {
  for (const line of stack.split('\n').slice(1)) {
    const at = /\(?((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/.exec(line.trim())?.[1];
    if (at === undefined) continue;
    const place = pathOf(at);
    if (isWhereThreadsAreResumed(place)) return '';
    if (!isOurs(place)) return at.replace('file://', '');
  }
  return '';
}

/** Whether a source file is of the machine, the primitives or the search, and no scenario or test of theirs. */
export function isOurs(place: string): boolean {
  const inPackage = place.startsWith(PACKAGES) ? place.slice(PACKAGES.length) : afterScope(place);
  const [name, folder, ...rest] = inPackage.split('/');
  const isCode = (OURS as readonly string[]).includes(name) && (folder === 'src' || folder === 'dist');
  return isCode && rest[0] !== 'scenarios' && !/\.test\.[^/]*$/.test(place);
}

/** Where a thread's generator is resumed: the frames outside of it are of the search. */
function isWhereThreadsAreResumed(place: string): boolean {
  return isOurs(place) && /\/machine\/(?:src|dist)\/running\.[^/]*$/.test(place);
}

/** The part of a path behind `node_modules/@shootdown/`. */
function afterScope(place: string): string {
  return /.*\/node_modules\/@shootdown\/(.*)$/.exec(place)?.[1] ?? '';
}

function pathOf(place: string): string {
  return decodeURIComponent(place.replace('file://', '')).replaceAll('\\', '/');
}
