/** Where to go, and what to list. */
import type { JSX, RefObject } from 'preact';
import { useMemo } from 'preact/hooks';
import { KEYS_TEXT, type Command } from './keyboard.js';
import type { Run } from './run.js';
import type { Selection } from './selection.js';

interface ControlsProps {
  readonly run: Run;
  readonly selection: Selection;
  readonly positions: readonly number[];
  readonly choose: (change: Partial<Selection>) => void;
  readonly obey: (command: Command) => void;
  readonly isPlaying: boolean;
  readonly search: RefObject<HTMLInputElement | null>;
}

const BUTTONS: readonly (readonly [Command, string, string])[] = [
  ['first', '|◀', 'to the start'],
  ['previous', '◀', 'previous step'],
  ['play', '▶', 'play'],
  ['next', '▶', 'next step'],
  ['last', '▶|', 'last step'],
];

/** The bar between the heading and the lanes. */
export function Controls({ run, selection, positions, choose, obey, isPlaying, search }: ControlsProps): JSX.Element {
  const { position, all, text } = selection;
  const names = useMemo(() => namesIn(run), [run]);
  const { thread, func, field } = selection;
  const filters = useMemo(
    () =>
      (['thread', 'func', 'field'] as const).map((name) => (
        <select
          key={name}
          aria-label={`only of one ${TITLES[name]}`}
          value={{ thread, func, field }[name]}
          onChange={({ currentTarget }) => {
            choose({ [name]: currentTarget.value });
          }}
        >
          <option value="">every {TITLES[name]}</option>
          {names[name].map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      )),
    [names, thread, func, field, choose],
  );
  return (
    <nav class="controls" aria-label="steps" title={KEYS_TEXT}>
      <div class="transport">
        {BUTTONS.map(([command, sign, label]) => (
          <button
            type="button"
            key={command}
            aria-label={command === 'play' && isPlaying ? 'pause' : label}
            onClick={() => {
              obey(command);
            }}
          >
            {command === 'play' ? (isPlaying ? 'Pause' : 'Play') : sign}
          </button>
        ))}
        <input
          type="range"
          aria-label="step"
          min={0}
          max={run.length}
          value={position}
          onInput={({ currentTarget }) => {
            choose({ position: Number(currentTarget.value) });
          }}
        />
        <output>
          {position} / {run.length}
        </output>
      </div>
      <fieldset>
        <legend class="unseen">which steps</legend>
        {[false, true].map((one) => (
          <label key={String(one)}>
            <input
              type="radio"
              name="which"
              checked={all === one}
              onChange={() => {
                choose({ all: one });
              }}
            />
            {one ? 'all steps' : 'only what decided it'}
          </label>
        ))}
      </fieldset>
      <input
        ref={search}
        type="search"
        placeholder="search"
        aria-label="search in the steps"
        value={text}
        onInput={({ currentTarget }) => {
          choose({ text: currentTarget.value });
        }}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Escape') choose({ text: '' });
          if (key === 'Escape' || key === 'Enter') currentTarget.blur();
        }}
      />
      {filters}
      <span class="count">
        {positions.length} of {run.length} steps listed
      </span>
    </nav>
  );
}

const TITLES = { thread: 'thread', func: 'function', field: 'field' } as const;

function namesIn({ trace, recording }: Run): Record<'thread' | 'func' | 'field', string[]> {
  const sorted = (names: Iterable<string>): string[] => [...new Set(names)].filter((name) => name !== '').sort();
  return {
    thread: recording.threads.map(({ name }) => name),
    func: sorted(recording.stacks.flat().map(({ func }) => func)),
    field: sorted(trace.flatMap(({ target, changes }) => [target, ...changes.map((one) => one.target)])),
  };
}
