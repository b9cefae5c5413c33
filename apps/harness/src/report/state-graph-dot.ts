/** The states of a small model as a graph of Graphviz. */
import type { GraphState, StateGraph } from '@shootdown/explore';
import { Digraph, Edge, Node, toDot, type NodeAttributesObject } from 'ts-graphviz';

/**
 * The graph: a box for each state, with what is not as at first; an arrow for each step.
 *
 * @param title - which model it is of
 */
export function stateGraphDot({ states, steps }: StateGraph, title: string): string {
  const graph = new Digraph('states', { label: title, labelloc: 't' });
  const nodes = states.map((state, i) => new Node(String(i), attributesOf(state, i)));
  for (const node of nodes) graph.addNode(node);
  for (const { from, to, thread, text } of steps)
    graph.addEdge(new Edge([nodes[from], nodes[to]], { label: `${thread}: ${text}` }));
  return `${toDot(graph)}\n`;
}

function attributesOf({ cells, how, violation }: GraphState, i: number): NodeAttributesObject {
  const lines = [
    ...(i === 0 ? ['start'] : []),
    ...cells.map(([path, value]) => `${path} = ${value}`),
    ...(how === 'moves' ? [] : [how]),
    ...(violation === undefined ? [] : [`${violation.kind} (${violation.name})`]),
  ];
  const label = lines.join('\n');
  if (violation !== undefined) return { label, shape: 'box', color: 'red', penwidth: 2 };
  return { label, shape: 'box', ...(how === 'ended' && { peripheries: 2 }), ...(i === 0 && { penwidth: 2 }) };
}
