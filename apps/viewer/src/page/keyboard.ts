/** What the keys do. */

/** What a key asks for. */
export type Command =
  | 'next'
  | 'previous'
  | 'first'
  | 'last'
  | 'page down'
  | 'page up'
  | 'next of thread'
  | 'previous of thread'
  | 'play'
  | 'all'
  | 'search';

const KEYS: Readonly<Record<string, Command>> = {
  ArrowDown: 'next',
  ArrowRight: 'next',
  j: 'next',
  ArrowUp: 'previous',
  ArrowLeft: 'previous',
  k: 'previous',
  Home: 'first',
  End: 'last',
  PageDown: 'page down',
  PageUp: 'page up',
  ']': 'next of thread',
  '[': 'previous of thread',
  ' ': 'play',
  a: 'all',
  '/': 'search',
};

/** The keys, for a reader. */
export const KEYS_TEXT =
  'Keys: ↓ or j next step, ↑ or k previous step, [ and ] the same thread, Home, End, Page Up, Page Down, Space play, a all steps, / search';

/** The command of a key, unless it is meant for a form control or the browser. */
export function commandFor({ key, target, ctrlKey, altKey, metaKey }: KeyboardEvent): Command | undefined {
  if (ctrlKey || altKey || metaKey) return undefined;
  const name = target instanceof Element ? target.tagName : '';
  if (name === 'INPUT' || name === 'SELECT' || name === 'TEXTAREA') return undefined;
  const isButton = name === 'BUTTON' || name === 'SUMMARY' || name === 'A';
  if (isButton && key === ' ') return undefined;
  return KEYS[key];
}
