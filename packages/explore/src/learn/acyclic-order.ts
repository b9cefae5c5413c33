/**
 * Keeps the nodes of a growing graph in a topological order, and says which edges it cannot be kept with (Pearce and Kelly, A
 * dynamic topological sort algorithm for directed acyclic graphs, 2006).
 */
export class AcyclicOrder {
  /** By node: its place in the order, and where its edges lead and come from. */
  readonly #place: number[] = [];
  readonly #to: number[][] = [];
  readonly #from: number[][] = [];

  /**
   * Adds an edge.
   *
   * @param from - number of a node; nodes are numbered as they come
   * @returns false where it closes a circle with edges before it: then it is left out
   */
  add(from: number, to: number): boolean {
    for (let node = this.#place.length; node <= Math.max(from, to); node++) {
      this.#place.push(node);
      this.#to.push([]);
      this.#from.push([]);
    }
    if (from === to) return false;
    const [first, last] = [this.#place[to], this.#place[from]];
    if (first < last) {
      const after = this.#reached(to, this.#to, (place) => place <= last);
      if (after.includes(from)) return false;
      const before = this.#reached(from, this.#from, (place) => place >= first);
      this.#reorder([...this.#sorted(before), ...this.#sorted(after)]);
    }
    this.#to[from].push(to);
    this.#from[to].push(from);
    return true;
  }

  #reached(start: number, edges: readonly (readonly number[])[], isNear: (place: number) => boolean): number[] {
    const reached = new Set([start]);
    for (const node of reached) for (const next of edges[node]) if (isNear(this.#place[next])) reached.add(next);
    return [...reached];
  }

  #sorted(nodes: readonly number[]): number[] {
    return nodes.toSorted((a, b) => this.#place[a] - this.#place[b]);
  }

  #reorder(nodes: readonly number[]): void {
    const places = nodes.map((node) => this.#place[node]).sort((a, b) => a - b);
    nodes.forEach((node, i) => (this.#place[node] = places[i]));
  }
}
