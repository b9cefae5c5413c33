#!/usr/bin/env node
/** `shootdown-program-points FILE|FOLDER...` puts program points into JavaScript files, in place. */
import process from 'node:process';
import { rewrite } from './rewrite.js';

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error('usage: shootdown-program-points FILE|FOLDER...');
  process.exitCode = 2;
} else {
  for (const { file, refused } of await rewrite(paths, process.cwd()))
    for (const { name, line, reason } of refused)
      console.log(`${file}:${line}: ${name === '' ? 'a function' : name} is refused: ${reason}`);
}
