/**
 * Which variables a test looks at in the end.
 */
import type { LitmusTest, Place, Proposition } from './ast.js';

/** Places of the condition and of `locations`, those of threads first, each once. */
export function shownPlaces(test: LitmusTest): Place[] {
  return sorted([...test.locations, ...placesOf(test.condition.proposition)]);
}

/** Also those of the filter. */
export function observedPlaces(test: LitmusTest): Place[] {
  return sorted([...shownPlaces(test), ...(test.filter === undefined ? [] : placesOf(test.filter))]);
}

/** A place as herd7 prints it. */
export function placeText(place: Place): string {
  if (place.kind === 'register') return `${place.thread}:${place.name}`;
  return place.index === 0 ? place.name : `${place.name}[${place.index}]`;
}

function placesOf(proposition: Proposition): Place[] {
  switch (proposition.kind) {
    case 'true':
    case 'false':
      return [];
    case 'not':
      return placesOf(proposition.of);
    case 'equal': {
      const { left, right } = proposition;
      return typeof right === 'object' && 'kind' in right ? [left, right] : [left];
    }
    default:
      return [...placesOf(proposition.left), ...placesOf(proposition.right)];
  }
}

function sorted(places: readonly Place[]): Place[] {
  const once = new Map(places.map((place) => [placeText(place), place]));
  return [...once.values()].sort((one, other) => {
    if (one.kind !== other.kind) return one.kind === 'register' ? -1 : 1;
    if (one.kind === 'register' && other.kind === 'register' && one.thread !== other.thread)
      return one.thread - other.thread;
    return one.name === other.name ? indexOf(one) - indexOf(other) : one.name < other.name ? -1 : 1;
  });
}

function indexOf(place: Place): number {
  return place.kind === 'global' ? place.index : 0;
}
