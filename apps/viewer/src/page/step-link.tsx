/** A link to a step. */
import type { ComponentChildren, JSX } from 'preact';
import type { Selection } from './selection.js';

interface StepLinkProps {
  readonly position: number;
  readonly choose: (change: Partial<Selection>) => void;
  readonly children: ComponentChildren;
}

/** Goes to a step. */
export function StepLink({ position, choose, children }: StepLinkProps): JSX.Element {
  return (
    <button
      type="button"
      class="link"
      onClick={() => {
        choose({ position });
      }}
    >
      {children}
    </button>
  );
}
