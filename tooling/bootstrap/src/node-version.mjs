// Whether this Node can run what is here. Loads in any Node that knows modules.
import { readFileSync } from 'node:fs';

const MANIFEST = new URL('../../../package.json', import.meta.url);

/**
 * Why a version of Node is too old for this checkout, in a sentence; `undefined` if it is not.
 *
 * @param {string} version - `20.19.0`
 * @param {string} wanted - as the root's package.json has it, `>=20.19`
 * @returns {string | undefined}
 */
export function whyTooOld(version, wanted = JSON.parse(readFileSync(MANIFEST, 'utf8')).engines.node) {
  const [, least] = /^>=(\d+(?:\.\d+)*)$/.exec(wanted) || [];
  if (least === undefined) throw new Error(`package.json: expected engines.node like >=20.19, got ${wanted}`);
  if (!isBefore(numbers(version), numbers(least))) return undefined;
  return `expected Node ${least} or newer, got ${version}; install a newer one (https://nodejs.org) and run this again`;
}

/** @param {string} version */
function numbers(version) {
  return version.split('.').map((part) => parseInt(part, 10));
}

/**
 * @param {number[]} got
 * @param {number[]} least
 */
function isBefore(got, least) {
  const at = least.findIndex((part, i) => part !== (got[i] || 0));
  return at >= 0 && (got[at] || 0) < least[at];
}
