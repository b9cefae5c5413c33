import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** A process that becomes `node -e code`. */
function becoming(code: string): ChildProcess {
  const module = new URL('./start.mjs', import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ become }) =>
    become(process.execPath, ['-e', ${JSON.stringify(code)}], ${JSON.stringify(fileURLToPath(new URL('.', import.meta.url)))})).then(
    (status) => { process.exitCode = status; })`;
  return spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

const HANDLES_SIGINT = `
  process.on('SIGINT', () => process.exit(3));
  setTimeout(() => {}, 30000);
  console.log('ready');`;

test('the command keeps its exit status', async () => {
  expect(await once(becoming('process.exitCode = 7'), 'close')).toEqual([7, null]);
});

test('a signal that ends the command ends the bootstrap too', async () => {
  expect(await once(becoming("process.kill(process.pid, 'SIGKILL')"), 'close')).toEqual([null, 'SIGKILL']);
});

test('SIGINT to the bootstrap alone reaches a command that handles it, whose status is kept', async () => {
  const child = becoming(HANDLES_SIGINT);
  await once(child.stdout!, 'data');
  child.kill('SIGINT');
  expect(await once(child, 'close')).toEqual([3, null]);
});

test('the command runs in the given folder', async () => {
  const child = becoming('console.log(process.cwd())');
  const [output] = (await once(child.stdout!, 'data')) as [Buffer];
  expect(output.toString().trim()).toMatch(/tooling\/bootstrap\/src$/);
});

test('the command learns that the bootstrap was killed', async () => {
  const child = becoming(`
    process.on('disconnect', () => { console.log('alone'); process.exit(); });
    console.log('ready');`);
  await once(child.stdout!, 'data');
  child.kill('SIGKILL');
  const [said] = (await once(child.stdout!, 'data')) as [Buffer];
  expect(said.toString()).toBe('alone\n');
});
