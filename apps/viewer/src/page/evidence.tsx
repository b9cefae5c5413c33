/** The steps that brought the violation about, with their call stacks. */
import type { JSX } from 'preact';
import { StepLink } from './step-link.js';
import type { Run } from './run.js';
import type { Selection } from './selection.js';
import { stepText } from './step-text.js';

/** The list of evidence, most telling first. */
export function EvidenceList({
  run,
  choose,
}: {
  readonly run: Run;
  readonly choose: (change: Partial<Selection>) => void;
}): JSX.Element {
  const { evidence = [] } = run.report;
  const positions = new Map(run.trace.map(({ step }, i) => [step, i + 1]));
  return (
    <ol class="evidence">
      {evidence.map(({ role, thread, step, stack, holding, ...what }, i) => {
        const position = step === 0 ? undefined : positions.get(step);
        return (
          <li key={i}>
            <b>{role}</b> {thread !== '' && `by ${thread}: `}
            <span class="what">{stepText(what)}</span>{' '}
            {position !== undefined && (
              <StepLink position={position} choose={choose}>
                step {position}
              </StepLink>
            )}
            {holding.length > 0 && <div>holding {holding.join(', ')}</div>}
            <small>{stack.map(({ func, site }) => (site === '' ? func : `${func} ${site}`)).join(' ← ')}</small>
          </li>
        );
      })}
    </ol>
  );
}
