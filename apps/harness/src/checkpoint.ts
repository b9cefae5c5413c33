/**
 * Checkpoint files: a search as it stands, for another process to go on with. A file is a line of JSON that says what it is
 * of, the snapshot, and the visited table. It is written beside its place and moved there whole.
 */
import type { Snapshot } from '@shootdown/explore';
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { UsageError } from './exit.js';
import { modelFileOf } from './find-scenario.js';
import type { Question } from './search.js';

/** Raised whenever a file written before could not be gone on with, or not with the same result. */
const FORMAT = 4;
const KIND = 'shootdown checkpoint';
const NEWLINE = 10;
/** Most bytes that the first line takes. */
const LONGEST_HEADER = 1 << 16;

interface Header {
  readonly kind: string;
  readonly format: number;
  /** What is searched, as the user calls it. */
  readonly of: string;
  /** The arguments that go on with it. */
  readonly command: string;
  /** Digest of the text of a user's own model file; empty for what ships with the program. */
  readonly model: string;
  /** Bytes of the snapshot without the visited table, and of that. */
  readonly snapshot: number;
  readonly visited: number;
  /** CRC-32 of this header without it, and of all that follows the first line. */
  readonly crc: number;
}

/** Where a search is kept. */
export class CheckpointFile {
  readonly #file: string;
  readonly #question: Question;
  readonly #model: string;
  readonly #everyMs: number;
  #last = performance.now();
  /** Whether there is something to go on with. */
  isWritten = false;

