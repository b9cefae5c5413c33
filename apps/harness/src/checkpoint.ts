/**
 * Checkpoint files: a search as it stands, for another process to go on with. A file is a line of JSON that says what it is
 * of, the snapshot, and the visited table. It is written beside its place and moved there whole.
 */
import type { Snapshot } from '@shootdown/explore';
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { Question } from './answer.js';
import { commandLine, word } from './command-line.js';
import { draftOf, kindOf, placeAt, sweepDrafts } from './drafts.js';
import { UsageError } from './exit.js';
import { modelFileOf } from './find-scenario.js';
import { reasonOf } from './system-error.js';

/** Raised whenever a file written before could not be gone on with, or not with the same result. */
const FORMAT = 6;
const KIND = 'shootdown checkpoint';
const NEWLINE = 10;
/** Bytes that are read, written or summed at once: no call takes more than 2 GiB. */
const PART = 1 << 28;
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
  readonly #warn: (text: string) => void;
  #last = performance.now();
  /** Why it could not be written the last time. */
  #trouble: string | undefined;
  /** Whether there is something to go on with. */
  isWritten = false;

  /**
   * @param every - seconds between two writings
   * @param warn - told when it cannot be written: the search goes on all the same
   * @throws {@link UsageError} when it could not be written even before the search
   */
  constructor(file: string, cwd: string, question: Question, every: number, warn: (text: string) => void) {
    this.#question = question;
    this.#model = modelDigest(question, cwd);
    this.#everyMs = every * 1000;
    this.#warn = warn;
    this.#file = writablePlace(file, path.resolve(cwd, file), question);
  }

  /** Whether the time has come to write again. */
  get isDue(): boolean {
    return performance.now() - this.#last >= this.#everyMs;
  }

  /** Writes the file, in place of the one there was; returns whether that could be done. */
  write(snapshot: Snapshot): boolean {
    try {
      this.#write(snapshot);
      this.isWritten = true;
      this.#trouble = undefined;
      return true;
    } catch (error) {
      const trouble = reasonOf(error);
      const kept = this.isWritten ? 'what was written before is kept' : 'nothing is kept';
      if (trouble !== this.#trouble)
        this.#warn(`warning: --checkpoint ${this.#file}: cannot write it: ${trouble}; the search goes on, ${kept}`);
      this.#trouble = trouble;
      return false;
    } finally {
      this.#last = performance.now();
    }
  }

  #write({ visited, ...rest }: Snapshot): void {
    const snapshot = serialize(rest);
    const table = new Uint8Array(visited.buffer, visited.byteOffset, visited.byteLength);
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
    const beside = draftOf(this.#file);
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
      throw error;
    }
  }

  /** How to go on, for who stopped the search. */
  get advice(): string {
    return `the search so far is in ${this.#file}; go on with: ${commandLine(commandOf(this.#question, this.#file))}`;
  }
}

/**
 * The search that a file keeps.
 *
 * @throws {@link UsageError} when there is none, it is damaged, or of something else than asked for
 */
