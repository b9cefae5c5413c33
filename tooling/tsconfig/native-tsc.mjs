#!/usr/bin/env node
/** The native compiler of TypeScript 7, with the options of its command line. What reads its API (lint, typedoc, tests) uses TypeScript 6, and so may whoever uses the packages. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

const manifest = createRequire(import.meta.url).resolve('typescript-7/package.json');
const tsc = path.join(path.dirname(manifest), 'bin/tsc');
try {
  execFileSync(process.execPath, [tsc, ...process.argv.slice(2)], { stdio: 'inherit' });
} catch (error) {
  process.exitCode = error.status ?? 1;
}
