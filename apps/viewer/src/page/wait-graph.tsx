/** The picture of a deadlock, and of a livelock. */
import type { JSX } from 'preact';
import type { Run } from './run.js';
import type { Selection } from './selection.js';
import { StepLink } from './step-link.js';
import { stepText } from './step-text.js';
import { waitsOf } from '../waits.js';
import { circleOf } from './circle.js';

interface PictureProps {
  readonly run: Run;
  readonly choose: (change: Partial<Selection>) => void;
}

const SIZE = 260;
const RADIUS = 88;

/** Who waits for whom: threads on a circle, an arrow from who waits to who has what it waits for. */
export function WaitGraph({ run, choose }: PictureProps): JSX.Element | null {
  const waits = waitsOf(run.report);
  if (waits.length === 0) return null;
  const names = [...new Set(waits.flatMap(({ waiter, holder }) => (holder === '' ? [waiter] : [waiter, holder])))];
  const placeOf = (name: string): { x: number; y: number } => {
    const angle = (2 * Math.PI * names.indexOf(name)) / names.length - Math.PI / 2;
    return { x: SIZE / 2 + RADIUS * Math.cos(angle), y: SIZE / 2 + RADIUS * Math.sin(angle) };
  };
  return (
    <figure class="waits">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label="wait-for graph">
        <defs>
          <marker id="waits-for" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {waits.map(({ waiter, holder }) => {
          if (holder === '') return null;
          const d = waiter === holder ? loopAt(placeOf(waiter)) : edge(placeOf(waiter), placeOf(holder));
          return <path key={`${waiter} ${holder}`} class="edge" d={d} marker-end="url(#waits-for)" />;
        })}
        {names.map((name) => {
          const { x, y } = placeOf(name);
          return (
            <g key={name}>
              <circle cx={x} cy={y} r={24} />
              <text x={x} y={y} dy="0.35em">
                {name}
              </text>
            </g>
          );
        })}
      </svg>
      <figcaption>
        <ul>
          {waits.map(({ waiter, holder, target, step }) => (
            <li key={waiter}>
              <b>{waiter}</b> waits for <code>{target}</code>
              {holder !== '' && (
                <>
                  , which <b>{holder}</b> has{' '}
                  {step > 0 && (
                    <StepLink position={run.trace.findIndex((one) => one.step === step) + 1} choose={choose}>
                      since step {step}
                    </StepLink>
                  )}
                </>
              )}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

/** The steps that go round for ever. */
export function Circle({ run, choose }: PictureProps): JSX.Element | null {
  const circle = circleOf(run);
  if (circle.length === 0) return null;
  return (
    <figure class="circle">
      <figcaption>for ever: after the last of these steps comes the first again</figcaption>
      <ol>
        {circle.map((position) => (
          <li key={position}>
            <StepLink position={position} choose={choose}>
              {run.trace[position - 1].thread}: {stepText(run.trace[position - 1])}
            </StepLink>
          </li>
        ))}
      </ol>
    </figure>
  );
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A bent line from the rim of one circle to the rim of another. */
function edge(from: Point, to: Point): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const bend = { x: (from.x + to.x) / 2 - dy * 30, y: (from.y + to.y) / 2 + dx * 30 };
  const rim = ({ x, y }: Point, towards: Point): string => {
    const far = Math.hypot(towards.x - x, towards.y - y);
    return `${x + ((towards.x - x) / far) * 26} ${y + ((towards.y - y) / far) * 26}`;
  };
  return `M${rim(from, bend)} Q${bend.x} ${bend.y} ${rim(to, bend)}`;
}

function loopAt({ x, y }: Point): string {
  return `M${x + 16} ${y - 20} C${x + 60} ${y - 60} ${x + 70} ${y + 10} ${x + 27} ${y + 2}`;
}