export function readCheckpoint(file: string, cwd: string, question: Question): Snapshot {
  const refuse = (why: string): UsageError => new UsageError(`--resume ${file}: ${why}`);
  const full = path.resolve(cwd, file);
  try {
    const from = openRegular(full);
    try {
      return snapshotIn(from, question, cwd, refuse);
    } finally {
      closeSync(from);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw refuse(`cannot read it: ${reasonOf(error)}; give a file that --checkpoint wrote`);
  }
}

/** Opens a file that is no device, for reading one of those may never end. */
function openRegular(full: string): number {
  const stats = statSync(full);
  if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}`);
  return openSync(full, 'r');
}

function snapshotIn(from: number, question: Question, cwd: string, refuse: (why: string) => UsageError): Snapshot {
  const { size } = fstatSync(from);
  const start = Buffer.alloc(Math.min(size, LONGEST_HEADER));
  readAll(from, start, 0);
  const end = start.indexOf(NEWLINE);
  const header = headerIn(start.subarray(0, Math.max(end, 0)).toString());
  if (header === undefined) throw refuse('it is no checkpoint; give a file that --checkpoint wrote');
  if (header.format !== FORMAT)
    throw refuse(
      `another version of shootdown wrote it (format ${header.format}, this one writes ${FORMAT}); search again without --resume`,
    );
  const { crc, ...said } = header;
  const damaged = 'it is damaged; search again without --resume';
  if (size !== end + 1 + header.snapshot + header.visited) throw refuse(damaged);
  const snapshot = Buffer.alloc(header.snapshot);
  const visited = new Int32Array(header.visited / 4);
  const table = new Uint8Array(visited.buffer);
  readAll(from, snapshot, end + 1);
  readAll(from, table, end + 1 + header.snapshot);
  if (checksum(said, snapshot, table) !== crc) throw refuse(damaged);
  if (header.of !== nameOf(question))
    throw refuse(`it is of ${header.of}, not of ${nameOf(question)}; go on with: ${commandLine(header.command)}`);
  if (header.model !== modelDigest(question, cwd))
    throw refuse('the model file has changed since it was written; search again without --resume');
  return { ...(deserialize(snapshot) as Omit<Snapshot, 'visited'>), visited };
}

function headerIn(line: string): Header | undefined {
  try {
    const header = JSON.parse(line) as Partial<Header> | null;
    return header?.kind === KIND && typeof header.format === 'number' ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where a checkpoint is to be written. What cannot be written is to be learnt of before the search, not after its first
 * minute.
 */
function writablePlace(file: string, full: string, question: Question): string {
  const refuse = (why: string): UsageError => new UsageError(`--checkpoint ${file}: ${why}`);
  try {
    const folder = statSync(path.dirname(full), { throwIfNoEntry: false });
    if (folder?.isDirectory() !== true) throw refuse(`there is no folder ${path.dirname(full)}; make it first`);
    const { real, stats } = placeAt(full);
    if (stats !== undefined && !stats.isFile()) throw refuse(`that is ${kindOf(stats)}; give the path of a file`);
    if (stats !== undefined && stats.size > 0) assertReplaceable(real, question, refuse);
    sweepDrafts(real);
    const draft = draftOf(real);
    closeSync(openSync(draft, 'w'));
    rmSync(draft);
    return real;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw refuse(`cannot write it: ${reasonOf(error)}; give another path`);
  }
}

/** Nothing is lost but what was found of the same question. */
function assertReplaceable(full: string, question: Question, refuse: (why: string) => UsageError): void {
  const from = openSync(full, 'r');
  const start = Buffer.alloc(Math.min(fstatSync(from).size, LONGEST_HEADER));
  try {
    readAll(from, start, 0);
  } finally {
    closeSync(from);
  }
  const header = headerIn(start.subarray(0, Math.max(start.indexOf(NEWLINE), 0)).toString());
  if (header === undefined)
    throw refuse('expected a checkpoint or no file, got another file, which would be lost; give another path');
  if (header.of !== nameOf(question))
    throw refuse(`it keeps a search of ${header.of}, which would be lost; give another path, or remove the file first`);
}

/** Fills an array from a file, from `position` on. */
function readAll(from: number, into: Uint8Array, position: number): void {
  for (let at = 0; at < into.byteLength;) {
    const got = readSync(from, into, at, Math.min(PART, into.byteLength - at), position + at);
    if (got === 0) throw new Error('it ended too early');
    at += got;
  }
}

function checksum(said: Omit<Header, 'crc'>, ...parts: readonly Uint8Array[]): number {
  let crc = crc32(JSON.stringify(said));
  for (const part of parts)
    for (let at = 0; at < part.byteLength; at += PART) crc = crc32(part.subarray(at, at + PART), crc);
  return crc;
}

/** Tells an edited model file, for conditions and operations are told apart by their names and texts, not by what they close over. */
function modelDigest({ chosen }: Question, cwd: string): string {
  const file = modelFileOf(chosen, cwd);
  return file === undefined ? '' : createHash('sha256').update(readFileSync(file)).digest('hex');
}

function writeAll(out: number, part: Uint8Array): void {
  for (let at = 0; at < part.byteLength;) at += writeSync(out, part, at, Math.min(PART, part.byteLength - at));
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
  const sizes = settings.length === 0 ? [] : [`--set ${word(settings.join(','))}`];
  return [word(`${chosen.called}@${chosen.variant}`), ...sizes, ...flags].join(' ');
}

function commandOf(question: Question, file: string): string {
  const { chosen, given, options } = question;
  const { only, reduction, symmetry, partialOrder, hashSeed } = options;
  const settings = Object.entries(given).map(([name, value]) => `${name}=${String(value)}`);
  return [
    'check',
    `${chosen.called}@${chosen.variant}`,
    ...(settings.length === 0 ? [] : ['--set', settings.join(',')]),
    ...(only === undefined ? [] : ['--only', only.join(',')]),
    ...(hashSeed === undefined ? [] : ['--hash-seed', String(hashSeed)]),
    ...(reduction === false ? ['--no-reduction'] : []),
    ...(symmetry === false ? ['--no-symmetry'] : []),
    ...(partialOrder === false ? ['--no-partial-order'] : []),
    '--resume',
    file,
    '--checkpoint',
    file,
  ]
    .map(word)
    .join(' ');
}
