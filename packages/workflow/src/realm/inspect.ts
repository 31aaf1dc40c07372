// How console shows a value: as Node's util.inspect does, in its usual cases. It calls no getter and no method of
// the value, so that logging never runs workflow code.

const LINE = 76;
const MAX_ITEMS = 100;
const MAX_TEXT = 10_000;

interface View {
  readonly depth: number;
  readonly path: object[];
}

export function inspect(value: unknown, depth = 2): string {
  return show(value, { depth, path: [] });
}

function show(value: unknown, view: View): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      return value === null ? "null" : showObject(value, view);
    case "function":
      return showObject(value, view);
    default:
      return String(value);
  }
}

function showObject(value: object, view: View): string {
  if (view.path.includes(value)) return "[Circular]";
  const name = constructorName(value);
  if (typeof value === "function") {
    const text = functionLabel(value as { name: unknown });
    const extra = properties(value, { ...view, path: [...view.path, value] });
    return extra.length === 0 ? text : `${text} ${braces("{", extra, "}")}`;
  }
  if (view.depth < 0 && !isAtom(value))
    return `[${Array.isArray(value) ? "Array" : (name ?? "Object: null prototype")}]`;
  const inner: View = { depth: view.depth - 1, path: [...view.path, value] };
  if (Array.isArray(value)) {
    const prefix = name === "Array" ? "" : `${name ?? "[Array: null prototype]"}(${value.length}) `;
    return `${prefix}${braces("[", [...items(value, inner), ...properties(value, inner, isIndex)], "]")}`;
  }
  const atom = showAtom(value);
  if (atom !== undefined) {
    const extra = properties(value, inner, isIndex);
    return extra.length === 0 ? atom : `${atom} ${braces("{", extra, "}")}`;
  }
  const rest = properties(value, inner, ArrayBuffer.isView(value) ? isIndex : undefined);
  const collection = entries(value, inner);
  if (collection) return `${name}(${collection.size}) ${braces("{", [...collection.shown, ...rest], "}")}`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const array = value as Uint8Array;
    return `${name}(${array.length}) ${braces("[", [...items(array, inner), ...rest], "]")}`;
  }
  const label = name === undefined ? "[Object: null prototype]" : tagged(value, name);
  return label === "Object" ? braces("{", rest, "}") : `${label} ${braces("{", rest, "}")}`;
}

function braces(open: string, parts: string[], close: string): string {
  if (parts.length === 0) return open + close;
  const line = `${open} ${parts.join(", ")} ${close}`;
  if (line.length <= LINE && !line.includes("\n")) return line;
  return `${open}\n${parts.map((part) => `  ${part.replaceAll("\n", "\n  ")}`).join(",\n")}\n${close}`;
}

function items(array: ArrayLike<unknown>, view: View): string[] {
  const shown: string[] = [];
  let at = 0;
  for (; at < array.length && shown.length < MAX_ITEMS; at++) {
    if (at in array) {
      const slot = Object.getOwnPropertyDescriptor(array, at);
      shown.push(slot === undefined || "value" in slot ? show(array[at], view) : accessorLabel(slot));
      continue;
    }
    const from = at;
    while (at + 1 < array.length && !(at + 1 in array)) at++;
    shown.push(at === from ? "<1 empty item>" : `<${at - from + 1} empty items>`);
  }
  return more(shown, array.length - at);
}

function more(shown: string[], left: number): string[] {
  if (left > 0) shown.push(`... ${left} more item${left > 1 ? "s" : ""}`);
  return shown;
}

