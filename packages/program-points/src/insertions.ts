/** Text to put around nodes, without a change to the lines of the code. */
import type { AnyNode, Node } from 'acorn';
import type MagicString from 'magic-string';
import { childrenOf } from './syntax-tree.js';

interface Wrap {
  readonly open: string;
  readonly close: string;
}

/** What is put around the nodes of a file, and into it. */
export class Insertions {
  readonly #around = new Map<Node, Wrap[]>();
  readonly #replaced: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  readonly #at = new Map<number, string>();

  /** Puts text around a node, inside what was put around it earlier. */
  wrap(node: Node, open: string, close: string): void {
    this.#around.set(node, [...(this.#around.get(node) ?? []), { open, close }]);
  }

  /** Puts text at an offset that is no part of an expression, behind what was put there earlier. */
  put(offset: number, text: string): void {
    this.#at.set(offset, (this.#at.get(offset) ?? '') + text);
  }

  /** Replaces a token. */
  replace(start: number, end: number, text: string): void {
    this.#replaced.push({ start, end, text });
  }

  /** Takes over all that `other` has, behind what is here. */
  add(other: Insertions): void {
    for (const [node, wraps] of other.#around) this.#around.set(node, [...(this.#around.get(node) ?? []), ...wraps]);
    for (const [offset, text] of other.#at) this.put(offset, text);
    this.#replaced.push(...other.#replaced);
  }

  /** Changes the text of the file. */
  apply(program: AnyNode, text: MagicString): void {
    for (const [offset, inserted] of this.#at) text.appendLeft(offset, inserted);
    for (const { start, end, text: replacement } of this.#replaced) text.update(start, end, replacement);
    this.#applyTo(program, text);
  }

  /** Where nodes begin at one offset, the outer one is opened first; where they end, the inner one is closed first. */
  #applyTo(node: AnyNode, text: MagicString): void {
    const wraps = this.#around.get(node) ?? [];
    for (const { open } of wraps) text.appendRight(node.start, open);
    for (const child of childrenOf(node)) this.#applyTo(child, text);
    for (const { close } of wraps.toReversed()) text.appendLeft(node.end, close);
  }
}
