/** Who waits for whom at a deadlock, as a graph of Graphviz. */
import { waitsOf } from '@shootdown/viewer';
import { Digraph, Edge, Node, toDot } from 'ts-graphviz';
import type { ReportJson } from './report-json.js';

/** The graph: an edge from a thread to the one that has what it waits for, named by that; `undefined` where nobody waits. */
export function waitForGraph(report: ReportJson): string | undefined {
  const waits = waitsOf(report);
  if (waits.length === 0) return undefined;
  const { scenario, variant } = report;
  const graph = new Digraph('waits', { label: `${scenario}@${variant}`, labelloc: 't' });
  const nodes = new Map<string, Node>();
  const nodeOf = (name: string): Node => {
    const node = nodes.get(name) ?? new Node(name, { shape: 'box' });
    if (!nodes.has(name)) graph.addNode(node);
    nodes.set(name, node);
    return node;
  };
  for (const { waiter, holder, target, step } of waits) {
    const label = step === 0 ? target : `${target}, since step ${step}`;
    graph.addEdge(new Edge([nodeOf(waiter), nodeOf(holder === '' ? 'nobody' : holder)], { label }));
  }
  return `${toDot(graph)}\n`;
}
