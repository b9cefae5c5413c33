/** What every lock, object and field holds. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Cell } from '../report.js';
import type { Run } from './run.js';
import type { Selection } from './selection.js';

/** Rows shown at most: a filter leads to the others. */
const MOST_ROWS = 300;

const GROUPS: readonly (readonly [Cell['role'], string])[] = [
  ['lock', 'locks'],
  ['object', 'objects'],
  ['field', 'fields'],
  ['specification', "the specification's own"],
];

interface MemoryProps {
  readonly run: Run;
  readonly position: number;
  readonly choose: (change: Partial<Selection>) => void;
}

/** The table of cells. */
export function Memory({ run, position, choose }: MemoryProps): JSX.Element {
  const [wanted, setWanted] = useState('');
  const values = run.valuesAt(position);
  const step = run.recording.steps[position - 1];
  const wrote = new Set(step?.wrote.map(([cell]) => cell));
  const read = new Set(step?.read);
  const cells = run.cells.flatMap((cell, i) => (cell.path.toLowerCase().includes(wanted) ? [{ ...cell, i }] : []));
  const left = cells.length - MOST_ROWS;
  const listed = cells.slice(0, MOST_ROWS);
  return (
    <>
      <input
        type="search"
        placeholder="filter fields"
        aria-label="filter fields"
        value={wanted}
        onInput={({ currentTarget }) => {
          setWanted(currentTarget.value.toLowerCase());
        }}
      />
      <table class="memory">
        {GROUPS.map(([role, title]) => {
          const own = listed.filter((cell) => cell.role === role);
          if (own.length === 0) return null;
          return (
            <tbody key={role}>
              <tr>
                <th colSpan={3} scope="rowgroup">
                  {title}
                </th>
              </tr>
              {own.map(({ path, value, i }) => (
                <tr
                  key={path}
                  class={wrote.has(i) ? 'wrote' : read.has(i) ? 'read' : values[i] === value ? '' : 'changed'}
                >
                  <td>
                    <button
                      type="button"
                      class="link"
                      title="list the steps of this field"
                      onClick={() => {
                        choose({ field: path, all: true });
                      }}
                    >
                      {path}
                    </button>
                  </td>
                  <td>{values[i]}</td>
                  <td>{wrote.has(i) ? 'written' : read.has(i) ? 'read' : ''}</td>
                </tr>
              ))}
            </tbody>
          );
        })}
      </table>
      {left > 0 && <p>{left} more; the filter leads to them</p>}
    </>
  );
}
