/** All that is known at the step that is looked at. */
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Frame } from '../report.js';
import { EvidenceList } from './evidence.js';
import { Memory } from './memory.js';
import type { Run } from './run.js';
import type { Selection } from './selection.js';
import { StepLink } from './step-link.js';
import { stepText } from './step-text.js';
import { Circle, WaitGraph } from './wait-graph.js';

interface DetailsProps {
  readonly run: Run;
  readonly position: number;
  readonly choose: (change: Partial<Selection>) => void;
}

/** The column beside the lanes. */
export function Details({ run, position, choose }: DetailsProps): JSX.Element {
  const step = run.trace[position - 1];
  const recorded = run.recording.steps[position - 1];
  const { violation } = run.report;
  return (
    <aside class="details" aria-label="at this step">
      <h2>
        {step === undefined
          ? 'Before the first step'
          : step.thread === ''
            ? step.op
            : `Step ${position}: ${step.thread}`}
      </h2>
      {step !== undefined && step.thread !== '' && (
        <>
          <p class="what">
            {stepText(step)}
            {step.decisive && <em> decided it</em>}
          </p>
          {step.changes.length > 1 && (
            <ul class="changes">
              {step.changes.map(({ target, before, after }) => (
                <li key={target}>
                  <code>{target}</code> {before} → {after}
                </li>
              ))}
            </ul>
          )}
          {violation !== undefined && position === run.breaking && (
            <p class="broken">
              <b>breaks {violation.name}</b>: {violation.message}
            </p>
          )}
          <Section title="Call stack">
            <Stack frames={run.recording.stacks[recorded?.stack ?? -1] ?? []} code={run.recording.code} />
          </Section>
          <Flows {...{ run, position, choose }} />
        </>
      )}
      <Section title="Next step of each thread">
        <Threads run={run} position={position} />
      </Section>
      <Section title="Evidence">
        <WaitGraph run={run} choose={choose} />
        <Circle run={run} choose={choose} />
        <EvidenceList run={run} choose={choose} />
      </Section>
      <Section title="Memory">
        <Memory run={run} position={position} choose={choose} />
      </Section>
    </aside>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  const [isOpen, setOpen] = useState(true);
  return (
    <details
      open={isOpen}
      onToggle={({ currentTarget }) => {
        setOpen(currentTarget.open);
      }}
    >
      <summary>
        <h3>{title}</h3>
      </summary>
      {isOpen && children}
    </details>
  );
}

/** A call stack, innermost function first, with the line of each function's call. */
function Stack({
  frames,
  code,
}: {
  readonly frames: readonly Frame[];
  readonly code: Readonly<Record<string, string>>;
}): JSX.Element {
  return (
    <ol class="stack">
      {frames.map(({ func, site }, i) => (
        <li key={i}>
          <b>{func}</b> <small>{site}</small>
          {Object.hasOwn(code, site) && <code>{code[site]}</code>}
        </li>
      ))}
    </ol>
  );
}

function Flows({ run, position, choose }: DetailsProps): JSX.Element | null {
  const { from, to } = run.flowsAt(position);
  if (from.length + to.length === 0) return null;
  const link = (one: number): JSX.Element =>
    one === 0 ? (
      <>the initial state</>
    ) : (
      <StepLink position={one} choose={choose}>
        step {one}, {run.trace[one - 1].thread}
      </StepLink>
    );
  return (
    <Section title="Where values come from and go to">
      <ul class="flows">
        {from.map((flow) => (
          <li key={`from ${flow.cell}`}>
            <code>{run.cells[flow.cell].path}</code> stored by {link(flow.from)}
          </li>
        ))}
        {to.map((flow) => (
          <li key={`to ${flow.cell} ${flow.to}`}>
            <code>{run.cells[flow.cell].path}</code> read by {link(flow.to)}
          </li>
        ))}
      </ul>
    </Section>
  );
}

const HOW = { next: 'next', waits: 'waits', stopped: 'stopped', ended: 'has ended' } as const;

function Threads({ run, position }: { readonly run: Run; readonly position: number }): JSX.Element {
  const { threads, stacks } = run.recording;
  return (
    <table class="threads">
      <tbody>
        {run.threadsAt(position).map(({ thread, how, op, target, stack }) => (
          <tr key={thread} class={how}>
            <th scope="row">{threads[thread].name}</th>
            <td>{HOW[how]}</td>
            <td>
              {[op, target].filter(Boolean).join(' ')} <small>{stacks[stack]?.[0]?.func}</small>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