  /** @param every - seconds between two writings */
  constructor(file: string, cwd: string, question: Question, every: number) {
    this.#file = path.resolve(cwd, file);
    this.#question = question;
    this.#model = modelDigest(question, cwd);
    this.#everyMs = every * 1000;
    assertWritable(file, this.#file);
  }

  /** Whether the time has come to write again. */
  get isDue(): boolean {
    return performance.now() - this.#last >= this.#everyMs;
  }

  /** Writes the file, in place of the one there was. */
  write({ visited, ...rest }: Snapshot): void {
    const snapshot = serialize(rest);
    const table = Buffer.from(visited.buffer, visited.byteOffset, visited.byteLength);
    const said: Omit<Header, 'crc'> = {
      kind: KIND,
      format: FORMAT,
      of: nameOf(this.#question),
      command: commandOf(this.#question, this.#file),
      model: this.#model,
      snapshot: snapshot.byteLength,
      visited: table.byteLength,
    };
    const header: Header = { ...said, crc: checksum(said, snapshot, table) };
    const beside = `${this.#file}.${process.pid}`;
    try {
      const out = openSync(beside, 'w');
      try {
        for (const part of [Buffer.from(`${JSON.stringify(header)}\n`), snapshot, table]) writeAll(out, part);
        fsyncSync(out);
      } finally {
        closeSync(out);
      }
      renameSync(beside, this.#file);
    } catch (error) {
      rmSync(beside, { force: true });
      throw new UsageError(`--checkpoint ${this.#file}: cannot write it: ${(error as Error).message}`);
    }
    this.#last = performance.now();
    this.isWritten = true;
  }

  /** How to go on, for who stopped the search. */
  get advice(): string {
    return `the search so far is in ${this.#file}; go on with: shootdown ${commandOf(this.#question, this.#file)}`;
  }
}

/**
 * The search that a file keeps.
 *
 * @throws {@link UsageError} when there is none, it is damaged, or of something else than asked for
 */
export function readCheckpoint(file: string, cwd: string, question: Question): Snapshot {
  const refuse = (why: string): UsageError => new UsageError(`--resume ${file}: ${why}`);
  const content = contentOf(path.resolve(cwd, file), refuse);
  const end = content.subarray(0, LONGEST_HEADER).indexOf(NEWLINE);
  const header = headerIn(content.subarray(0, Math.max(end, 0)).toString());
  if (header === undefined) throw refuse('it is no checkpoint; give a file that --checkpoint wrote');
  if (header.format !== FORMAT)
    throw refuse(
      `another version of shootdown wrote it (format ${header.format}, this one writes ${FORMAT}); search again without --resume`,
    );
  const rest = content.subarray(end + 1);
  const { crc, ...said } = header;
  if (rest.length !== header.snapshot + header.visited || checksum(said, rest) !== crc)
    throw refuse('it is damaged; search again without --resume');
  if (header.of !== nameOf(question))
    throw refuse(`it is of ${header.of}, not of ${nameOf(question)}; go on with: shootdown ${header.command}`);
  if (header.model !== modelDigest(question, cwd))
    throw refuse('the model file has changed since it was written; search again without --resume');
  const visited = new Int32Array(header.visited / 4);
  Buffer.from(visited.buffer).set(rest.subarray(header.snapshot));
  return { ...(deserialize(rest.subarray(0, header.snapshot)) as Omit<Snapshot, 'visited'>), visited };
}

function contentOf(full: string, refuse: (why: string) => UsageError): Buffer {
  try {
    return readFileSync(full);
  } catch (error) {
    throw refuse(`cannot read it: ${(error as Error).message}; give a file that --checkpoint wrote`);
  }
}

function headerIn(line: string): Header | undefined {
  try {
    const header = JSON.parse(line) as Partial<Header> | null;
    return header?.kind === KIND && typeof header.format === 'number' ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}

/** What cannot be written is to be learnt of before the search, not after its first minute. */
function assertWritable(file: string, full: string): void {
  const folder = statSync(path.dirname(full), { throwIfNoEntry: false });
  if (folder?.isDirectory() !== true)
    throw new UsageError(`--checkpoint ${file}: there is no folder ${path.dirname(full)}; make it first`);
  const there = statSync(full, { throwIfNoEntry: false });
  if (there?.isDirectory() === true)
    throw new UsageError(`--checkpoint ${file}: that is a folder; give the path of a file`);
  if (there !== undefined && there.size > 0 && !isCheckpoint(full))
    throw new UsageError(
      `--checkpoint ${file}: expected a checkpoint or no file, got another file, which would be lost; give another path`,
    );
}

/** Whether a file begins as checkpoints do, in whatever format. */
function isCheckpoint(full: string): boolean {
  const start = Buffer.from(`{"kind":${JSON.stringify(KIND)}`);
  const got = Buffer.alloc(start.length);
  const file = openSync(full, 'r');
  try {
    readSync(file, got);
  } finally {
    closeSync(file);
  }
  return got.equals(start);
}

function checksum(said: Omit<Header, 'crc'>, ...parts: readonly Uint8Array[]): number {
  return parts.reduce((crc, part) => crc32(part, crc), crc32(JSON.stringify(said)));
}

/** Tells an edited model file, for conditions and operations are told apart by their names and texts, not by what they close over. */
function modelDigest({ chosen }: Question, cwd: string): string {
  const file = modelFileOf(chosen, cwd);
  return file === undefined ? '' : createHash('sha256').update(readFileSync(file)).digest('hex');
}

function writeAll(out: number, part: Uint8Array): void {
  for (let at = 0; at < part.byteLength;) at += writeSync(out, part, at, part.byteLength - at);
}

/** What is searched, and how, as far as the states depend on it. */
function nameOf({ chosen, given, options }: Question): string {
  const { only, reduction, symmetry, partialOrder } = options;
  const flags = [
    ...(only === undefined ? [] : [`--only ${only.join(',')}`]),
    ...(reduction === false ? ['--no-reduction'] : []),
    ...(symmetry === false ? ['--no-symmetry'] : []),
    ...(partialOrder === false ? ['--no-partial-order'] : []),
  ];
  const settings = Object.entries(given).map(([name, value]) => `${name}=${String(value)}`);
  return [`${chosen.called}@${chosen.variant}`, `--set ${settings.join(',')}`, ...flags].join(' ');
}

function commandOf(question: Question, file: string): string {
  return `check ${nameOf(question)} --resume ${file} --checkpoint ${file}`;
}
