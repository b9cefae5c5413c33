/** Positions in stacks. Node knows the source maps of what it loads itself, and of evaluated code that says where it is from. */
import { pathToFileURL } from 'node:url';

/**
 * From now on Node shows where code of a file was written, if source maps are enabled.
 *
 * @param code - as it is run under the name of the file; its last line is its map
 */
export function notePositions(file: string, code: string): void {
  const map = code.slice(code.lastIndexOf('\n//# sourceMappingURL='));
  // A program that does nothing, and says that it is that file.
  (0, eval)(`//# sourceURL=${pathToFileURL(file).href}${map}`);
}
