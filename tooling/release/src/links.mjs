// What documents of a package link to lies beside it in the repository, and nowhere else once it is published.
import path from 'node:path';

const FENCE = /^\s*(```|~~~)/;
const LINK = /\]\(([^()\s]+)\)/g;

/**
 * A document in which links to other files lead to the repository.
 *
 * @param {string} text - Markdown
 * @param {string} folder - where it lies, from the root of the repository, with `/`
 * @param {string} repository - its address
 * @returns {string}
 * @throws {RangeError} for a link that leads out of the repository
 */
export function withAbsoluteLinks(text, folder, repository) {
  let isCode = false;
  return text
    .split('\n')
    .map((line) => {
      if (FENCE.test(line)) isCode = !isCode;
      return isCode ? line : line.replace(LINK, (_, target) => `](${absolute(target, folder, repository)})`);
    })
    .join('\n');
}

/**
 * @param {string} target
 * @param {string} folder
 * @param {string} repository
 */
function absolute(target, folder, repository) {
  if (target.startsWith('#') || /^[a-z]+:/i.test(target)) return target;
  const file = path.posix.join(folder, target);
  if (file.startsWith('..'))
    throw new RangeError(`expected a link to a file of the repository in ${folder}, got ${target}`);
  return `${repository}/blob/main/${file}`;
}
