/** One lane a thread, one row a step; only the rows in view are in the document. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Recording, Step } from '../report.js';
import type { Flow, Run } from './run.js';
import type { Selection } from './selection.js';
import { effectText, spokenStep, stepText } from './step-text.js';

const ROW = 44;
const NUMBERS = 56;
const NARROWEST = 190;
/** Rows kept above and below those in view. */
const MARGIN = 8;
/** Arrows drawn at most: of a step that very many read, the first. */
const MOST_ARROWS = 12;

interface LanesProps {
  readonly run: Run;
  readonly selection: Selection;
  readonly positions: readonly number[];
  readonly choose: (change: Partial<Selection>) => void;
}

/** The lanes. */
export function Lanes({ run, selection, positions, choose }: LanesProps): JSX.Element {
  const { position } = selection;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800, width: 800 });
  const lanes = useMemo(() => lanesOf(run), [run]);
  const names = lanes.map(({ name }) => name);
  const selected = lastAtMost(positions, position);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const look = (): void => {
      setView({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const header = element.querySelector('.lane-names')?.clientHeight ?? 0;
    const top = selected * ROW;
    const seen = element.clientHeight - header;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * ROW > element.scrollTop + seen) element.scrollTop = top + 2 * ROW - seen;
  }, [selected, positions]);

  const width = Math.max(NARROWEST, Math.floor((view.width - NUMBERS) / Math.max(1, lanes.length)));
  const first = Math.max(0, Math.floor(view.top / ROW) - MARGIN);
  const last = Math.min(positions.length, Math.ceil((view.top + view.height) / ROW) + MARGIN);
  const rows = positions.slice(first, last);
  const laneOf = (step: Step): number => names.indexOf(step.thread);
  const total = NUMBERS + width * lanes.length;
  const middleOf = (lane: number): number => NUMBERS + width * (lane + 0.5);
  const current = positions[selected];
  return (
    <section class="lanes" aria-label="steps by thread">
      <div
        ref={box}
        class="scroll"
        tabIndex={0}
        role="listbox"
        aria-label="steps"
        aria-activedescendant={current === undefined ? undefined : `step-${current}`}
      >
        <div
          class="lane-names"
          style={{ width: px(total), gridTemplateColumns: `${NUMBERS}px repeat(${lanes.length}, ${width}px)` }}
        >
          <span />
          {lanes.map(({ name, about }) => (
            <span key={name} class="lane-name">
              <b>{name}</b> <small>{about}</small>
            </span>
          ))}
        </div>
        <div class="rows" style={{ height: px(positions.length * ROW), width: px(total) }}>
          {lanes.map(({ name }, lane) => (
            <i key={name} class="line" style={{ left: px(middleOf(lane)) }} />
          ))}
          {rows.map((one, i) => (
            <Row
              key={one}
              step={run.trace[one - 1]}
              position={one}
              top={(first + i) * ROW}
              left={NUMBERS + width * Math.max(0, laneOf(run.trace[one - 1]))}
              width={width}
              isCurrent={one === position}
              broken={one === run.breaking ? run.report.violation : undefined}
              choose={choose}
            />
          ))}
          <Arrows
            flows={run.flowsAt(position)}
            at={(one) => {
              const row = positions.indexOf(one);
              return row < 0 ? undefined : { x: middleOf(laneOf(run.trace[one - 1])), y: (row + 0.5) * ROW };
            }}
            width={total}
            height={positions.length * ROW}
            nameOf={(cell) => run.cells[cell].path}
          />
        </div>
        <Ending run={run} names={names} width={width} total={total} />
      </div>
    </section>
  );
}

interface RowProps {
  readonly step: Step;
  readonly position: number;
  readonly top: number;
  readonly left: number;
  readonly width: number;
  readonly isCurrent: boolean;
  readonly broken: { readonly kind: string; readonly name: string } | undefined;
  readonly choose: (change: Partial<Selection>) => void;
}

