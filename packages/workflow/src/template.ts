// Owns template objects (ECMA-262 13.2.8.4): one a site, the same for every evaluation and after a restore.
// Neighbour: codec/* writes a template object as its site.
import { markKind, registerKind } from "./codec/registry.js";
import { defineProperty, SafeMap } from "./pristine.js";
import { noteOf } from "./stamp.js";

const { parse, stringify } = JSON;

type Texts = readonly (string | undefined)[];

const sites = new SafeMap<number, object>();

/** A realm that has not evaluated the site yet makes its object from the saved texts: as one text, which is whole when `make` runs. */
const templateKind = registerKind<object>({
  tag: "TO",
  parts: (template) => {
    const { raw } = template as { raw: Texts };
    return [noteOf(template)!.data, stringify([template, raw])];
  },
  make: ([id, texts]) => {
    const [cooked, raw] = parse(texts as string) as [(string | null)[], string[]];
    // JSON has no undefined: that is what a piece with an invalid escape is.
    for (let i = 0; i < cooked.length; i++) if (cooked[i] === null) cooked[i] = undefined as never;
    return tpl(id as number, cooked as Texts, raw);
  },
});

/** Templates are there as long as the program is, as roots are. */
export const isTemplate = (object: object): boolean => noteOf(object)?.kind === templateKind;

/** Kit: the template object of site `id`. */
export function tpl(id: number, cooked: Texts, raw: Texts): object {
  const known = sites.get(id);
  if (known !== undefined) return known;
  const template = copy(cooked);
  defineProperty(template, "raw", { value: Object.freeze(copy(raw)) });
  markKind(template, templateKind, id);
  Object.freeze(template);
  sites.set(id, template);
  return template;
}

function copy(texts: Texts): object {
  const array: Texts = [];
  for (let i = 0; i < texts.length; i++) {
    defineProperty(array, i, { value: texts[i], writable: true, enumerable: true, configurable: true });
  }
  return array;
}
