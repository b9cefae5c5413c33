/** Thrown when what a search assumed turned out wrong: what it explored does not count, and it begins again. */
export class SearchRestart extends Error {}

/** A word was taken for unshared and is not. */
export class SharingChanged extends SearchRestart {}

/** What the members of a scalarset do together is not the same as what each does: states must be told apart. */
export class SymmetryLost extends SearchRestart {}

/** Where functions stand is told in another way from now on: the automaton must be learnt anew. */
export class PlacesChanged extends SearchRestart {}
