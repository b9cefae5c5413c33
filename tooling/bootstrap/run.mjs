// Sets this checkout up with nothing but Node and npm, then runs one of the root tasks.
import { prepare } from './src/prepare.mjs';
import { start } from './src/start.mjs';
import { runPnpm } from './src/pnpm.mjs';
import { test } from './src/test.mjs';

const [task = '', ...args] = process.argv.slice(2);

if (task === 'start') {
  await prepare();
  await start(args);
} else if (task === 'test') {
  await prepare();
  process.exitCode = await test(args);
} else if (task === 'pnpm') {
  await runPnpm(args);
} else {
  console.error(`bootstrap: expected the task start, test or pnpm, got "${task}"`);
  process.exitCode = 2;
}
