/** What was asked, and what came out. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Report } from '../report.js';

/** The top of the page. */
export function Heading({ report }: { readonly report: Report }): JSX.Element {
  const { scenario, variant, asks, given, verdict, expected, violation, replay } = report;
  const isExpected = expected === (violation?.kind ?? verdict);
  const sizes = Object.entries(given)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  return (
    <header>
      <div class="titles">
        <h1>
          {scenario}@{variant}
        </h1>
        <span class={`verdict ${verdict}`}>
          {violation === undefined ? verdict : `${verdict}: ${violation.kind}`}
          {isExpected ? ', as expected' : `, expected ${expected}`}
        </span>
        <Theme />
      </div>
      <p class="asks">{asks}</p>
      {violation !== undefined && (
        <p class="broken">
          <b>{violation.name === violation.kind ? violation.kind : `${violation.kind} (${violation.name})`}</b>:{' '}
          {violation.message}
        </p>
      )}
      <p class="given">
        {sizes !== '' && `given: ${sizes} · `}
        {replay !== undefined && (
          <>
            replay: <code>npm start -- replay {replay}</code>
          </>
        )}
      </p>
    </header>
  );
}

const THEMES = ['system', 'light', 'dark'] as const;

function Theme(): JSX.Element {
  const [theme, setTheme] = useState(0);
  return (
    <button
      type="button"
      class="theme"
      onClick={() => {
        const next = (theme + 1) % THEMES.length;
        document.documentElement.dataset['theme'] = THEMES[next];
        setTheme(next);
      }}
    >
      theme: {THEMES[theme]}
    </button>
  );
}
