// Sets this checkout up with nothing but Node and npm, then runs one of the root tasks.
// What is imported here must load in any Node, or a reader with an old one gets a syntax error in place of a sentence.
import process from 'node:process';
import { whyTooOld } from './src/node-version.mjs';

const reason = whyTooOld(process.versions.node);
if (reason === undefined) {
  const { runTask } = await import('./src/tasks.mjs');
  process.exitCode = await runTask(process.argv.slice(2));
} else {
  console.error(`bootstrap: ${reason}`);
  process.exitCode = 1;
}
