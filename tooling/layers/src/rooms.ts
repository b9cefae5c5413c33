/** Where the sources of a package break its table of rooms. Every function returns one sentence a violation. */
import path from 'node:path';
import type { Package } from './tree.js';

/** The rooms of a package, folders below `src/`, from the bottom up: what each imports of those above it in the table. */
export type Rooms = Readonly<Record<string, readonly string[]>>;

const TEST = /\.test(-d)?\.ts$/;

/** Rooms that name a room without a row, or one that stands below them. */
export function roomTableViolations(name: string, rooms: Rooms): string[] {
  const order = Object.keys(rooms);
  return order.flatMap((room, row) =>
    rooms[room]
      .filter((other) => !order.slice(0, row).includes(other))
      .map((other) => `${name}: the room ${room} names ${other}, which has no row above it`),
  );
}

/** Folders without a row, rows without a folder, imports that no row allows, and allowances that no import uses. */
export function roomViolations({ name, imports, files }: Package, rooms: Rooms): string[] {
  const folders = new Set(files.flatMap((file) => roomOf(file) ?? []));
  const used = new Set<string>();
  const forbidden = imports.flatMap(({ file, line, specifier }) => {
    const from = roomOf(file);
    if (from === undefined || TEST.test(file) || !specifier.startsWith('.')) return [];
    const to = roomOf(path.posix.join(path.posix.dirname(file), specifier)) ?? 'an entry point';
    if (to === from) return [];
    used.add(`${from} -> ${to}`);
    return from in rooms && !rooms[from].includes(to) ? [`${name}/${file}:${line} must not import ${specifier}`] : [];
  });
  return [
    ...[...folders].filter((room) => !(room in rooms)).map((room) => `${name}: the room ${room} has no row`),
    ...Object.keys(rooms)
      .filter((room) => !folders.has(room))
      .map((room) => `${name}: the row ${room} has no room`),
    ...forbidden,
    ...Object.entries(rooms).flatMap(([room, allowed]) =>
      allowed
        .filter((other) => !used.has(`${room} -> ${other}`))
        .map((other) => `${name}: the room ${room} may import ${other} and does not`),
    ),
  ];
}

/** The folder of a source file below `src/`; `undefined` for the entry points that lie in `src/` itself, and for other files. */
function roomOf(file: string): string | undefined {
  return /^src\/(.+)\/[^/]+$/.exec(file)?.[1];
}
