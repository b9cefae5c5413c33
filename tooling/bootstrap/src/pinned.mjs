// What a lock file of npm says of hashes.

/** @typedef {{ packages: Record<string, { version?: string, integrity?: string }> }} Lock */

/**
 * The packages that were installed and are not held to a hash of ours.
 *
 * @param {Lock} pinned - the lock that npm was given, which refuses a package of another hash than it says
 * @param {Lock} installed - what npm says it installed
 * @throws {Error} when a package has another hash than its pinned one all the same
 */
export function unpinned(pinned, installed) {
  return Object.entries(installed.packages).flatMap(([name, { integrity }]) => {
    if (name === '') return [];
    const wanted = pinned.packages[name]?.integrity;
    if (wanted !== undefined && wanted !== integrity)
      throw new Error(`${name}: expected the hash ${wanted}, got ${integrity}; the package is not what was pinned`);
    return wanted === undefined ? [name.replace(/^node_modules\//, '')] : [];
  });
}