function Row({ step, position, top, left, width, isCurrent, broken, choose }: RowProps): JSX.Element {
  const kinds = [
    'row',
    isCurrent && 'current',
    step.decisive && 'decisive',
    step.thread === '' && 'mark',
    broken !== undefined && 'breaking',
  ];
  return (
    <div
      id={`step-${position}`}
      class={kinds.filter(Boolean).join(' ')}
      style={{ top: px(top), height: px(ROW) }}
      role="option"
      aria-selected={isCurrent}
      aria-label={spokenStep(step, position)}
      onClick={() => {
        choose({ position });
      }}
    >
      <span class="number">{position}</span>
      <span class="step" style={{ left: px(left), width: px(width) }} title={stepText(step)}>
        <small>
          {[step.func, step.op].filter(Boolean).join(': ')}
          {broken !== undefined && <em class="rule"> breaks {broken.name}</em>}
          {step.decisive && broken === undefined && <em> decided it</em>}
        </small>
        <span class="what">{effectText(step)}</span>
      </span>
    </div>
  );
}

/** What is left to do when it is over: what each thread waits for or would do next. */
function Ending({
  run,
  names,
  width,
  total,
}: {
  run: Run;
  names: string[];
  width: number;
  total: number;
}): JSX.Element {
  const { pending = [], violation } = run.report;
  const columns = `${NUMBERS}px repeat(${names.length}, ${width}px)`;
  return (
    <div class="ending" style={{ width: px(total) }}>
      <div class="pending" style={{ gridTemplateColumns: columns }}>
        <span />
        {names.map((name) => (
          <span key={name}>
            {pending
              .filter(({ thread }) => thread === name)
              .map(({ how, func, steps }, i) => (
                <span key={i} class={`how ${how.replaceAll(' ', '-')}`}>
                  <small>{func}</small> {how}: {steps.map(stepText).join(', then ')}
                </span>
              ))}
          </span>
        ))}
      </div>
      {violation !== undefined && (
        <p class="broken">
          <b>{violation.kind}</b>: {violation.message}
        </p>
      )}
    </div>
  );
}

interface ArrowsProps {
  readonly flows: { readonly from: readonly Flow[]; readonly to: readonly Flow[] };
  readonly at: (position: number) => { readonly x: number; readonly y: number } | undefined;
  readonly width: number;
  readonly height: number;
  readonly nameOf: (cell: number) => string;
}

/** From who stored a value to who read it, for the step that is looked at. */
function Arrows({ flows, at, width, height, nameOf }: ArrowsProps): JSX.Element {
  const drawn = [...flows.from, ...flows.to].slice(0, MOST_ARROWS).flatMap((flow) => {
    const from = at(flow.from);
    const to = at(flow.to);
    return from === undefined || to === undefined ? [] : [{ ...flow, start: from, end: to }];
  });
  return (
    <svg class="arrows" width={width} height={height} aria-hidden="true">
      <defs>
        <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path d="M0 0 8 4 0 8z" />
        </marker>
      </defs>
      {drawn.map(({ cell, from, to, start, end }) => {
        const bend = start.x === end.x ? 60 : 0;
        const middle = (start.y + end.y) / 2;
        return (
          <path
            key={`${cell},${from},${to}`}
            d={`M${start.x} ${start.y} C${start.x + bend} ${middle} ${end.x + bend} ${middle} ${end.x} ${end.y}`}
            marker-end="url(#head)"
          >
            <title>{nameOf(cell)}</title>
          </path>
        );
      })}
    </svg>
  );
}

const px = (length: number): string => `${length}px`;

interface Lane {
  readonly name: string;
  readonly about: string;
}

const ORDER = { kernel: 0, daemon: 1, device: 2 } as const;

/** Kernel threads by CPU, then daemons, then devices; without those that take no step and do not wait at the end. */
function lanesOf({ recording, trace, report }: Run): Lane[] {
  const taking = new Set(
    [...trace, ...(report.pending ?? [])].map(({ thread }) => thread).filter((name) => name !== ''),
  );
  const { threads } = recording;
  if (threads.length === 0) return [...taking].map((name) => ({ name, about: '' }));
  const rank = ({ kind, cpu = 1000 }: Recording['threads'][number]): number => ORDER[kind] * 10_000 + cpu;
  return threads
    .filter(({ name }) => taking.has(name))
    .toSorted((a, b) => rank(a) - rank(b))
    .map((thread) => ({
      name: thread.name,
      about: [thread.cpu === undefined ? '' : `CPU ${thread.cpu}`, thread.kind === 'kernel' ? '' : thread.kind]
        .filter(Boolean)
        .join(', '),
    }));
}

/** Index of the last position that is not behind a given one, or 0. */
function lastAtMost(positions: readonly number[], position: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positions[middle] <= position) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