function properties(value: object, view: View, skip?: (key: string) => boolean): string[] {
  const shown: string[] = [];
  for (const key of Reflect.ownKeys(value)) {
    const slot = Object.getOwnPropertyDescriptor(value, key);
    if (!slot?.enumerable || (typeof key === "string" && skip?.(key))) continue;
    const label = typeof key === "symbol" ? `[${String(key)}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quote(key);
    shown.push(`${label}: ${"value" in slot ? show(slot.value, view) : accessorLabel(slot)}`);
  }
  return shown;
}

const isIndex = (key: string): boolean => /^(0|[1-9]\d*)$/.test(key);

function accessorLabel(slot: PropertyDescriptor): string {
  return slot.get ? (slot.set ? "[Getter/Setter]" : "[Getter]") : "[Setter]";
}

/** What is one word whatever the depth. */
function isAtom(value: object): boolean {
  return showAtom(value) !== undefined;
}

function showAtom(value: object): string | undefined {
  switch (Object.prototype.toString.call(value)) {
    case "[object Date]":
      return brand(() => {
        const time = Date.prototype.getTime.call(value);
        return Number.isNaN(time) ? "Invalid Date" : new Date(time).toISOString();
      });
    case "[object RegExp]":
      return brand(() => RegExp.prototype.toString.call(value));
    case "[object Boolean]":
      return brand(() => `[Boolean: ${Boolean.prototype.valueOf.call(value)}]`);
    case "[object Number]":
      return brand(() => `[Number: ${show(Number.prototype.valueOf.call(value), { depth: 0, path: [] })}]`);
    case "[object String]":
      return brand(() => `[String: ${quote(String.prototype.valueOf.call(value))}]`);
    case "[object Symbol]":
      return brand(() => `[Symbol: ${String(Symbol.prototype.valueOf.call(value))}]`);
    default:
      return value instanceof Error ? errorText(value) : undefined;
  }
}

/** The stack if there is one, else what String(error) would say; data properties only. */
function errorText(error: Error): string {
  const stack = dataOf(error, "stack");
  if (typeof stack === "string" && stack !== "") return stack;
  const [name, message] = [dataOf(error, "name"), dataOf(error, "message")];
  return `[${[name ?? "Error", message].filter((part) => typeof part === "string" && part !== "").join(": ")}]`;
}

function dataOf(object: object, key: string): unknown {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    const slot = Object.getOwnPropertyDescriptor(at, key);
    if (slot) return slot.value;
  }
  return undefined;
}

function entries(value: object, view: View): { size: number; shown: string[] } | undefined {
  const tag = Object.prototype.toString.call(value);
  if (tag === "[object Map]") {
    return attempt(() => {
      const list = [...Map.prototype.entries.call(value)];
      const shown = list.slice(0, MAX_ITEMS).map(([key, item]) => `${show(key, view)} => ${show(item, view)}`);
      return { size: list.length, shown: more(shown, list.length - shown.length) };
    });
  }
  if (tag !== "[object Set]") return undefined;
  return attempt(() => {
    const list = [...Set.prototype.values.call(value)];
    const shown = list.slice(0, MAX_ITEMS).map((item) => show(item, view));
    return { size: list.length, shown: more(shown, list.length - shown.length) };
  });
}

function functionLabel(fn: { name: unknown }): string {
  const name = dataOf(fn, "name");
  const known = typeof name === "string" && name !== "";
  const isClass = /^class\b/.test(Function.prototype.toString.call(fn));
  if (isClass) return `[class ${known ? name : "(anonymous)"}]`;
  return known ? `[Function: ${name}]` : "[Function (anonymous)]";
}

function tagged(value: object, name: string): string {
  const tag = dataOf(value, Symbol.toStringTag as never);
  return typeof tag === "string" && tag !== "" && tag !== name ? `${name} [${tag}]` : name;
}

function constructorName(value: object): string | undefined {
  for (let at: object | null = value; at !== null; at = Object.getPrototypeOf(at)) {
    const maker = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    const name = typeof maker === "function" ? dataOf(maker, "name") : undefined;
    if (typeof name === "string" && name !== "") return name;
  }
  return undefined;
}

function quote(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text;
  const mark = !cut.includes("'") ? "'" : !cut.includes('"') ? '"' : !cut.includes("`") ? "`" : "'";
  const body = JSON.stringify(cut).slice(1, -1).replaceAll('\\"', '"');
  return mark + (mark === "'" ? body.replaceAll("'", "\\'") : body) + mark;
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
const brand = attempt<string>;
