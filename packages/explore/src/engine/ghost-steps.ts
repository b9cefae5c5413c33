/**
 * Which accesses have a step of the specification taken together with them that others can see. Such an access is a schedule
 * point. And which variables of the specification are written twice with no step in between: what they said first nobody sees.
 */

/** The steps of the specification in one engine. */
export class GhostSteps {
  /** 1 for the classified control states whose access may be followed by such a step. */
  readonly #goesWith: number[] = [];
  /** Program points of those. */
  readonly #points = new Set<string>();
  /** Names of the variables written twice. */
  readonly unseen = new Set<string>();
  /** Addresses written since the last step. */
  readonly #written = new Set<number>();
  readonly #pointOf: (control: number) => string;

  /** @param pointOf - the program point of a control state */
  constructor(pointOf: (control: number) => string) {
    this.#pointOf = pointOf;
  }

  /** Whether such a step goes with the access at a classified control state. */
  goesWith(control: number): boolean {
    return this.#goesWith[control] === 1;
  }

  /** Notes a control state. */
  classify(control: number): void {
    this.#goesWith[control] = this.#isKnown(control) ? 1 : 0;
  }

  /** The access at a control state turned out to be one. */
  add(control: number): void {
    this.#points.add(this.#pointOf(control));
    this.#mark();
  }

  /** Their program points. */
  get known(): readonly string[] {
    return [...this.#points];
  }

  /** Takes over those of another search; whether one of the two knew more than the other. */
  adopt(points: readonly string[]): boolean {
    const before = this.#points.size;
    for (const point of points) this.#points.add(point);
    if (this.#points.size > before) this.#mark();
    return this.#points.size > before || before > points.length;
  }

  /** Forgets them all, with the control states. */
  clear(): void {
    this.#points.clear();
    this.#goesWith.length = 0;
  }

  /**
   * Forgets all but the accesses that may be local: with others it does not matter, as they are schedule points by now. Where that
   * was wrong, as it may be of what a lock guards, it is learnt again; so this is done once, and not each time that a search begins
   * again.
   */
  keepOnly(mayBeLocal: (control: number) => boolean): void {
    if (this.#points.size === 0) return;
    const local = new Set<string>();
    for (const [control, goesWith] of this.#goesWith.entries())
      if (goesWith === 1 && mayBeLocal(control)) local.add(this.#pointOf(control));
    for (const point of this.#points) if (!local.has(point)) this.#points.delete(point);
    this.#mark();
  }

  /** A step begins. */
  beginStep(): void {
    if (this.#written.size > 0) this.#written.clear();
  }

  /** A variable of the specification is written. */
  noteWrite(address: number, nameOf: (address: number) => string): void {
    if (this.#written.has(address)) this.unseen.add(nameOf(address));
    this.#written.add(address);
  }

  #isKnown(control: number): boolean {
    return this.#points.size > 0 && this.#points.has(this.#pointOf(control));
  }

  #mark(): void {
    this.#goesWith.forEach((_, control, all) => (all[control] = this.#isKnown(control) ? 1 : 0));
  }
}
