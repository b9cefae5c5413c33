/** Opens a file in the user's browser. */
import { spawn } from 'node:child_process';
import process from 'node:process';

const OPENERS: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/**
 * Opens a file with the program that `BROWSER` names, or else with the one that the system has for it. The browser stays open when
 * this program ends.
 *
 * @returns why it could not be opened, or `undefined`
 */
export function openFile(
  file: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  const browser = env['BROWSER'];
  const [command, ...args] =
    browser === undefined || browser === '' ? (OPENERS[process.platform] ?? ['xdg-open']) : [browser];
  return new Promise((resolve) => {
    const child = spawn(command, [...args, file], { detached: true, stdio: 'ignore' });
    child.once('error', (error) => {
      resolve(`${command}: ${error.message}`);
    });
    child.once('spawn', () => {
      child.unref();
      resolve(undefined);
    });
  });
}
