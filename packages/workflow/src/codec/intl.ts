// Objects of Intl that are nothing but a locale and options: `v` is what `resolvedOptions` says; and locales.
import { apply } from "../pristine.js";
import { defineBuiltin, succeeds } from "./builtins.js";
import type { Json } from "./kind.js";
import { putOwn, takeOwn, takePrototype } from "./properties.js";

type Options = Record<string, unknown>;
type Constructor = { prototype: { resolvedOptions(): Options } } & (new (locale: unknown, options: Options) => object);

const names = ["Collator", "DateTimeFormat", "DisplayNames", "DurationFormat", "ListFormat"];
for (const name of [...names, "NumberFormat", "PluralRules", "RelativeTimeFormat", "Segmenter"]) {
  const make = (Intl as unknown as Record<string, Constructor | undefined>)[name];
  if (make === undefined) continue;
  const { prototype } = make;
  const { resolvedOptions } = prototype;
  defineBuiltin<object>(prototype, {
    tag: `Intl.${name}`,
    is: (object) => succeeds(() => apply(resolvedOptions, object, [])),
    write(out, object) {
      const json: Json = { $: `Intl.${name}`, v: usable(apply(resolvedOptions, object, [])) };
      putOwn(out, object, json, prototype);
      return json;
    },
    make(input, json) {
      const options = json.v as Options;
      return takePrototype(input, json, new make(options.locale, options));
    },
    fill: takeOwn,
  });
}

const { Locale } = Intl;
const { toString: tagOfLocale } = Locale.prototype;

/** `v` is its tag, which says everything. */
defineBuiltin<Intl.Locale>(Locale.prototype, {
  tag: "Intl.Locale",
  is: (object) => succeeds(() => apply(tagOfLocale, object, [])),
  write(out, locale) {
    const json: Json = { $: "Intl.Locale", v: apply(tagOfLocale, locale, []) };
    putOwn(out, locale, json, Locale.prototype);
    return json;
  },
  make: (input, json) => takePrototype(input, json, new Locale(json.v as string)) as Intl.Locale,
  fill: takeOwn,
});

const DATE_PARTS = ["weekday", "era", "year", "month", "day", "dayPeriod", "hour", "minute", "second"];

// A date format resolves to the styles it was asked for and the parts they imply; given both it refuses. Options are
// strings, numbers and booleans, so they are JSON as they are.
function usable(options: Options): Options {
  const kept: Options = {};
  const styled = options.dateStyle !== undefined || options.timeStyle !== undefined;
  for (const key of Object.keys(options)) {
    if (options[key] === undefined) continue;
    if (styled && (DATE_PARTS.includes(key) || key === "fractionalSecondDigits" || key === "timeZoneName")) continue;
    kept[key] = options[key];
  }
  return kept;
}
