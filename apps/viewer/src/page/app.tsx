/** The whole page: heading, controls, lanes, and what is known at the step that is looked at. */
import type { JSX } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import { Controls } from './controls.js';
import { Details } from './details.js';
import { Heading } from './heading.js';
import { commandFor, type Command } from './keyboard.js';
import { Lanes } from './lanes.js';
import type { Run } from './run.js';
import { hashOf, selectionIn } from './selection.js';
import { spokenStep } from './step-text.js';
import { Listing, type Change, type Stand } from './stepping.js';

/** Milliseconds that a step stays while it plays. */
const PLAYING_MS = 700;
/** Milliseconds after which the address follows: browsers allow few changes of it in a second. */
const SETTLED_MS = 150;

/** The page. */
export function App({ run }: { readonly run: Run }): JSX.Element {
  const listing = useMemo(() => new Listing(run), [run]);
  const [stand, change] = useReducer<Stand, Change, undefined>(
    (before, wanted) => listing.after(before, wanted),
    undefined,
    () => ({ ...selectionIn(location.hash, run), isPlaying: false }),
  );
  const search = useRef<HTMLInputElement>(null);
  const { isPlaying, ...selection } = stand;
  const { position } = selection;
  const positions = listing.of(selection);
  const hash = hashOf(selection);

  useEffect(() => {
    const timer = setTimeout(() => {
      history.replaceState(null, '', hash);
    }, SETTLED_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [hash]);

  // The listeners are there before the first paint: a key that is pressed at once counts.
  useLayoutEffect(() => {
    const follow = (): void => {
      change(selectionIn(location.hash, run));
    };
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('hashchange', follow);
    };
  }, [run]);

  const obey = useCallback((command: Command) => {
    if (command === 'search') search.current?.focus();
    else change(command);
  }, []);

  useLayoutEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const command = commandFor(event);
      if (command === undefined) return;
      event.preventDefault();
      obey(command);
    };
    addEventListener('keydown', press);
    return () => {
      removeEventListener('keydown', press);
    };
  }, [obey]);

  useEffect(() => {
    if (!isPlaying) return undefined;
    const timer = setTimeout(() => {
      change('play on');
    }, PLAYING_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [isPlaying, position]);

  return (
    <>
      <Heading report={run.report} />
      {run.length > 0 && (
        <>
          <Controls {...{ run, selection, positions, choose: change, obey, isPlaying, search }} />
          <main>
            <Lanes {...{ run, selection, positions, choose: change }} />
            <Details {...{ run, position, choose: change }} />
          </main>
          <p class="unseen" role="status">
            {position === 0 ? 'before the first step' : spokenStep(run.trace[position - 1], position)}
          </p>
        </>
      )}
    </>
  );
}
