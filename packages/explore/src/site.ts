/** Where in model code something was made or thrown, from a JavaScript stack. */

/** The code of the machine and of the primitives, and what of it is scenarios or tests all the same. */
const OURS = /[\\/](machine|kernel|mmio|explore)[\\/](src|dist)[\\/](?!scenarios[\\/])(?!.*\.test\.)/;
/** Where a thread's generator is resumed: the frames outside of it are of the search. */
const OUTSIDE = /[\\/]machine[\\/](src|dist)[\\/]running\./;

/** The first frame of a JavaScript stack that is model code, as `file:line:column`; empty if there is none. */
export function siteIn(stack: string): string {
  for (const line of stack.split('\n').slice(1)) {
    const at = /\(?((?:file:\/\/)?\/[^()]*:\d+:\d+)\)?$/.exec(line.trim())?.[1];
    if (at === undefined) continue;
    if (OUTSIDE.test(at)) return '';
    if (!OURS.test(at)) return at.replace('file://', '');
  }
  return '';
}
