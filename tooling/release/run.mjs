// Makes tarballs of all packages, as they would be published.
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { release } from './src/release.mjs';

const USAGE = `usage: npm run release -- --repository URL [--out DIR]

  --repository  where the code is, such as https://github.com/someone/shootdown: packages name it, and their documents lead there
  --out         a folder that does not exist, for the tarballs; default: release`;

try {
  const option = /** @type {const} */ ({ type: 'string' });
  const { values } = parseArgs({ options: { repository: option, out: option } });
  const out = path.resolve(process.env.INIT_CWD ?? process.cwd(), values.out ?? 'release');
  for (const { file, bytes } of release({ repository: values.repository ?? '', out }))
    console.log(`${path.join(out, file)}  ${Math.ceil(bytes / 1000)} kB`);
} catch (error) {
  console.error(`release: ${/** @type {Error} */ (error).message}\n\n${USAGE}`);
  process.exitCode = 2;
}
