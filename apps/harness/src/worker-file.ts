/** Where the code of worker threads is. On its own: the main thread must not load the models to start the thread that does. */

/**
 * The file a worker thread starts from. Threads run the built program, even where this code is run from source by a test.
 *
 * @param name - of the module in this folder, without extension
 */
export function workerFile(name: string): URL {
  const folder = import.meta.url.endsWith('.ts') ? '../dist' : '.';
  return new URL(`${folder}/${name}.js`, import.meta.url);
}
