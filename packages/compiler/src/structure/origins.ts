/**
 * What each variable of a function is first set to, as text: the initializer and the way into it, the place among the parameters, what a
 * loop goes over. Two variables that have changed their origins with each other have changed their names, for all that anybody can tell.
 */
import * as t from "@babel/types";
import { hashOf, type SourceTexts } from "./source-text.js";

export class Origins {
  readonly #of = new Map<t.Node, string>();

  constructor(
    fn: t.Function,
    private readonly texts: SourceTexts,
  ) {
    for (const [n, param] of fn.params.entries()) this.#pattern(param, `#${n}`);
  }

  /** Of the identifier that declares it; undefined: nothing, or a function of its own. */
  of(node: t.Node): string | undefined {
    return this.#of.get(node);
  }

  note(node: t.Node): void {
    if (t.isVariableDeclarator(node) && node.init && !t.isFunction(node.init))
      this.#pattern(node.id, `=${this.#text(node.init)}`);
    if (t.isForXStatement(node) && t.isVariableDeclaration(node.left))
      this.#pattern(node.left.declarations[0]!.id, `of ${this.#text(node.right)}`);
  }

  #text(node: t.Node): string {
    return this.texts.bare(node, { elide: true });
  }

  #pattern(node: t.Node, origin: string): void {
    if (t.isIdentifier(node)) this.#of.set(node, hashOf(origin));
    else if (t.isAssignmentPattern(node)) this.#pattern(node.left, origin);
    else if (t.isRestElement(node)) this.#pattern(node.argument, `${origin}...`);
    else if (t.isArrayPattern(node)) {
      node.elements.forEach((element, n) => {
        if (element) this.#pattern(element, `${origin}[${n}]`);
      });
    } else if (t.isObjectPattern(node)) {
      for (const property of node.properties) {
        if (t.isRestElement(property)) this.#pattern(property, origin);
        else this.#pattern(property.value, `${origin}.${this.#text(property.key)}`);
      }
    }
  }
}
